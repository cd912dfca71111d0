"""Decide which approval counts for a stage that somebody steps through: one that still goes on, or one that is given now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.engine.approving import Case, sufficient
from runbook_lib.engine.consent import drift
from runbook_lib.errors import ApprovalRefused
from runbook_lib.evidence import approvals, steps
from runbook_lib.evidence.record import records
from runbook_lib.runbook.world import now

if TYPE_CHECKING:
    from runbook_lib.evidence import Record
    from runbook_lib.model import Approval, Plan
    from runbook_lib.runbook.setting import Setting


def standing(record: Record, plan: Plan, asked: str) -> steps.Consent | None:
    """Give the consent under which a stage goes on: the newest, until it was applied, another digest is asked for, or the world moved.

    A kernel that was restarted, or a page that was reloaded, finds it here. Whoever asks for it by its digest gets it even when the world
    moved: apply then says what differs.
    """
    newest = next(reversed(steps.consents(record.folder, plan.stage)), None)
    if newest is None or newest.plan is None or steps.is_spent(record, newest) or asked not in {"", newest.digest}:
        return None
    return newest if asked or not drift(newest.plan, plan) else None


def counting(setting: Setting, given: steps.Consent | None) -> steps.Consent | None:
    """Give a consent that counts still; None where an approval of it expired meanwhile, or somebody rejected the plan."""
    try:
        if given is not None:
            _refuse_outdated(setting, given)
    except ApprovalRefused:
        return None
    return given


def refuse_outdated(setting: Setting, given: tuple[Approval, ...]) -> None:
    """Raise ApprovalRefused where approvals that a gate found do not count any more: one may read for a day before going on.

    Nor do those that this record does not hold: a kernel keeps the gate of a record that was closed meanwhile.
    """
    found = [each for each in steps.consents(setting.record.folder, setting.stage.slug) if each.approvals == given]
    if given and not found:
        raise ApprovalRefused(setting.stage.slug, "the gate is of steps that were closed", "run the Approve cell once more")
    for each in found:
        _refuse_outdated(setting, each)


def carried_out(record: Record, plan: Plan, since: str) -> steps.Consent | None:
    """Give the consent that a plan's gate was given since it was shown, once it was used up: applied once more, it says what came of it."""
    newest = next(reversed(steps.consents(record.folder, plan.stage)), None)
    if newest is None or newest.plan is None or newest.at < since or newest.plan.digest != plan.digest:
        return None
    return newest if steps.is_spent(record, newest) else None


def unused(record: Record, given: tuple[Approval, ...], fresh: Plan) -> tuple[Approval, ...]:
    """Give approvals that still count; none where all that they are for was written, and what a plan would write now was undone since.

    Where it would write nothing they count to the end, that is to the receipt. Whoever gets none back has that receipt from the journal.
    """
    under = [each for each in steps.consents(record.folder, fresh.stage) if each.approvals == given]
    is_over = all(steps.is_carried_out(record, each) or steps.is_spent(record, each) for each in under)
    if not under or not fresh.changes or not is_over:
        return given
    if not steps.is_spent(record, under[-1]):
        steps.receive(record, under[-1])
    return ()


def is_used_up(record: Record, stage: str, digest: str) -> bool:
    """Tell whether all that a digest approves of a stage was carried out, as this record or another one of the environment tells."""
    under = (each for each in steps.consents(record.folder, stage) if each.digest == digest)
    if any(steps.is_carried_out(record, each) for each in under):
        return True
    known = records(record.folder.parent.parent, record.folder.parent.name)
    receipts = (result.receipt for each in known for result in each.all_results(stage))
    return any(each is not None and each.is_applied and digest in {given.digest for given in each.approvals} for each in receipts)


def _refuse_outdated(setting: Setting, given: steps.Consent) -> None:
    approvals.refuse_rejected(approvals.stored(setting.records.store, setting.environment, given.digest), setting.environment)
    sufficient(given.approvals, Case(given.digest, given.approved, setting.environment, frozenset(given.planned_by), now()))
