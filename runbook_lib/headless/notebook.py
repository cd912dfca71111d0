"""Execute a stage's notebook through papermill, in a kernel of its own."""

from __future__ import annotations

import os
import tempfile
import time
from functools import partialmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import evidence, place, secrets
from runbook_lib.headless.outcome import Executed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jupyter_client.manager import AsyncKernelManager

    from runbook_lib.model import Stage

LONGEST = 80
"""Characters of a folder in which a socket can have a name: the system takes 104 for both."""


def notebook_of(stage: Stage) -> Path:
    """Give a stage's notebook."""
    return place.home() / "notebooks" / f"{stage.number:02d}_{stage.slug}.ipynb"


def papermill(stage: Stage, record: evidence.Record, values: dict[str, Any]) -> Executed:
    """Execute a stage's notebook in a kernel of its own; the executed copy is kept also when it fails."""
    from papermill.exceptions import PapermillExecutionError

    source = notebook_of(stage)
    output = record.folder / "notebooks" / source.name
    output.parent.mkdir(exist_ok=True, mode=0o700)
    begun = time.monotonic()
    error, message = "", ""
    try:
        _execute(source, output, values)
    except PapermillExecutionError as failure:
        error, message = str(failure.ename), str(failure.evalue)
    except RuntimeError as failure:
        # What Jupyter says of a kernel that does not answer or that died.
        error, message = "KernelFailed", f"the notebook's kernel: {failure}"
    return Executed(stage, time.monotonic() - begun, output, error, message)


def _execute(source: Path, output: Path, values: dict[str, Any]) -> None:
    from papermill import execute_notebook
    from traitlets.config import Config

    names = _variables(values)
    with tempfile.TemporaryDirectory(prefix="runbook-") as folder, secrets.handing_over(names, os.environ) as handed:
        execute_notebook(
            str(source), str(output), parameters=values, kernel_name="python3", progress_bar=False, log_output=False,
            cwd=str(place.home()), request_save_on_cell_execute=True, shutdown_kernel="immediate",
            config=Config({"KernelManager": _connection(folder)}), kernel_manager_class=_started_with(handed),
        )  # fmt: skip


def _variables(values: Mapping[str, Any]) -> Iterator[str]:
    """Name the variables that the parameters refer to for secrets."""
    for side in ("source", "destination"):
        for who in ("admin", "user"):
            reference = values[side][who].get("password")
            if reference and (parsed := secrets.parse_reference(reference)).source == "env":
                yield parsed.name


def _started_with(handed: secrets.Handed) -> type[AsyncKernelManager]:
    """Make the class that starts a kernel with an environment and a socket of its own; papermill takes a class and no arguments for it."""
    from jupyter_client.manager import AsyncKernelManager

    class KernelOfRun(AsyncKernelManager):
        """Start a kernel that is handed its secrets; no other process inherits the socket."""

        start_kernel = partialmethod(AsyncKernelManager.start_kernel, env=handed.environ, pass_fds=(handed.socket,))

    return KernelOfRun


def _connection(folder: str) -> dict[str, str]:
    """Let kernel and runner talk through sockets in a folder that nobody else sees; where its name is too long, through free ports."""
    return {"transport": "ipc", "ip": f"{folder}/kernel"} if len(folder) <= LONGEST else {"transport": "tcp"}
