"""Tell what a record made itself from what it found in place: its own journal has the one, and nothing of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.engine.apply import IN_PLACE
from runbook_lib.evidence import steps
from runbook_lib.evidence.writes import writes

if TYPE_CHECKING:
    from runbook_lib.evidence.record import Record
    from runbook_lib.model import Entry, Receipt
    from runbook_lib.views.writes import Write


def made_here(record: Record, receipt: Receipt) -> Receipt:
    """Say of each change that this record made under the very approvals that it is applied, and when, as its journal tells.

    Whoever applies twice, in a second page or after a restart, finds it in place: it is this record's work all the same.
    """
    under = [each for each in steps.consents(record.folder, receipt.stage) if each.approvals == receipt.approvals]
    if not under or all(each.detail != IN_PLACE for each in receipt.entries):
        return receipt
    last = {each.address: each for each in writes(record.folder)}
    ours = {address: each for address, each in last.items() if _is_ours(each, receipt.stage, under[-1].at)}
    return receipt.model_copy(update={"entries": tuple(_told(each, ours) for each in receipt.entries)})


def _is_ours(write: Write, stage: str, since: str) -> bool:
    return write.stage == stage and write.outcome == "applied" and write.begun >= since


def _told(entry: Entry, ours: dict[str, Write]) -> Entry:
    if entry.detail != IN_PLACE or entry.change.address not in ours:
        return entry
    return entry.model_copy(update={"detail": steps.AS_JOURNALLED, "at": ours[entry.change.address].ended})
