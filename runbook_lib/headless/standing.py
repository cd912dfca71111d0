"""Ask the record store how a plan stands, and say which command follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib import place
from runbook_lib.evidence import approvals
from runbook_lib.evidence.approved import find_plan
from runbook_lib.evidence.record import Record
from runbook_lib.evidence.standing import standing
from runbook_lib.runbook.records import Records
from runbook_lib.runbook.world import now

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.evidence.standing import Standing
    from runbook_lib.parameters import Environment


def status(file: Path, digest: str) -> tuple[Standing, str]:
    """Say how an environment's plan stands, the newest unless a digest names one, and the command that follows.

    Raises InvalidParameters, and ApprovalRefused when the record store holds no such plan.
    """
    from runbook_lib.parameters.load import load

    records = Records(load(file, is_attended=True))
    records.synchronise()
    target = place.typed(file)
    stands = standing(records.store, records.environment, digest, now(), target)
    is_destroy = Record(records.folder / stands.record).facts.verb == "destroy"
    is_signed = bool(records.environment.approvers)
    return stands, _next(stands, target, "destroy" if is_destroy else "apply", is_signed=is_signed)


def carried_out(environment: Environment, digest: str) -> tuple[str, ...]:
    """Name the stages of a plan whose approval is used up, as long as nobody planned the same since; none of any other plan.

    Raises ApprovalRefused where the record store holds no such plan, PlanDrifted where the file was changed since.
    """
    records = Records(environment)
    records.synchronise()
    approved = find_plan(records.store, environment, digest)
    known = approvals.stored(records.store, environment, digest)
    is_over = known.used_up and not known.approvals and standing(records.store, environment, digest, now()).state == "applied"
    return tuple(plan.stage for plan in approved.plans) if is_over else ()


def _next(stands: Standing, target: str, verb: str, *, is_signed: bool) -> str:
    match stands.state:
        case "waiting":
            return f"runbook approve {target}/{stands.record}" + (" --key PRIVATE.pem" if is_signed else "")
        case "approved":
            return f"runbook {verb} {target} --approve {stands.digest}"
        case "begun":
            return f"runbook resume {stands.run} {target}"
        case "rejected" | "outdated":
            return f"runbook {'destroy' if verb == 'destroy' else 'plan'} {target}"
    return f"runbook verify {target}"
