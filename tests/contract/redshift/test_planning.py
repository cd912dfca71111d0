"""Planning the grants of a side costs the same reads whatever it holds."""

from __future__ import annotations

import pytest

from runbook_lib.resources.warehouse import Grants
from tests.contract.redshift.many import many
from tests.contract.redshift.standin import Standin


@pytest.mark.parametrize("is_granted", [False, True], ids=["first", "again"])
def test_a_plan_reads_as_much_of_sixty_schemas_as_of_five(standin: Standin, *, is_granted: bool) -> None:
    """The source's stage sends the very same statements for 60 schemas as for 5, before and after its grants are made."""
    with many(standin, 5, 2) as small, many(standin, 60, 5) as large:
        sent = []
        for each in (small, large):
            if is_granted:
                each.grant()
            sent.append(as_if_same(each.statements(), each.environment.environment))
            changes = each.plan().changes
            assert bool(changes) != is_granted
            if not is_granted:
                assert any(len(change.after.objects) > 1 for change in changes if isinstance(change.after, Grants))
    assert sent[0] == sent[1] != []


def as_if_same(statements: list[str], name: str) -> list[str]:
    """Call an environment's user and databases the same as those of every other."""
    return [each.replace(name, "many") for each in statements]
