"""Structural differences of policy documents."""

from __future__ import annotations

from runbook_lib.policy import StatementDifference, differences

READ = {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::tonic-a/*"}


def test_equal_meaning_gives_nothing() -> None:
    """Spelling is no difference."""
    other = {**READ, "Action": "S3:getobject", "Resource": ["arn:aws:s3:::tonic-a/*"]}
    assert differences({"Statement": [READ]}, {"Statement": other}) == ()


def test_actions_and_resources_of_one_sid() -> None:
    """Actions and resources that came or went are named, paired by Sid."""
    after = {**READ, "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::tonic-a/*", "arn:aws:s3:::tonic-b/*"]}
    assert differences({"Statement": [READ]}, {"Statement": [after]}) == (
        StatementDifference("Read", "changed", ("s3:PutObject",), ("s3:GetObject",), ("arn:aws:s3:::tonic-b/*",)),
    )


def test_statements_without_sid_are_paired_by_what_they_share() -> None:
    """A statement without Sid continues the one it shares most with."""
    lists = {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketNotification"], "Resource": "*"}
    keys = {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": "k"}
    before, after = {"Statement": [keys, lists]}, {"Statement": [{**lists, "Action": ["s3:ListBucket"]}, keys]}
    assert differences(before, after) == (StatementDifference("statement 1", "changed", removed_actions=("s3:GetBucketNotification",)),)


def test_an_allow_never_continues_a_deny() -> None:
    """Statements of opposite effect are one removed and one added."""
    changes = [
        (each.label, each.change)
        for each in differences(
            {"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]},
            {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]},
        )
    ]
    assert changes == [("statement 1", "added"), ("statement 1", "removed")]


def test_conditions_and_principals_are_shown_as_json() -> None:
    """Elements beside action and resource are shown before and after."""
    after = {**READ, "Condition": {"StringEquals": {"aws:ResourceAccount": "111122223333"}}}
    assert differences({"Statement": [READ]}, {"Statement": [after]}) == (
        StatementDifference("Read", "changed", other=(("Condition", "", '{"StringEquals": {"aws:ResourceAccount": ["111122223333"]}}'),)),
    )


def test_a_missing_document_counts_as_empty() -> None:
    """All statements of a new document are added."""
    assert differences(None, {"Statement": [READ]}) == (
        StatementDifference(
            "Read",
            "added",
            added_actions=("s3:GetObject",),
            added_resources=("arn:aws:s3:::tonic-a/*",),
            other=(("Effect", "", '"Allow"'), ("Sid", "", '"Read"')),
        ),
    )


def test_the_version_is_a_difference_of_its_own() -> None:
    """A changed version changes what variables mean."""
    assert differences({"Version": "2008-10-17", "Statement": []}, {"Version": "2012-10-17", "Statement": []}) == (
        StatementDifference("document", "changed", other=(("Version", '"2008-10-17"', '"2012-10-17"'),)),
    )
