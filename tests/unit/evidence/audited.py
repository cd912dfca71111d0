"""A record of an apply, and copies of it to tamper with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import records

Edit = Callable[[Path], Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a record of an apply."""
    return records.house(tmp_path_factory.mktemp("house"), signs=False).applied()


@pytest.fixture
def record(made: Path, tmp_path: Path) -> Path:
    """Give a copy of it, with nothing beside it."""
    return records.copied(made, tmp_path)
