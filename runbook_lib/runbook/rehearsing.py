"""Play rehearsals, keep what became of them, and tell which still count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.engine.history import at, standing
from runbook_lib.errors import Rejected
from runbook_lib.evidence import exercises
from runbook_lib.model import Unanswered
from runbook_lib.ports import Observation
from runbook_lib.resources.rehearsals import subject_question, subjects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib import evidence
    from runbook_lib.engine import History
    from runbook_lib.engine.plan import Scope
    from runbook_lib.model import Change
    from runbook_lib.ports import ConnectedTarget
    from runbook_lib.resources.rehearsals import ExerciseAnswer, Rehearsal


def unfinished(history: History, scope: Scope) -> frozenset[str]:
    """List the rehearsals whose end nobody knows, or that could not remove all that they made."""
    ours = standing(at(history, scope))
    return frozenset(address for address, writes in ours.items() if writes[-1].change.subject.leaves_nothing)


def observe(
    wanted: Sequence[Rehearsal], newest: Mapping[str, ExerciseAnswer | None], open_: frozenset[str], target: ConnectedTarget
) -> Mapping[str, Observation]:
    """Say which rehearsals are there: played to their end as wanted, with the very roles and users that are there now; or unfinished."""
    observed = {each.address: _unasked(each, newest[each.address], open_) for each in wanted}
    asked = [each for each in wanted if (value := observed[each.address].value) is not None and value == each and each.address not in open_]
    answers = target.ask(tuple(dict.fromkeys(subject_question(name) for each in asked for name in each.acts_as))) if asked else {}
    for each in asked:
        found = newest[each.address]
        try:
            is_theirs = found is not None and found.exercise.subjects == subjects(each.acts_as, answers)
            observed[each.address] = Observation(each if is_theirs else None)
        except Unanswered as refusal:
            observed[each.address] = Observation(refusal=refusal)
    return observed


def _unasked(wanted: Rehearsal, found: ExerciseAnswer | None, open_: frozenset[str]) -> Observation:
    if wanted.address in open_:
        return Observation(wanted.model_copy(update={"is_unfinished": True}))
    is_played = found is not None and found.exercise.is_good and found.exercise.rehearsal == wanted
    return Observation(wanted if is_played else None)


def play(change: Change, target: ConnectedTarget, record: evidence.Record, scope: Scope) -> None:
    """Play a rehearsal and keep how each step ended, or sweep up after one.

    Raises TargetError when it cannot begin, or when not all could be swept.
    """
    exercise = target.exercise(change)
    if change.after is None:
        if exercise.left:
            raise Rejected(change.address, f"is left: {', '.join(exercise.left)}", "remove it by hand, then apply again")
        return
    names = exercise.rehearsal.acts_as
    try:
        found = subjects(names, target.ask(tuple(map(subject_question, names))))
    except Unanswered:
        # Whose it was cannot be told: it counts for this run, and is due again in the next.
        found = ()
    exercises.keep(record, exercise.model_copy(update={"subjects": found, "scope": scope}))
