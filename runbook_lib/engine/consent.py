"""Hold an approval against what would be done now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import ApprovalRefused, PlanDrifted, several

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.model import Change, EnvironmentPlan, Plan, Resource


def consent(digest: str, approved: EnvironmentPlan, stage: str) -> Plan:
    """Find the stage's plan that the approval of a digest covers. Raises ApprovalRefused when it covers none."""
    plan = next((each for each in approved.plans if each.stage == stage), None)
    if plan is not None and digest in {approved.digest, plan.digest}:
        return plan
    raise ApprovalRefused(
        stage,
        f"the approval {digest[:12]} is not for this plan",
        "plan again, read it, and approve the digest it shows",
    )


def drift(approved: Plan, fresh: Plan) -> tuple[str, ...]:
    """Name every way in which the plan made now is not the approved one, or the rest of it.

    For each approved change the observed value may be its `before`, its `after`, or a value that the write passes through.
    """
    reasons = [_rescoped(*each) for each in _scopes(approved, fresh)]
    now = {**{each.address: (each, each) for each in fresh.kept}, **{c.address: (c.before, c.after) for c in fresh.changes}}
    reasons += [_changed(change, now, fresh) for change in approved.changes]
    reasons += [_moved(resource, now, fresh) for resource in approved.kept]
    known = {change.address for change in approved.changes} | {resource.address for resource in approved.kept}
    reasons += [f"{address} is not part of the approved plan" for address in now if address not in known]
    return tuple(reason for reason in reasons if reason)


def refuse_drift(approved: Plan, fresh: Plan) -> None:
    """Raise PlanDrifted with everything that differs."""
    reasons = drift(approved, fresh)
    if reasons:
        raise PlanDrifted(approved.stage, several(reasons), "plan again, read the difference, approve the new digest")


def _scopes(approved: Plan, fresh: Plan) -> list[tuple[str, str, str]]:
    then, now = dict(approved.scope), dict(fresh.scope)
    return [(name, then.get(name, ""), now.get(name, "")) for name in sorted({*then, *now}) if then.get(name) != now.get(name)]


def _rescoped(name: str, before: str, after: str) -> str:
    if name == "parameters":
        return f"the parameter file was changed after the plan was made (its digest was {before[:12]}, is {after[:12]} now)"
    return f"{name} was {before!r} when approved, is {after!r} now"


def _absent(address: str, fresh: Plan) -> str:
    """Say why an address is not in the plan made now; what fell to someone else to read is reported as owed, not as drift."""
    if address in {each.address for each in fresh.owed}:
        return ""
    if address in {each.address for each in fresh.contested}:
        return f"{address} was made or changed by someone else since the plan was made"
    return f"{address} is no longer wanted"


def _changed(change: Change, now: Mapping[str, tuple[Resource | None, Resource | None]], fresh: Plan) -> str:
    address = change.address
    if address not in now:
        return "" if change.after is None else _absent(address, fresh)
    seen, wanted = now[address]
    if wanted != change.after:
        return f"{address} is wanted differently now"
    if seen in (change.before, change.after, *change.passed):
        return ""
    return f"{address} was changed by someone else since the plan was made"


def _moved(resource: Resource, now: Mapping[str, tuple[Resource | None, Resource | None]], fresh: Plan) -> str:
    address = resource.address
    if address not in now:
        return _absent(address, fresh)
    seen, wanted = now[address]
    if wanted != resource:
        return f"{address} is wanted differently now"
    return "" if seen == resource else f"{address} was in place when approved and was changed since"
