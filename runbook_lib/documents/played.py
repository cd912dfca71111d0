"""Say what the steps of a rehearsal send: requests by their actions, statements by their verbs.

A test holds the actions against the steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runbook_lib.resources.rehearsals import Flow, Rehearsal

TEMPORARY = "CREATE TEMPORARY TABLE tonic_runbook_probe AS SELECT 1 AS id; SELECT from it; DROP TABLE"
TABLE_INFO = "SELECT 1 FROM pg_catalog.svv_table_info LIMIT 1"
KEYED = "where a key encrypts the bucket, S3 calls kms:GenerateDataKey and kms:Decrypt for it"
SENT: Mapping[Flow, tuple[str, ...]] = {
    "files": (
        "s3:ListBucket, s3:PutObject, s3:GetObject, s3:DeleteObject on one object in each bucket",
        KEYED,
        "s3:ListAllMyBuckets, s3:GetBucketPolicy: have to be refused",
    ),
    "orchestration": (
        "sqs:ListQueues, sqs:CreateQueue, sqs:GetQueueUrl, sqs:GetQueueAttributes, sqs:SetQueueAttributes",
        "ecr:DescribeRepositories, ecr:ListImages, lambda:ListFunctions, lambda:CreateFunction, iam:PassRole",
        "lambda:GetFunctionConfiguration, lambda:UpdateFunctionConfiguration, lambda:CreateEventSourceMapping",
        "lambda:GetEventSourceMapping, lambda:DeleteEventSourceMapping: the mapping stays disabled",
        "s3:GetBucketNotification, s3:PutBucketNotification, s3:PutObject, s3:GetObject, s3:DeleteObject, s3:ListBucket",
        "sqs:ReceiveMessage, sqs:DeleteMessage, sqs:DeleteQueue",
        "logs:CreateLogGroup, logs:CreateLogStream, logs:PutLogEvents as the function's role",
        "logs:DescribeLogStreams, logs:GetLogEvents, logs:FilterLogEvents, logs:StartQuery, logs:GetQueryResults, logs:StopQuery",
        f"{KEYED}; and kms:Decrypt, kms:GenerateDataKey where one encrypts the queue",
    ),
    "unload_and_copy": (
        "CREATE TEMPORARY TABLE tonic_runbook_probe AS SELECT 1 AS id, 'rehearsal' AS word",
        "UNLOAD ('select id, word from tonic_runbook_probe') TO the source bucket, with the server's credentials",
        "s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject: from the source bucket into the destination bucket",
        "CREATE SCHEMA; CREATE TABLE probe (id int, word varchar(20)); COPY probe FROM the destination bucket",
        "SELECT id FROM probe; DROP SCHEMA CASCADE",
        KEYED,
    ),
    "source_user": (TEMPORARY, TABLE_INFO, "CREATE SCHEMA, in a transaction that is rolled back: has to be refused"),
    "destination_user": (
        TEMPORARY,
        TABLE_INFO,
        "CREATE SCHEMA; CREATE TABLE probe (id int, word varchar(20)); INSERT one row; SELECT id; DROP TABLE; DROP SCHEMA",
        "the administrator: CREATE SCHEMA, GRANT DROP ON SCHEMA; the user: DROP SCHEMA",
        "the administrator: CREATE SCHEMA; the user: DROP SCHEMA, which has to be refused unless he is a superuser",
    ),
}


def told(rehearsal: Rehearsal) -> Iterator[str]:
    """Say as whom a flow is played, what it sends, and what it makes on the way; identities and twins come on top."""
    yield f"as {', '.join(rehearsal.acts_as)}"
    yield from SENT[rehearsal.flow]
    yield f"made on the way, and removed again: {', '.join(rehearsal.touches)}"
