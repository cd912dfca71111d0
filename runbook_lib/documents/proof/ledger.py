"""The call ledger: what each principal calls on what, why and on whose word, and what each must be refused (`calls.json`)."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from runbook_lib.model import Value

if TYPE_CHECKING:
    from runbook_lib.parameters import Environment

Need = Literal["needed", "if", "listed"]
"""Whether the product fails without a call, fails in a case, or the vendor lists the call and no step of the flow shows its use."""


class Source(Value):
    """Name on whose word a call stands."""

    kind: Literal["vendor", "AWS", "inferred"]
    title: str
    address: str


class Case(Value):
    """Say when a call arises; a case that is not `seen` in a parameter file is left to a person."""

    says: str
    seen: bool


class Asked(Value):
    """Describe requests by templates: an action on a place, with what the request carries, and `how` in words."""

    action: str
    on: str
    how: str = ""
    context: dict[str, str] = Field(default_factory=dict)

    @property
    def said(self) -> str:
        """Say what is called on what, and how."""
        return f"{self.action} on {self.on}{f', {self.how}' if self.how else ''}"


class Call(Asked):
    """Describe a call that the product makes; `elsewhere` names the policy that decides it where that is none of ours."""

    why: str
    source: str
    rows: tuple[str, ...]
    need: Need
    case: str = ""
    elsewhere: str = ""


class Probe(Asked):
    """Describe a call that must be refused, also where the owner of the resource would let everybody in."""

    says: str
    owner: Literal["ours", "other"] = "ours"
    when: Literal["always", "buckets made here"] = "always"


class Actor(Value):
    """List the calls and the probes of a principal; `acts_as` is a role of ours, or a service."""

    name: str
    title: str
    acts_as: str
    pipeline: Literal["v2", "legacy", "any"]
    calls: tuple[Call, ...]
    probes: tuple[Probe, ...]


class Ledger(Value):
    """Hold the whole ledger; places are templates of ARNs."""

    sources: dict[str, Source]
    cases: dict[str, Case]
    places: dict[str, str]
    principals: tuple[Actor, ...]


@cache
def ledger() -> Ledger:
    """Read the ledger."""
    return Ledger.model_validate_json(_octets())


def digest() -> str:
    """Hash the ledger's file."""
    return sha256(_octets()).hexdigest()


def _octets() -> bytes:
    return files(__package__).joinpath("calls.json").read_bytes()


def actors(env: Environment) -> tuple[Actor, ...]:
    """List the principals that an environment has: those of its pipeline, and EC2 where the server is an instance."""
    return tuple(each for each in ledger().principals if _is_there(env, each))


def _is_there(env: Environment, actor: Actor) -> bool:
    if actor.pipeline == "any":
        return not env.server.role_arn
    return env.is_v2 if actor.pipeline == "v2" else env.is_legacy


def is_due(call: Call) -> bool:
    """Tell whether the product fails without the call as far as a parameter file shows: a case that is not seen is a person's to tell."""
    return call.need == "needed" or (call.need == "if" and ledger().cases[call.case].seen)
