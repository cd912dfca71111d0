"""Execute the stages' notebooks through papermill, each in a kernel of its own."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import place, secrets
from runbook_lib.errors import RunbookError
from runbook_lib.headless.importing import import_papermill
from runbook_lib.headless.outcome import Executed
from runbook_lib.headless.side_by_side import Way
from runbook_lib.kernels.at_once import notebooks
from runbook_lib.kernels.fork_server import warmed
from runbook_lib.runbook.world import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runbook_lib.evidence import Record
    from runbook_lib.headless.kernel import KernelOfRun
    from runbook_lib.headless.line import Line
    from runbook_lib.headless.side_by_side import Begin
    from runbook_lib.model import Stage

FAILED = "KernelFailed"


def notebook_of(stage: Stage) -> Path:
    """Give a stage's notebook."""
    return place.home() / "notebooks" / f"{stage.number:02d}_{stage.slug}.ipynb"


@contextmanager
def papermill(record: Record, values: Mapping[str, Any], line: Line) -> Iterator[Way]:
    """Give the way to execute a run's notebooks, each in a kernel of its own; the executed copy is kept also when it fails."""
    # What kernels are forked from makes itself ready while all that a run needs here is imported.
    warmed(debugs=False)
    import_papermill()
    from runbook_lib.headless.kernel import Kernels
    from runbook_lib.views import notebook_page

    notebook_page.prepare()

    kernels = Kernels(tuple(_variables(values)))
    line.when_abandoned = kernels.abandon

    @contextmanager
    def prepare(stage: Stage) -> Iterator[Callable[[Begin], Executed]]:
        source = notebook_of(stage)
        output = record.folder / "notebooks" / source.name
        output.parent.mkdir(exist_ok=True, mode=0o700)
        with ExitStack() as living:
            try:
                kernel = living.enter_context(kernels.one())
            except (RuntimeError, OSError) as failure:
                # That of this stage alone: others write meanwhile.
                execute = partial(_not_started, stage, output, _died(failure, values))
            else:
                execute = partial(_executed, stage, kernel, output, values, partial(line.judges, stage.slug))
            yield execute

    yield Way(prepare, notebooks())


def _executed(
    stage: Stage, kernel: KernelOfRun, output: Path, values: Mapping[str, Any], judges: Callable[[], None], begin: Begin
) -> Executed:
    from papermill.exceptions import PapermillExecutionError

    timed = _Timed(begin)
    error, message = "", ""
    try:
        try:
            _execute(kernel, notebook_of(stage), output, values, (timed.begin, judges))
        except PapermillExecutionError as failure:
            # Some exceptions have nothing to say, as MemoryError: their name is what there is.
            error, message = str(failure.ename), str(failure.evalue) or str(failure.ename)
        except RuntimeError as failure:
            # What Jupyter says of a kernel that does not answer or that died.
            error, message = FAILED, _died(failure, values)
        if not timed.started:
            # What failed before its turn is told in its turn.
            timed.begin()
    except BaseException:
        if not timed.started:
            # Nobody was asked anything yet: what only was opened is no part of the record.
            output.unlink(missing_ok=True)
        raise
    return Executed(stage, time.monotonic() - timed.at, output, error, message, timed.started)


class _Timed:
    """Note when a stage begins."""

    started, at = "", 0.0

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    def begin(self) -> None:
        """Wait for the turn, and note when it came. Raises NotBegun."""
        self._begin()
        self.started, self.at = now(), time.monotonic()


def _not_started(stage: Stage, output: Path, message: str, begin: Begin) -> Executed:
    begin()
    return Executed(stage, 0.0, output, FAILED, message, now())


def _died(failure: Exception, values: Mapping[str, Any]) -> str:
    """Say what became of a kernel; an approved run says itself which command goes on."""
    return str(RunbookError("the notebook's kernel", str(failure), "" if values.get("approve") else "give the same command again"))


def _execute(kernel: KernelOfRun, source: Path, output: Path, values: Mapping[str, Any], waits: tuple[Callable[[], None], ...]) -> None:
    from papermill import execute_notebook

    from runbook_lib.headless.saving import ENGINE, JUDGING, LOOKING

    turns = dict(zip((LOOKING, JUDGING), waits, strict=True))
    execute_notebook(str(source), str(output), dict(values), ENGINE, kernel_name="python3", km=kernel, waits=turns)


def _variables(values: Mapping[str, Any]) -> Iterator[str]:
    """Name the variables that the parameters refer to for secrets."""
    for side in ("source", "destination"):
        for who in ("admin", "user"):
            reference = values[side][who].get("password")
            if reference and (parsed := secrets.parse_reference(reference)).source == "env":
                yield parsed.name
