"""The sufficiency matrix: which statement allows each call of each principal, what nothing allows, and which probe leaks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from runbook_lib.documents.proof.carried import are_made_here
from runbook_lib.documents.proof.deciding import deciding
from runbook_lib.documents.proof.ledger import Call, Probe, actors, is_due
from runbook_lib.documents.proof.requests import names, principal, requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runbook_lib.documents.proof.carried import Carried
    from runbook_lib.documents.proof.deciding import Deciding
    from runbook_lib.documents.proof.ledger import Actor
    from runbook_lib.parameters import Environment
    from runbook_lib.policy.request import Request
    from runbook_lib.policy.verdict import Cited, Verdict

State = Literal["allowed", "refused", "undetermined", "elsewhere"]
_WORST: tuple[State, ...] = ("refused", "undetermined", "allowed")


@dataclass(frozen=True)
class Line:
    """Put one line of the ledger to the policies: a call or a probe, the requests it makes here, and how they end.

    Of a call the worst end counts, of a probe the one that lets most through; `reason` is that request's.
    """

    actor: str
    acts_as: str
    asked: Call | Probe
    requests: tuple[Request, ...]
    state: State
    by: tuple[Cited, ...] = ()
    reason: str = ""

    @property
    def name(self) -> str:
        """Name the line uniquely: who calls what, on what, and how."""
        return f"{self.actor}: {self.asked.said}"

    @property
    def is_miss(self) -> bool:
        """Tell whether the product needs what is refused."""
        return isinstance(self.asked, Call) and self.state == "refused" and is_due(self.asked)

    @property
    def is_leak(self) -> bool:
        """Tell whether a probe is let through."""
        return isinstance(self.asked, Probe) and self.state == "allowed"


@dataclass(frozen=True)
class Matrix:
    """Hold the lines of the calls and of the probes, in the ledger's order; lines that cannot arise here are left out."""

    calls: tuple[Line, ...]
    probes: tuple[Line, ...]

    @property
    def misses(self) -> tuple[Line, ...]:
        """List the calls that the product needs and nothing allows."""
        return tuple(each for each in self.calls if each.is_miss)

    @property
    def leaks(self) -> tuple[Line, ...]:
        """List the probes that are let through."""
        return tuple(each for each in self.probes if each.is_leak)


def matrix(env: Environment, carried: Carried, concerns: Callable[[Line], bool] = lambda _line: True) -> Matrix:
    """Put every line of the ledger, or those that concern the reader, to the policies."""
    policies = deciding(env, carried)
    decided = tuple(decide(each, policies) for each in lines_of(env, carried) if concerns(each))
    calls = tuple(each for each in decided if isinstance(each.asked, Call))
    return Matrix(calls, tuple(each for each in decided if isinstance(each.asked, Probe)))


def lines_of(env: Environment, carried: Carried) -> Iterator[Line]:
    """List the lines that arise in an environment, undecided; one role that runs both processes is probed once."""
    known = names(env, carried)
    probed: set[tuple[str, str]] = set()
    for actor in actors(env):
        who = principal(env, actor, carried)
        for asked in _asked(actor, env):
            mark = (actor.acts_as, asked.model_dump_json())
            made = () if mark in probed else requests(env, who, asked, known)
            if made:
                yield Line(actor.name, actor.acts_as, asked, made, "undetermined")
            probed |= {mark} if isinstance(asked, Probe) else set()


def _asked(actor: Actor, env: Environment) -> Iterator[Call | Probe]:
    yield from actor.calls
    yield from (each for each in actor.probes if each.when == "always" or are_made_here(env))


def decide(line: Line, policies: Deciding) -> Line:
    """Evaluate a line's requests; what another policy than these decides stays open."""
    if isinstance(line.asked, Call) and line.asked.elsewhere:
        return replace(line, state="elsewhere", reason=line.asked.elsewhere)
    order = _WORST if isinstance(line.asked, Call) else _WORST[::-1]
    verdicts = [policies.verdict(each) for each in line.requests]
    first = min(verdicts, key=lambda verdict: order.index(_state(verdict)))
    cited = verdicts if _state(first) == "allowed" else [first]
    by = tuple(dict.fromkeys(each for verdict in cited for each in verdict.decided_by))
    return replace(line, state=_state(first), by=by, reason=first.reason)


def _state(verdict: Verdict) -> State:
    return "allowed" if verdict.is_allowed else "refused" if verdict.is_denied else "undetermined"
