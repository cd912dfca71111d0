"""Answer what a plan takes of the caller: the plan is made without the databases, and what may not be read is taken as not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib import engine
from runbook_lib.documents.caller import least
from runbook_lib.exports.render import Offline
from runbook_lib.model import Inventory, Unanswered
from runbook_lib.ports import Observation
from runbook_lib.resources.rights import RefusedAnswer, RefusedAsked, RightsAnswer
from runbook_lib.resources.warehouse import is_of_warehouse
from runbook_lib.stages import all_stages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib.engine.plan import Scope
    from runbook_lib.model import Change, Question, Resource
    from runbook_lib.parameters import Environment
    from runbook_lib.ports import DeclaringTarget
    from runbook_lib.resources.rights import Need, Permission, RightsAsked


def rights(question: RightsAsked, environment: Environment, target: DeclaringTarget, scope: Scope, history: engine.History) -> RightsAnswer:
    """List the least needs of the plan, or of the way back, and put them to IAM's simulator."""
    known = Readable(target, environment, is_undo=question.undo)
    stages = all_stages()
    if question.undo:
        stage = next(each for each in stages if each.slug == engine.WAY_BACK)
        found = engine.needs_of_reverse(stage, environment, known, scope, history)
    else:
        found = engine.needs(engine.setting_up(stages, environment), environment, known, scope, history, question.also)
    return _simulated(least(found), target)


def _simulated(needs: tuple[Need, ...], target: DeclaringTarget) -> RightsAnswer:
    asked = RefusedAsked(permissions=tuple(dict.fromkeys(each.permission for each in needs)))
    try:
        told: RefusedAnswer = target.ask((asked,))[asked] if needs else RefusedAnswer()
    except Unanswered as reason:
        return RightsAnswer(needs=needs, unasked=reason.reason)
    reasons = dict(told.undecided)
    return RightsAnswer(
        needs=needs,
        refused=tuple(each for each in needs if each.permission in told.refused),
        undecided=tuple((each, reasons[each.permission]) for each in needs if each.permission in reasons),
    )


class Readable:
    """Be what the caller can read of AWS; of the rest, an empty account on the way forward, and all that was made on the way back."""

    def __init__(self, target: DeclaringTarget, environment: Environment, *, is_undo: bool) -> None:
        self._target, self._offline, self._is_undo = target, Offline(environment), is_undo

    def ask(self, questions: Sequence[Question]) -> Inventory:
        """Answer from AWS, else as an empty account does."""
        cloud = [each for each in questions if not is_of_warehouse(each)]
        found = self._target.ask(cloud) if cloud else Inventory({})
        return found.merged(self._offline.ask([each for each in questions if not _is_answered(each, found)]))

    def observe(self, wanted: Sequence[Resource]) -> Mapping[str, Observation]:
        """Look at what is in AWS; databases are not looked into."""
        cloud = [each for each in wanted if not is_of_warehouse(each)]
        found = self._target.observe(cloud) if cloud else {}
        return {each.address: self._seen(each, found.get(each.address)) for each in wanted}

    def write(self, changes: Sequence[Change]) -> None:
        """Refuse, as rendering does."""
        self._offline.write(changes)

    def permissions(self, use: Question | Resource | Change) -> tuple[Permission, ...]:
        """Declare what a use takes."""
        return self._target.permissions(use)

    def _seen(self, wanted: Resource, found: Observation | None) -> Observation:
        if found is not None and found.refusal is None:
            return found
        return Observation(wanted, is_ours=True) if self._is_undo else Observation()


def _is_answered(question: Question, found: Inventory) -> bool:
    try:
        return question in found and bool(found[question] or True)
    except Unanswered:
        return False
