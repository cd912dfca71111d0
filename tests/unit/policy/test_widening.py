"""A document is wider when it allows anything that the one before did not."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.policy.widening import is_wider

READ: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::tonic-a/*"}
TRUST: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
NO_TLS: dict[str, Any] = {
    "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}
}  # fmt: skip
ONLY_ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}

WIDER = {
    "an action more": ([READ], [{**READ, "Action": ["s3:GetObject", "s3:PutObject"]}]),
    "a wildcard for an action": ([READ], [{**READ, "Action": "s3:Get*"}]),
    "a resource more": ([READ], [{**READ, "Resource": ["arn:aws:s3:::tonic-a/*", "arn:aws:s3:::tonic-b/*"]}]),
    "a wider resource": ([READ], [{**READ, "Resource": "arn:aws:s3:::tonic-*"}]),
    "a statement more": ([READ], [READ, {**READ, "Action": "s3:ListBucket"}]),
    "a condition taken away": ([{**READ, "Condition": ONLY_ORG}], [READ]),
    "another condition": ([{**READ, "Condition": ONLY_ORG}], [{**READ, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-2"}}}]),
    "a principal more": ([TRUST], [{**TRUST, "Principal": {"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}}]),
    "everybody": ([{**TRUST, "Principal": {"AWS": "111122223333"}}], [{**TRUST, "Principal": "*"}]),
    "a denial taken away": ([READ, NO_TLS], [READ]),
    "a denial of less": ([NO_TLS], [{**NO_TLS, "Action": "s3:PutObject"}]),
    "a denial under one condition more": ([{**NO_TLS, "Condition": {}}], [NO_TLS]),
    "all but something": ([READ], [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::tonic-a/*"}]),
    "all but something else": (
        [{"Effect": "Allow", "NotAction": ["iam:*", "kms:*"], "Resource": "*"}],
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
    ),
    "what two statements allowed together, since that is not worked out": (
        [{**READ, "Resource": "arn:aws:s3:::tonic-?"}, {**READ, "Resource": "arn:aws:s3:::tonic-??*"}],
        [{**READ, "Resource": "arn:aws:s3:::tonic-?*"}],
    ),
    "a first document": (None, [READ]),
    "no document where one denied": ([NO_TLS], None),
}
NOT_WIDER = {
    "another spelling": ([READ], [{**READ, "Action": ["S3:getobject"], "Sid": "Read"}]),
    "an action less": ([{**READ, "Action": ["s3:GetObject", "s3:PutObject"]}], [READ]),
    "one action of a wildcard": ([{**READ, "Action": "s3:*"}], [READ]),
    "a narrower resource": ([{**READ, "Resource": "*"}], [READ]),
    "a condition more": ([READ], [{**READ, "Condition": ONLY_ORG}]),
    "one statement made two": ([{**READ, "Action": ["s3:GetObject", "s3:PutObject"]}], [READ, {**READ, "Action": "s3:PutObject"}]),
    "a denial more": ([READ], [READ, NO_TLS]),
    "a wider denial": ([{**NO_TLS, "Action": "s3:PutObject"}], [NO_TLS]),
    "one account of all": ([{**TRUST, "Principal": "*"}], [{**TRUST, "Principal": {"AWS": "111122223333"}}]),
    "the same all but something": ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],) * 2,
    "a document taken away": ([READ], None),
    "a first document that only denies": (None, [NO_TLS]),
}


def _documents(case: Any) -> Any:
    return ({"Version": "2012-10-17", "Statement": each} if each is not None else None for each in case)


@pytest.mark.parametrize("case", WIDER.values(), ids=WIDER)
def test_more_is_seen(case: Any) -> None:
    """Whatever is allowed by the later document alone, or not denied by it any more, makes it wider."""
    assert is_wider(*_documents(case))


@pytest.mark.parametrize("case", NOT_WIDER.values(), ids=NOT_WIDER)
def test_the_same_and_less_are_not_more(case: Any) -> None:
    """What the earlier document allowed already, in whatever words, does not make the later one wider."""
    assert not is_wider(*_documents(case))


def test_another_version_of_the_language_counts_as_more() -> None:
    """Variables mean nothing under the version of 2008: the same words may allow more under that of 2012."""
    assert is_wider({"Version": "2008-10-17", "Statement": [READ]}, {"Version": "2012-10-17", "Statement": [READ]})
