"""Calls are put to IAM's simulator in few requests, and its answers are read in either of the shapes that it has had."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from runbook_lib.adapters.aws.reading import Reader
from runbook_lib.adapters.aws.simulating import MOST_ACTIONS, MOST_RESOURCES, batches, simulate
from runbook_lib.adapters.aws.validating import validate
from runbook_lib.documents.proof.carried import wanted
from runbook_lib.documents.proof.simulation import comparison
from runbook_lib.parameters.load import load
from runbook_lib.resources.simulation import Simulated, SimulatedCall, SimulationAsked, Validated, ValidationAsked
from runbook_lib.stages._calls import group_of
from tests.machine import ROOT

A, B, OBJECT = "arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::a/k"
TLS = (("aws:SecureTransport", ("true",)),)


@dataclass
class Pages:
    """Answer every listing with the same results; hold what was sent."""

    results: list[dict[str, Any]] = field(default_factory=list)
    sent: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> list[dict[str, Any]]:
        """Take a request."""
        self.sent.append((f"{service}:{operation}", key, parameters))
        return self.results


def call(action: str, resource: str, context: Any = TLS) -> SimulatedCall:
    """Describe a call."""
    return SimulatedCall(action=action, resource=resource, context=context)


def simulated(pages: Pages, *calls: SimulatedCall, principal: str = "arn:aws:iam::111122223333:role/r") -> tuple[Simulated, ...]:
    """Simulate calls as a role."""
    return simulate(SimulationAsked(principal=principal, calls=calls), cast("Reader", pages))


def test_calls_of_one_kind_and_context_go_together() -> None:
    """Buckets apart from objects, and each context apart; every action on every resource of a request, in whatever order they leave."""
    pages = Pages()
    calls = (call("s3:ListBucket", A), call("s3:GetBucketNotification", B), call("s3:GetObject", OBJECT), call("s3:ListBucket", B, ()))
    simulated(pages, *calls)

    asked = [(each["ActionNames"], each["ResourceArns"], each["ContextEntries"]) for _, _, each in pages.sent]
    tls = [{"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"}]
    assert [
        (["s3:GetObject"], [OBJECT], tls),
        (["s3:ListBucket"], [B], []),
        (["s3:ListBucket", "s3:GetBucketNotification"], [A, B], tls),
    ] == sorted(asked, key=lambda request: request[:2])


def test_documents_are_simulated_without_a_principal() -> None:
    """They go with their boundary to the other operation."""
    pages = Pages()
    asked = SimulationAsked(documents=("{}", "[]"), boundary=("{1}",), calls=(call("s3:ListBucket", A),))
    simulate(asked, cast("Reader", pages))
    [(operation, key, sent)] = pages.sent
    assert ("iam:simulate_custom_policy", "EvaluationResults") == (operation, key)
    assert (["{}", "[]"], ["{1}"]) == (sent["PolicyInputList"], sent["PermissionsBoundaryPolicyInputList"])


def test_a_request_is_bounded() -> None:
    """Neither actions nor resources of one request grow without end, and no call is lost."""
    calls = [call(f"s3:Action{number % 60}", f"arn:aws:s3:::bucket-{number}") for number in range(180)]
    found = list(batches(calls))
    sizes = [(len({each.action for each in one}), len({each.resource for each in one})) for one in found]
    assert all(actions <= MOST_ACTIONS and resources <= MOST_RESOURCES for actions, resources in sizes)
    assert sorted(calls, key=str) == sorted((each for one in found for each in one), key=str)


@pytest.mark.parametrize(("key", "values", "kind"), [
    ("aws:CurrentTime", ("2026-01-01T00:00:00Z",), "date"), ("aws:SourceIp", ("10.0.0.1", "10.0.0.2"), "ipList"),
    ("s3:prefix", ("a",), "string"), ("aws:TagKeys", ("a", "b"), "stringList"), ("s3:max-keys", ("1",), "numeric"),
])  # fmt: skip
def test_context_is_typed(key: str, values: tuple[str, ...], kind: str) -> None:
    """Each entry has the type that the key has, as a list where there are several values."""
    pages = Pages()
    simulated(pages, call("s3:ListBucket", A, ((key, values),)))
    assert [{"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": kind}] == pages.sent[0][2]["ContextEntries"]


def test_an_answer_is_read_by_resource() -> None:
    """The top of a result tells the worst of all resources; each has its own decision under it."""
    one = {
        "EvalResourceName": A,
        "EvalResourceDecision": "allowed",
        "MatchedStatements": [{"SourcePolicyId": "p"}, {"SourcePolicyId": "p"}],
    }
    other = {"EvalResourceName": B, "EvalResourceDecision": "explicitDeny", "MissingContextValues": ["s3:prefix"]}
    within = "PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary"
    specific = [{**one, within[0]: {within[1]: True}}, {**other, within[0]: {within[1]: False}}]
    top = {"EvalActionName": "s3:listbucket", "EvalDecision": "explicitDeny", "MissingContextValues": ["s3:prefix"]}
    organisation = {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}}
    pages = Pages([{**top, **organisation, "ResourceSpecificResults": specific}])
    assert (
        Simulated(decision="allowed", sources=("p",)),
        Simulated(decision="explicitDeny", missing=("s3:prefix",), by_organisation=True, by_boundary=True),
    ) == simulated(pages, call("s3:ListBucket", A), call("s3:ListBucket", B))


def test_an_answer_of_one_resource_is_read_from_the_top() -> None:
    """What has no ARN has no results under it."""
    pages = Pages([{"EvalActionName": "sqs:ListQueues", "EvalDecision": "implicitDeny", "MissingContextValues": ["a:b"]}])
    assert (Simulated(decision="implicitDeny", missing=("a:b",)),) == simulated(pages, call("sqs:ListQueues", "*"))


def test_what_is_not_told_is_no_decision() -> None:
    """A call that the answer leaves out, or tells only together with another, is not decided."""
    pages = Pages([{"EvalActionName": "s3:ListBucket", "EvalDecision": "allowed"}])
    assert (Simulated(decision=""),) * 3 == simulated(pages, call("s3:ListBucket", A), call("s3:ListBucket", B), call("s3:GetBucketAcl", A))


@pytest.mark.parametrize(("name", "most"), [("example-v2", 7), ("example-legacy-kms", 31), ("example-both", 31)])
def test_a_whole_ledger_takes_few_requests(name: str, most: int) -> None:
    """Both roles together: a legacy environment puts 136 calls in 31 requests."""
    env = load(ROOT / "parameters" / f"{name}.yaml")
    carried = wanted(env)
    server = comparison(env, carried, carried.server, lambda line: group_of(line) == "server").calls
    function = comparison(env, carried, carried.function, lambda line: group_of(line) == "lambda").calls if carried.function else ()
    counts = [len(list(batches(each))) for each in (server, function)]
    assert sum(counts) <= most


def test_findings_are_read_with_their_places() -> None:
    """Each has its weight, code, words, link and the path to where it is."""
    place = {"path": [{"key": "Statement"}, {"index": 0}, {"key": "Action"}, {"value": "s3:Foo"}], "span": {}}
    found = {
        "findingType": "ERROR",
        "issueCode": "INVALID_ACTION",
        "findingDetails": "no such action",
        "learnMoreLink": "https://l",
        "locations": [place],
    }
    pages = Pages([found])
    question = ValidationAsked(document="{}", policy_type="RESOURCE_POLICY", resource_type="AWS::S3::Bucket")
    assert (
        Validated(type="ERROR", code="INVALID_ACTION", details="no such action", link="https://l", places=("Statement[0].Action",)),
    ) == validate(question, cast("Reader", pages))
    assert [("accessanalyzer:validate_policy", "findings", {
        "policyDocument": "{}", "policyType": "RESOURCE_POLICY", "validatePolicyResourceType": "AWS::S3::Bucket",
    })] == pages.sent  # fmt: skip
