"""What a document asks of a request is listed: condition keys as they are spelt, and the keys of policy variables."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runbook_lib.policy import keys_asked


def document(*statements: dict[str, Any], version: str = "2012-10-17") -> str:
    """Write a document."""
    return json.dumps({"Version": version, "Statement": list(statements)})


LIST = {
    "Effect": "Allow", "Action": "s3:List*", "Resource": "*",
    "Condition": {"StringLike": {"s3:Prefix": ["${aws:username}/*"]}, "Null": {"aws:TagKeys": "true"}},
}  # fmt: skip
HOME = {
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": ["arn:aws:s3:::b/${aws:PrincipalTag/team, 'none'}/*", "arn:aws:s3:::c/${*}"],
}


@pytest.mark.parametrize(
    ("text", "action", "expected"),
    [
        (document(LIST), "", {"s3:Prefix", "aws:TagKeys", "aws:username"}),
        (document(LIST, HOME), "", {"s3:Prefix", "aws:TagKeys", "aws:username", "aws:principaltag/team"}),
        (document(LIST, HOME), "S3:ListBucket", {"s3:Prefix", "aws:TagKeys", "aws:username"}),
        (document(LIST, HOME), "s3:GetObject", {"aws:principaltag/team"}),
        (document(LIST, HOME), "sqs:SendMessage", set()),
        (
            document({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*", "Condition": {"Bool": {"a:b": True}}}),
            "sqs:SendMessage",
            {"a:b"},
        ),
        (document({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*", "Condition": {"Bool": {"a:b": True}}}), "s3:GetObject", set()),
        (document(HOME, version="2008-10-17"), "", set()),
        (document({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::${aws:userid}"}), "", {"aws:userid"}),
        ("no document", "", set()),
    ],
)
def test_keys_are_listed(text: str, action: str, expected: set[str]) -> None:
    """Those of all statements, or of the statements about one action; older documents have no variables."""
    assert expected == keys_asked(text, action)
