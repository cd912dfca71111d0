"""The values that pass through the runbook: resource, question, change, plan, approval, receipt, finding, stage.

All are frozen and have one canonical JSON form; nothing here reads a clock, a file or a network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SerializeAsAny,
    model_serializer,
)

if TYPE_CHECKING:
    from pydantic import SerializerFunctionWrapHandler

    from runbook_lib.parameters import Environment

Verb = Literal["create", "update", "remove"]
Verdict = Literal["kept", "broken", "unknown", "owed"]
Outcome = Literal["applied", "failed", "withheld", "rolled back", "owed"]
Grade = Literal[
    "",
    "read back",
    "on the word of",
    "evaluated offline",
    "simulated by AWS",
    "exercised in the sandbox",
    "exercised live",
    "seen in CloudTrail",
]


def canonical(value: object) -> str:
    """Encode a JSON value in the one form that digests are taken over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Value(BaseModel):
    """Be frozen, closed and comparable."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Kinded(Value):
    """Carry its kind in JSON so that it can be read back as the same class."""

    kind: ClassVar[str] = ""
    known: ClassVar[dict[str, type[Kinded]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register the subclass under its kind; a second claim on a kind is a programming error."""
        super().__pydantic_init_subclass__(**kwargs)
        if cls.kind and cls.known.setdefault(cls.kind, cls).__qualname__ != cls.__qualname__:
            raise TypeError(f"kind {cls.kind} is taken by {cls.known[cls.kind].__qualname__}")

    @model_serializer(mode="wrap")
    def _with_kind(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"kind": self.kind, **serialize(self)}

    @classmethod
    def decode(cls, value: object) -> object:
        """Read a JSON object back as the class its kind names."""
        if not isinstance(value, Mapping):
            return value
        fields = dict(value)
        return cls.known[fields.pop("kind")].model_validate(fields)


class Resource(Kinded):
    """Describe one thing that exists or should exist, as one call of a service can make it.

    `holder` names the object it sits on, `group` the transaction it is written in (both may be empty).
    `is_claimed` marks objects that may belong to somebody else: an existing one is taken over only when the parameter file adopts it.
    `is_ours_by_name` marks what carries no mark of its own: on a holder that is not ours, an existing one that differs is somebody's.
    `goes_with_holder` marks what the service removes together with the holder.
    """

    is_claimed: ClassVar[bool] = False
    is_ours_by_name: ClassVar[bool] = False
    goes_with_holder: ClassVar[bool] = False

    @property
    def address(self) -> str:
        """Name the thing uniquely within an environment: `kind/name`."""
        raise NotImplementedError

    @property
    def holder(self) -> str:
        """Name the address of the object this sits on."""
        return ""

    @property
    def group(self) -> str:
        """Name the transaction that writes this together with its neighbours."""
        return ""

    def once_removed(self) -> Resource | None:
        """Give what remains when it is removed: None, or the waiting state that the service imposes."""
        return None

    def on_the_way(self, after: Resource | None) -> tuple[Resource | None, ...]:
        """List the values that a write from this to `after` passes through when it takes several calls."""
        del after
        return ()

    def restored(self, history: tuple[Change, ...]) -> Resource | None:
        """Give what this, as observed, becomes when our changes of it are undone: what the first of them found."""
        found = history[0].before
        return self.once_removed() if found is None else found


AnyResource = Annotated[SerializeAsAny[Resource], BeforeValidator(Kinded.decode)]


class Unwanted(Value):
    """Ask for the removal of something that is there (`exclusive_policies`)."""

    resource: AnyResource


class Question(Kinded):
    """Ask the world something that a stage or a check needs to know."""


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

    @property
    def digest(self) -> str:
        """Hash the plan; who planned, when, and the reasons shown do not count, nor what is owed but for its address."""
        body = self.model_dump(mode="json", exclude={"owed": True, "contested": True, "changes": {"__all__": {"reason"}}})
        addresses = {
            "owed": sorted(each.address for each in self.owed),
            "contested": sorted(each.address for each in self.contested),
        }
        return hashlib.sha256(canonical({**body, **addresses}).encode()).hexdigest()


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


class Approval(Value):
    """Consent to one exact plan; `digest` is a stage's or an environment's."""

    digest: str
    by: str
    at: str


class Entry(Value):
    """Record what became of one change."""

    change: Change
    outcome: Outcome
    detail: str = ""
    at: str = ""
    by: str = ""
    artefact: str = ""


class Receipt(Value):
    """Record what became of a plan, change by change."""

    stage: str
    digest: str
    approval: Approval | None
    entries: tuple[Entry, ...] = ()

    @property
    def is_applied(self) -> bool:
        """Tell whether every change of the plan was applied."""
        return all(entry.outcome == "applied" for entry in self.entries)


class Finding(Value):
    """State whether one claim holds, how it is known, and the way out when it does not."""

    stage: str
    rows: tuple[str, ...]
    claim: str
    verdict: Verdict
    detail: str = ""
    way_out: str = ""
    grade: Grade = ""
    address: str = ""
    by: str = ""
    warning: bool = False


class Judgement(Value):
    """Answer a check: `claim` overrides the check's own when it judges several things."""

    verdict: Verdict
    detail: str = ""
    way_out: str = ""
    grade: Grade = "read back"
    address: str = ""
    by: str = ""
    claim: str = ""
    warning: bool = False


class Unanswered(Exception):
    """Say that a question has no answer here: `verdict` is unknown, owed or broken, `address` names what is missing where one is."""

    def __init__(self, reason: str, verdict: Verdict = "unknown", by: str = "", way_out: str = "", address: str = "") -> None:
        super().__init__(reason)
        self.reason, self.verdict, self.by, self.way_out, self.address = reason, verdict, by, way_out, address


class Inventory(Mapping[Question, Any]):
    """Answer the questions that were asked; a refused one raises `Unanswered` when it is looked up."""

    def __init__(self, answers: Mapping[Question, Any]) -> None:
        self._answers = dict(answers)

    def __getitem__(self, question: Question) -> Any:
        answer = self._answers[question]
        if isinstance(answer, Unanswered):
            raise answer
        return answer

    def __contains__(self, question: object) -> bool:
        """Tell whether a question was asked, also when it was refused."""
        return question in self._answers

    def __iter__(self) -> Any:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)

    def merged(self, other: Inventory) -> Self:
        """Give an inventory that knows the answers of both."""
        return type(self)({**self._answers, **other._answers})


Asks = Callable[["Environment"], Iterable[Question]]
Desire = Callable[["Environment", Inventory], Iterable["Resource | Unwanted"]]
Judge = Callable[["Environment", Inventory], Iterable[Judgement]]
FollowUps = Callable[["Environment", Inventory], Iterable[Question]]


def no_questions(_environment: Environment) -> tuple[Question, ...]:
    """Ask nothing."""
    return ()


def no_follow_ups(_environment: Environment, _inventory: Inventory) -> tuple[Question, ...]:
    """Ask nothing more."""
    return ()


@dataclass(frozen=True)
class Part:
    """Group resources that depend on the same questions: an unanswered one makes just this part owed or unknown.

    `owner` is who owes the part when the operator may not do it; `then` asks, once, what only the first answers tell to ask
    (the role that an instance carries); it may raise `Unanswered`, which then holds for the part.
    """

    name: str
    desire: Desire
    asks: Asks = no_questions
    then: FollowUps = no_follow_ups
    owner: str = "cloud engineer"


@dataclass(frozen=True)
class Check:
    """Prove one claim of the ledger's rows by asking the world.

    `when` is plan for what must hold before the first write (shown under Pre-flight, and again by verify), else verify.
    """

    rows: tuple[str, ...]
    claim: str
    judge: Judge
    asks: Asks = no_questions
    then: FollowUps = no_follow_ups
    when: Literal["plan", "verify"] = "verify"


@dataclass(frozen=True)
class Stage:
    """Declare one stage: what it sets up and how that is proven."""

    number: int
    slug: str
    title: str
    rows: tuple[str, ...]
    summary: str
    parts: tuple[Part, ...] = ()
    checks: tuple[Check, ...] = ()
    idle: Callable[[Environment], str] = field(default=lambda _environment: "")
    artefacts: Callable[[Environment, tuple[Resource, ...]], Mapping[str, str]] = field(default=lambda _environment, _desired: {})
    reports: Callable[[Environment, tuple[Finding, ...]], Mapping[str, str]] = field(default=lambda _environment, _findings: {})

    @property
    def owner(self) -> str:
        """Name who owes what this stage finds no right for."""
        return next((part.owner for part in self.parts), "cloud engineer")
