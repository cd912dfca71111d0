"""What Access Analyzer finds in the documents that the stages emit is said by its weight."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.model import Judgement, Unanswered
from runbook_lib.parameters import Environment
from runbook_lib.resources.simulation import Validated, ValidationAsked
from tests.stages.worlds import BUCKET_KEY, QUEUE_KEY, STAGES, World, environment, judged, legacy, world

FAULT = Validated(
    type="ERROR", code="INVALID_ACTION", details="there is no such action", link="https://l", places=("Statement[0].Action[0]",)
)
KEYS = {"queue_key": {"adopt": QUEUE_KEY}, "bucket_keys": {"source": {"create": "tonic-b"}, "destination": {"adopt": BUCKET_KEY}}}


def questions(slug: str, env: Environment) -> list[ValidationAsked]:
    """List what a stage asks of Access Analyzer."""
    return [each for check in STAGES[slug].checks for each in check.asks(env) if isinstance(each, ValidationAsked)]


def found(slug: str, env: Environment, *findings: Validated) -> list[Judgement]:
    """List what a stage says when each of its documents has these findings."""
    answers: World = {**world(env), **dict.fromkeys(questions(slug, env), findings)}
    return said(slug, env, answers)


def said(slug: str, env: Environment, answers: World) -> list[Judgement]:
    """List what a stage says of what Access Analyzer found."""
    [check] = [each for each in STAGES[slug].checks if each.claim.startswith("Access Analyzer")]
    return [row for judging, row in judged(slug, env, answers, {check.claim}) if judging == check]


@pytest.mark.parametrize(
    ("slug", "env", "asked"),
    [
        ("server_role", environment(), [("IDENTITY_POLICY", ""), ("RESOURCE_POLICY", "AWS::IAM::AssumeRolePolicyDocument")]),
        ("lambda_role", environment(), []),
        ("lambda_role", legacy(), [("IDENTITY_POLICY", "")] * 2 + [("RESOURCE_POLICY", "AWS::IAM::AssumeRolePolicyDocument")]),
        ("storage", environment(), [("RESOURCE_POLICY", "AWS::S3::Bucket")] * 2),
        ("encryption", legacy(kms=KEYS), [("RESOURCE_POLICY", "")] * 2),
    ],
)
def test_each_document_is_read_as_what_it_is(slug: str, env: Environment, asked: list[Any]) -> None:
    """Role policies, trusts, bucket policies and key policies; no symbol is sent."""
    given = questions(slug, env)
    assert asked == [(each.policy_type, each.resource_type) for each in given]
    assert not any("@(" in each.document for each in given)


def test_documents_without_fault_are_kept_at_aws_grade() -> None:
    """Suggestions of style are counted and no more."""
    suggestion = Validated(type="SUGGESTION", code="EMPTY_SID", details="add a Sid")
    [row] = found("server_role", environment(), suggestion)
    assert ("kept", False, "simulated by AWS") == (row.verdict, row.warning, row.grade)
    assert row.detail == "AWS's Access Analyzer read tonic-server-role-v2, server-role-trust; it makes 2 suggestions of style"


@pytest.mark.parametrize(
    ("kind", "verdict", "is_advice"), [("ERROR", "broken", False), ("SECURITY_WARNING", "kept", True), ("WARNING", "kept", True)]
)
def test_a_finding_counts_by_its_weight(kind: Any, verdict: str, *, is_advice: bool) -> None:
    """An error breaks, a warning is advice; both say where, what and where it is explained."""
    row, *_ = found("storage", environment(), FAULT.model_copy(update={"type": kind}))
    assert (verdict, is_advice, "see https://l") == (row.verdict, row.warning, row.way_out)
    assert row.detail == f"policy of bucket tonic-src, Statement[0].Action[0]: there is no such action ({kind}, INVALID_ACTION)"


def test_an_error_in_the_vendors_words_is_advice() -> None:
    """Under the documented style it is a gap of the vendor, which the scoped one closes; our own words have to be right."""
    env = environment()
    policy, trust, _ = found("server_role", env, FAULT)
    assert (("kept", True), "broken") == ((policy.verdict, policy.warning), trust.verdict)
    assert "policy_style: scoped" in policy.way_out
    assert {"broken"} == {each.verdict for each in found("server_role", environment(policy_style="scoped"), FAULT) if each.way_out}


def test_no_grade_rises_at_another_endpoint() -> None:
    """There it is not AWS that read them."""
    env = environment(aws={"endpoint": "http://127.0.0.1:5555"})
    assert {"evaluated offline"} == {each.grade for each in found("server_role", env)}


def test_who_may_not_ask_learns_which_right_would_raise_the_grade() -> None:
    """Nothing gets worse for it; what was read all the same is said."""
    env = environment()
    first, second = questions("server_role", env)
    rows = said("server_role", env, {**world(env), first: (), second: Unanswered("you may not", "owed")})
    assert [("kept", "simulated by AWS"), ("kept", "evaluated offline")] == [(each.verdict, each.grade) for each in rows]
    assert rows[1].detail == "AWS's Access Analyzer was not asked: you may not; with access-analyzer:ValidatePolicy on * it would be"
    assert rows[1].claim == "what is said of server-role-trust stays evaluated offline"


def test_where_nothing_is_written_nothing_is_said() -> None:
    """An environment without keys of its own has no key policy to read."""
    assert [] == found("encryption", environment(), FAULT)
