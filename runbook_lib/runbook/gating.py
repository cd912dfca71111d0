"""Find the approval that counts for a plan: of a run, of a notebook that runs alone, or of a stage that somebody steps through."""

from __future__ import annotations

import getpass
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from runbook_lib import engine
from runbook_lib.engine.approving import Case, flaws
from runbook_lib.errors import ApprovalRefused
from runbook_lib.evidence import approvals, steps
from runbook_lib.evidence.approved import find_plan
from runbook_lib.model import EnvironmentPlan, Unanswered
from runbook_lib.resources.iam import Caller
from runbook_lib.runbook import asking, stepping
from runbook_lib.runbook.world import now
from runbook_lib.views import live
from runbook_lib.views.shown import Gate, Signatures

if TYPE_CHECKING:
    from runbook_lib.model import Approval, Plan
    from runbook_lib.runbook.setting import Setting


def gate(setting: Setting, plan: Plan) -> Gate:
    """Hold a plan against the approval that was given. Raises ApprovalRefused when it is not for this plan."""
    if setting.is_step:
        return _stepped(setting, plan)
    if not setting.approve or _is_over(setting, plan):
        return Gate(plan=plan, approved=plan, target=setting.record.facts.target, signatures=_signatures(setting, plan))
    if live.has_front_end():
        asking.refuse_unasked(setting, plan)
    whole = _approved(setting, plan)
    given = approvals.given(setting.record, setting.environment) or _kept(setting, whole)
    if {each.digest for each in given} != {setting.approve}:
        raise ApprovalRefused(setting.stage.slug, "the run was given another approval", "start a new run")
    approved = plan if plan.digest == setting.approve else engine.consent(setting.approve, whole, setting.stage.slug)
    return Gate(plan=plan, approved=approved, approvals=given)


def _is_over(setting: Setting, plan: Plan) -> bool:
    """Tell whether a notebook that runs alone once more has nothing to write, so that it needs none of the approvals that are used up."""
    is_alone = bool(setting.environment.approvers) and not plan.changes and setting.record.approved() is None
    return is_alone and _is_used_up(setting, plan)


def _is_used_up(setting: Setting, plan: Plan) -> bool:
    """Tell whether all that a digest approves was carried out: of this stage, or of all where this one has nothing to write."""
    if stepping.is_used_up(setting.record, plan.stage, setting.approve):
        return True
    found = approvals.stored(setting.records.store, setting.environment, setting.approve)
    return bool(setting.environment.approvers) and not plan.changes and bool(found.used_up) and not found.approvals


def _stepped(setting: Setting, plan: Plan, *, is_agreed: bool = False) -> Gate:
    """Hold the plan against the approval of this very stage: the one that it goes on under, or the one that is given now; else ask.

    What stands in the cell may stand there since yesterday: where it was used up, the plan that somebody undid meanwhile is approved at
    the gate. What approvers signed counts in a protected environment once somebody typed its name, which no cell does.
    """
    asking.refuse_closed(setting)
    given = stepping.counting(setting, stepping.standing(setting.record, plan, setting.approve))
    if given is not None and not stepping.unused(setting.record, given.approvals, plan):
        given = None
    is_used_up = bool(setting.approve) and not is_agreed and _is_used_up(setting, plan)
    digest = plan.digest if is_used_up else setting.approve or plan.digest
    kept: tuple[approvals.Kept, ...] = ()
    if given is None and setting.approve and not is_used_up:
        kept, whole = _sufficing(setting, plan, is_agreed=is_agreed)
        if is_agreed or not setting.environment.protected:
            given = steps.consent(plan.stage, kept, whole, now(), _planners(setting))
            steps.keep(setting.record, given)
    if given is not None:
        return Gate(plan=plan, approved=given.plan or plan, approvals=given.approvals)
    note = asking.USED_UP if is_used_up else asking.UNNAMED if setting.approve else ()
    asked = asking.asking(setting, plan, partial(_agreed, setting, plan, digest), note)
    signatures = _signatures(setting, plan, kept)
    return Gate(plan=plan, approved=plan, asking=asked, target=setting.record.facts.target, signatures=signatures)


def _agreed(setting: Setting, plan: Plan, digest: str, acknowledge: tuple[str, ...]) -> Gate:
    """Give the gate of a plan that somebody approves at it, by its digest or by that of the plan that it is part of."""
    return _stepped(replace(setting, approve=digest, acknowledge=acknowledge), plan, is_agreed=True)


def _sufficing(setting: Setting, plan: Plan, *, is_agreed: bool) -> tuple[tuple[approvals.Kept, ...], EnvironmentPlan]:
    """Find the approvals that suffice for a plan, and the plan that they are for. Raises ApprovalRefused."""
    whole = _approved(setting, plan)
    engine.consent(setting.approve, whole, plan.stage)
    if not is_agreed:
        asking.refuse_patterns(plan.stage, setting.acknowledge, whole.plans)
    return _granted(setting, whole), whole


def _approved(setting: Setting, plan: Plan) -> EnvironmentPlan:
    """Find the plan that was approved: the one made now, the one that the run was given, or one that the record store holds."""
    if plan.digest == setting.approve:
        return EnvironmentPlan(environment=plan.environment, plans=(plan,))
    return setting.record.approved() or find_plan(setting.records.store, setting.environment, setting.approve)


def _kept(setting: Setting, whole: EnvironmentPlan) -> tuple[Approval, ...]:
    """Keep the approvals under which a notebook that runs alone may apply. Raises ApprovalRefused."""
    kept = _granted(setting, whole)
    setting.record.approve((each.text for each in kept), whole)
    return tuple(each.approval for each in kept)


def _granted(setting: Setting, whole: EnvironmentPlan) -> tuple[approvals.Kept, ...]:
    """Collect the approvals under which a notebook may apply. Raises ApprovalRefused when they do not suffice."""
    found = approvals.stored(setting.records.store, setting.environment, setting.approve)
    case = Case(setting.approve, whole, setting.environment, frozenset(_planners(setting)), now(), setting.record.facts.target)
    return approvals.grant(found, case, by=_caller(setting), acknowledge=setting.acknowledge)


def _signatures(setting: Setting, plan: Plan, kept: tuple[approvals.Kept, ...] = ()) -> Signatures | None:
    """Say who has to sign a plan, and who did in a way that counts, be it a plan that this one is part of; None where nobody has to."""
    environment = setting.environment
    if not environment.approvers or not plan.changes:
        return None
    whole = EnvironmentPlan(environment=plan.environment, plans=(plan,))
    case = Case(plan.digest, whole, environment, frozenset(_planners(replace(setting, approve=plan.digest))), now())
    found = approvals.stored(setting.records.store, environment, plan.digest).approvals
    signed = dict.fromkeys(each.approval.by for each in kept or found if kept or not any(flaws(each.approval, case)))
    names = tuple(each.name for each in environment.approvers)
    return Signatures(names, environment.approvals_required, tuple(signed), environment.protected)


def _planners(setting: Setting) -> tuple[str, ...]:
    """Name who made the plan: a record of somebody's steps tells it of none, since each stage has its own."""
    known = approvals.planners(setting.records.store, setting.environment, setting.approve)
    return tuple(sorted({*known, *setting.record.facts.planned_by}))


def _caller(setting: Setting) -> str:
    """Name who gives the approval: the AWS caller, or the local user where AWS is not asked."""
    try:
        return str(setting.world.ask((Caller(),))[Caller()].arn)
    except Unanswered:
        return getpass.getuser()
