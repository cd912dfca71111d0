"""A home for fleets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fleet.fleets import Yard


@pytest.fixture
def yard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Yard:
    """Make a home without a file."""
    (tmp_path / "parameters").mkdir()
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Yard(tmp_path)
