"""What would be changed, who approved it, and what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, Self

from runbook_lib.model.findings import Verdict
from runbook_lib.model.kinds import AnyResource, Resource, Value, canonical

Verb = Literal["create", "update", "remove"]
Outcome = Literal["applied", "failed", "withheld", "rolled back", "owed"]


class Change(Value):
    """Turn `before` into `after`; None means that nothing is there."""

    before: AnyResource | None
    after: AnyResource | None
    reason: str = ""

    @property
    def subject(self) -> Resource:
        """Give the side that exists, the wanted one first."""
        subject = self.after if self.after is not None else self.before
        if subject is None:
            raise ValueError("a change needs a before or an after")
        return subject

    @property
    def address(self) -> str:
        """Name what is changed."""
        return self.subject.address

    @property
    def verb(self) -> Verb:
        """Say create, update or remove."""
        if self.before is None:
            return "create"
        return "remove" if self.after is None else "update"

    @property
    def passed(self) -> tuple[Resource | None, ...]:
        """List the values between `before` and `after` that a write passes through when it takes several calls."""
        if self.before is not None:
            return self.before.on_the_way(self.after)
        return self.after.half_made() if self.after is not None else ()


class Owed(Value):
    """Name what this operator cannot read or do, who can, and what to hand over; `verdict` tells owed, unknown or broken.

    `wanted` is what should be there, where that much is known.
    """

    address: str
    by: str
    reason: str
    way_out: str = ""
    verdict: Verdict = "owed"
    wanted: AnyResource | None = None


class Contested(Value):
    """Name an existing object that is not ours: nothing on it is changed until the file adopts it."""

    address: str
    reason: str
    way_out: str


class Plan(Value):
    """Hold all that one stage would change, what it would keep, and what it could not read or may not take over.

    `scope` is what the digest binds beside the changes: account, region, endpoints and the digest of the parameters.
    """

    stage: str
    environment: str
    scope: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...] = ()
    kept: tuple[AnyResource, ...] = ()
    owed: tuple[Owed, ...] = ()
    contested: tuple[Contested, ...] = ()

    @property
    def wanted(self) -> tuple[Resource, ...]:
        """List everything that should be there: in place already, to be changed, or owed by someone else."""
        changed = (change.after for change in self.changes)
        owed = (each.wanted for each in self.owed)
        return (*self.kept, *(each for each in (*changed, *owed) if each is not None))

    @cached_property
    def digest(self) -> str:
        """Hash the plan; who planned, when, and the reasons shown do not count, nor what is owed but for its address."""
        body = self.model_dump(mode="json", exclude={"owed": True, "contested": True, "changes": {"__all__": {"reason"}}})
        addresses = {
            "owed": sorted(each.address for each in self.owed),
            "contested": sorted(each.address for each in self.contested),
        }
        return hashlib.sha256(canonical({**body, **addresses}).encode()).hexdigest()

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy without the digest, which is kept once it is known: a copy may say something else."""
        made = super().model_copy(update=update, deep=deep)
        made.__dict__.pop("digest", None)
        return made


class EnvironmentPlan(Value):
    """Hold the stages that were planned together."""

    environment: str
    plans: tuple[Plan, ...]

    @property
    def digest(self) -> str:
        """Hash the sorted (stage, stage digest) pairs; one stage alone keeps its own digest."""
        if len(self.plans) == 1:
            return self.plans[0].digest
        pairs = sorted((plan.stage, plan.digest) for plan in self.plans)
        return hashlib.sha256(canonical(pairs).encode()).hexdigest()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing would change."""
        return not any(plan.changes for plan in self.plans)


class Written(Value):
    """Remember a change that was sent: from which stage, where (`scope` is its plan's), and whether it certainly took effect."""

    stage: str
    change: Change
    scope: tuple[tuple[str, str], ...] = ()
    is_undo: bool = False
    is_certain: bool = True

    @property
    def address(self) -> str:
        """Name what was changed."""
        return self.change.address

    def is_at(self, scope: tuple[tuple[str, str], ...]) -> bool:
        """Tell whether it was sent to where a scope is."""
        then, now = dict(self.scope), dict(scope)
        return all(then.get(name, "") == now.get(name, "") for name in self.change.subject.place)


class Approval(Value):
    """Consent to one exact plan; `digest` is a stage's or an environment's.

    `acknowledged` are the addresses of the changes that were approved by themselves, `expires` is empty where it never does, and `key`
    names the key that signed it: empty where nobody did.
    """

    digest: str
    by: str
    at: str
    environment: str = ""
    expires: str = ""
    acknowledged: tuple[str, ...] = ()
    key: str = ""


class Rejection(Value):
    """Refuse one exact plan, until it is planned again."""

    digest: str
    by: str
    at: str
    environment: str
    reason: str
    key: str = ""


class Entry(Value):
    """Record what became of one change."""

    change: Change
    outcome: Outcome
    detail: str = ""
    at: str = ""
    by: str = ""
    artefact: str = ""


class Receipt(Value):
    """Record what became of a plan, change by change; without an approval nothing was applied."""

    stage: str
    digest: str
    approvals: tuple[Approval, ...] = ()
    entries: tuple[Entry, ...] = ()

    @property
    def is_applied(self) -> bool:
        """Tell whether every change of the plan was applied."""
        return all(entry.outcome == "applied" for entry in self.entries)
