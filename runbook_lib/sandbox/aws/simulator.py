"""Answer IAM's two simulators from the evaluator, with the policies that are held here or given.

As AWS's, it looks at the policies of the principal and at its boundary, and at no role's trust and no key's policy. A context key that the
policies ask for and that is not given counts as absent, and is listed.
Sources: IAM API reference, "SimulatePrincipalPolicy", "SimulateCustomPolicy", "EvaluationResult" and "ResourceSpecificResult".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.policy import Attached, Request, compiled, evaluate, keys_asked
from runbook_lib.sandbox.aws.answers import Answer, as_query, not_modelled
from runbook_lib.sandbox.aws.simulations import Refused, Simulation, page_of, simulation_of

if TYPE_CHECKING:
    from runbook_lib.policy import ResourceKind, Verdict
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

DECISIONS = {"denied explicitly": "explicitDeny", "denied implicitly": "implicitDeny", "allowed": "allowed"}
"""AWS's words for outcomes, the strictest first."""
RULED: dict[str, ResourceKind] = {"kms": "key", "sts": "trust"}
"""What is ruled by a policy of its own, which is not looked at."""
BOUNDARY = "the permissions boundary"


@dataclass(frozen=True)
class Decided:
    """Hold how one action on one resource ends; `within` says whether the boundary allows it, None where there is none."""

    resource: str
    verdict: Verdict
    within: bool | None


def rules() -> dict[str, Any]:
    """Give the rules by call."""
    return {"iam:SimulatePrincipalPolicy": _answer, "iam:SimulateCustomPolicy": _answer}


def _answer(call: Call, _proceed: Proceed) -> Answer:
    try:
        asked = simulation_of(call)
        first, end, marker = page_of(call, len(asked.actions))
        results = [_result(call, asked, action) for action in asked.actions[first:end]]
    except Refused as refused:
        return refused.answer
    return as_query(call, {"EvaluationResults": results, "IsTruncated": bool(marker)} | ({"Marker": marker} if marker else {}))


def _result(call: Call, asked: Simulation, action: str) -> dict[str, Any]:
    """Tell the worst of an action's decisions, and under it each on its resource."""
    decided = [_decided(call, asked, action, each) for each in asked.resources]
    worst = min(decided, key=lambda each: tuple(DECISIONS).index(each.verdict.outcome))
    alike = [each for each in decided if each.verdict.outcome == worst.verdict.outcome]
    matched = {each["SourcePolicyId"]: each for one in alike for each in _matched(asked, one.verdict)}
    result = {
        "EvalActionName": action,
        "EvalDecision": DECISIONS[worst.verdict.outcome],
        "MatchedStatements": list(matched.values()),
        "MissingContextValues": _missing(asked),
        **_boundary(*decided),
    }
    specific = [
        {
            "EvalResourceName": each.resource,
            "EvalResourceDecision": DECISIONS[each.verdict.outcome],
            "MatchedStatements": _matched(asked, each.verdict),
            "MissingContextValues": _missing(asked),
            **_boundary(each),
        }
        for each in decided
        if each.resource != "*"
    ]
    return result | ({"ResourceSpecificResults": specific} if specific else {})


def _decided(call: Call, asked: Simulation, action: str, resource: str) -> Decided:
    absent: dict[str, tuple[str, ...]] = {key.lower(): () for text in _texts(asked) for key in keys_asked(text)}
    request = Request(asked.principal, action, resource, "", {**absent, **asked.context})
    if not request.owner:
        request = Request(asked.principal, action, resource, asked.owner, request.context)
    identity = tuple(compiled(each.text, each.id) for each in asked.sources)
    around, there = compiled(asked.boundary, BOUNDARY) if asked.boundary else None, _attached(asked, request)
    verdict = evaluate(request, identity=identity, boundary=around, resource=there)
    if verdict.outcome == "undetermined":
        raise Refused(not_modelled(call, f"{action} on {resource}: {verdict.reason}"))
    return Decided(resource, verdict, None if around is None else evaluate(request, identity=(around,), resource=there).is_allowed)


def _attached(asked: Simulation, request: Request) -> Attached | None:
    """Give the resource's policy where one is simulated; a trust never is, and in its place and a key's the account is let in."""
    if asked.resource_policy and request.service != "sts":
        return Attached(compiled(asked.resource_policy, "ResourcePolicy"), RULED.get(request.service, "other"))
    if request.service not in RULED or request.owner != asked.principal.account:
        return None
    root = f"arn:{asked.principal.partition}:iam::{request.owner}:root"
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "*", "Resource": "*"}
    return Attached(compiled({"Version": "2012-10-17", "Statement": [statement]}, "the account"), RULED[request.service])


def _texts(asked: Simulation) -> tuple[str, ...]:
    return (*(each.text for each in asked.sources), *filter(None, (asked.boundary, asked.resource_policy)))


def _missing(asked: Simulation) -> list[str]:
    return sorted({key for text in _texts(asked) for key in keys_asked(text) if key.lower() not in asked.context})


def _matched(asked: Simulation, verdict: Verdict) -> list[dict[str, str]]:
    """Name the policies whose statements decide; a boundary's are not told."""
    cited = {each.document for each in verdict.decided_by}
    found = [{"SourcePolicyId": each.id, "SourcePolicyType": each.type} for each in asked.sources if each.id in cited]
    return [*found, *([{"SourcePolicyId": "ResourcePolicy", "SourcePolicyType": "resource"}] if "ResourcePolicy" in cited else [])]


def _boundary(*decided: Decided) -> dict[str, Any]:
    within = [each.within for each in decided if each.within is not None]
    return {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": all(within)}} if within else {}
