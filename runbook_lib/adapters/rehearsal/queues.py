"""Play how the server makes a queue that the bucket notifies, and how the function takes the message that an object leads to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from runbook_lib.adapters.aws.retry import patiently
from runbook_lib.adapters.rehearsal import cleanup, files
from runbook_lib.documents.keys import queue_keys
from runbook_lib.documents.rehearsal import places
from runbook_lib.errors import Rejected
from runbook_lib.resources.symbols import symbols_in

if TYPE_CHECKING:
    from runbook_lib.adapters.rehearsal.job import Job
    from runbook_lib.errors import TargetError


def queue(job: Job) -> str | None:
    """Make the queue as the product does, and let S3 send to it; give its URL."""
    arn = job.arn("sqs", job.name)
    attributes = {"VisibilityTimeout": str(job.env.worker_settings.sqs_visibility_timeout)}
    permissions: tuple[str, ...] = (f"sqs:CreateQueue on {arn}",)
    if keys := queue_keys(job.env):
        attributes["KmsMasterKeyId"] = _key(job, keys[0])
    job.as_server("list queues", ("sqs:ListQueues on *",), "sqs.list_queues")
    job.played.take_back(f"queue {job.name}", lambda: cleanup.delete_queue(job))
    made = job.as_server("make the job's queue", permissions, "sqs.create_queue", QueueName=job.name, Attributes=attributes)
    job.as_server("find the queue", (f"sqs:GetQueueUrl on {arn}",), "sqs.get_queue_url", after=made, QueueName=job.name)
    url = made["QueueUrl"] if made else None
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


def _key(job: Job, reference: str) -> str:
    """Give the queue key's ARN; one that the runbook made is found by its name."""
    from runbook_lib.adapters.aws.keys import key_arn
    from runbook_lib.adapters.aws.reading import Reader

    names = [each.rpartition("/")[2] for each in symbols_in(reference)]
    return key_arn(names[0], Reader(job.operator)) if names else reference


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
    place, session = places(job.env)[0], job.server.session
    on = place.bucket
    found = job.as_server(
        "read what the bucket notifies", (f"s3:GetBucketNotification on {on}",), "s3.get_bucket_notification_configuration", Bucket=on
    )
    job.played.take_back(f"notification of {on}", lambda: cleanup.stop_notifications(job))
    ours = {
        "Id": cleanup.NOTIFICATION,
        "QueueArn": job.arn("sqs", job.name),
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": place.prefix}]}},
    }

    def put() -> bool:
        configuration = cleanup.others(found or {})
        configuration["QueueConfigurations"] = [*configuration.get("QueueConfigurations", []), ours]
        session.write("s3", "put_bucket_notification_configuration", Bucket=on, NotificationConfiguration=configuration)
        return True

    permissions = (f"s3:PutBucketNotification on {on}", "sqs:SendMessage on the queue (S3)", *_key_of_s3(job))
    ready = found if url is not None else None
    # A queue's policy takes up to a minute to count everywhere.
    return job.played.do(
        "have the bucket notify the queue",
        job.server.name,
        permissions,
        lambda: patiently(put, session.patience, _is_unready),
        after=ready,
    )


def _is_unready(error: TargetError) -> bool:
    return isinstance(error, Rejected) and "Unable to validate" in error.what


def _key_of_s3(job: Job) -> tuple[str, ...]:
    return tuple(f"{each} on the queue's key (S3)" for each in (files.ENCRYPTS, files.DECRYPTS)) if queue_keys(job.env) else ()


def message(job: Job, url: str | None) -> None:
    """Put an object as the server; receive its message, read the object, write the result and remove the message as the function."""
    source, destination = places(job.env)
    played, function = job.played, job.function
    on = job.arn("sqs", job.name)
    is_put = files.put(source, files.ROWS, job.server, played)

    def arrived() -> dict[str, Any] | None:
        found = function.session.write("sqs", "receive_message", QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2)
        return next((each for each in found.get("Messages", []) if _key_in(each) == source.file), None)

    message = played.do(
        "receive the message that the object led to",
        function.name,
        (f"sqs:ReceiveMessage on {on}", *(("kms:Decrypt on the queue's key",) if queue_keys(job.env) else ())),
        lambda: played.until(arrived, "no message arrived"),
        after=url if is_put is not None else None,
    )
    rows = files.get(source, function, played, key=_key_in(message)) if message is not None else None
    files.lists(source, function, played)
    files.put(destination, rows.upper() if rows is not None else None, function, played, remover=job.server)
    played.do(
        "remove the message",
        function.name,
        (f"sqs:DeleteMessage on {on}",),
        lambda: function.session.write("sqs", "delete_message", QueueUrl=url, ReceiptHandle=(message or {})["ReceiptHandle"]),
        after=message,
    )
    for place in (source, destination):
        files.remove(place, job.server, played)


def _key_in(message: dict[str, Any] | None) -> str:
    """Give the object's key that a message tells; S3's test event tells none."""
    try:
        return unquote_plus(json.loads((message or {})["Body"])["Records"][0]["s3"]["object"]["key"])
    except (KeyError, IndexError, ValueError):
        return ""
