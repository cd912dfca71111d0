"""Stage 30: keys."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runbook_lib.resources.kms import Key, KeyAsked, KeyStatement
from runbook_lib.resources.s3 import BucketAsked, BucketSetting
from tests.stages.worlds import (
    BUCKET_KEY,
    QUEUE_KEY,
    amiss,
    bucket,
    environment,
    key,
    legacy,
    refused,
    verdicts,
    wanted,
    world,
)

FIT = "each key is an enabled symmetric customer managed key of this account and region"
DELEGATES = "each key's policy lets the account's IAM policies decide"
LET_IN = "S3's event notifications may use the queues' key"
GRANTED = "the roles are granted the keys that encrypt the buckets"
OTHER_KEY = "arn:aws:kms:us-east-1:111122223333:key/33333333-3333-3333-3333-333333333333"
SID = "Allow access for Amazon S3 Event Notifications to Amazon SQS"


def test_nothing_is_wanted_without_keys() -> None:
    """Without kms: there is nothing to create."""
    assert wanted("encryption", environment()) == []


def test_a_created_queue_key_has_alias_rotation_and_the_statement() -> None:
    """Creating the queues' key means four calls, each on the key's symbol."""
    env = legacy(kms={"queue_key": {"create": "tonic-q"}})
    assert [each.address for each in wanted("encryption", env)] == [
        "kms_key/tonic-q",
        "kms_alias/tonic-q",
        "kms_key_rotation/tonic-q",
        f"kms_key_statement/@(kms_key/tonic-q)/{SID}",
    ]


def test_a_created_key_starts_with_the_account_statement_alone() -> None:
    """The key policy lets IAM decide; nobody bypasses KMS's check against locking oneself out."""
    env = environment(kms={"bucket_keys": {"source": {"create": "tonic-b"}}})
    policy = next(each.policy for each in wanted("encryption", env) if isinstance(each, Key))
    statements = [{key: each[key] for key in ("Sid", "Action", "Principal")} for each in json.loads(policy)["Statement"]]
    root = "arn:aws:iam::111122223333:root"
    assert statements == [{"Sid": "Account", "Action": ["kms:*"], "Principal": {"AWS": [root]}}]


def test_one_key_for_everything_is_created_once() -> None:
    """A key that several places name is one resource."""
    both = {"create": "tonic-k"}
    env = legacy(kms={"queue_key": both, "bucket_keys": {"source": both, "destination": both}})
    assert [each.name for each in wanted("encryption", env) if isinstance(each, Key)] == ["tonic-k"]


def test_an_adopted_queue_key_gets_the_statement_only() -> None:
    """What we did not create gets one statement merged by its Sid."""
    statement = wanted("encryption", legacy())
    assert [(type(each), each.address) for each in statement] == [(KeyStatement, f"kms_key_statement/{QUEUE_KEY}/{SID}")]


@pytest.mark.parametrize(
    ("style", "condition"),
    [
        ("documented", None),
        (
            "scoped",
            {
                "ArnLike": {"aws:SourceArn": ["arn:aws:s3:::tonic-dst", "arn:aws:s3:::tonic-src"]},
                "StringEquals": {"aws:SourceAccount": ["111122223333"]},
            },
        ),
    ],
)
def test_the_statement_is_the_vendors_narrowed_when_scoped(style: str, condition: Any) -> None:
    """Both styles carry the vendor's Sid; the condition is the narrowed one's."""
    statement = next(each for each in wanted("encryption", legacy(policy_style=style)) if isinstance(each, KeyStatement))
    assert (statement.sid, json.loads(statement.statement).get("Condition")) == (SID, condition)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"manager": "AWS"}, "is managed by AWS: its policy cannot be edited, so S3 can never be let in"),
        ({"state": "PendingDeletion"}, "is PendingDeletion"),
        ({"state": "Disabled"}, "is Disabled"),
        ({"spec": "RSA_2048"}, "is RSA_2048 for ENCRYPT_DECRYPT"),
        ({"usage": "GENERATE_VERIFY_MAC"}, "is SYMMETRIC_DEFAULT for GENERATE_VERIFY_MAC"),
        ({"region": "eu-west-1"}, "is in eu-west-1"),
        ({"account": "444455556666"}, "belongs to account 444455556666"),
    ],
)
def test_an_unfit_key_is_broken_and_gets_nothing(changes: dict[str, Any], reason: str) -> None:
    """An adopted key that cannot serve is named, and no statement is wanted on it."""
    env = legacy()
    answers = world(env, {KeyAsked(key=QUEUE_KEY): key(env, QUEUE_KEY, **changes)})
    detail = f"{QUEUE_KEY} {reason}"
    assert {name: (each.verdict, each.reason) for name, each in refused("encryption", env, answers).items()} == {
        "statement for S3": ("broken", detail)
    }
    assert verdicts("encryption", FIT, env, answers) == [("broken", detail)]


def test_a_bucket_is_not_encrypted_with_an_unfit_key() -> None:
    """Before anything is written, an adopted key that is about to go is broken, and no bucket gets it."""
    env = environment(kms={"bucket_keys": {"source": {"adopt": BUCKET_KEY}}})
    answers = world(env, {KeyAsked(key=BUCKET_KEY): key(env, BUCKET_KEY, state="PendingDeletion")})
    detail = f"{BUCKET_KEY} is PendingDeletion"
    assert {name: (each.verdict, each.reason) for name, each in refused("encryption", env, answers).items()} == {
        "bucket encryption": ("broken", detail)
    }
    assert verdicts("encryption", "each adopted key can be used", env, answers) == [("broken", detail)]


def test_a_good_key_is_reported_by_id_and_arn() -> None:
    """The worker takes the id, policies take the ARN: both are told."""
    assert verdicts("encryption", FIT, legacy()) == [("kept", f"id 11111111-1111-1111-1111-111111111111, ARN {QUEUE_KEY}")]


def test_an_alias_is_not_taken_for_a_key() -> None:
    """A policy on an alias ARN never matches."""
    alias = "arn:aws:kms:us-east-1:111122223333:alias/q"
    env = legacy(kms={"queue_key": {"adopt": alias}})
    answers = world(env, {KeyAsked(key=alias): key(env, QUEUE_KEY)})
    assert verdicts("encryption", FIT, env, answers) == [("broken", f"{alias} is not the key's own ARN, which policies need")]


def test_a_key_id_stands_for_the_arn_in_this_account() -> None:
    """An id in the file becomes the ARN that IAM needs."""
    env = legacy(kms={"queue_key": {"adopt": "11111111-1111-1111-1111-111111111111"}})
    assert [each.key for each in wanted("encryption", env) if isinstance(each, KeyStatement)] == [QUEUE_KEY]


def test_a_key_policy_without_delegation_is_broken() -> None:
    """Without the account's statement no role policy has effect."""
    env = legacy()
    answers = world(env, {KeyAsked(key=QUEUE_KEY): key(env, QUEUE_KEY, policy='{"Statement":[]}')})
    assert amiss("encryption", env, answers) == [(LET_IN, "broken"), (DELEGATES, "broken")]


def test_a_bucket_key_of_ours_becomes_the_default_encryption() -> None:
    """A bucket that is created, or is ours, is encrypted with the key that the file names."""
    env = environment(kms={"bucket_keys": {"source": {"create": "tonic-b"}}})
    question = BucketAsked(name="tonic-src")
    for found in (None, bucket(env, "tonic-src")):
        settings = [each for each in wanted("encryption", env, world(env, {question: found})) if isinstance(each, BucketSetting)]
        assert [(each.bucket, json.loads(each.value)["Rules"][0]["BucketKeyEnabled"]) for each in settings] == [("tonic-src", True)]
        assert "@(kms_key/tonic-b)" in settings[0].value


def test_somebody_elses_bucket_keeps_its_encryption() -> None:
    """A bucket without our tag is not changed here either."""
    env = environment(kms={"bucket_keys": {"source": {"adopt": BUCKET_KEY}}})
    answers = world(env, {BucketAsked(name="tonic-src"): bucket(env, "tonic-src", settings=())})
    assert wanted("encryption", env, answers) == []


@pytest.mark.parametrize(
    ("granted", "found", "manager", "verdict"),
    [
        ({}, "", "CUSTOMER", "kept"),
        ({}, OTHER_KEY, "CUSTOMER", "broken"),
        ({}, OTHER_KEY, "AWS", "kept"),
        ({"source": {"adopt": BUCKET_KEY}}, BUCKET_KEY, "CUSTOMER", "kept"),
        ({"source": {"adopt": BUCKET_KEY}}, OTHER_KEY, "CUSTOMER", "broken"),
        ({"source": {"adopt": BUCKET_KEY}}, OTHER_KEY, "AWS", "broken"),
        ({"source": {"adopt": BUCKET_KEY}}, "", "CUSTOMER", "broken"),
    ],
)
@pytest.mark.parametrize("slug", ["encryption", "preflight"])
def test_the_key_of_a_bucket_is_compared_with_what_is_granted(slug: str, granted: Any, found: str, manager: str, verdict: str) -> None:
    """A bucket's own key counts, under V2 too; AWS's own managed key needs no grant."""
    env = environment(kms={"bucket_keys": granted}, buckets={"create": False})
    answers = world(
        env,
        {
            BucketAsked(name="tonic-src"): bucket(env, "tonic-src", encryption_key=found),
            KeyAsked(key=OTHER_KEY): key(env, OTHER_KEY, manager=manager),
        },
    )
    assert [each for each, _ in verdicts(slug, GRANTED, env, answers)] == [verdict, "kept"]


def test_before_the_first_write_a_bucket_made_here_has_its_key_coming() -> None:
    """A run that stopped between bucket and key goes on: preflight does not stand in its way."""
    env = environment(kms={"bucket_keys": {"source": {"adopt": BUCKET_KEY}}})
    assert [each for each, _ in verdicts("preflight", GRANTED, env)] == ["kept", "kept"]
    assert [each for each, _ in verdicts("encryption", GRANTED, env)] == ["broken", "kept"]
