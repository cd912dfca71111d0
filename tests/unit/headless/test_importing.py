"""Importing without a package."""

from __future__ import annotations

import importlib
import sys

import pytest

from runbook_lib.kernels.importing import without


def test_a_package_is_missing_for_as_long_as_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within, its import fails as that of one that is not installed; afterwards it is imported as ever."""
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)

    with without("colorsys"), pytest.raises(ImportError):
        importlib.import_module("colorsys")

    assert "colorsys" == importlib.import_module("colorsys").__name__


def test_what_was_imported_stays() -> None:
    """A package that somebody uses already is not taken from him."""
    with without("importlib"):
        assert importlib is sys.modules["importlib"]

    assert importlib is sys.modules["importlib"]
