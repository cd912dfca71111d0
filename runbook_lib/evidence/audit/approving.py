"""Hold the approvals in a record against the approvers that its parameters name, and against the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.engine.approving import Case, flaws, refusals
from runbook_lib.errors import InvalidParameters
from runbook_lib.evidence.approvals import read, signers
from runbook_lib.evidence.record import LATER, PARAMETERS
from runbook_lib.evidence.strict import Unsound
from runbook_lib.model import Approval, EnvironmentPlan, Rejection
from runbook_lib.views.blocks import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.evidence.audit.folder import Folder
    from runbook_lib.parameters import Environment


def collected(folder: Folder) -> dict[str, Approval]:
    """Read every approval whose signature holds, by its file, and note the others; a rejection is worth a note."""
    names = [name for name in folder.names if LATER.fullmatch(name)]
    environment = _environment(folder) if names else None
    if environment is None:
        return {}
    known, found = signers(environment), dict[str, Approval]()
    for name in names:
        try:
            value = read(name, folder.octets(name), known)
        except Unsound as error:
            folder.audit.add(name, 0, str(error))
            continue
        if isinstance(value, Rejection):
            folder.audit.add(name, 0, f"rejects the plan {value.digest[:12]}: {value.reason} ({value.by}, {value.at})", "note")
        else:
            found[name] = value
    return found


def check(folder: Folder, approvals: Mapping[str, Approval], approved: Any) -> None:
    """Note everything for which the approvals of a run did not suffice when it began, or are not for the plan that they lie beside."""
    environment = _environment(folder) if approvals else None
    if environment is None:
        return
    facts = folder.parsed("run.json") or {}
    if approved is None:
        _beside(folder, approvals, environment)
        return
    plan = EnvironmentPlan.model_validate(approved)
    digest = next(iter(approvals.values())).digest
    case = Case(digest, plan, environment, frozenset(facts.get("planned_by", ())), str(facts["started"]))
    for name, each in approvals.items():
        for flaw in flaws(each, case):
            folder.audit.add(name, 0, flaw)
    for reason in refusals(tuple(approvals.values()), case)[:1]:
        folder.audit.add("approved.json", 0, reason)
    folder.audit.checked.append(f"{counted(len(approvals), 'approval')} against approvers, risks and {case.at}")


def check_step(folder: Folder, name: str, consent: Mapping[str, Any], digest: str) -> None:
    """Note everything for which the approvals of one of somebody's steps did not suffice when they were given."""
    environment = _environment(folder)
    if environment is None:
        return
    known, found = signers(environment), list[Approval]()
    for each in consent["signed"]:
        try:
            value = read("approval.json", str(each).encode(), known)
        except Unsound as error:
            folder.audit.add(name, 0, str(error))
            continue
        if isinstance(value, Approval):
            found.append(value)
    if [each.model_dump(mode="json") for each in found] != consent["approvals"]:
        folder.audit.add(name, 0, "says something else than what was signed")
    for other in {each.digest for each in found} - {digest}:
        folder.audit.add(name, 0, f"approves {other[:12]}, which is not the digest of its plan")
    plan = EnvironmentPlan.model_validate(consent["approved"])
    case = Case(digest, plan, environment, frozenset(consent.get("planned_by", ())), str(consent["at"]))
    for reason in refusals(tuple(found), case):
        folder.audit.add(name, 0, reason)


def _beside(folder: Folder, approvals: Mapping[str, Approval], environment: Environment) -> None:
    """Hold approvals that a plan gained against that plan."""
    plan = EnvironmentPlan.model_validate(folder.parsed("plan.json"))
    digests = {plan.digest, *(each.digest for each in plan.plans)}
    for name, each in approvals.items():
        if each.digest not in digests or each.environment != environment.environment:
            folder.audit.add(name, 0, f"approves {each.digest[:12]} of {each.environment}, which is not the plan that it lies beside")
        if not each.key:
            folder.audit.add(name, 0, "is not signed: whoever can write here may have written it", "note")


def _environment(folder: Folder) -> Environment | None:
    """Read the parameters as used; None, and a flaw, where there are none that name approvers."""
    from runbook_lib.parameters.load import kept

    if PARAMETERS not in folder.names:
        folder.audit.add(PARAMETERS, 0, "is missing: nobody knows who might approve")
        return None
    try:
        folder.octets(PARAMETERS)
        return kept(folder.path / PARAMETERS)
    except (Unsound, InvalidParameters) as error:
        folder.audit.add(PARAMETERS, 0, f"cannot be read: {error}")
        return None
