"""Stage 20: buckets."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.resources.s3 import Bucket, BucketAsked, BucketSetting, BucketStatement
from tests.stages.worlds import amiss, bucket, environment, judged, wanted, world

BOTH = {"source": {"name": "tonic-src"}, "destination": {"name": "tonic-dst"}}
FIT = "the bucket is ours, in the right region, and fit for raw data"
OPEN = (("public_access_block", '{"BlockPublicAcls":false}'),)


def test_a_bucket_is_wanted_private_encrypted_short_lived_and_over_tls() -> None:
    """Creating means seven calls a bucket: itself, five settings and a statement."""
    addresses = [each.address for each in wanted("storage", environment())]
    assert [each for each in addresses if each.split("/")[1] == "tonic-src"] == [
        "s3_bucket/tonic-src",
        "s3_bucket_setting/tonic-src/public_access_block",
        "s3_bucket_setting/tonic-src/ownership_controls",
        "s3_bucket_setting/tonic-src/lifecycle",
        "s3_bucket_setting/tonic-src/tags",
        "s3_bucket_setting/tonic-src/encryption",
        "s3_bucket_statement/tonic-src/DenyInsecureTransport",
    ]


def test_staged_objects_expire_and_uploads_are_cleaned_up() -> None:
    """The lifecycle aborts uploads after a day and expires objects after retention_days."""
    env = environment(buckets={"retention_days": 3})
    values = [each.value for each in wanted("storage", env) if isinstance(each, BucketSetting) and each.setting == "lifecycle"]
    abort = (
        '{"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":1},'
        '"Filter":{"Prefix":""},"ID":"abort-incomplete-uploads","Status":"Enabled"}'
    )
    expire = '{"Expiration":{"Days":3},"Filter":{"Prefix":""},"ID":"expire-staged-objects","Status":"Enabled"}'
    assert values == [f'{{"Rules":[{abort},{expire}]}}'] * 2


def test_the_statement_refuses_calls_without_tls_in_the_partition() -> None:
    """The bucket policy's statement names bucket and objects in the environment's partition."""
    env = environment(aws={"partition": "aws-us-gov", "region": "us-gov-west-1"})
    statement = next(each.statement for each in wanted("storage", env) if isinstance(each, BucketStatement))
    assert '"aws:SecureTransport":["false"]' in statement
    assert '["arn:aws-us-gov:s3:::tonic-src","arn:aws-us-gov:s3:::tonic-src/*"]' in statement


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"buckets": {**BOTH, "create": False}}, []),
        ({"adopt": ["s3_bucket/tonic-src"]}, ["tonic-dst"]),
        (
            {
                "buckets": {
                    "source": {"name": "tonic-x", "path": "in"},
                    "destination": {"name": "tonic-x", "path": "out"},
                }
            },
            ["tonic-x"],
        ),
    ],
    ids=["not asked to create", "one adopted", "one bucket with two paths"],
)
def test_only_buckets_to_create_are_wanted(changes: dict[str, Any], names: list[str]) -> None:
    """Existing buckets are never changed; one bucket for both sides is wanted once."""
    assert [each.name for each in wanted("storage", environment(**changes)) if isinstance(each, Bucket)] == names


def test_a_bucket_with_a_key_leaves_its_encryption_to_the_key_stage() -> None:
    """The setting that needs the key is wanted after the key."""
    env = environment(kms={"bucket_keys": {"source": {"create": "tonic-b"}}})
    settings = [each.bucket for each in wanted("storage", env) if isinstance(each, BucketSetting) and each.setting == "encryption"]
    assert settings == ["tonic-dst"]


@pytest.mark.parametrize(
    ("changes", "verdict", "detail"),
    [
        ({"is_foreign": True}, "broken", "tonic-src belongs to another account"),
        ({"region": "eu-west-1"}, "broken", "tonic-src is in eu-west-1, not us-east-1"),
        ({"settings": OPEN}, "broken", 'tonic-src: public_access_block is {"BlockPublicAcls":false}'),
        ({"encryption": ""}, "broken", "tonic-src has no default encryption"),
        ({"settings": ()}, "kept", "tonic-src: lifecycle is not set"),
        (
            {"versioning": "Enabled"},
            "kept",
            "tonic-src keeps old versions, so that raw personal data outlives its deletion",
        ),
        ({"policy": ""}, "kept", "tonic-src answers calls without TLS"),
        ({}, "kept", "tonic-src is in us-east-1, private, encrypted and short-lived"),
    ],
)
def test_an_existing_bucket_is_judged(changes: dict[str, Any], verdict: str, detail: str) -> None:
    """Differences of a bucket that exists are findings."""
    env = environment()
    answers = world(env, {BucketAsked(name="tonic-src"): bucket(env, "tonic-src", **changes)})
    assert (verdict, detail) in [(each.verdict, each.detail) for check, each in judged("storage", env, answers) if check.claim == FIT]


def test_other_rules_that_expire_sooner_are_as_good() -> None:
    """A lifecycle of another wording is accepted when it cleans up uploads and expires objects in time."""
    env = environment()
    rules = (
        '{"Rules":[{"ID":"mine","Status":"Enabled","Filter":{"Prefix":""},"Expiration":{"Days":2},'
        '"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":2}}]}'
    )
    settings = tuple((name, rules if name == "lifecycle" else text) for name, text in bucket(env, "tonic-src").settings)
    answers = world(env, {BucketAsked(name="tonic-src"): bucket(env, "tonic-src", settings=settings)})
    warnings = [each.detail for _, each in judged("storage", env, answers) if each.warning]
    assert warnings == []


def test_a_missing_bucket_is_broken() -> None:
    """A bucket that is not there is named with what to do."""
    env = environment(buckets={**BOTH, "create": False})
    answers = world(env, {BucketAsked(name="tonic-dst"): None})
    assert amiss("storage", env, answers) == [(FIT, "broken")]


def test_notifications_that_a_job_would_replace_are_warned_of() -> None:
    """PutBucketNotification replaces a bucket's whole configuration."""
    env = environment()
    answers = world(env, {BucketAsked(name="tonic-src"): bucket(env, "tonic-src", has_notifications=True)})
    warnings = [each.detail for _, each in judged("storage", env, answers) if each.warning]
    assert warnings == ["tonic-src has event notifications, and a job's PutBucketNotification replaces all of them"]


@pytest.mark.parametrize(("style", "verdict", "warning"), [("documented", "broken", False), ("scoped", "kept", True)])
def test_names_are_held_to_the_prefix(style: str, verdict: str, warning: bool) -> None:
    """The documented policies reach names that begin with tonic-; scoped ones name the buckets."""
    env = environment(policy_style=style, buckets={"source": {"name": "my-tonic-x"}, "destination": {"name": "tonic-dst"}})
    answers = world(env, {BucketAsked(name="my-tonic-x"): None})
    check, found = judged("storage", env, answers)[0]
    assert (check.rows, found.verdict, found.warning) == (("A4",), verdict, warning)
