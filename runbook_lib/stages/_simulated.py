"""What AWS's policy simulator says beside the evaluation: of documents before they are installed, and of the roles as they are.

Where the two differ, both are shown; a call for which the simulator missed a context key has no verdict of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from runbook_lib.documents.proof.carried import wanted
from runbook_lib.documents.proof.ledger import Call, is_due
from runbook_lib.documents.proof.matrix import matrix
from runbook_lib.documents.proof.simulation import comparison
from runbook_lib.model import Check, Unanswered
from runbook_lib.resources.iam import ManagedPolicyAsked
from runbook_lib.resources.simulation import SimulationAsked
from runbook_lib.stages import _calls
from runbook_lib.stages._judging import advised, broken, kept, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runbook_lib.documents.proof.carried import Carried, Carrier
    from runbook_lib.documents.proof.matrix import Line
    from runbook_lib.documents.proof.simulation import Compared, Comparison
    from runbook_lib.model import Grade, Inventory, Judgement, Question
    from runbook_lib.parameters import Environment

Role = Literal["server", "lambda"]
OFFLINE: Grade = "evaluated offline"
CARRIERS = {"server": "server role", "lambda": "Lambda role"}
NEVER_SEEN = (
    "nor does it see policies of VPC endpoints and resource control policies, and it does not tell which context keys"
    " the organisation's policies missed"
)
SHOW = "let a job of the product show which of the two holds"


def simulator(env: Environment) -> str:
    """Name whose simulator answers: only at AWS's own endpoint is it AWS's."""
    return "the endpoint's simulator" if env.aws.endpoint else "AWS's simulator"


def grade(env: Environment) -> Grade:
    """Grade what a service says of policies: at an endpoint that is not AWS's it is no word of AWS."""
    return OFFLINE if env.aws.endpoint else "simulated by AWS"


@dataclass(frozen=True)
class Simulation:
    """Compare one role: the documents that a stage installs, or the role as it is."""

    role: Role
    is_installed: bool

    def check(self, rows: tuple[str, ...]) -> Check:
        """Make the check."""
        what = f"the installed {CARRIERS[self.role]}" if self.is_installed else f"the {CARRIERS[self.role]}'s documents"
        when: Literal["plan", "verify"] = "verify" if self.is_installed else "plan"
        return Check(rows, f"AWS's simulator says of {what} what the evaluation says", self.judge, self.asks, self.then, when)

    def asks(self, env: Environment) -> Iterable[Question]:
        """Ask for what stands with the role; nothing where the environment has no such role."""
        if self._is_absent(env):
            return ()
        if self.is_installed:
            return _calls.server_asks(env) if self.role == "server" else _calls.function_asks(env)
        return (ManagedPolicyAsked(arn=arn),) if (arn := self._boundary(env)) else ()

    def then(self, env: Environment, inventory: Inventory) -> Iterable[Question]:
        """Ask for the role's policies, and with them the simulator. What cannot be read leaves it unasked."""
        known: tuple[Question, ...] = ()
        if self._is_absent(env):
            return known
        try:
            known = self._policies(env, inventory)
            missing = any(each not in inventory for each in known)
            return known if missing else (*known, self._question(self._comparison(env, inventory)))
        except Unanswered:
            return known

    def judge(self, env: Environment, inventory: Inventory) -> Iterator[Judgement]:
        """Say where the simulator agrees, where not, and what it was not asked."""
        if self._is_absent(env):
            return
        try:
            asked = self._comparison(env, inventory)
        except Unanswered as reason:
            yield self._unasked(env, reason.reason)
            return
        try:
            compared = asked.compared(inventory[self._question(asked)])
        except Unanswered as reason:
            right = f"iam:SimulatePrincipalPolicy on {asked.carrier.arn}" if self.is_installed else "iam:SimulateCustomPolicy on *"
            yield self._unasked(env, f"{reason.reason}; with {right} it would be")
            return
        yield from _compared(env, compared)
        yield from _unseen(env, asked, compared)

    def _unasked(self, env: Environment, why: str) -> Judgement:
        claim = f"what the {CARRIERS[self.role]} may stays evaluated offline"
        return kept(f"{simulator(env)} was not asked: {why}", claim=claim, grade=OFFLINE)

    def _is_absent(self, env: Environment) -> bool:
        return self.role == "lambda" and not env.is_legacy

    def _policies(self, env: Environment, inventory: Inventory) -> tuple[Question, ...]:
        if not self.is_installed:
            return ()
        found = _calls.server_policies if self.role == "server" else _calls.function_policies
        return tuple(found(env, inventory))

    def _question(self, asked: Comparison) -> SimulationAsked:
        if self.is_installed:
            return SimulationAsked(principal=asked.carrier.arn, calls=asked.calls)
        documents = tuple(text for _, text in asked.carrier.identity)
        return SimulationAsked(documents=documents, boundary=tuple(filter(None, (asked.carrier.boundary,))), calls=asked.calls)

    def _comparison(self, env: Environment, inventory: Inventory) -> Comparison:
        carried = _calls.installed(env, inventory, self.role) if self.is_installed else self._wanted(env, inventory)
        carrier = carried.server if self.role == "server" else carried.function
        if carrier is None:
            raise Unanswered("V2 has no Lambda role")
        return comparison(env, carried, carrier, lambda line: _calls.group_of(line) == self.role)

    def _wanted(self, env: Environment, inventory: Inventory) -> Carried:
        """Give the policies as wanted, within the boundary that the role gets."""
        ideal = wanted(env)
        if self.role == "server":
            return replace(ideal, server=self._within(env, inventory, ideal.server))
        return replace(ideal, function=ideal.function and self._within(env, inventory, ideal.function))

    def _within(self, env: Environment, inventory: Inventory, carrier: Carrier) -> Carrier:
        arn = self._boundary(env)
        if not arn:
            return carrier
        text: str | None = inventory[ManagedPolicyAsked(arn=arn)]
        if text is None:
            raise Unanswered(f"there is no policy {arn}")
        return replace(carrier, boundary=text, boundary_name=arn)

    def _boundary(self, env: Environment) -> str:
        return "" if self.role == "server" and env.server.role_arn else env.roles.permissions_boundary


def _compared(env: Environment, compared: tuple[Compared, ...]) -> Iterator[Judgement]:
    decided = [each for each in compared if each.state in {"agrees", "differs"}]
    calls = [each.state for each in decided if isinstance(each.line.asked, Call)]
    probes = [each.state for each in decided if not isinstance(each.line.asked, Call)]
    if decided:
        agreed = f"{calls.count('agrees')} of {len(calls)} calls and {probes.count('agrees')} of {len(probes)} probes"
        yield kept(claim=f"{simulator(env)} agrees on {agreed}", grade=grade(env))
    loud = [each for each in compared if each.state in {"differs", "told"}]
    gaps = {each.name for each in matrix(env, wanted(env)).misses} if loud and env.policy_style == "documented" else set[str]()
    for each in loud:
        judge = _differing if each.state == "differs" else _told
        yield judge(env, each, is_gap=each.line.name in gaps)


def _differing(env: Environment, each: Compared, *, is_gap: bool) -> Judgement:
    """Show both sides of a disagreement; neither is dropped for the other."""
    fields = {"claim": f"{each.line.name} is decided alike offline and by {simulator(env)}", "rows": _rows(each)}
    if each.told.decision == "allowed":
        if is_gap:
            return advised(_both(env, each), SHOW, grade=grade(env), **fields)
        return unknown(_both(env, each), SHOW, **fields)
    if isinstance(each.line.asked, Call) and is_due(each.line.asked) and not is_gap:
        return broken(_both(env, each), _way_out(each), grade=grade(env), **fields)
    return advised(_both(env, each), _way_out(each), grade=grade(env), **fields)


def _told(env: Environment, each: Compared, *, is_gap: bool) -> Judgement:
    """Say what only the simulator decides."""
    is_call, is_allowed = isinstance(each.line.asked, Call), each.told.decision == "allowed"
    fields = {"claim": f"{each.line.name} is {'allowed' if is_call else 'refused'}", "rows": _rows(each), "grade": grade(env)}
    if is_call == is_allowed:
        return kept(_both(env, each), **fields)
    if not is_call:
        return advised(_both(env, each), "have the owner of the policy that allows it narrow it", **fields)
    is_needed = isinstance(each.line.asked, Call) and is_due(each.line.asked) and not is_gap
    return (broken if is_needed else advised)(_both(env, each), _way_out(each), **fields)


def _unseen(env: Environment, asked: Comparison, compared: tuple[Compared, ...]) -> Iterator[Judgement]:
    """List what the simulator was not asked, or did not decide."""
    parts = [f"{_said(lines)} ({reason})" for reason, lines in asked.unseen.items()]
    for each in compared:
        if each.state == "undecided":
            missing = f"the context keys {', '.join(each.posed.missing(each.told))} were missing" if each.told.decision else "no decision"
            parts.append(f"{each.line.asked.said} ({missing})")
    claim = f"what {simulator(env)} does not see stays evaluated offline"
    yield kept("; ".join((*dict.fromkeys(parts), NEVER_SEEN)), claim=claim, grade=OFFLINE)


def _both(env: Environment, each: Compared) -> str:
    offline, told = each.posed.offline, each.told
    by = "; ".join(f"{cited.document}, {cited.statement}" for cited in offline.decided_by)
    why = f"allowed by {by}" if offline.is_allowed and by else f"{offline.outcome}, {offline.reason}"
    who = "the endpoint" if env.aws.endpoint else "AWS"
    return f"{each.posed.request.resource}: offline: {why}; {who}: {told.decision}, {_decider(each)}"


def _decider(each: Compared) -> str:
    told = each.told
    if told.by_organisation:
        return "the organisation's service control policies do not allow it"
    if told.by_boundary:
        return "the permissions boundary does not allow it"
    return f"by {', '.join(told.sources)}" if told.sources else "no statement is named"


def _way_out(each: Compared) -> str:
    if each.told.by_organisation:
        return "have the organisation's administrator allow it; a policy may ask for what the simulation does not carry"
    if each.told.by_boundary:
        return "have the owner of the boundary allow it"
    if each.told.decision == "explicitDeny" and each.told.sources:
        return f"have the owner of {', '.join(each.told.sources)} lift the Deny"
    return "look for a service control policy that does not allow it; the simulator names none"


def _said(lines: Iterable[Line]) -> str:
    return ", ".join(dict.fromkeys(each.asked.said for each in lines))


def _rows(each: Compared) -> tuple[str, ...]:
    return each.line.asked.rows if isinstance(each.line.asked, Call) else ()
