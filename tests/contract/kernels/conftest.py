"""Start kernels both ways, and talk to them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_core.utils import run_sync

from runbook_lib.headless.kernel import KernelOfRun, started
from runbook_lib.kernels import provisioner
from runbook_lib.kernels.fork_server import Forked
from runbook_lib.kernels.requests import can_fork


class Talk:
    """Run code in a kernel and hear what it prints, or the name of what it raises."""

    def __init__(self, kernel: KernelOfRun) -> None:
        self.kernel = kernel
        self.client = kernel.client()
        self.client.start_channels()
        run_sync(self.client.wait_for_ready)(timeout=60)

    def __call__(self, code: str) -> str:
        """Run code."""
        said: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            said.append(message["content"].get("text") or message["content"].get("ename") or "")

        reply = {"status": "aborted"}
        while reply["status"] == "aborted":
            # After an error a kernel turns down what reaches it before it has cleared its queue.
            reply = run_sync(self.client.execute_interactive)(code, output_hook=hear, timeout=60)["content"]
        return "".join(said).strip()

    @property
    def is_forked(self) -> bool:
        """Tell how it was started."""
        return isinstance(getattr(self.kernel.provisioner, "process", None), Forked)


@contextmanager
def talking(*variables: str) -> Iterator[Talk]:
    """Start a kernel as a run does."""
    with started(variables) as kernel:
        yield Talk(kernel)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run kernels in a folder of their own."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "parameters").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNBOOK_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module", params=["forked", "ordinary"])
def way(request: pytest.FixtureRequest, home: Path) -> Iterator[str]:
    """Start kernels this way."""
    if request.param == "forked" and not can_fork():
        pytest.skip("kernels are forked on Linux only")
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "ordinary":
            patch.setattr(provisioner, "request_for", lambda *_: None)
        yield str(request.param)


def is_alive(pid: int) -> bool:
    """Tell whether a process lives; one that has ended and was not waited for does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def wait_until_gone(pids: Iterable[int]) -> None:
    """Wait for the end of processes that are nobody's children here; the limit of the test limits it."""
    while any(is_alive(pid) for pid in pids):
        time.sleep(0.01)
