"""Fetch the independent engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import machine


@pytest.fixture(scope="session")
def oracle() -> Path:
    """Give the folder of the engine; a machine without it fails the test, and `make test` does not come here."""
    return machine.oracle()
