"""The parameters know by name which kinds of resource may be adopted, without importing them."""

from __future__ import annotations

from runbook_lib import resources
from runbook_lib.model import Resource
from runbook_lib.parameters.rules import CLAIMED


def test_the_kinds_that_may_be_adopted_are_those_that_are_claimed() -> None:
    """List exactly the kinds of resource that may exist before us."""
    assert resources.__name__
    kinds = {kind: each for kind, each in Resource.known.items() if issubclass(each, Resource)}
    assert CLAIMED == tuple(sorted(kind for kind, each in kinds.items() if each.is_claimed or each.is_ours_by_name))
