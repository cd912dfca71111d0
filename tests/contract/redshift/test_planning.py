"""Planning the grants of a side costs the same reads whatever it holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from runbook_lib.model import Stage
from runbook_lib.resources.warehouse import Grants
from tests.contract.redshift.many import STAGES, Many, many
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


def test_applying_and_proving_takes_as_many_statements_for_sixty_schemas_as_for_three(standin: Standin) -> None:
    """Both stages send so many statements of each kind for whatever fits into one batch: names go together, and a read is of all."""
    with many(standin, 3, 2) as small, many(standin, 60, 5) as large:
        sent = [[kinds(each, work) for stage in STAGES for work in works(each, stage)] for each in (small, large)]

        assert sent[0] == sent[1]
        assert {"GRANT USAGE ON SCHEMA", "GRANT SELECT ON", "GRANT DROP ON SCHEMA"} <= {kind for counts in sent[0] for kind in counts}
        for stage in STAGES:
            assert [] == [each for each in large.verify(stage) if each.verdict == "broken"]


def works(each: Many, stage: Stage) -> tuple[Callable[[], object], ...]:
    """List what a run does with a stage, in order."""
    return partial(each.plan, stage), partial(each.apply, stage), partial(each.verify, stage)


def kinds(each: Many, work: Callable[[], object]) -> Counter[str]:
    """Count what is sent by what it says before the names of objects."""
    sent = as_if_same(each.statements(work), each.environment.environment)
    return Counter(re.sub(r"(?s)^(GRANT \w+ ON(?: SCHEMA)?) .*", r"\1", one) for one in sent)


def as_if_same(statements: list[str], name: str) -> list[str]:
    """Call an environment's user and databases the same as those of every other."""
    return [each.replace(name, "many") for each in statements]
