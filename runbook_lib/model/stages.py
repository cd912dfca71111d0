"""How a stage is declared: what it wants, what it asks, what it proves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from runbook_lib.model.findings import Inventory, Judgement
from runbook_lib.model.kinds import Question, Resource, Unwanted

if TYPE_CHECKING:
    from runbook_lib.parameters import Environment

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

    `owner` is who owes the part when the operator may not do it; `then` asks what only the answers so far tell to ask (the role that
    an instance carries), and again with those answers; it may raise `Unanswered`, which then holds for the part.
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
    """Declare one stage: what it sets up and how that is proven.

    `after` names the stages that it builds on, which work before it does: what they make it uses, and what they leave to others it does
    not call broken. One that does not say builds on all before it.
    `keys` are those of the parameter file that it goes by, as `buckets` or `roles.path`; `tables` are values to show beside what it
    wants; `reports` writes files at its end, from the answers to `report_asks`.
    """

    number: int
    slug: str
    title: str
    rows: tuple[str, ...]
    summary: str
    after: tuple[str, ...] | None = None
    keys: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    checks: tuple[Check, ...] = ()
    idle: Callable[[Environment], str] = field(default=lambda _environment: "")
    tables: Callable[[Environment], tuple[object, ...]] = field(default=lambda _environment: ())
    artefacts: Callable[[Environment, tuple[Resource, ...]], Mapping[str, str]] = field(default=lambda _environment, _desired: {})
    report_asks: Asks = no_questions
    reports: Callable[[Environment, Inventory], Mapping[str, str]] = field(default=lambda _environment, _inventory: {})

    @property
    def owner(self) -> str:
        """Name who owes what this stage finds no right for."""
        return next((part.owner for part in self.parts), "cloud engineer")
