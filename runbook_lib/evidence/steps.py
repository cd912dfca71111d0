"""What the record of somebody's own steps holds beside that of a run: when each stage was opened, and under which approvals it was applied.

A run is approved once for all of its stages. Whoever steps through notebooks approves stage by stage, and sometimes twice: each consent
lies in a file of its own, with the very plan that it is for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runbook_lib.evidence.record import StageResult
from runbook_lib.evidence.writes import writes
from runbook_lib.model import Approval, Entry, EnvironmentPlan, Plan, Receipt, Value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runbook_lib.evidence.approvals import Kept
    from runbook_lib.evidence.record import Record

FOLDER = "steps"
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
    """Keep the receipt of what was carried out, as the journal tells it: nobody ran the cell that does."""
    if (plan := consent.plan) is not None:
        entries = tuple(Entry(change=each, outcome="applied", detail="as the journal tells") for each in plan.changes)
        receipt = Receipt(stage=plan.stage, digest=plan.digest, approvals=consent.approvals, entries=entries)
        record.close_stage(StageResult(stage=plan.stage, plan=plan, receipt=receipt))


def is_carried_out(record: Record, consent: Consent) -> bool:
    """Tell whether the journal ends each of its changes as applied since: the receipt waits for a cell that somebody may not run."""
    ended = (each for each in writes(record.folder) if each.stage == consent.stage and each.ended > consent.at)
    done = {each.address for each in ended if each.outcome == "applied"}
    return consent.plan is not None and bool(consent.plan.changes) and done >= {each.address for each in consent.plan.changes}


def _named(folder: Path, path: Path) -> re.Match[str] | None:
    return CONSENT.fullmatch(path.relative_to(folder).as_posix())
