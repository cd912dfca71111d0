"""Run a notebook's own cells in this process, without a kernel, so that many whole runs are cheap; show each value as a notebook does."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import time
import traceback
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from papermill.translators import PythonTranslator

from runbook_lib import views
from runbook_lib.headless import Executed
from runbook_lib.headless.side_by_side import Way, in_turn
from runbook_lib.runbook.stage_run import ChecksBroken
from tests.machine import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.evidence import Record
    from runbook_lib.headless.line import Line
    from runbook_lib.model import Stage

FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
APPROVE, ACKNOWLEDGE = 'approve = ""', 'acknowledge = ""'


@dataclass
class Run:
    """Hold the names that the cells share, the notebook with its outputs, and what a cell raised."""

    notebook: Any
    names: dict[str, Any] = field(default_factory=dict)
    raised: Exception | None = None


def step_through(slug: str, approve: str = "") -> Run:
    """Run a notebook as a person does: no parameters are handed in, `approve` is set in its own cell, with every risk acknowledged.

    Raises what a cell raises, but for the last cell's word that something is broken: everything was done by then.
    """
    done = _run(_path(slug), approve, injected="")
    if done.raised is not None and not isinstance(done.raised, ChecksBroken):
        raise done.raised
    return done


def papermill(stage: Stage, record: Record, values: dict[str, Any]) -> Executed:
    """Run a stage's notebook as papermill does, its parameters written as code; keep the executed copy, also of one that fails."""
    from nbformat import v4

    begun = time.monotonic()
    path = _path(stage.slug)
    done = _run(path, "", injected=PythonTranslator.codify(values))
    record.write(f"notebooks/{path.name}", v4.writes_json(done.notebook))  # type: ignore[no-untyped-call]
    error, message = (type(done.raised).__name__, str(done.raised)) if done.raised else ("", "")
    return Executed(stage, time.monotonic() - begun, record.folder / "notebooks" / path.name, error, message)


def in_place_of_kernels(record: Record, values: dict[str, Any], _line: Line) -> AbstractContextManager[Way]:
    """Stand in for papermill and its kernels where a whole command is run."""
    return nullcontext(in_turn(papermill, record, values))


def _path(slug: str) -> Path:
    return next((ROOT / "notebooks").glob(f"[0-9][0-9]_{slug}.ipynb"))


def _run(path: Path, approve: str, injected: str) -> Run:
    from nbformat import v4

    done = Run(v4.reads_json(path.read_text("utf-8")))  # type: ignore[no-untyped-call]
    for number, cell in enumerate([each for each in done.notebook.cells if each.cell_type == "code"]):
        is_parameters = "parameters" in cell.metadata.get("tags", ())
        if is_parameters:
            given = cell.source.replace(APPROVE, f"approve = {approve!r}").replace(ACKNOWLEDGE, "acknowledge = '*'")
            cell.source = f"{given}\n{injected}"
        try:
            shown = _value_of(cell.source, done.names)
        except Exception as error:  # noqa: BLE001 - a kernel shows any error and goes no further
            done.raised = error
            output = {"ename": type(error).__name__, "evalue": str(error), "traceback": traceback.format_exc().splitlines()}
            cell.outputs = [v4.new_output("error", **output)]  # type: ignore[no-untyped-call]
            return done
        if shown is not None and not is_parameters:
            forms = {"text/html": views.html(shown), "text/markdown": views.markdown(shown), "text/plain": views.text(shown)}
            cell.outputs = [v4.new_output("execute_result", forms, execution_count=number)]  # type: ignore[no-untyped-call]
    return done


def _value_of(source: str, names: dict[str, Any]) -> Any:
    """Run a cell's statements and give the value of its last line, where that is an expression; cells may await."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    _done(compile(tree, "<cell>", "exec", FLAGS), names)
    return _done(compile(ast.Expression(last.value), "<cell>", "eval", FLAGS), names) if isinstance(last, ast.Expr) else None


def _done(code: Any, names: dict[str, Any]) -> Any:
    value = eval(code, names)  # noqa: S307 - the repository's own notebooks
    return asyncio.run(_unhurt(value)) if asyncio.iscoroutine(value) else value


async def _unhurt(value: Any) -> Any:
    """Wait for a cell that may be interrupted, which whoever runs it is told anyway.

    A task that is left with an interrupt is reported when it is collected, with a traceback that is parsed: within another parsing,
    which then fails ("AST constructor recursion depth mismatch").
    """
    with contextlib.suppress(KeyboardInterrupt):
        return await value
