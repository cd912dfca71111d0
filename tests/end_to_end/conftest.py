"""One sandbox for all modules that give it back as they found it, on free ports in a folder of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox.snapshot import snapshot
from runbook_lib.sandbox.state import State
from runbook_lib.sandbox.supervisor import Wanted, running
from tests.driver import Driver, driver


def passable(folder: Path) -> Path:
    """Open the way to a folder: pytest's own are closed, and as root the server behind the stand-in runs as nobody."""
    for parent in folder.parents:
        if "pytest" in str(parent) and os.access(parent, os.W_OK):
            parent.chmod(parent.stat().st_mode | 0o011)
    return folder


@contextmanager
def sandboxed(factory: pytest.TempPathFactory, wanted: Wanted | None = None) -> Iterator[tuple[State, Path]]:
    """Run a sandbox with its sample account and warehouse."""
    folder = passable(factory.mktemp("sandbox") / "box")
    with running(folder, wanted or Wanted()) as state:
        yield state, folder


class Shared:
    """Hold the sandbox that the modules share; one that a module did not give back as it was is taken down, and the next gets a new one."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self._factory, self._stack = factory, ExitStack()
        self._lent: tuple[tuple[State, Path], dict[str, Any]] | None = None

    def lend(self) -> tuple[State, Path]:
        """Give the sandbox, started when there is none."""
        if self._lent is None:
            box = self._stack.enter_context(sandboxed(self._factory))
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
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """Run a sandbox for all modules."""
    made = Shared(tmp_path_factory)
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
