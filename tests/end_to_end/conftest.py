"""One sandbox for all modules that give it back as they found it, on free ports in a folder of its own."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox import endings
from runbook_lib.sandbox.snapshot import snapshot
from runbook_lib.sandbox.state import State, runs
from runbook_lib.sandbox.supervisor import Wanted, running
from tests.driver import Driver, driver
from tests.folders import passable


@contextmanager
def sandboxed(wanted: Wanted | None = None) -> Iterator[tuple[State, Path]]:
    """Run a sandbox with its sample account and warehouse."""
    with passable() as folder, running(folder / "box", wanted or Wanted()) as state:
        yield state, folder / "box"


def last_words(state: State, folder: Path) -> str:
    """Quote what a sandbox that has ended said last, log by log; empty when it runs."""
    if all(runs(folder, state).values()):
        return ""
    return "\n".join(f"{log.name}: {endings.said(log)}" for log in (*folder.glob("*.log"), *folder.glob("postgres/*.log")))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to what failed why its sandbox has ended, where it has: whatever the test says then is no finding of its own."""
    report = yield
    box = getattr(item, "funcargs", {}).get("sandbox")
    if report.failed and box is not None and (ended := last_words(*box)):
        report.sections.append(("the sandbox has ended", ended))
    return report


class Shared:
    """Hold the sandbox that the modules share; one that a module did not give back as it was is taken down, and the next gets a new one."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._lent: tuple[tuple[State, Path], dict[str, Any]] | None = None

    def lend(self) -> tuple[State, Path]:
        """Give the sandbox, started when there is none."""
        if self._lent is None:
            box = self._stack.enter_context(sandboxed())
            self._lent = box, snapshot(*box)
        return self._lent[0]

    def take_back(self) -> None:
        """Keep the sandbox for the next module, if it is what it was; one that has ended fails whoever gives it back."""
        if self._lent is None:
            return
        box, before = self._lent
        if ended := last_words(*box):
            self.close()
            pytest.fail(ended)
        if snapshot(*box) != before:
            self.close()

    def close(self) -> None:
        """Take the sandbox down."""
        self._lent = None
        self._stack.close()


@pytest.fixture(scope="session")
def shared() -> Iterator[Shared]:
    """Run a sandbox for all modules."""
    made = Shared()
    yield made
    made.close()


@pytest.fixture(scope="module")
def sandbox(shared: Shared) -> Iterator[tuple[State, Path]]:
    """Run a sandbox with its sample account and warehouse."""
    yield shared.lend()
    shared.take_back()


@pytest.fixture
def drive(sandbox: tuple[State, Path], tmp_path: Path) -> Driver:
    """Drive the sandbox's own parameter file, with a record store of the test's own."""
    return driver(*sandbox, tmp_path)
