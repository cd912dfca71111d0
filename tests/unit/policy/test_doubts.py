"""What is not modelled leaves a request undetermined: values of the wrong type, principals and variables out of the ordinary."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.policy import Attached, Principal, Request, Verdict, compiled, evaluate
from tests.unit.policy.derived import ALICE, FEDERATED, LAMBDA, NOBODY, OBJECT, OWN, S3, SESSION, allow, when


def doubt(verdict: Verdict) -> str:
    """Give the reason of an undetermined verdict, without the statement that it names."""
    assert "undetermined" == verdict.outcome, verdict
    return verdict.reason.partition(": ")[2]


@pytest.mark.parametrize(
    ("operator", "key", "value", "context", "reason"),
    [
        ("NumericEquals", "s3:max-keys", "10", "ten", "the request's value 'ten' is no value for NumericEquals"),
        ("NumericEquals", "s3:max-keys", "1e1", "10", "'1e1' is no value for NumericEquals"),
        ("DateEquals", "s3:prefix", "today", "2026-01-01", "'today' is no value for DateEquals"),
        ("DateEquals", "s3:prefix", "9" * 30, "2026-01-01", f"'{'9' * 30}' is no value for DateEquals"),
        ("DateEquals", "s3:prefix", "2026-13-01", "2026-01-01", "'2026-13-01' is no value for DateEquals"),
        ("Bool", "s3:prefix", "yes", "true", "'yes' is no value for Bool"),
        ("IpAddress", "s3:prefix", "203.0.113.7/24", "203.0.113.7", "'203.0.113.7/24' is no value for IpAddress"),
        ("IpAddress", "s3:prefix", "203.0.113.0/24", "AWS Internal", "the request's value 'AWS Internal' is no value for IpAddress"),
        ("ArnLike", "s3:prefix", "*", "arn:aws:s3:::a", "'*' is no ARN"),
        ("ArnLike", "s3:prefix", "arn:aws:s3:::a", "a", "the request's value 'a' is no ARN"),
        ("Null", "s3:prefix", "maybe", "a", "Null of s3:prefix is neither true nor false"),
        ("Null", "s3:prefix", "true", "", "whether an empty s3:prefix counts as null is not documented"),
        ("Null", "s3:mood", "true", "a", "the condition key s3:mood is not modelled"),
        ("StringEquals", "s3:prefix", [], "a", "StringEquals of s3:prefix has no value"),
        ("-", "s3:prefix", "a", "a", "the condition operator - is not modelled"),
        ("ForMostValues:StringEquals", "s3:prefix", "a", "a", "the condition operator ForMostValues:StringEquals is not modelled"),
        ("StringEquals", "s3:prefix", "${aws:Mood}", "a", "the condition key aws:mood is not modelled"),
        ("StringEquals", "s3:prefix", "${open", "a", "${open has a policy variable without an end"),
        ("StringEquals", "s3:prefix", "${nothing}", "a", "${nothing} is no policy variable that is modelled"),
        ("StringNotEquals", "s3:prefix", "${aws:SourceArn}", "a", "nothing fills a policy variable of '${aws:SourceArn}'"),
    ],
)
def test_a_condition_that_is_not_modelled_is_in_doubt(operator: str, key: str, value: Any, context: str, reason: str) -> None:
    """The reason names the value, the operator or the key."""
    policy = compiled({"Version": "2012-10-17", "Statement": when(operator, key, value)}, "odd")
    said = {} if key == "s3:mood" else {key: context}

    assert reason == doubt(evaluate(Request(ALICE, "s3:GetObject", OBJECT, OWN, said), identity=(policy,)))


@pytest.mark.parametrize(
    ("caller", "principal", "reason"),
    [
        (S3, {"Service": "*"}, "the service principal * is not modelled"),
        (SESSION, {"Federated": "idp.example.com"}, "whether the session came from idp.example.com is not known"),
        (ALICE, {"Team": "red"}, "principals of type Team are not modelled"),
        (ALICE, {"CanonicalUser": "79a5"}, "principals of type CanonicalUser are not modelled"),
    ],
)
def test_a_principal_that_is_not_modelled_is_in_doubt(caller: Principal, principal: dict[str, str], reason: str) -> None:
    """The reason names the principal."""
    bucket = compiled({"Statement": [allow(Principal=principal)]}, "odd")

    assert reason == doubt(evaluate(Request(caller, "s3:GetObject", OBJECT, OWN), resource=Attached(bucket, "bucket")))


@pytest.mark.parametrize(
    ("caller", "principal"),
    [
        (LAMBDA, {"AWS": OWN}),
        (ALICE, {"Federated": "idp.example.com"}),
        (NOBODY, {"CanonicalUser": "79a5"}),
        (FEDERATED, {"AWS": f"arn:aws:iam::{OWN}:user/bob"}),
        (SESSION, {"AWS": f"arn:aws:iam::{OWN}:role/other"}),
        (Principal(SESSION.arn), {"AWS": f"arn:aws-cn:iam::{OWN}:role/tonic"}),
        (Principal(f"arn:aws:iam::{OWN}:role/tonic"), {"AWS": f"arn:aws:sts::{OWN}:assumed-role/other/s"}),
        (Principal(f"arn:aws:iam::{OWN}:role/tonic"), {"AWS": ALICE.arn}),
    ],
)
def test_a_principal_that_cannot_be_the_caller_is_no_doubt(caller: Principal, principal: dict[str, str]) -> None:
    """Who certainly is not named is denied, not undetermined."""
    bucket = compiled({"Statement": [allow(Principal=principal)]}, "bucket")

    assert "denied implicitly" == evaluate(Request(caller, "s3:GetObject", OBJECT, OWN), resource=Attached(bucket, "bucket")).outcome


@pytest.mark.parametrize(
    ("caller", "listed", "expected"),
    [
        (S3, {"Service": "s3.amazonaws.com"}, "allowed"),
        (S3, {"Service": "lambda.amazonaws.com"}, "denied explicitly"),
        (NOBODY, {"AWS": ALICE.arn}, "denied explicitly"),
        (ALICE, "*", "undetermined"),
        (ALICE, {"AWS": f"arn:aws:iam::{OWN}:user/*"}, "undetermined"),
        (Principal(f"arn:aws:iam::{OWN}:root"), {"AWS": f"arn:aws:iam::{OWN}:root"}, "allowed"),
        (SESSION, {"AWS": SESSION.arn}, "undetermined"),
    ],
)
def test_a_denial_for_all_but_some(caller: Principal, listed: object, expected: str) -> None:
    """Services, nobody known and root users are spared or denied like everybody else; what is in doubt stays so."""
    everyone = allow(Principal="*")
    bucket = compiled({"Statement": [everyone, {"Effect": "Deny", "NotPrincipal": listed, "Action": "*", "Resource": "*"}]}, "bucket")

    assert expected == evaluate(Request(caller, "s3:GetObject", OBJECT, OWN), resource=Attached(bucket, "bucket")).outcome


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("arn:aws:sqs:e*-1:*:tonic-*", "allowed"),
        ("arn:aws:sqs:e*t-1:*:tonic-*", "allowed"),
        ("arn:aws:sqs:e*3:*:tonic-*", "undetermined"),
        ("arn:aws:sqs:eu?west?1:*:tonic-*", "allowed"),
        ("arn:aws:sqs:*:tonic-*", "undetermined"),
        ("arn:aws:sns:e*3:*:tonic-*", "denied implicitly"),
    ],
)
def test_a_wildcard_within_a_field_of_an_arn(pattern: str, expected: str) -> None:
    """Whether it reaches over the colon is documented only where it ends its field."""
    request = Request(ALICE, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:tonic-1:tonic-2")

    assert expected == evaluate(request, identity=(compiled({"Statement": [allow("*", pattern)]}, "queues"),)).outcome


def test_a_grant_that_may_reach_further_is_in_doubt() -> None:
    """Who is named by the account for certain, and perhaps by more, is neither allowed nor denied."""
    bucket = compiled({"Statement": [allow(Principal={"AWS": OWN, "CanonicalUser": "79a5"})]}, "bucket")
    request = Request(ALICE, "s3:GetObject", OBJECT, OWN)

    assert ["undetermined", "allowed"] == [
        evaluate(request, identity=identity, resource=Attached(bucket, "bucket")).outcome
        for identity in ((), (compiled({"Statement": [allow()]}, "all"),))
    ]


def test_a_denial_that_names_the_account_is_certain() -> None:
    """A denial needs no closer name."""
    bucket = compiled({"Statement": [{"Effect": "Deny", "Principal": {"AWS": OWN, "CanonicalUser": "79a5"}, "Action": "*"}]}, "bucket")

    assert "denied explicitly" == evaluate(Request(ALICE, "s3:GetObject", OBJECT, OWN), resource=Attached(bucket, "bucket")).outcome


def test_a_resources_policy_without_principal_is_in_doubt() -> None:
    """AWS refuses such a policy; nothing says what it would come to."""
    bucket = compiled({"Statement": [allow()]}, "bucket")

    assert "a statement without Principal is not modelled in a resource's policy" == doubt(
        evaluate(Request(ALICE, "s3:GetObject", OBJECT, OWN), resource=Attached(bucket, "bucket"))
    )
