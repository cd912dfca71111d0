"""Find the plan that an approval is for, and refuse it where the parameter file says something else by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import ApprovalRefused, InvalidParameters, PlanDrifted
from runbook_lib.evidence import statement
from runbook_lib.evidence.record import PARAMETERS, records
from runbook_lib.evidence.seal import digest_of
from runbook_lib.evidence.strict import Unsound, opened
from runbook_lib.model import EnvironmentPlan
from runbook_lib.parameters.changed import changed

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.evidence.record import Record
    from runbook_lib.parameters import Environment

READ = ("plan.json", PARAMETERS, "index.html")
"""What an approver reads, and what is signed."""


def find_plan(store: Path, environment: Environment, digest: str) -> EnvironmentPlan:
    """Find an approved plan by its digest, an environment's or one stage's.

    Raises ApprovalRefused when none has it, PlanDrifted with every key of the parameter file that was changed since.
    """
    name = environment.environment
    for record in records(store, name):
        found = planned(record, digest)
        if found is not None:
            refuse_changed(record, environment)
            return found
    raise ApprovalRefused(name, f"no plan in the record store has the digest {digest[:16]}", "run `runbook plan` and approve what it shows")


def planned_alone(store: Path, environment: Environment, digest: str) -> Record | None:
    """Find the newest record of a plan with a digest that was not approved already; None where there is none."""
    for record in records(store, environment.environment):
        plan = None if (record.folder / "approved.json").exists() else record.plan()
        if plan is not None and plan.digest == digest:
            return record
    return None


def refuse_changed(record: Record, environment: Environment) -> None:
    """Raise PlanDrifted with every key that says something else than in a record.

    A record without parameters, or whose parameters no longer read, refuses nothing here: the plan's scope holds their digest.
    """
    from runbook_lib.parameters.load import kept

    try:
        then = kept(record.folder / PARAMETERS)
    except InvalidParameters:
        return
    if differences := changed(then, environment):
        what = f"the parameter file was changed after {record.folder.name}: {'; '.join(differences)}"
        raise PlanDrifted(environment.environment, what, "put that back, or plan again, read the difference, approve the new digest")


def unstated(record: Record) -> tuple[str, ...]:
    """Name what of a plan is not as its record's statement has it: whoever read the page would sign another plan.

    What another machine recorded has no page here.
    """
    try:
        path = statement.newest(record.folder)
        subjects = opened(path.read_bytes()).said["subject"] if path is not None else ()
        stated = {each["name"]: each["digest"]["sha256"] for each in subjects}
    except (OSError, Unsound, KeyError, TypeError):
        stated = {}
    return tuple(name for name in READ if (record.folder / name).exists() and stated.get(name) != digest_of(record.folder / name))


def planned(record: Record, digest: str) -> EnvironmentPlan | None:
    """Read the plan of a record that has a digest, an environment's or one stage's; None when it has another."""
    plan = record.plan()
    if plan is None or plan.digest == digest:
        return plan
    one = next((each for each in plan.plans if each.digest == digest), None)
    return EnvironmentPlan(environment=plan.environment, plans=(one,)) if one is not None else None
