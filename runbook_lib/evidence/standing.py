"""Say how a plan stands: whether it may be applied, on whose word, and what became of the run that did."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from runbook_lib.engine.approving import Case, flaws, later, refusals
from runbook_lib.errors import ApprovalRefused, PlanDrifted
from runbook_lib.evidence import approvals, resuming
from runbook_lib.evidence.approved import planned, refuse_changed
from runbook_lib.evidence.record import records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.evidence.record import Record
    from runbook_lib.model import Approval, EnvironmentPlan
    from runbook_lib.parameters import Environment

State = Literal["unchanged", "waiting", "approved", "rejected", "outdated", "begun", "applied"]
OPEN: frozenset[State] = frozenset({"waiting", "rejected", "outdated"})
"""The states in which nothing may be applied."""


@dataclass(frozen=True)
class Standing:
    """State how the plan of a record stands: `reason` says why it is not approved, `approvals` are those that count.

    `run` names the newest run under it: one that has begun can be resumed.
    """

    digest: str
    record: str
    state: State
    reason: str = ""
    approvals: tuple[Approval, ...] = ()
    run: str = ""


def standing(store: Path, environment: Environment, digest: str, at: str, target: str = "") -> Standing:
    """Say how the newest plan of a digest stands, or the newest plan of all where none is named.

    Raises ApprovalRefused where the record store holds no such plan; `target` is how its way out names the parameter file.
    """
    record, plan = _newest(store, environment, digest, target)
    stands = Standing(plan.digest, record.folder.name, "unchanged")
    found = approvals.stored(store, environment, plan.digest)
    case = Case(plan.digest, plan, environment, found.planners, at)
    try:
        approvals.refuse_rejected(found, environment)
        if (run := next(_runs(store, environment, plan.digest, record), None)) is not None:
            after = _after(replace(stands, run=run.folder.name), run, environment, at)
            # It may be approved once more since, or a run of some stages have left the others.
            if after.state != "applied" or refusals([each.approval for each in found.approvals], case):
                return after
        refuse_changed(record, environment)
    except PlanDrifted as refusal:
        return replace(stands, state="outdated", reason=refusal.what)
    except ApprovalRefused as refusal:
        return replace(stands, state="rejected", reason=refusal.what)
    return stands if plan.is_empty else _approved(stands, record, found, case)


def _approved(stands: Standing, record: Record, found: approvals.Stored, case: Case) -> Standing:
    """Say whether a plan is approved, and whether it still can be."""
    given = tuple(each.approval for each in found.approvals)
    stands = replace(stands, approvals=tuple(each for each in given if not any(flaws(each, case))))
    if not (reasons := refusals(given, case)):
        return replace(stands, state="approved")
    days = case.environment.approval_days
    if (last := later(record.facts.started, timedelta(days=days))) <= case.at:
        return replace(stands, state="outdated", reason=f"it could be approved until {last}, for {days} days")
    return replace(stands, state="waiting", reason="; ".join((*reasons, *found.passed_over)))


def _newest(store: Path, environment: Environment, digest: str, target: str) -> tuple[Record, EnvironmentPlan]:
    """Find the newest record that planned a digest, or anything. Raises ApprovalRefused."""
    name = environment.environment
    for record in _by_time(store, name):
        if not (record.folder / "approved.json").exists() and record.facts.verb in {"plan", "destroy"}:
            plan = planned(record, digest) if digest else record.plan()
            if plan is not None:
                return record, plan
    what = f"no plan in the record store has the digest {digest[:16]}" if digest else "the record store holds no plan"
    raise ApprovalRefused(name, what, f"runbook plan {target or name}")


def _runs(store: Path, environment: Environment, digest: str, since: Record) -> Iterator[Record]:
    """List the runs under a digest that began after a plan was made, newest first: the same may be planned again."""
    for record in _by_time(store, environment.environment):
        if record.facts.started < since.facts.started:
            return
        approved = record.approved()
        if approved is not None and approved.digest == digest:
            yield record


def _by_time(store: Path, name: str) -> list[Record]:
    """List an environment's records, the newest first: their names tell seconds and then chance."""
    return sorted(records(store, name), key=lambda each: each.facts.started, reverse=True)


def _after(stands: Standing, run: Record, environment: Environment, at: str) -> Standing:
    """Say what became of a run: all was made, it can go on, or it cannot any more."""
    approved = run.approved()
    if approved is not None and not resuming.is_left(run, approved):
        return replace(stands, state="applied")
    try:
        going_on = resuming.stopped(run, environment, at)
        refuse_changed(run, environment)
    except ApprovalRefused as refusal:
        return replace(stands, state="outdated", reason=refusal.what)
    return replace(stands, state="begun", approvals=tuple(each.approval for each in going_on.approvals))
