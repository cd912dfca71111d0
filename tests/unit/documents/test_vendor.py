"""The vendor's page and documents as data."""

from __future__ import annotations

import hashlib

import pytest

from runbook_lib.documents.vendor import documented, page

VALUES = {
    "account_id": ("111122223333",),
    "region": ("us-east-1", "eu-west-1"),
    "lambda_role_arn": ("arn:aws:iam::111122223333:role/l",),
    "kms_key_arn": ("arn:aws:kms:us-east-1:111122223333:key/k", "@(kms_key/tonic-b)"),
}


def test_the_page_is_the_vendors_byte_by_byte() -> None:
    """Its order is garbled and stays so."""
    digest = hashlib.sha256(page().encode()).hexdigest()
    assert digest == "e3045e9aedf734edb3bcf7782a460d361f333bdfb3d85633faa0336d6e954703"


def test_one_arn_stands_for_each_region_in_use() -> None:
    """C5 names one region; each region in use gets its own ARN."""
    statements = documented("server-role-legacy", "aws", VALUES)["Statement"]
    assert statements[4]["Resource"] == [
        "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/tonic-*",
        "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/tonic-*",
    ]


def test_a_scalar_with_several_values_becomes_a_list() -> None:
    """One statement serves several keys; one key stays a string as the vendor writes it."""
    several = documented("kms-role-addition", "aws", VALUES)["Statement"][0]["Resource"]
    one = documented("kms-role-addition", "aws", {"kms_key_arn": ("arn:k",)})["Statement"][0]["Resource"]
    assert (several, one) == (["arn:aws:kms:us-east-1:111122223333:key/k", "@(kms_key/tonic-b)"], "arn:k")


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn"])
def test_the_partition_replaces_the_one_that_the_vendor_wrote(partition: str) -> None:
    """Every ARN is in the environment's partition; nothing else of the text changes."""
    statements = documented("server-role-v2", partition, {})["Statement"]
    assert [each["Resource"] for each in statements] == [f"arn:{partition}:s3:::tonic-*", f"arn:{partition}:s3:::tonic-*/*"]


def test_a_placeholder_without_a_value_fails() -> None:
    """Nothing unfilled can leave."""
    with pytest.raises(KeyError, match="account_id"):
        documented("lambda-role", "aws", {})
