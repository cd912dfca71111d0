"""A house whose plans are approved."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.approving import approved_house
from tests.records import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Build a house with two approvers, of whom one suffices."""
    return approved_house(tmp_path / "house")
