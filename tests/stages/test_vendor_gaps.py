"""The vendor's gaps, literally: what the documented policies lack, let through or hold without use. A new one fails here."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runbook_lib.documents.keys import KEY_STATEMENT_SID
from runbook_lib.documents.proof.carried import wanted
from runbook_lib.documents.proof.gaps import gaps
from runbook_lib.documents.proof.matrix import matrix
from runbook_lib.parameters import Environment
from tests.stages.worlds import BUCKET_KEY, QUEUE_KEY, environment, judged, legacy

BUCKETS = {"source": {"adopt": BUCKET_KEY}}
BOTH_KEYS = {"queue_key": {"adopt": QUEUE_KEY}, "bucket_keys": BUCKETS}
Known = tuple[str, str, tuple[str, ...], str]
"""A gap's kind, its place, what it is, and the Sids of the scoped statements that close it."""
V2: tuple[Known, ...] = (
    ("miss", "server role", ("s3:AbortMultipartUpload: gives a failed upload's parts back",), "CleanFailedUploads"),
    (
        "leak",
        "server role: tonic-server-role-v2, statement 1",
        (
            "s3:GetObject: reads another environment's bucket",
            "s3:PutObject: writes to another environment's bucket",
            "s3:GetObject: reads a bucket of our name in a stranger's account",
            "s3:PutObject: writes rows to a bucket of our name in a stranger's account",
            "s3:DeleteObject: deletes from a bucket of our name in a stranger's account",
            "s3:GetObjectVersion: reads versions of a stranger's bucket",
        ),
        "MoveFiles VendorListedObject",
    ),
    (
        "leak",
        "server role: tonic-server-role-v2, statement 2",
        (
            "s3:ListBucket: lists another environment's bucket",
            "s3:ListBucket: lists a bucket of our name in a stranger's account",
            "s3:PutBucketNotification: redirects the notifications of a stranger's bucket",
        ),
        "ListBuckets VendorListedBucket",
    ),
    ("use not shown", "server role: tonic-server-role-v2, statement 1", ("s3:DeleteObjectVersion", "s3:GetObjectVersion"), ""),
    ("use not shown", "server role: tonic-server-role-v2, statement 2", ("s3:GetBucketNotification", "s3:PutBucketNotification"), ""),
)

V2_KMS: tuple[Known, ...] = (
    (
        "leak",
        "server role: tonic-kms-role-addition, statement 1",
        (
            "kms:Decrypt: decrypts directly, past S3",
            "kms:GenerateDataKey: encrypts directly, past S3",
            "kms:Decrypt: decrypts through a service that the flow does not use",
            "kms:Encrypt: encrypts with the key, which no step does",
        ),
        "UseBucketKeys",
    ),
    ("without effect", "server role: tonic-kms-role-addition, statement 1", ("kms:Encrypt",), ""),
)

LEGACY: tuple[Known, ...] = (
    ("miss", "server role", ("s3:AbortMultipartUpload: gives a failed upload's parts back",), "CleanFailedUploads"),
    ("miss", "server role", ("logs:StopQuery: ends a query that takes too long; the action knows no resource",), "NoResourceLevel"),
    (
        "leak",
        "server role: tonic-server-role-legacy, statement 5",
        (
            "s3:GetObject: reads another environment's bucket",
            "s3:PutObject: writes to another environment's bucket",
            "s3:GetObject: reads a bucket of our name in a stranger's account",
            "s3:PutObject: writes rows to a bucket of our name in a stranger's account",
            "s3:DeleteObject: deletes from a bucket of our name in a stranger's account",
            "s3:GetObjectVersion: reads versions of a stranger's bucket",
        ),
        "MoveFiles VendorListedObject",
    ),
    (
        "leak",
        "server role: tonic-server-role-legacy, statement 3",
        (
            "s3:ListBucket: lists another environment's bucket",
            "s3:ListBucket: lists a bucket of our name in a stranger's account",
            "s3:PutBucketNotification: redirects the notifications of a stranger's bucket",
            "lambda:UpdateFunctionConfiguration: changes a function of another region",
            "lambda:UpdateFunctionConfiguration: changes a function of another account",
            "sqs:CreateQueue: makes a queue in another region",
            "sqs:SendMessage: sends to another account's queue",
            "sqs:ReceiveMessage: reads another account's queue",
        ),
        "Function ListBuckets NotifyQueues Queue VendorListedQueue",
    ),
    (
        "leak",
        "server role: tonic-server-role-legacy, statement 2",
        ("iam:PassRole: hands the Lambda role to another service",),
        "PassLambdaRole",
    ),
    (
        "leak",
        "server role: tonic-server-role-legacy, statement 1",
        (
            "lambda:CreateEventSourceMapping: starts somebody's function",
            "lambda:DeleteEventSourceMapping: cuts somebody's function off",
            "lambda:GetEventSourceMapping: reads the mapping of somebody's function",
            "ecr:ListImages: lists another account's images",
        ),
        "FindImage Unwire Wire",
    ),
    (
        "leak",
        "Lambda role: tonic-lambda-role, VisualEditor0",
        (
            "s3:GetObject: reads another environment's bucket",
            "s3:PutObject: writes to another environment's bucket",
            "s3:ListBucket: lists another environment's bucket",
            "s3:GetObject: reads a bucket of our name in a stranger's account",
            "s3:PutObject: writes rows to a bucket of our name in a stranger's account",
            "s3:ListBucket: lists a bucket of our name in a stranger's account",
            "sqs:ReceiveMessage: reads a queue of another region",
            "logs:PutLogEvents: writes into another service's log",
            "logs:CreateLogStream: makes a stream in somebody's log",
        ),
        "Consume Files ListBuckets Logs",
    ),
    (
        "use not shown",
        "server role: tonic-server-role-legacy, statement 3",
        ("sqs:ChangeMessageVisibility", "sqs:ListDeadLetterSourceQueues", "sqs:ListQueueTags", "sqs:SendMessage"),
        "",
    ),
    ("without effect", "server role: tonic-server-role-legacy, statement 4", ("logs:StopQuery",), ""),
    ("use not shown", "server role: tonic-server-role-legacy, statement 5", ("s3:DeleteObjectVersion", "s3:GetObjectVersion"), ""),
    (
        "without effect",
        "server role: tonic-server-role-legacy, statement 6",
        ("s3:ListBucket", "arn:aws:s3:::tonic-*", "StringLike s3:prefix"),
        "",
    ),
    ("use not shown", "Lambda role: tonic-lambda-role, VisualEditor0", ("sqs:GetQueueUrl", "sqs:SendMessage"), ""),
)

LEGACY_KMS: tuple[Known, ...] = (
    (
        "leak",
        "server role: tonic-kms-role-addition, statement 1",
        (
            "kms:Decrypt: decrypts directly, past S3",
            "kms:GenerateDataKey: encrypts directly, past S3",
            "kms:Decrypt: decrypts through a service that the flow does not use",
            "kms:Encrypt: encrypts with the key, which no step does",
            "kms:Decrypt: decrypts directly, past SQS",
            "kms:GenerateDataKey: encrypts directly, past SQS",
        ),
        "UseBucketKeys UseQueueKey VendorListedQueueKey",
    ),
    (
        "leak",
        "Lambda role: tonic-kms-role-addition, statement 1",
        (
            "kms:Decrypt: decrypts directly, past S3",
            "kms:GenerateDataKey: encrypts directly, past S3",
            "kms:Decrypt: decrypts through a service that the flow does not use",
            "kms:Encrypt: encrypts with the key, which no step does",
            "kms:Decrypt: decrypts directly, past SQS",
            "kms:GenerateDataKey: encrypts directly, past SQS",
        ),
        "UseBucketKeys UseQueueKey VendorListedQueueKey",
    ),
    (
        "leak",
        f"s3.amazonaws.com: policy of key 11111111-1111-1111-1111-111111111111, {KEY_STATEMENT_SID}",
        (
            "kms:GenerateDataKey: uses the key for another account's bucket of our name",
            "kms:Decrypt: uses the key for another bucket of the account",
        ),
        KEY_STATEMENT_SID,
    ),
    ("without effect", "server role: tonic-kms-role-addition, statement 1", ("kms:Encrypt",), ""),
    ("without effect", "Lambda role: tonic-kms-role-addition, statement 1", ("kms:Encrypt",), ""),
)

ENVIRONMENTS = [
    pytest.param(environment(), V2, id="V2"),
    pytest.param(environment(kms={"bucket_keys": BUCKETS}), V2 + V2_KMS, id="V2 with KMS"),
    pytest.param(legacy(kms={}), LEGACY, id="legacy"),
    pytest.param(legacy(kms=BOTH_KEYS), LEGACY + LEGACY_KMS, id="legacy with KMS"),
]


@pytest.mark.parametrize(("env", "known"), ENVIRONMENTS)
def test_the_vendors_gaps_are_these(env: Environment, known: tuple[Known, ...]) -> None:
    """Nothing new, nothing gone: each with the statements that close it."""
    found = {(each.kind, each.place, each.what, " ".join(json.loads(text)["Sid"] for text in each.closing)) for each in gaps(env)}
    assert set(known) == found


@pytest.mark.parametrize(("env", "known"), ENVIRONMENTS)
def test_each_gap_is_a_warning_of_the_rehearsal(env: Environment, known: tuple[Known, ...]) -> None:
    """A gap is kept with advice and says how to close it; nothing is broken, so that the run ends with 0."""
    found = [each for _, each in judged("rehearsal", env)]
    said = [each for each in found if each.claim.startswith("known vendor gap: ")]
    assert [each.verdict for each in found if each.verdict != "kept"] == []
    assert len(known) == len(said)
    assert [] == [each.claim for each in said if not (each.warning and each.way_out and each.rows)]


def test_a_miss_names_the_statement_to_add() -> None:
    """The statement stands there as it can be pasted."""
    [found] = [each for each in gaps(legacy()) if each.kind == "miss" and each.what[0].startswith("logs:StopQuery")]
    assert found.closing == ('{"Action": ["logs:StopQuery"], "Effect": "Allow", "Resource": ["*"], "Sid": "NoResourceLevel"}',)


@pytest.mark.parametrize(("env", "known"), ENVIRONMENTS)
def test_what_is_added_closes_the_misses(env: Environment, known: tuple[Known, ...]) -> None:
    """The closing statements, put under extra_statements, leave no call that is needed and not allowed."""
    closing: list[dict[str, Any]] = [json.loads(text) for each in gaps(env) if each.kind == "miss" for text in each.closing]
    closed = env.model_copy(update={"extra_statements": tuple(closing)})
    assert matrix(env, wanted(env)).misses != ()
    assert matrix(closed, wanted(closed)).misses == ()


@pytest.mark.parametrize(("env", "known"), ENVIRONMENTS)
def test_the_scoped_style_has_no_gap(env: Environment, known: tuple[Known, ...]) -> None:
    """What stands in VendorListed statements is left: use not shown."""
    found = gaps(env.model_copy(update={"policy_style": "scoped"}))
    assert [each for each in found if (each.kind, each.statement.startswith("VendorListed")) != ("use not shown", True)] == []
