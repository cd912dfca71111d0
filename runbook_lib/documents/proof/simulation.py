"""Put the ledger's requests as AWS's policy simulator takes them, and say of which lines its answer is no verdict.

For a role the simulator reads identity policies and boundary (and service control policies), and no policy of a resource; nor does it
tell what a service may do (IAM API reference, "SimulatePrincipalPolicy"). A line is put to it only where these alone decide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

from runbook_lib.documents.proof.deciding import deciding
from runbook_lib.documents.proof.ledger import Call
from runbook_lib.documents.proof.matrix import lines_of
from runbook_lib.policy.asked import keys_asked
from runbook_lib.resources.simulation import SimulatedCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from runbook_lib.documents.proof.carried import Carried, Carrier
    from runbook_lib.documents.proof.deciding import Deciding
    from runbook_lib.documents.proof.matrix import Line
    from runbook_lib.parameters import Environment
    from runbook_lib.policy.request import Request
    from runbook_lib.policy.verdict import Verdict
    from runbook_lib.resources.simulation import Simulated

State = Literal["differs", "told", "undecided", "agrees"]
"""How the simulator's word stands to the evaluation: `told` where only it decides, `undecided` where it does not."""
_LOUDEST: tuple[State, ...] = get_args(State)
KEY, TRUST = "it reads no key's policy for a role", "it reads no role's trust"
SERVICE = "it simulates no service's own calls"
RESOURCE = "the resource's policy has a say, which it does not read for a role"
OTHERS = "another account has a say, of whose policies it knows nothing"
_RULED = {"kms": KEY, "sts": TRUST}
_TOLD = ("aws:RequestedRegion", "aws:SecureTransport", "aws:PrincipalArn", "aws:PrincipalAccount", "aws:ResourceAccount")
"""What a request is told to carry though no policy of ours asks for it: one of the organisation's may."""


@dataclass(frozen=True)
class Posed:
    """Put one request of a line both ways: how the evaluation decides it, and the call to simulate.

    `carrier` is the role that acts: keys that its documents ask for elsewhere, and AWS lists as missing all the same, do not matter here.
    """

    line: Line
    request: Request
    offline: Verdict
    call: SimulatedCall
    carrier: Carrier

    def missing(self, told: Simulated) -> tuple[str, ...]:
        """List the context keys that were missing and that matter to this call."""
        texts = texts_of(self.carrier)
        known = {key.lower() for text in texts for key in keys_asked(text)}
        asked = {key.lower() for text in texts for key in keys_asked(text, self.request.action)}
        return tuple(key for key in told.missing if key.lower() in asked or key.lower() not in known)

    def state(self, told: Simulated) -> State:
        """Hold what was told against the evaluation."""
        if not told.decision or self.missing(told):
            return "undecided"
        if self.offline.outcome == "undetermined":
            return "told"
        return "agrees" if self.offline.is_allowed == (told.decision == "allowed") else "differs"


@dataclass(frozen=True)
class Compared:
    """Hold a line by the request of it that says most: one that differs, else one that only AWS decides, else one that it does not."""

    posed: Posed
    told: Simulated
    state: State

    @property
    def line(self) -> Line:
        """Give the line."""
        return self.posed.line


@dataclass(frozen=True)
class Comparison:
    """Hold what the lines of one role are put to."""

    env: Environment
    carried: Carried
    carrier: Carrier
    lines: tuple[Line, ...]

    @cached_property
    def unseen(self) -> Mapping[str, tuple[Line, ...]]:
        """List the lines of which the simulator's answer is no verdict, by the reason."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            if reason := self._reasons[line.name]:
                found.setdefault(reason, []).append(line)
        return {reason: tuple(lines) for reason, lines in found.items()}

    @cached_property
    def posed(self) -> tuple[Posed, ...]:
        """List the requests of the others."""
        return tuple(
            Posed(line, each, self._policies.verdict(each), self._call(line, each), self.carrier)
            for line in self._seen
            for each in line.requests
        )

    @cached_property
    def calls(self) -> tuple[SimulatedCall, ...]:
        """List the calls to simulate, each once."""
        return tuple(dict.fromkeys(self._call(line, each) for line in self._seen for each in line.requests))

    def compared(self, answers: Sequence[Simulated]) -> tuple[Compared, ...]:
        """Hold the answers to `calls` against the evaluation, line by line."""
        told = dict(zip(self.calls, answers, strict=True))
        found: dict[str, Compared] = {}
        for each in self.posed:
            one = Compared(each, told[each.call], each.state(told[each.call]))
            known = found.get(each.line.name, one)
            found[each.line.name] = min(known, one, key=lambda compared: _LOUDEST.index(compared.state))
        return tuple(found.values())

    @property
    def _seen(self) -> tuple[Line, ...]:
        return tuple(each for each in self.lines if not self._reasons[each.name])

    @cached_property
    def _policies(self) -> Deciding:
        return deciding(self.env, self.carried)

    @cached_property
    def _reasons(self) -> Mapping[str, str]:
        return {line.name: next(self._reasons_of(line), "") for line in self.lines}

    def _reasons_of(self, line: Line) -> Iterator[str]:
        """Say why the simulator cannot tell of a line."""
        if line.acts_as not in {"server", "lambda"}:
            yield SERVICE
        if isinstance(line.asked, Call) and line.asked.elsewhere:
            yield RESOURCE
        alone = replace(self._policies, resources={})
        for each in line.requests:
            if each.service in _RULED:
                yield _RULED[each.service]
            elif each.owner != self.env.aws.account:
                yield OTHERS
            elif alone.verdict(each).outcome != self._policies.verdict(each).outcome:
                yield RESOURCE

    def _call(self, line: Line, request: Request) -> SimulatedCall:
        """Spell a request out, with what it carries under the names that documents and ledger use."""
        asked = (key for text in texts_of(self.carrier) for key in sorted(keys_asked(text)))
        names = {key.lower(): key for key in (*asked, *line.asked.context, *_TOLD)}
        values = ((names[key], each) for key, each in request.keys.items() if key in names and each)
        return SimulatedCall(action=request.action, resource=request.resource, context=tuple(sorted(values)))


def comparison(env: Environment, carried: Carried, carrier: Carrier, concerns: Callable[[Line], bool]) -> Comparison:
    """Take the lines that concern the reader."""
    return Comparison(env, carried, carrier, tuple(filter(concerns, lines_of(env, carried))))


def texts_of(carrier: Carrier) -> tuple[str, ...]:
    """List the documents that decide what a role may, its boundary last."""
    return (*(text for _, text in carrier.identity), *filter(None, (carrier.boundary,)))
