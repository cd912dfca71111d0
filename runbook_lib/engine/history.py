"""What journals say we did: what of it still stands, what is undone, and which things are ours by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model import Written

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from runbook_lib.engine.plan import Scope
    from runbook_lib.model import Resource

History = tuple[Written, ...]
"""Our changes in the order of time; those whose end nobody knows count too: live state decides."""


def at(history: History, scope: Scope) -> History:
    """Leave out what was sent to another account, endpoint, region or database: there the same address is another thing."""
    return tuple(each for each in history if each.is_at(scope))


def elsewhere(history: History, scope: Scope) -> tuple[str, ...]:
    """Name what was made at another place and is not undone there."""
    return tuple(standing(tuple(each for each in history if not each.is_at(scope))))


def standing(history: History) -> dict[str, History]:
    """Fold a history to the changes of each address that are not undone yet, in order of first change.

    An undo whose end nobody knows takes nothing away: what it did is read from live state. What leaves nothing stands only while
    nobody knows its end, and only where it may have left something that gives access.
    """
    changes: dict[str, History] = {}
    held: dict[str, dict[str, None]] = {}
    for each in history:
        subject = each.change.subject
        held.setdefault(subject.holder, {})[each.address] = None
        if subject.leaves_nothing and (each.is_certain or not subject.gives_access):
            changes.pop(each.address, None)
            continue
        on_it = {address: changes[address] for address in held.get(each.address, ()) if address in changes}
        if not each.is_undo:
            # What is made once more found nothing there: what stood on the former one went with it, whoever took that away.
            is_anew = each.change.before is None and each.address in changes
            for address in _lost_with(each.address, on_it) if is_anew else ():
                changes.pop(address, None)
            changes[each.address] = (*changes.get(each.address, ()), each)
        elif each.is_certain:
            for address in (each.address, *(_lost_with(each.address, on_it) if each.change.after is None else ())):
                changes.pop(address, None)
    return changes


def undone(history: History) -> dict[str, Resource]:
    """Give what our undos put back, or left waiting for its deletion, by address."""
    back: dict[str, Resource] = {}
    for each in history:
        back.pop(each.address, None)
        if each.is_undo and each.is_certain and each.change.after is not None:
            back[each.address] = each.change.after
    return back


def claimed(history: History, scope: Scope) -> frozenset[str]:
    """List the addresses that are ours because journals say that we made them: those that carry no tag by which to tell."""
    ours = standing(at(history, scope))
    return frozenset(address for address, writes in ours.items() if is_made(writes) and not is_marked(writes, ours))


def is_made(writes: History) -> bool:
    """Tell whether the first of our changes found nothing there."""
    return writes[0].change.before is None


def is_marked(writes: History, ours: Mapping[str, History]) -> bool:
    """Tell whether our tag was written, so that it alone says whose the thing is now."""
    subject = writes[-1].change.subject
    return subject.mark == subject.address or any(each.is_certain for each in ours.get(subject.mark, ()))


def values(writes: History) -> AbstractSet[Resource | None]:
    """Collect the values that our changes of one address, and undoing them, pass through."""
    known: set[Resource | None] = set()
    for each in writes:
        before, after = each.change.before, each.change.after
        known |= {before, after, *(before.on_the_way(after) if before is not None else ())}
    last, first = writes[-1].change.after, writes[0].change.before
    return known | set(last.on_the_way(first) if last is not None else ())


def _lost_with(holder: str, changes: Mapping[str, History]) -> list[str]:
    """List what went with something that is gone, its tags among them, and what we had taken from it, which has nowhere to go back."""
    last = {address: writes[-1].change for address, writes in changes.items() if writes[-1].change.subject.holder == holder}
    return [address for address, change in last.items() if change.after is None or change.subject.goes_with_holder]
