"""One sandbox for all modules that give it back as they found it, on free ports in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox.snapshot import snapshot
from runbook_lib.sandbox.state import State
from runbook_lib.sandbox.supervisor import Wanted, running
from tests.driver import Driver, driver
from tests.folders import passable


@contextmanager
def sandboxed(wanted: Wanted | None = None) -> Iterator[tuple[State, Path]]:
    """Run a sandbox with its sample account and warehouse."""
    with passable() as folder, running(folder / "box", wanted or Wanted()) as state:
        yield state, folder / "box"


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
        """Keep the sandbox for the next module, if it is what it was."""
        if self._lent is not None and snapshot(*self._lent[0]) != self._lent[1]:
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
