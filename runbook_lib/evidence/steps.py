"""What the record of somebody's own steps holds beside that of a run: when each stage was opened, and under which approvals it was applied.

A run is approved once for all of its stages. Whoever steps through notebooks approves stage by stage, and sometimes twice: each consent
lies in a file of its own, with the very plan that it is for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runbook_lib.engine.apply import IN_PLACE
from runbook_lib.evidence.record import StageResult
from runbook_lib.evidence.writes import writes
from runbook_lib.model import Approval, Change, Entry, EnvironmentPlan, Plan, Receipt, Value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runbook_lib.evidence.approvals import Kept
    from runbook_lib.evidence.record import Record
    from runbook_lib.views.writes import Write

FOLDER = "steps"
AS_JOURNALLED = "as the journal tells"
"""What is said of a change whose outcome is read from the journal."""
CONSENT = re.compile(r"steps/([a-z_]+)-consent(?:\.([1-9][0-9]*))?\.json")
_OPENED = re.compile(r"([a-z_]+)-opened(?:\.[1-9][0-9]*)?\.json")


class Opened(Value):
    """State that a stage's notebook was opened."""

    stage: str
    at: str


class Consent(Value):
    """State the approvals of one digest, as they were signed too, and the plan that has it: the stage's own, or a whole environment's.

    `planned_by` are those who made it for others to approve; nobody where it was made in the notebook itself.
    """

    stage: str
    at: str
    approvals: tuple[Approval, ...]
    signed: tuple[str, ...]
    approved: EnvironmentPlan
    planned_by: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Give the digest that was approved."""
        return self.approvals[0].digest

    @property
    def plan(self) -> Plan | None:
        """Give the stage's own plan among those that were approved."""
        return next((each for each in self.approved.plans if each.stage == self.stage), None)


def opened(record: Record, stage: str, at: str) -> None:
    """Keep that a stage's notebook was opened."""
    record.add(f"{FOLDER}/{stage}-opened", Opened(stage=stage, at=at).model_dump_json(indent=1))


def opened_at(folder: Path, stage: str) -> str:
    """Tell when a stage's notebook was opened first; empty where it was not."""
    found = (Opened.model_validate_json(path.read_text("utf-8")) for path in folder.glob(f"{FOLDER}/{stage}-opened*.json"))
    return min((each.at for each in found), default="")


def opened_stages(folder: Path) -> frozenset[str]:
    """List the stages whose notebooks were opened."""
    names = (_OPENED.fullmatch(path.name) for path in folder.glob(f"{FOLDER}/*.json"))
    return frozenset(match[1] for match in names if match)


def consent(stage: str, kept: Sequence[Kept], approved: EnvironmentPlan, at: str, planned_by: tuple[str, ...] = ()) -> Consent:
    """Put approvals together with the plan that they are for."""
    found, texts = tuple(each.approval for each in kept), tuple(each.text for each in kept)
    return Consent(stage=stage, at=at, approvals=found, signed=texts, approved=approved, planned_by=planned_by)


def keep(record: Record, consent: Consent) -> None:
    """Keep approvals with the plan that they are for."""
    record.add(f"{FOLDER}/{consent.stage}-consent", consent.model_dump_json(indent=1))


def consents(folder: Path, stage: str) -> tuple[Consent, ...]:
    """Read the approvals of a stage, the oldest first."""
    found = {int(match[2] or 0): path for path in folder.glob(f"{FOLDER}/{stage}-consent*.json") if (match := _named(folder, path))}
    return tuple(Consent.model_validate_json(found[number].read_text("utf-8")) for number in sorted(found))


def approvals(record: Record) -> tuple[Approval, ...]:
    """Read every approval of somebody's steps, the oldest first."""
    stages = sorted({match[1] for path in record.folder.glob(f"{FOLDER}/*.json") if (match := _named(record.folder, path))})
    stepped = [each for stage in stages for consent in consents(record.folder, stage) for each in consent.approvals]
    return tuple(sorted(stepped, key=lambda each: each.at))


def receipts(record: Record) -> tuple[Receipt, ...]:
    """Read the receipt of each stage that tells most: the newest under an approval, else the newest."""
    found = {stage: [each.receipt for each in record.all_results(stage) if each.receipt] for stage in record.results()}
    return tuple(next((each for each in reversed(some) if each.approvals), some[-1]) for some in found.values() if some)


def is_spent(record: Record, consent: Consent) -> bool:
    """Tell whether a receipt says that all of it was applied. Who stopped before that goes on under it, and one receipt tells of both."""
    receipts = (result.receipt for result in record.all_results(consent.stage))
    return any(each is not None and each.approvals == consent.approvals and each.is_applied for each in receipts)


def receive(record: Record, consent: Consent) -> None:
    """Keep the receipt of what was begun under a consent, as the journal tells it, beside what else the stage found: no cell kept one."""
    if (plan := consent.plan) is None:
        return
    begun = {each.address: each for each in _under(record, consent)}
    entries = tuple(_entry(each, begun.get(each.address)) for each in plan.changes)
    receipt = Receipt(stage=plan.stage, digest=plan.digest, approvals=consent.approvals, entries=entries)
    newest = next(reversed(record.all_results(plan.stage)), StageResult(stage=plan.stage, plan=plan))
    record.close_stage(newest.model_copy(update={"receipt": receipt}))


def untold(record: Record, stage: str) -> tuple[Consent, ...]:
    """List the consents under which something was begun that no receipt of the stage tells of."""
    told = addresses_told(record, stage)
    return tuple(each for each in consents(record.folder, stage) if {one.address for one in _under(record, each)} - told)


def addresses_told(record: Record, stage: str) -> set[str]:
    """List the addresses that a stage's receipts tell of; what one only found in place is another one's to tell."""
    receipts = (result.receipt for result in record.all_results(stage))
    return {entry.change.address for each in receipts if each is not None for entry in each.entries if entry.detail != IN_PLACE}


def _under(record: Record, consent: Consent) -> list[Write]:
    """List what was begun under a consent: until the next one of the stage."""
    later = [each.at for each in consents(record.folder, consent.stage) if each.at > consent.at]
    ours = (each for each in writes(record.folder) if each.stage == consent.stage and each.begun >= consent.at)
    return [each for each in ours if not later or each.begun < min(later)]


def _entry(change: Change, write: Write | None) -> Entry:
    if write is None:
        return Entry(change=change, outcome="withheld", detail="not begun, as the journal tells")
    if not write.outcome:
        return Entry(change=change, outcome="failed", detail="nobody knows whether it took effect: the journal has no end of it")
    return Entry.model_validate({"change": change, "outcome": write.outcome, "detail": AS_JOURNALLED, "at": write.ended})


def is_carried_out(record: Record, consent: Consent) -> bool:
    """Tell whether the journal ends each of its changes as applied since: the receipt waits for a cell that somebody may not run."""
    done = {each.address for each in _applied_since(record, consent)}
    return consent.plan is not None and bool(consent.plan.changes) and done >= {each.address for each in consent.plan.changes}


def carried_out_at(record: Record, consent: Consent) -> str:
    """Tell when the last of what was approved was applied, as the journal or a receipt has it; empty where not all of it was."""
    if is_carried_out(record, consent):
        return max(each.ended for each in _applied_since(record, consent))
    receipts = (each.receipt for each in record.all_results(consent.stage) if each.receipt is not None)
    entries = (each.entries for each in receipts if each.approvals == consent.approvals and each.is_applied)
    return max((each.at for each in next(entries, ())), default="")


def _applied_since(record: Record, consent: Consent) -> list[Write]:
    """List what the journal ends as applied since a consent."""
    ours = (each for each in writes(record.folder) if each.stage == consent.stage and each.ended > consent.at)
    return [each for each in ours if each.outcome == "applied"]


def _named(folder: Path, path: Path) -> re.Match[str] | None:
    return CONSENT.fullmatch(path.relative_to(folder).as_posix())
