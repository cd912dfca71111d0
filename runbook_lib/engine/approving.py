"""Decide whether approvals suffice for a plan: the one place that does, for a command, a notebook and an audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from runbook_lib.engine.risk import to_acknowledge
from runbook_lib.errors import ApprovalRefused, several
from runbook_lib.parameters.approval_rules import person

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from runbook_lib.model import Approval, EnvironmentPlan
    from runbook_lib.parameters import Environment

ACKNOWLEDGE = "read them; then say --acknowledge ADDRESS for each (* stands for any text); in a notebook the same in acknowledge"

AHEAD = timedelta(hours=1)
"""How far an approver's clock may be ahead, or a notebook on its way to the gate. Who dates his word later would have it count longer."""


@dataclass(frozen=True)
class Case:
    """Hold what approvals are held against: the plan, the digest that names it, what the file asks for, who planned, and the time.

    `target` is the file as a command takes it, the environment's name where it is empty.
    """

    digest: str
    approved: EnvironmentPlan
    environment: Environment
    planners: frozenset[str]
    at: str
    target: str = ""

    @property
    def signers(self) -> dict[str, str]:
        """Give who may sign, by the name of the key."""
        return {each.fingerprint: each.name for each in self.environment.approvers}

    @property
    def is_apart(self) -> bool:
        """Tell whether nobody may approve what he planned."""
        return self.environment.protected or self.environment.approvals_required > 1


def flaws(approval: Approval, case: Case) -> Iterator[str]:
    """Say everything for which an approval does not count."""
    if approval.digest != case.digest:
        yield f"is for the digest {approval.digest[:12]}, not for {case.digest[:12]}"
    if approval.environment != case.environment.environment:
        yield f"is for {approval.environment or 'no environment'}, not for {case.environment.environment}"
    yield from unsigned(approval, case)
    yield from _expired(approval, case)
    if case.is_apart and not {person(approval.by), approval.key}.isdisjoint(map(person, case.planners)):
        yield "is by somebody who planned it"
    if missing := unacknowledged(case.approved, approval.acknowledged):
        yield f"does not acknowledge {several(missing)}"


def refusals(approvals: Sequence[Approval], case: Case) -> tuple[str, ...]:
    """Say why approvals do not suffice, everything at once; nothing when they do."""
    needed = case.environment.approvals_required
    sound = {each.key for each in approvals if not any(flaws(each, case))}
    if len(sound) >= needed:
        return ()
    many = f"{needed} that different approvers sign" if needed > 1 else "one that an approver signs"
    asked = many if case.environment.approvers else "one"
    counts = {0: "no approval counts", 1: "1 approval counts"}.get(len(sound), f"{len(sound)} approvals count")
    said = [f"the approval by {each.by} {flaw}" for each in approvals for flaw in flaws(each, case)]
    return (f"{counts}, and it takes {asked}", *said)


def sufficient(approvals: Sequence[Approval], case: Case) -> tuple[Approval, ...]:
    """Keep the approvals that count. Raises ApprovalRefused with everything for which they do not suffice."""
    if reasons := refusals(approvals, case):
        raise ApprovalRefused(case.environment.environment, "; ".join(reasons), _way_out(approvals, case))
    return tuple(each for each in approvals if not any(flaws(each, case)))


def unacknowledged(approved: EnvironmentPlan, acknowledged: Iterable[str]) -> tuple[str, ...]:
    """Name each change that is acknowledged by itself and is not, with its risks."""
    known = set(acknowledged)
    return tuple(f"{address} ({', '.join(found)})" for address, found in to_acknowledge(approved.plans).items() if address not in known)


def acknowledged(approved: EnvironmentPlan, patterns: Iterable[str]) -> tuple[str, ...]:
    """List the changes that are acknowledged by themselves and that a pattern names, in the plan's order."""
    wanted = tuple(patterns)
    return tuple(each for each in to_acknowledge(approved.plans) if any(each == one or fnmatchcase(each, one) for one in wanted))


def later(at: str, time: timedelta) -> str:
    """Give a time after another, in the same form."""
    return (datetime.fromisoformat(at) + time).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_time(text: str) -> bool:
    """Tell whether a text is a time in the one form in which times are written, and so are compared."""
    try:
        return text.endswith("Z") and later(text, timedelta()) == text
    except ValueError:
        return False


def unsigned(approval: Approval, case: Case) -> Iterator[str]:
    """Say what is wrong with who signed an approval."""
    if not case.environment.approvers:
        if approval.key:
            yield "is signed, and the parameter file names nobody who may"
    elif approval.key not in case.signers:
        yield "is signed by a key that approvers does not list" if approval.key else "is not signed"
    elif approval.by != case.signers[approval.key]:
        yield f"is signed by the key of {case.signers[approval.key]}"


def _expired(approval: Approval, case: Case) -> Iterator[str]:
    if approval.expires and approval.expires <= case.at:
        yield f"expired at {approval.expires}"
    if not case.environment.approvers:
        return
    if approval.at > later(case.at, AHEAD):
        yield f"is dated {approval.at}, which is still to come"
        return
    longest = later(approval.at, timedelta(days=case.environment.approval_days))
    if not approval.expires or approval.expires > longest:
        yield f"counts longer than the {case.environment.approval_days} days of approval_days"


def _way_out(approvals: Sequence[Approval], case: Case) -> str:
    plan = f"{case.target or case.environment.environment}/{case.digest}"
    if not case.environment.approvers:
        return ACKNOWLEDGE if approvals else f"read the plan, then: runbook approve {plan}"
    return f"let an approver sign: runbook approve {plan} --key PRIVATE.pem" + (", or plan again" if approvals else "")
