"""One sandbox a test module, started on free ports in a folder of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_lib.sandbox.state import State
from runbook_lib.sandbox.supervisor import Wanted, running
from tests.driver import Driver, driver


def passable(folder: Path) -> Path:
    """Open the way to a folder: pytest's own are closed, and as root the server behind the stand-in runs as nobody."""
    for parent in folder.parents:
        if "pytest" in str(parent) and os.access(parent, os.W_OK):
            parent.chmod(parent.stat().st_mode | 0o011)
    return folder


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[State, Path]]:
    """Run a sandbox with its sample account and warehouse."""
    folder = passable(tmp_path_factory.mktemp("sandbox") / "box")
    with running(folder, Wanted()) as state:
        yield state, folder


@pytest.fixture
def drive(sandbox: tuple[State, Path], tmp_path: Path) -> Driver:
    """Drive the sandbox's own parameter file, with a record store of the test's own."""
    return driver(*sandbox, tmp_path)
