"""Execute a stage's notebook through papermill, in a kernel of its own."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import evidence, place
from runbook_lib.headless.outcome import Executed

if TYPE_CHECKING:
    from runbook_lib.model import Stage


def notebook_of(stage: Stage) -> Path:
    """Give a stage's notebook."""
    return place.home() / "notebooks" / f"{stage.number:02d}_{stage.slug}.ipynb"


def papermill(stage: Stage, record: evidence.Record, values: dict[str, Any]) -> Executed:
    """Execute a stage's notebook in a kernel of its own; the executed copy is kept also when it fails."""
    from papermill import execute_notebook
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    source = notebook_of(stage)
    output = record.folder / "notebooks" / source.name
    output.parent.mkdir(exist_ok=True, mode=0o700)
    begun = time.monotonic()
    error, message = "", ""
    try:
        execute_notebook(
            str(source), str(output), parameters=values, kernel_name="python3", progress_bar=False, log_output=False,
            cwd=str(place.home()), request_save_on_cell_execute=True, shutdown_kernel="immediate",
            config=Config({"KernelManager": {"transport": "ipc"}}),
        )  # fmt: skip
    except PapermillExecutionError as failure:
        error, message = str(failure.ename), str(failure.evalue)
    return Executed(stage, time.monotonic() - begun, output, error, message)
