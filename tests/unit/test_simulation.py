"""The caller's own rights are put to IAM's simulator by resource and condition; a refusal is told apart from what it cannot know."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from runbook_lib.adapters.aws.identity import refused_permissions
from runbook_lib.parameters.load import load
from runbook_lib.resources.rights import Permission, RefusedAnswer, RefusedAsked
from tests.machine import ROOT

ROLE = "arn:aws:iam::111122223333:role/acme/tonic"
BUCKET = "arn:aws:s3:::b"
PASSED = (("iam:PassedToService", "ec2.amazonaws.com"),)
ENVIRONMENT = load(ROOT / "parameters" / "example-v2.yaml")


class Simulator:
    """Answer as IAM does for a role with a path, which refuses some actions; `more` stands in each refusal."""

    def __init__(self, *refused: str, **more: Any) -> None:
        self.refused, self.more, self.asked = refused, more, list[dict[str, Any]]()
        identity = SimpleNamespace(arn="arn:aws:sts::111122223333:assumed-role/tonic/me")
        self.session = SimpleNamespace(identity=lambda: identity, environment=ENVIRONMENT)

    def read(self, *_words: str, **_parameters: str) -> Any:
        """Look the role up."""
        return {"Role": {"Arn": ROLE}}

    def pages(self, _service: str, _operation: str, _key: str, **parameters: Any) -> list[dict[str, Any]]:
        """Decide each action."""
        self.asked.append(parameters)
        return [
            {"EvalActionName": each, "EvalDecision": "implicitDeny", **self.more}
            if each in self.refused
            else {"EvalActionName": each, "EvalDecision": "allowed"}
            for each in parameters["ActionNames"]
        ]


def told(simulator: Simulator, *permissions: Permission) -> RefusedAnswer:
    """Ask about permissions."""
    return refused_permissions(RefusedAsked(permissions=permissions), cast("Any", simulator))


def test_refusals_are_told_in_order_with_their_conditions() -> None:
    """Actions with one resource and condition are asked about at once, the condition as a context entry, as the role itself."""
    create, read = Permission(action="iam:CreateRole", resource=ROLE), Permission(action="iam:GetRole", resource=ROLE)
    passing = Permission(action="iam:PassRole", resource=ROLE, context=PASSED)
    simulator = Simulator("iam:PassRole", "iam:GetRole")

    assert RefusedAnswer(refused=(passing, read)) == told(simulator, passing, create, read)
    assert {ROLE} == {each["PolicySourceArn"] for each in simulator.asked}
    assert [["iam:CreateRole", "iam:GetRole"], ["iam:PassRole"]] == sorted(each["ActionNames"] for each in simulator.asked)
    entries = {each["ActionNames"][0]: [entry["ContextKeyName"] for entry in each["ContextEntries"]] for each in simulator.asked}
    assert {
        "iam:PassRole": ["aws:RequestedRegion", "aws:SecureTransport", "iam:PassedToService"],
        "iam:CreateRole": ["aws:RequestedRegion", "aws:SecureTransport"],
    } == entries


def test_many_actions_are_asked_about_in_several_calls() -> None:
    """No call names more than fifty."""
    several = tuple(Permission(action=f"s3:Get{number}", resource=BUCKET) for number in range(120))
    simulator = Simulator("s3:Get7", "s3:Get119")

    assert RefusedAnswer(refused=(several[7], several[119])) == told(simulator, *several)
    assert [20, 50, 50] == sorted(len(each["ActionNames"]) for each in simulator.asked)


@pytest.mark.parametrize(("action", "region"), [("iam:GetRole", "us-east-1"), ("kms:ListKeys", ENVIRONMENT.aws.region)])
def test_each_request_names_the_region_that_it_goes_to(action: str, region: str) -> None:
    """Requests to IAM go to its own region, wherever the rest is; all go over TLS."""
    simulator = Simulator()
    told(simulator, Permission(action=action))
    entries = {each["ContextKeyName"]: each["ContextKeyValues"] for each in simulator.asked[0]["ContextEntries"]}
    assert {"aws:RequestedRegion": [region], "aws:SecureTransport": ["true"]} == entries


@pytest.mark.parametrize(("resource", "more", "reason"), [
    (BUCKET, {"MissingContextValues": ["aws:SourceIp"]}, "it depends on aws:SourceIp, which only the real request tells"),
    (BUCKET, {"EvalDecision": "explicitDeny", "MissingContextValues": ["aws:MultiFactorAuthPresent"]}, "aws:MultiFactorAuthPresent"),
    (BUCKET, {"MissingContextValues": ["aws:PrincipalTag/team"]}, "it depends on aws:PrincipalTag/team"),
    (BUCKET, {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}}, "the organisation's policies do not allow it"),
    (BUCKET, {"EvalDecision": ""}, "the answer does not tell of it"),
    ("arn:aws:s3:::b-??????", {}, "it is refused on the pattern"),
    ("arn:aws:s3:::b*", {}, "it is refused on the pattern"),
])  # fmt: skip
def test_a_refusal_for_want_of_knowledge_is_undecided(resource: str, more: dict[str, Any], reason: str) -> None:
    """Keys that only the real request has, an organisation's own keys, an empty answer and a pattern decide nothing."""
    wanted = Permission(action="s3:GetBucketPolicy", resource=resource)
    answer = told(Simulator("s3:GetBucketPolicy", **more), wanted)
    [(undecided, why)] = answer.undecided
    assert ((), wanted, True) == (answer.refused, undecided, reason in why)


@pytest.mark.parametrize(("resource", "more"), [
    (BUCKET, {}),
    (BUCKET, {"MissingContextValues": ["iam:PassedToService", "aws:RequestTag/team"]}),
    (BUCKET, {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}}),
    ("*", {}),
])  # fmt: skip
def test_a_refusal_that_nothing_else_can_change_is_one(resource: str, more: dict[str, Any]) -> None:
    """A key that no request for the action carries does not matter, though IAM lists it; all resources are no pattern."""
    wanted = Permission(action="s3:GetBucketPolicy", resource=resource)
    assert RefusedAnswer(refused=(wanted,)) == told(Simulator("s3:GetBucketPolicy", **more), wanted)


def test_a_pattern_that_is_allowed_is_allowed() -> None:
    """Whoever may do it on all of a pattern may do it on what there is."""
    assert RefusedAnswer() == told(Simulator(), Permission(action="kms:DisableKey", resource="arn:aws:kms:eu-central-1:111122223333:key/*"))
