"""What becomes of a notebook that fails, and of one whose kernel cannot start: a failure of its own stage, with a reason."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from runbook_lib.engine.order import Turn
from runbook_lib.headless import notebook
from runbook_lib.headless.kernel import Kernels
from runbook_lib.headless.line import Line, NotBegun
from runbook_lib.headless.side_by_side import side_by_side
from runbook_lib.model import Stage
from runbook_lib.progress import Progress

LONG = 60
"""Seconds after which a test that hangs fails."""
VALUES: dict[str, Any] = {side: {"admin": {}, "user": {}} for side in ("source", "destination")}


def _begun(given: tuple[Any, ...]) -> None:
    """Begin as papermill's engine does before the cell that looks at what others write."""
    begin, _ = given[-1]
    begin()


@pytest.mark.parametrize("failure", [RuntimeError("died at birth"), OSError(12, "Cannot allocate memory")])
def test_others_go_on_beside_a_kernel_that_cannot_start(failure: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One stage writes while the kernel of another is refused: it writes to its end, the other failed."""
    line = Line({"a": Turn(), "b": Turn()})
    starting, failed = iter((True, False)), threading.Event()

    @contextmanager
    def one(_: Kernels) -> Iterator[None]:
        if not next(starting):
            raise failure
        yield

    def execute(*given: Any) -> None:
        _begun(given)
        assert failed.wait(LONG)
        assert line.cause is None

    class Said(Progress):
        def stage_ends(self, title: str, seconds: float, message: str) -> None:
            del title, seconds
            if message:
                failed.set()

    monkeypatch.setattr(Kernels, "one", one)
    monkeypatch.setattr(notebook, "_execute", execute)
    monkeypatch.setattr(notebook, "warmed", lambda **_: None)
    stages = [Stage(number, slug, slug, (), "") for number, slug in enumerate("ab", 1)]
    record: Any = SimpleNamespace(folder=tmp_path)
    with notebook.papermill(record, VALUES, line) as way:
        done = side_by_side(stages, line, way, Said())

    assert ["a", "b"] == [each.stage.slug for each in done]
    said = f"the notebook's kernel: {failure}; give the same command again"
    assert [("", ""), ("KernelFailed", said)] == sorted((each.error, each.message) for each in done)


@pytest.mark.parametrize(("said", "message"), [("no such bucket", "no such bucket"), ("", "MemoryError")])
def test_an_error_without_a_word_is_told_by_its_name(said: str, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every failure has a reason wherever it is told."""
    from papermill.exceptions import PapermillExecutionError

    def execute(*_: object) -> None:
        raise PapermillExecutionError(1, 1, "", "MemoryError", said, [])

    @contextmanager
    def one(_: Kernels) -> Iterator[None]:
        yield

    monkeypatch.setattr(Kernels, "one", one)
    monkeypatch.setattr(notebook, "_execute", execute)
    monkeypatch.setattr(notebook, "warmed", lambda **_: None)
    record: Any = SimpleNamespace(folder=tmp_path)
    with notebook.papermill(record, VALUES, Line({"a": Turn()})) as way, way.prepare(Stage(1, "a", "a", (), "")) as executing:
        done = executing(lambda: None)

    assert ("MemoryError", message) == (done.error, done.message)


@pytest.mark.parametrize("how", ["its turn does not come", "it failed before", "the run was given up"])
def test_what_only_was_opened_leaves_nothing(how: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A notebook whose turn does not come any more is no part of the record, whatever became of it before."""
    from papermill.exceptions import PapermillExecutionError

    def execute(_kernel: object, _source: Path, output: Path, *given: Any) -> None:
        output.write_text("{}")
        if how == "it failed before":
            raise PapermillExecutionError(1, 1, "", "MemoryError", "", [])
        if how == "the run was given up":
            raise asyncio.CancelledError
        _begun(given)

    @contextmanager
    def one(_: Kernels) -> Iterator[None]:
        yield

    def refuse() -> None:
        raise NotBegun("a")

    monkeypatch.setattr(Kernels, "one", one)
    monkeypatch.setattr(notebook, "_execute", execute)
    monkeypatch.setattr(notebook, "warmed", lambda **_: None)
    record: Any = SimpleNamespace(folder=tmp_path)
    with (
        notebook.papermill(record, VALUES, Line({"a": Turn()})) as way,
        way.prepare(Stage(1, "a", "a", (), "")) as executing,
        pytest.raises((NotBegun, asyncio.CancelledError)),
    ):
        executing(refuse)

    assert [] == list((tmp_path / "notebooks").iterdir())
