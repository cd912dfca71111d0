"""One sandbox a test module, started on free ports in a folder of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook_lib.sandbox.state import State
from runbook_lib.sandbox.supervisor import Wanted, running
from tests.driver import Driver, driver


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[State, Path]]:
    """Run a sandbox with its sample account and warehouse."""
    folder = tmp_path_factory.mktemp("sandbox") / "box"
    # pytest's own folders are closed to everybody else; the server behind the stand-in runs as nobody when we are root.
    for parent in (folder.parent, *folder.parent.parents[:3]):
        if parent.owner() == folder.parent.owner() and os.access(parent, os.W_OK) and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    with running(folder, Wanted()) as state:
        yield state, folder


@pytest.fixture
def drive(sandbox: tuple[State, Path], tmp_path: Path) -> Driver:
    """Drive the sandbox's own parameter file, with a record store of the test's own."""
    return driver(*sandbox, tmp_path)
