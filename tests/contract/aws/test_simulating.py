"""Simulations are answered alike by an endpoint of our own and by AWS itself, as far as policies of a principal decide."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.adapters.aws.session import AwsSession
from runbook_lib.adapters.target import connect
from runbook_lib.documents.policies import server_role_policies
from runbook_lib.model import Change, Unanswered
from runbook_lib.parameters import Environment
from runbook_lib.parameters.load import load
from runbook_lib.ports import Target
from runbook_lib.resources.iam import RolePolicy
from runbook_lib.resources.simulation import Simulated, SimulatedCall, SimulationAsked, ValidationAsked
from tests.contract.aws.cases import policy, role

BUCKET = "arn:aws:s3:::tonic-simulated"
TLS = (("aws:SecureTransport", ("true",)),)
DOCUMENT = policy(
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"},
    {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET, "Condition": {"StringLike": {"s3:prefix": "input/*"}}},
    {"Effect": "Deny", "Action": "s3:*", "Resource": f"{BUCKET}/secret"},
)
CALLS = (
    SimulatedCall(action="s3:GetObject", resource=f"{BUCKET}/k", context=TLS),
    SimulatedCall(action="s3:GetObject", resource=f"{BUCKET}/secret", context=TLS),
    SimulatedCall(action="s3:PutObject", resource=f"{BUCKET}/k", context=TLS),
    SimulatedCall(action="sqs:ListQueues", resource="*", context=TLS),
    SimulatedCall(action="sqs:ListQueues", resource="*"),
    SimulatedCall(action="s3:ListBucket", resource=BUCKET, context=(("s3:prefix", ("input/a",)),)),
)
DECISIONS = ["allowed", "explicitDeny", "implicitDeny", "allowed", "implicitDeny", "allowed"]


@pytest.fixture(params=["endpoint", pytest.param("live", marks=pytest.mark.live)])
def simulating(request: pytest.FixtureRequest) -> Target:
    """Give each target that has a simulator."""
    if request.param == "endpoint":
        environment: Any = request.getfixturevalue("environment")
        return connect(environment)
    return connect(load(Path(os.environ["RUNBOOK_LIVE_ENVIRONMENT"])))


def simulated(target: Target, **asked: Any) -> list[Simulated]:
    """Simulate the calls."""
    question = SimulationAsked(calls=CALLS, **asked)
    return list(target.ask([question])[question])


def test_documents_are_decided_call_by_call(simulating: Target) -> None:
    """In the order of the calls, each by its own resource and context."""
    assert DECISIONS == [each.decision for each in simulated(simulating, documents=(DOCUMENT,))]


def test_a_boundary_is_told_from_the_documents(simulating: Target) -> None:
    """What it leaves out is refused by it."""
    around = policy({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})
    found = simulated(simulating, documents=(DOCUMENT,), boundary=(around,))
    assert ("implicitDeny", True, False) == (found[0].decision, found[0].by_boundary, found[3].by_boundary)


def test_missing_keys_are_told(simulating: Target) -> None:
    """A call without a key that its statement asks for is known by it."""
    found = simulated(simulating, documents=(DOCUMENT,))
    assert "aws:SecureTransport" in found[4].missing
    assert "aws:SecureTransport" not in found[3].missing


def test_a_role_is_asked_about_by_its_arn(target: Target, environment: Environment, session: AwsSession) -> None:
    """What it carries decides, and its policy is named."""
    wanted = role(environment)
    for each in (wanted, RolePolicy(role=wanted.name, name="read", document=DOCUMENT)):
        target.write([Change(before=None, after=each)])
    arn = session.read("iam", "get_role", RoleName=wanted.name)["Role"]["Arn"]
    found = simulated(target, principal=arn)
    assert (DECISIONS, (f"role_{wanted.name}_read",)) == ([each.decision for each in found], found[0].sources)


def test_a_role_that_is_not_there_leaves_it_open(target: Target) -> None:
    """There is nobody to simulate."""
    question = SimulationAsked(principal="arn:aws:iam::123456789012:role/tonic-nobody", calls=CALLS)
    with pytest.raises(Unanswered, match="NoSuchEntity"):
        target.ask([question])[question]


def test_documents_that_nobody_reads_leave_it_open(target: Target, environment: Environment) -> None:
    """An endpoint without Access Analyzer says so."""
    [(_, document)] = server_role_policies(environment)
    question = ValidationAsked(document=document, policy_type="IDENTITY_POLICY")
    with pytest.raises(Unanswered, match="not modelled"):
        target.ask([question])[question]


@pytest.mark.live
def test_access_analyzer_reads_documents() -> None:
    """AWS finds nothing wrong with a policy that says what it should, and the unknown action in another."""
    target = connect(load(Path(os.environ["RUNBOOK_LIVE_ENVIRONMENT"])))
    wrong = policy({"Effect": "Allow", "Action": "s3:NoSuchThing", "Resource": "*"})
    good, bad = (ValidationAsked(document=each, policy_type="IDENTITY_POLICY") for each in (DOCUMENT, wrong))
    answers = target.ask([good, bad])
    assert ([], ["ERROR"]) == ([each for each in answers[good] if each.type == "ERROR"], [each.type for each in answers[bad]])
