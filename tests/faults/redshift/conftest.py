"""A stand-in that can be spoiled, as the contract's."""

from __future__ import annotations

from tests.contract.redshift.conftest import standin, stood

__all__ = ["standin", "stood"]
