"""Put calls to IAM's policy simulator, as many in one request as its answer can tell apart again.

Sources: IAM API reference, "SimulatePrincipalPolicy", "SimulateCustomPolicy", "ContextEntry", "EvaluationResult" and
"ResourceSpecificResult".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.together import together
from runbook_lib.resources.simulation import Simulated, SimulatedCall, SimulationAsked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.adapters.aws.reading import Reader

MOST_ACTIONS, MOST_RESOURCES = 50, 20
"""How many a request names at most: IAM documents no bound, and answers in pages."""
_TYPES = {
    "aws:currenttime": "date", "aws:tokenissuetime": "date", "aws:epochtime": "numeric", "aws:multifactorauthage": "numeric",
    "aws:multifactorauthpresent": "boolean", "aws:principalisawsservice": "boolean", "aws:securetransport": "boolean",
    "aws:sourceip": "ip", "aws:viaawsservice": "boolean", "aws:vpcsourceip": "ip", "s3:max-keys": "numeric",
}  # fmt: skip
"""The types of keys that are no strings (IAM user guide, "AWS global condition context keys")."""
Key = tuple[str, str]
"""An action in lower case, and a resource."""


def simulate(question: SimulationAsked, reader: Reader) -> tuple[Simulated, ...]:
    """Simulate calls, those of one kind of resource and one context together."""
    found: dict[SimulatedCall, Simulated] = {}
    parts = list(batches(question.calls))
    for calls, results in zip(parts, together(lambda calls: _results(question, calls, reader), parts), strict=True):
        told = _told(calls, results)
        found |= {each: told.get((each.action.lower(), each.resource), Simulated(decision="")) for each in calls}
    return tuple(found[each] for each in question.calls)


def batches(calls: Sequence[SimulatedCall]) -> Iterator[tuple[SimulatedCall, ...]]:
    """Part calls into requests: each action of a request is simulated on each of its resources, with one context."""
    alike: dict[object, list[SimulatedCall]] = {}
    for each in calls:
        alike.setdefault((each.context, _kind(each.resource)), []).append(each)
    for group in alike.values():
        actions = list(dict.fromkeys(each.action for each in group))
        resources = list(dict.fromkeys(each.resource for each in group))
        for first in range(0, len(actions), MOST_ACTIONS):
            for place in range(0, len(resources), MOST_RESOURCES):
                some, there = actions[first : first + MOST_ACTIONS], resources[place : place + MOST_RESOURCES]
                part = tuple(each for each in group if each.action in some and each.resource in there)
                if part:
                    yield part


def _kind(resource: str) -> tuple[object, ...]:
    """Tell ARNs apart by what they are the ARN of, so that no action is asked for on what it cannot be made on."""
    parts = [*resource.split(":", 5), *[""] * 5]
    service, name = parts[2], parts[5]
    head = name.replace("/", ":").partition(":")
    if service == "s3":
        return service, bool(head[1])
    return service, head[0] if head[1] else "", name.count(":")


def _results(question: SimulationAsked, calls: Sequence[SimulatedCall], reader: Reader) -> list[dict[str, Any]]:
    """Send the request for one batch, all its pages."""
    asked: dict[str, Any] = {
        "ActionNames": list(dict.fromkeys(each.action for each in calls)),
        "ResourceArns": list(dict.fromkeys(each.resource for each in calls)),
        "ContextEntries": [_entry(key, values) for key, values in calls[0].context],
    }
    if question.principal:
        return reader.pages("iam", "simulate_principal_policy", "EvaluationResults", PolicySourceArn=question.principal, **asked)
    around = {"PermissionsBoundaryPolicyInputList": list(question.boundary)} if question.boundary else {}
    documents = list(question.documents)
    return reader.pages("iam", "simulate_custom_policy", "EvaluationResults", PolicyInputList=documents, **around, **asked)


def _entry(key: str, values: Sequence[str]) -> dict[str, Any]:
    kind = _TYPES.get(key.lower(), "string")
    return {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": kind if len(values) == 1 else f"{kind}List"}


def _told(calls: Sequence[SimulatedCall], results: Sequence[dict[str, Any]]) -> dict[Key, Simulated]:
    """Read what is told of each pair. Of several resources the top of a result tells only the worst."""
    resources = {each.resource for each in calls}
    told: dict[Key, Simulated] = {}
    for each in results:
        action = each["EvalActionName"].lower()
        for one in each.get("ResourceSpecificResults", []):
            told[action, one["EvalResourceName"]] = _simulated(one["EvalResourceDecision"], one, each)
        if len(resources) == 1:
            told.setdefault((action, *resources), _simulated(each["EvalDecision"], each, each))
    return told


def _simulated(decision: Any, one: dict[str, Any], result: dict[str, Any]) -> Simulated:
    """Read one decision; what the organisation says is told for all resources of an action together."""
    is_refused = decision != "allowed"
    organisation = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True)
    boundary = (one.get("PermissionsBoundaryDecisionDetail") or result.get("PermissionsBoundaryDecisionDetail") or {}).get(
        "AllowedByPermissionsBoundary", True
    )
    return Simulated(
        decision=decision,
        sources=tuple(dict.fromkeys(each.get("SourcePolicyId", "") for each in one.get("MatchedStatements", []))),
        missing=tuple(sorted(set(one.get("MissingContextValues", [])))),
        by_organisation=is_refused and not organisation,
        by_boundary=is_refused and not boundary,
    )
