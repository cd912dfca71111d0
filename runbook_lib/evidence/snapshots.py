"""Keep what was there before a stage wrote and after it, as its plans read it: replay folds the journal over the one to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runbook_lib.model import AnyResource, Plan, Value

if TYPE_CHECKING:
    from runbook_lib.evidence.record import Record

FOLDER = "snapshots"
Moment = Literal["before", "after"]


class Snapshot(Value):
    """State what a stage saw, by address: None where nothing was there; `unread` is what it could not read, or was somebody else's."""

    stage: str
    moment: Moment
    values: dict[str, AnyResource | None]
    unread: tuple[str, ...] = ()


def snapshot(plan: Plan, moment: Moment) -> Snapshot:
    """Take from a plan what it observed."""
    seen: dict[str, AnyResource | None] = {each.address: each for each in plan.kept}
    seen |= {each.address: each.before for each in plan.changes}
    unread = sorted({each.address for each in plan.owed} | {each.address for each in plan.contested})
    return Snapshot(stage=plan.stage, moment=moment, values=dict(sorted(seen.items())), unread=tuple(unread))


def keep(record: Record, plan: Plan, moment: Moment) -> None:
    """Keep what a plan observed; when a stage writes again in the same record, under a number."""
    record.add(f"{FOLDER}/{plan.stage}-{moment}", snapshot(plan, moment).model_dump_json(indent=1))
