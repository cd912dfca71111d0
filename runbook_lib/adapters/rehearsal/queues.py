"""Play how the server makes a queue that the bucket notifies, and how the function takes the message that an object leads to."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from runbook_lib.adapters.aws.retry import patiently
from runbook_lib.adapters.rehearsal import cleanup, files
from runbook_lib.adapters.rehearsal.job import named_key
from runbook_lib.adapters.rehearsal.steps import Undecided
from runbook_lib.documents.keys import queue_keys
from runbook_lib.documents.rehearsal import places
from runbook_lib.errors import NotFound, Rejected

if TYPE_CHECKING:
    from runbook_lib.adapters.rehearsal.job import Job
    from runbook_lib.errors import TargetError

AGAIN = 20.0
"""Seconds after which the object is put again while no message has arrived."""


def queue(job: Job) -> str | None:
    """Make the queue as the product does, and let S3 send to it; give its URL."""
    arn = job.arn("sqs", job.name)
    attributes = {"VisibilityTimeout": str(job.env.worker_settings.sqs_visibility_timeout)}
    permissions: tuple[str, ...] = (f"sqs:CreateQueue on {arn}",)
    if keys := queue_keys(job.env):
        attributes["KmsMasterKeyId"] = named_key(keys[0], job.operator)
    job.as_server("list queues", ("sqs:ListQueues on *",), "sqs.list_queues")
    job.played.take_back(f"queue {job.name}", lambda: cleanup.delete_queue(job))
    make = lambda: job.played.until(lambda: _made(job, attributes), "the queue could not be made")  # noqa: E731
    url = job.played.do("make the job's queue", job.server.name, permissions, make)
    find = lambda: job.played.until(lambda: _url(job), "the queue was not found")  # noqa: E731
    job.played.do("find the queue", job.server.name, (f"sqs:GetQueueUrl on {arn}",), find, after=url)
    job.as_server(
        "read the queue's attributes",
        (f"sqs:GetQueueAttributes on {arn}",),
        "sqs.get_queue_attributes",
        after=url,
        QueueUrl=url,
        AttributeNames=["All"],
    )
    policy = json.dumps({"Version": "2012-10-17", "Statement": [_of_s3(job)]})
    done = job.as_server(
        "let S3 send to the queue",
        (f"sqs:SetQueueAttributes on {arn}",),
        "sqs.set_queue_attributes",
        after=url,
        QueueUrl=url,
        Attributes={"Policy": policy},
    )
    return url if done is not None else None


def _made(job: Job, attributes: dict[str, str]) -> str | None:
    """Make the queue; None while one of its name was deleted less than a minute ago (SQS API reference, CreateQueue)."""
    try:
        return str(job.server.session.write("sqs", "create_queue", QueueName=job.name, Attributes=attributes)["QueueUrl"])
    except Rejected as error:
        if "QueueDeletedRecently" in error.what:
            return None
        raise


def _url(job: Job) -> str | None:
    """Find the queue; a second may pass until it can be."""
    try:
        return str(job.server.session.read("sqs", "get_queue_url", QueueName=job.name)["QueueUrl"])
    except NotFound:
        return None


def _of_s3(job: Job) -> dict[str, Any]:
    env = job.env
    bucket = env.arn("s3", places(env)[0].bucket, region="", account="")
    return {
        "Sid": "S3Events",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": job.arn("sqs", job.name),
        "Condition": {"StringEquals": {"aws:SourceAccount": env.aws.account}, "ArnLike": {"aws:SourceArn": bucket}},
    }


def notifications(job: Job, url: str | None) -> object | None:
    """Add the queue to what the bucket notifies; the whole configuration is replaced, so what is there is read first."""
    on = job.bucket
    found = job.as_server(
        "read what the bucket notifies", (f"s3:GetBucketNotification on {on}",), "s3.get_bucket_notification_configuration", Bucket=on
    )
    job.played.take_back(f"notification of {on}", lambda: cleanup.stop_notifications(job))
    put = lambda: _notified(job, found or {})  # noqa: E731
    permissions = (f"s3:PutBucketNotification on {on}", "sqs:SendMessage on the queue (S3)", *_key_of_s3(job))
    ready = found if url is not None else None
    # A queue's policy takes up to a minute to count everywhere.
    return job.played.do(
        "have the bucket notify the queue",
        job.server.name,
        permissions,
        lambda: patiently(put, job.played.patience, _is_unready),
        after=ready,
    )


def _notified(job: Job, found: dict[str, Any]) -> bool:
    """Put the rehearsal's entry beside the others. Raises Undecided where S3 takes no second one."""
    filtered = {"Key": {"FilterRules": [{"Name": "prefix", "Value": places(job.env)[0].prefix}]}}
    ours = {"Id": job.name, "QueueArn": job.arn("sqs", job.name), "Events": ["s3:ObjectCreated:*"], "Filter": filtered}
    configuration = cleanup.others(job, found)
    configuration["QueueConfigurations"] = [*configuration.get("QueueConfigurations", []), ours]
    try:
        job.server.session.write("s3", "put_bucket_notification_configuration", Bucket=job.bucket, NotificationConfiguration=configuration)
    except Rejected as error:
        if re.search("overlap|ambiguous", error.what, re.IGNORECASE):
            what = f"{job.bucket} notifies others of all its objects already, and S3 takes no second entry for some of them ({error.what})"
            raise Undecided(job.bucket, what, "narrow that entry, or play it in another environment") from None
        raise
    return True


def _is_unready(error: TargetError) -> bool:
    return isinstance(error, Rejected) and "Unable to validate" in error.what


def _key_of_s3(job: Job) -> tuple[str, ...]:
    return tuple(f"{each} on the queue's key (S3)" for each in (files.ENCRYPTS, files.DECRYPTS)) if queue_keys(job.env) else ()


def message(job: Job, url: str | None) -> None:
    """Put an object as the server; receive its message, read the object, write the result and remove the message as the function."""
    source, destination = places(job.env)
    played, function = job.played, job.function
    on = job.arn("sqs", job.name)
    is_put = files.put(source, files.ROWS, job.server, played, job.operator)

    arrives = _Arrival(job, str(url), source.file, played.patience.clock())
    message = played.do(
        "receive the message that the object led to",
        function.name,
        (f"sqs:ReceiveMessage on {on}", *(("kms:Decrypt on the queue's key",) if queue_keys(job.env) else ())),
        lambda: played.until(arrives, "no message arrived"),
        after=url if is_put is not None else None,
    )
    rows = files.get(source, function, played, after=message, key=_key_in(message))
    files.lists(source, function, played)
    files.put(destination, rows.upper() if rows is not None else None, function, played, job.server.session, job.operator)
    played.do(
        "remove the message",
        function.name,
        (f"sqs:DeleteMessage on {on}",),
        lambda: function.session.write("sqs", "delete_message", QueueUrl=url, ReceiptHandle=(message or {})["ReceiptHandle"]),
        after=message,
    )
    for place in (source, destination):
        files.remove(place, job.server, played)
        files.lists(place, job.server, played, wanted=())


@dataclass
class _Arrival:
    """Receive as the function until the message about an object comes; put the object again meanwhile.

    A notification takes minutes to count (S3 user guide): what was put before that is not told.
    """

    job: Job
    url: str
    key: str
    put_at: float

    def __call__(self) -> dict[str, Any] | None:
        clock = self.job.played.patience.clock
        if clock() - self.put_at > AGAIN:
            self.job.server.session.write("s3", "put_object", Bucket=self.job.bucket, Key=self.key, Body=files.ROWS)
            self.put_at = clock()
        found = self.job.function.session.write("sqs", "receive_message", QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=2)
        return next((each for each in found.get("Messages", []) if _key_in(each) == self.key), None)


def _key_in(message: dict[str, Any] | None) -> str:
    """Give the object's key that a message tells; S3's test event tells none."""
    try:
        return unquote_plus(json.loads((message or {})["Body"])["Records"][0]["s3"]["object"]["key"])
    except (KeyError, IndexError, ValueError):
        return ""
