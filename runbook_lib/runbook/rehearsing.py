"""Play rehearsals, keep what became of them, and tell which still count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.evidence import exercises
from runbook_lib.model import Unanswered
from runbook_lib.ports import Observation
from runbook_lib.resources.iam import RoleAsked
from runbook_lib.resources.warehouse import UserIdAsked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runbook_lib import evidence
    from runbook_lib.model import Question
    from runbook_lib.ports import ConnectedTarget
    from runbook_lib.resources.rehearsals import Rehearsal


def observe(wanted: Sequence[Rehearsal], target: ConnectedTarget, store: evidence.Record) -> Mapping[str, Observation]:
    """Say which rehearsals are there: played to their end as wanted, with the very roles and users that are there now."""
    newest = {each.address: exercises.newest(store.folder.parent, each.flow) for each in wanted}
    due = [
        each for each in wanted if (found := newest[each.address]) is None or not found.exercise.is_good or found.exercise.rehearsal != each
    ]
    observed = {each.address: Observation() for each in due}
    asked = [each for each in wanted if each.address not in observed]
    answers = target.ask(tuple(dict.fromkeys(_question(name) for each in asked for name in each.acts_as))) if asked else {}
    for each in asked:
        found = newest[each.address]
        try:
            now = _subjects(each.acts_as, answers)
        except Unanswered as refusal:
            observed[each.address] = Observation(refusal=refusal)
        else:
            observed[each.address] = Observation(each if found is not None and found.exercise.subjects == now else None)
    return observed


def play(rehearsal: Rehearsal, target: ConnectedTarget, record: evidence.Record) -> None:
    """Play a rehearsal and keep how each step ended. Raises TargetError when its principals cannot be had."""
    exercise = target.exercise(rehearsal)
    answers = target.ask(tuple(map(_question, rehearsal.acts_as)))
    try:
        subjects = _subjects(rehearsal.acts_as, answers)
    except Unanswered:
        # Whose it was cannot be told: it counts for this run, and is due again in the next.
        subjects = ()
    exercises.keep(record, exercise.model_copy(update={"subjects": subjects}))


def _question(name: str) -> Question:
    """Ask for the id of a role, or of a database user (`side/name`)."""
    side, _, user = name.rpartition("/")
    return UserIdAsked(side=side, user=user) if side else RoleAsked(name=name)


def _subjects(names: Iterable[str], answers: Mapping[Question, object]) -> tuple[tuple[str, str], ...]:
    """Pair roles and users with their ids; what is not there has none. Raises Unanswered."""
    return tuple((name, _id(answers[_question(name)])) for name in names)


def _id(answer: object) -> str:
    return str(getattr(answer, "id", answer) or "")
