"""Undo what receipts say we did, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.engine.history import at, is_made, is_marked, standing, undone, values
from runbook_lib.model import Change, Owed, Plan, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from runbook_lib.engine.history import History
    from runbook_lib.engine.plan import Scope
    from runbook_lib.ports import Observation, Target

LEFT = "was made anew or changed by somebody else since; it is left as it is"
WAY_OUT = "ask who did; then remove it by hand, or make it again as the runbook left it and destroy"


def reverse(environment: str, history: History, target: Target, scope: Scope) -> Plan:
    """Plan the way back to what was there before our first change of each address.

    What is undone already is kept, so that a destroy that was stopped goes on under its approval. What somebody else changed since
    is owed to people.
    """
    here = at(history, scope)
    ours, back = standing(here), undone(here)
    observed = target.observe((*(subject(writes) for writes in ours.values()), *back.values()))
    left = {address for address, writes in ours.items() if _is_somebodys(observed[address], writes, ours)}
    changes, kept, owed = _ways_back(ours, observed, left)
    kept += [each for address, each in back.items() if observed[address].value == each]
    going = {each.address for each in kept if each.once_removed() == each} | {each.address for each in changes.values() if _is_going(each)}
    alone = [address for address in left if not _goes_along(subject(ours[address]), going)]
    return Plan(
        stage="teardown",
        environment=environment,
        scope=scope,
        changes=tuple(each for each in changes.values() if not _goes_along(each.subject, going, is_made_anew=each.before is None)),
        kept=tuple(kept),
        owed=(*owed, *(Owed(address=each, by="whoever changed it", reason=LEFT, way_out=WAY_OUT) for each in sorted(alone))),
    )


def subject(writes: History) -> Resource:
    """Give the resource to look for: what we wanted last, or what we removed, with all that our changes added to it."""
    return writes[-1].change.subject.covering(writes)


def restored(seen: Resource | None, writes: History) -> Resource | None:
    """Give what was there before; what somebody else removed since is not made again, what we removed is."""
    if seen is not None:
        return seen.restored(writes)
    return writes[0].change.before if writes[-1].change.after is None else None


def _ways_back(
    ours: Mapping[str, History], observed: Mapping[str, Observation], left: AbstractSet[str]
) -> tuple[dict[str, Change], list[Resource], list[Owed]]:
    """Find what undoes each address, the last made first; what is as it was before; and what may not be read."""
    changes: dict[str, Change] = {}
    kept: list[Resource] = []
    owed: list[Owed] = []
    for address in reversed(tuple(ours)):
        seen, writes = observed[address], ours[address]
        if seen.refusal is not None:
            refusal = seen.refusal
            owed.append(Owed(address=address, by=refusal.by, reason=refusal.reason, way_out=refusal.way_out, verdict=refusal.verdict))
        elif _is_left(writes, left):
            continue
        elif (after := restored(seen.value, writes)) != seen.value:
            changes[address] = Change(before=seen.value, after=after)
        elif after is not None:
            kept.append(after)
    return changes, kept, owed


def _is_left(writes: History, left: AbstractSet[str]) -> bool:
    """Tell whether a thing, or what it sits on, is somebody else's by now."""
    return not left.isdisjoint({writes[-1].address, writes[-1].change.subject.holder})


def _is_somebodys(seen: Observation, writes: History, ours: Mapping[str, History]) -> bool:
    """Tell whether what is there now is not what we left."""
    if seen.value is None:
        return False
    if is_made(writes) and is_marked(writes, ours):
        return not seen.is_ours
    return not seen.value.may_be_ours(values(writes))


def _is_going(change: Change) -> bool:
    """Tell whether a change removes a thing, or leaves it waiting for its deletion."""
    return change.after is None or (change.before is not None and change.after == change.before.once_removed())


def _goes_along(resource: Resource, going: AbstractSet[str], *, is_made_anew: bool = False) -> bool:
    """Tell whether its holder goes: then the service removes it too, or there is nothing to give it back to."""
    return resource.holder in going and (resource.goes_with_holder or is_made_anew)
