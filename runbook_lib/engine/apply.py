"""Apply an approved plan: one step at a time, journalled before and after, stopping at the first failure.

A step is one group of changes, or a group each of several lanes: these are written at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from runbook_lib.engine.consent import refuse_drift
from runbook_lib.engine.order import steps
from runbook_lib.errors import (
    Denied,
    InUse,
    TargetError,
    Transient,
    Unreachable,
    Unresolved,
    wrong_with,
)
from runbook_lib.model import Entry, Outcome, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from runbook_lib.model import Approval, Change, Plan
    from runbook_lib.ports import LanedTarget

IN_PLACE = "was in place already"
"""What is said of a change that an earlier run under the same approval made."""
NOT_APPROVED = "not approved"
"""What is said of a change that nobody approved."""
USED_UP = "was carried out already; run Plan again"
"""What is said of a change that was made under its approval, and undone since."""


class Journal(Protocol):
    """Keep what is about to be written, and what became of it, across a crash."""

    def announce(self, stage: str, changes: Sequence[Change]) -> None:
        """Make known what a stage is going to write, before the first of it is sent."""

    def begin(self, stage: str, *changes: Change) -> None:
        """Record changes before they are sent together."""

    def end(self, stage: str, *entries: Entry) -> None:
        """Record what became of them."""


@dataclass
class Applying:
    """Carry what one apply needs and what it has found out so far."""

    target: LanedTarget
    journal: Journal
    now: Callable[[], str]
    stopped: Callable[[], bool]
    owners: Callable[[Change], str]
    beyond: set[str] = field(default_factory=set)
    halted: str = ""


def apply(
    approved: Plan,
    approvals: tuple[Approval, ...],
    fresh: Plan,
    target: LanedTarget,
    journal: Journal,
    *,
    now: Callable[[], str],
    stopped: Callable[[], bool] = lambda: False,
    owners: Callable[[Change], str] = lambda _change: "",
    withheld: str = NOT_APPROVED,
) -> Receipt:
    """Write what is left of an approved plan; without an approval every change is withheld, and `withheld` says why there is none.

    `fresh` is the plan made now. Raises PlanDrifted, before the first write, when anything but the approved changes differs.
    """
    if not approvals:
        entries = tuple(Entry(change=change, outcome="withheld", detail=withheld) for change in approved.changes)
        return Receipt(stage=approved.stage, digest=approved.digest, entries=entries)
    refuse_drift(approved, fresh)
    out_of_reach = {each.address for each in fresh.owed} | {each.address for each in fresh.contested}
    run = Applying(target, journal, now, stopped, owners, out_of_reach)
    found = {entry.change.address: entry for entry in _entries(approved, fresh, run)}
    entries = tuple(found[each.address] for each in approved.changes)
    return Receipt(stage=approved.stage, digest=approved.digest, approvals=approvals, entries=entries)


def _entries(approved: Plan, fresh: Plan, run: Applying) -> Iterator[Entry]:
    left = {change.address: change for change in fresh.changes}
    if ahead := [left[each.address] for each in approved.changes if each.address in left]:
        run.journal.announce(fresh.stage, ahead)
    beyond = {each.address: each.reason for each in fresh.owed} | {each.address: each.reason for each in fresh.contested}
    for step in steps(approved.changes):
        for change in (each for group in step for each in group):
            if change.address in beyond:
                yield _entry(change, "owed", run, beyond[change.address])
            elif change.address not in left:
                yield _entry(change, "applied", run, IN_PLACE)
        groups = ([left[each.address] for each in group if each.address in left] for group in step)
        yield from _step([each for each in groups if each], fresh.stage, run)


def _step(groups: Sequence[Sequence[Change]], stage: str, run: Applying) -> Iterator[Entry]:
    if run.stopped() and not run.halted:
        run.halted = "stopped on request"
    if run.halted:
        yield from (_entry(change, "withheld", run, run.halted) for group in groups for change in group)
        return
    sent = []
    for group in groups:
        if any(each.subject.holder in run.beyond or (each.before is None and each.subject.needs in run.beyond) for each in group):
            run.beyond.update(change.address for change in group)
            yield from (_entry(change, "owed", run, "what it sits on or is made from is owed") for change in group)
        else:
            sent.append(group)
    yield from _sent(sent, stage, run)


def _sent(groups: Sequence[Sequence[Change]], stage: str, run: Applying) -> Iterator[Entry]:
    if not groups:
        return
    found: list[Entry] = []

    def ended(changes: Sequence[Change], error: TargetError | None) -> None:
        found.extend(_told(changes, error, stage, run))

    run.journal.begin(stage, *(change for group in groups for change in group))
    if len(groups) > 1:
        run.target.write_together(groups, ended)
    else:
        ended(groups[0], wrong_with(lambda: run.target.write(groups[0])))
    yield from found


def _told(changes: Sequence[Change], error: TargetError | None, stage: str, run: Applying) -> Sequence[Entry]:
    """Say what became of a group, in the journal too as far as that is known."""
    if isinstance(error, Unreachable | Transient):
        # Nobody knows whether it was written: the journal's line stays open, and live state decides in the next run.
        run.halted = f"withheld after a failure: {error}"
        return [_entry(change, "failed", run, str(error)) for change in changes]
    entries = _ended(changes, error, run)
    run.journal.end(stage, *entries)
    return entries


def _ended(changes: Sequence[Change], error: TargetError | None, run: Applying) -> Sequence[Entry]:
    """Say what became of a group of which that is known."""
    if error is None:
        return [_entry(change, "applied", run) for change in changes]
    if isinstance(error, Denied | Unresolved | InUse):
        run.beyond.update(change.address for change in changes)
        artefact = error.artefact if isinstance(error, InUse) else ""
        return [_entry(change, "owed", run, str(error), artefact) for change in changes]
    run.halted = f"withheld after a failure: {error}"
    return [_entry(change, "rolled back" if index else "failed", run, str(error)) for index, change in enumerate(changes)]


def _entry(change: Change, outcome: Outcome, run: Applying, detail: str = "", artefact: str = "") -> Entry:
    by = run.owners(change) if outcome == "owed" else ""
    return Entry(change=change, outcome=outcome, detail=detail, at=run.now(), by=by, artefact=artefact)
