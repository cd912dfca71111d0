"""Undo what receipts say we did, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model import Change, Owed, Plan, Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runbook_lib.engine.plan import Scope
    from runbook_lib.ports import Target

History = tuple[tuple[Change, bool], ...]
"""Our changes in the order of time, each with whether it undid an earlier one; unfinished ones count: live state decides."""


def standing(history: History) -> dict[str, tuple[Change, ...]]:
    """Fold a history to the changes of each address that are not undone yet, in order of first change."""
    changes: dict[str, tuple[Change, ...]] = {}
    for change, is_undo in history:
        if is_undo:
            for address in (change.address, *_lost_with(change, changes)):
                changes.pop(address, None)
        else:
            changes[change.address] = (*changes.get(change.address, ()), change)
    return changes


def _lost_with(undone: Change, changes: Mapping[str, tuple[Change, ...]]) -> list[str]:
    """List what we had taken from something that is gone now: there is nothing to give it back to."""
    if undone.after is not None:
        return []
    removed = {address: made[-1].subject for address, made in changes.items() if made[-1].after is None}
    return [address for address, subject in removed.items() if subject.holder == undone.address]


def claimed(history: History) -> frozenset[str]:
    """List the addresses that receipts name as made by us."""
    return frozenset(address for address, changes in standing(history).items() if changes[0].before is None)


def reverse(environment: str, history: History, target: Target, scope: Scope) -> Plan:
    """Plan the way back to what was there before our first change of each address."""
    ours = standing(history)
    latest = {address: _last_value(changes) for address, changes in ours.items()}
    observed = target.observe([resource for resource in latest.values() if resource is not None])
    changes: dict[str, Change] = {}
    owed: list[Owed] = []
    for address in reversed(ours):
        resource = latest[address]
        if resource is None:
            continue
        seen = observed[address]
        if seen.refusal is not None:
            owed.append(Owed(address=address, by=seen.refusal.by, reason=seen.refusal.reason, verdict=seen.refusal.verdict))
        elif (after := _restored(seen.value, ours[address])) != seen.value:
            changes[address] = Change(before=seen.value, after=after)
    kept_order = tuple(change for change in changes.values() if not _goes_along(change, changes))
    return Plan(stage="teardown", environment=environment, scope=scope, changes=kept_order, owed=tuple(owed))


def _restored(seen: Resource | None, changes: tuple[Change, ...]) -> Resource | None:
    """Give what was there before; what somebody else removed since is not made again, what we removed is."""
    if seen is not None:
        return seen.restored(changes)
    return changes[0].before if changes[-1].after is None else None


def _last_value(changes: Iterable[Change]) -> Resource | None:
    """Give the resource to look for: what we wanted last, or what we removed."""
    *_, last = changes
    return last.after if last.after is not None else last.before


def _goes_along(change: Change, changes: Mapping[str, Change]) -> bool:
    """Tell whether its holder goes: then the service removes it too, or there is nothing to give it back to."""
    holder = changes.get(change.subject.holder)
    if holder is None or not (change.subject.goes_with_holder or change.before is None):
        return False
    return holder.after is None or (holder.before is not None and holder.after == holder.before.once_removed())
