"""Ask the world what a stage needs to know: first questions together, then the follow-ups together, and theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model import Inventory, Unanswered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runbook_lib.model import Check, Part, Question
    from runbook_lib.parameters import Environment
    from runbook_lib.ports import Target

Refusals = dict[int, Unanswered]
"""Why a part or check has no follow-ups, by its place in the sequence that asked."""
ROUNDS = 3
"""How often follow-ups are asked at most: an instance tells the role, the role its managed policies."""


def inventory_of(
    askers: Sequence[Part | Check], environment: Environment, target: Target, known: Inventory | None = None
) -> tuple[Inventory, Refusals]:
    """Ask what parts or checks need, each question once, leaving out what is known already."""
    found = _asked((question for asker in askers for question in asker.asks(environment)), target, known or Inventory({}))
    refusals: Refusals = {}
    for _ in range(ROUNDS):
        more: list[Question] = []
        for place, asker in enumerate(askers):
            try:
                more.extend(asker.then(environment, found))
            except Unanswered as refusal:
                refusals[place] = refusal
        if all(question in found for question in more):
            break
        found = _asked(more, target, found)
    return found, refusals


def _asked(questions: Iterable[Question], target: Target, known: Inventory) -> Inventory:
    asked = tuple(dict.fromkeys(question for question in questions if question not in known))
    return known.merged(_complete(asked, target.ask(asked))) if asked else known


def _complete(asked: Sequence[Question], answers: Mapping[Question, object]) -> Inventory:
    missing = {question: Unanswered(f"nothing answers {question.kind}") for question in asked if question not in answers}
    return answers.merged(Inventory(missing)) if isinstance(answers, Inventory) else Inventory({**answers, **missing})
