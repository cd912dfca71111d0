"""Questions lead to questions: an instance tells the role, the role its managed policies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runbook_lib.engine import inventory_of
from runbook_lib.engine.inventory import ROUNDS
from runbook_lib.model import Check, Inventory, Question, Unanswered
from runbook_lib.resources.iam import RoleAsked
from tests.fakes import FakeTarget
from tests.properties.strategies import ENVIRONMENT


def chain(length: int) -> dict[Question, Any]:
    """Let each role name the next."""
    return {RoleAsked(name=f"{place}"): f"{place + 1}" for place in range(length)}


def follow(_environment: object, found: Inventory) -> Iterator[Question]:
    """Ask for what each answer names."""
    for name in found.values():
        yield RoleAsked(name=name)


CHECK = Check((), "a chain", lambda *_: (), lambda _: (RoleAsked(name="0"),), follow)


def test_follow_ups_are_asked_of_their_own_answers() -> None:
    """Until nothing new is asked, and not for ever."""
    found, refusals = inventory_of([CHECK], ENVIRONMENT, FakeTarget(answers=chain(9)))

    assert {} == refusals
    assert [RoleAsked(name=f"{place}") for place in range(ROUNDS + 1)] == list(found)


def test_a_refused_answer_ends_the_chain_of_its_asker_alone() -> None:
    """What may not be asked is a refusal of the one who wanted to go on."""
    answers = chain(1) | {RoleAsked(name="1"): Unanswered("refused")}
    other = Check((), "another", lambda *_: (), lambda _: (RoleAsked(name="x"),))
    found, refusals = inventory_of([CHECK, other], ENVIRONMENT, FakeTarget(answers={**answers, RoleAsked(name="x"): "y"}))

    assert {0: "refused"} == {place: each.reason for place, each in refusals.items()}
    assert "y" == found[RoleAsked(name="x")]
