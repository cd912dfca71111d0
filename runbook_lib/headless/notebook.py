"""Execute the stages' notebooks through papermill, each in a kernel of its own."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import evidence, place, secrets
from runbook_lib.headless.importing import without
from runbook_lib.headless.outcome import Executed
from runbook_lib.kernels.fork_server import warmed
from runbook_lib.runbook.world import now

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.headless.kernel import KernelOfRun, Kernels
    from runbook_lib.model import Stage

Execute = Callable[["Stage", evidence.Record, dict[str, Any]], Executed]


def notebook_of(stage: Stage) -> Path:
    """Give a stage's notebook."""
    return place.home() / "notebooks" / f"{stage.number:02d}_{stage.slug}.ipynb"


@contextmanager
def papermill(values: Mapping[str, Any], number: int) -> Iterator[Execute]:
    """Give what executes a run's notebooks, each in a kernel of its own; the executed copy is kept also when it fails."""
    # What kernels are forked from makes itself ready while papermill is imported here.
    warmed()
    with without("rfc3987_syntax"):
        importlib.import_module("papermill")
    from runbook_lib.headless.kernel import Kernels

    with Kernels(tuple(_variables(values)), number) as kernels:
        yield partial(_executed, kernels)


def _executed(kernels: Kernels, stage: Stage, record: evidence.Record, values: dict[str, Any]) -> Executed:
    from papermill.exceptions import PapermillExecutionError

    source = notebook_of(stage)
    output = record.folder / "notebooks" / source.name
    output.parent.mkdir(exist_ok=True, mode=0o700)
    started, begun = now(), time.monotonic()
    error, message = "", ""
    try:
        with kernels.one() as kernel:
            _execute(kernel, source, output, values)
    except PapermillExecutionError as failure:
        error, message = str(failure.ename), str(failure.evalue)
    except RuntimeError as failure:
        # What Jupyter says of a kernel that does not answer or that died.
        error, message = "KernelFailed", f"the notebook's kernel: {failure}"
    return Executed(stage, time.monotonic() - begun, output, error, message, started)


def _execute(kernel: KernelOfRun, source: Path, output: Path, values: dict[str, Any]) -> None:
    from papermill import execute_notebook

    from runbook_lib.headless.saving import ENGINE

    execute_notebook(str(source), str(output), values, ENGINE, kernel_name="python3", km=kernel)


def _variables(values: Mapping[str, Any]) -> Iterator[str]:
    """Name the variables that the parameters refer to for secrets."""
    for side in ("source", "destination"):
        for who in ("admin", "user"):
            reference = values[side][who].get("password")
            if reference and (parsed := secrets.parse_reference(reference)).source == "env":
                yield parsed.name
