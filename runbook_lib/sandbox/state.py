"""Where a sandbox lives and what runs there: one private folder with a state file, told apart by a random id."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from runbook_lib.sandbox.redshift.postgres import command_line

FOLDER = "RUNBOOK_SANDBOX_DIR"
ACCESS_KEY = "AKIASANDBOXOPERATOR0"
"""The id of the key of the operator, in whose name everything is asked."""


@dataclass(frozen=True)
class State:
    """State what runs: the supervisor and its two parts, where they answer, since when."""

    id: str
    supervisor: int
    aws_pid: int
    aws_port: int
    redshift_pid: int
    redshift_port: int
    postgres_pid: int
    since: float
    account: str
    region: str

    @property
    def pids(self) -> tuple[int, ...]:
        """List the processes, supervisor first."""
        return (self.supervisor, self.aws_pid, self.redshift_pid, self.postgres_pid)


def default_folder() -> Path:
    """Give this user's sandbox folder: RUNBOOK_SANDBOX_DIR, else one in the run-time or temporary folder."""
    if named := os.environ.get(FOLDER):
        return Path(named)
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(base) / f"redshift-runbook-sandbox-{os.geteuid()}"


def read(folder: Path) -> State | None:
    """Read the state; None when nothing was started here."""
    path = folder / "state.json"
    return State(**json.loads(path.read_text("utf-8"))) if path.is_file() else None


def write(folder: Path, state: State) -> None:
    """Write the state whole."""
    partial = folder / "state.partial"
    partial.write_text(json.dumps(asdict(state)) + "\n", "utf-8")
    partial.rename(folder / "state.json")


def is_alive(folder: Path, state: State) -> dict[str, bool]:
    """Tell of each part whether it runs: the endpoint by the id it tells, the others by their command lines."""
    return {
        "supervisor": _is_ours(state.supervisor, folder),
        "aws": _healthy(state),
        "redshift": _is_ours(state.redshift_pid, folder) and _is_ours(state.postgres_pid, folder),
    }


def _healthy(state: State) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{state.aws_port}/_sandbox/health", timeout=5) as answer:
            return bool(json.load(answer)["id"] == state.id)
    except (OSError, ValueError, KeyError):
        return False


def _is_ours(pid: int, folder: Path) -> bool:
    """Tell whether a process id is still the one we started: ids are reused."""
    return str(folder) in command_line(pid)


def remove(folder: Path, state: State | None) -> None:
    """Stop what is left of a sandbox and delete its folder."""
    if state is not None:
        _stop(folder, state, signal.SIGTERM, 10.0)
        _stop(folder, state, signal.SIGKILL, 5.0)
    shutil.rmtree(folder, ignore_errors=True)


def _stop(folder: Path, state: State, number: signal.Signals, seconds: float) -> None:
    """Signal the supervisor first: it stops its parts itself."""
    for pid in state.pids if number == signal.SIGKILL or not _is_ours(state.supervisor, folder) else state.pids[:1]:
        if _is_ours(pid, folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
    until = time.monotonic() + seconds
    while time.monotonic() < until and any(_is_ours(pid, folder) for pid in state.pids):
        time.sleep(0.02)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time start or stop the sandbox of a folder."""
    lock = folder.with_name(f".{folder.name}.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
