"""Remove what a rehearsal of the legacy process made: by the server what the product removes, by the operator what it leaves."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import NotFound, Rejected, TargetError

if TYPE_CHECKING:
    from runbook_lib.adapters.rehearsal.job import Job

NOTIFICATION = "tonic-runbook-rehearsal"
"""The id of the rehearsal's own entry in the bucket's notifications."""


def sweep(job: Job) -> None:
    """Remove what a rehearsal that was stopped left behind; the names are the rehearsal's own.

    Raises Denied, before anything is made, when the operator could not remove it again; what the server may not is a step's to tell.
    """
    for work in (stop_notifications, delete_queue):
        with suppress(TargetError):
            work(job)
    for work in (delete_function, delete_logs):
        with suppress(NotFound):
            work(job)


def remove(job: Job, queue: str | None, mapping: str | None, *, notified: bool) -> None:
    """Remove as the server what the product removes after a job, each a step; what only the operator can follows."""
    played, name = job.played, job.server.name
    session, bucket = job.server.session, job.env.buckets.source.name
    if played.do(
        "stop the bucket's notification",
        name,
        (f"s3:PutBucketNotification on {bucket}",),
        lambda: stop_notifications(job),
        after=notified or None,
    ):
        played.gone(f"notification of {bucket}")
    if played.do(
        "remove the mapping",
        name,
        ("lambda:DeleteEventSourceMapping on the mapping",),
        lambda: session.write("lambda", "delete_event_source_mapping", UUID=mapping),
        after=mapping,
    ):
        played.gone(f"mapping {mapping}")
    if played.do(
        "remove the queue",
        name,
        (f"sqs:DeleteQueue on {job.arn('sqs', job.name)}",),
        lambda: session.write("sqs", "delete_queue", QueueUrl=queue),
        after=queue,
    ):
        played.gone(f"queue {job.name}")


def others(configuration: dict[str, Any]) -> dict[str, Any]:
    """Give a bucket's notifications without the rehearsal's own entry."""
    kept = {key: value for key, value in configuration.items() if key.endswith(("Configurations", "Configuration"))}
    kept["QueueConfigurations"] = [each for each in kept.get("QueueConfigurations", []) if each.get("Id") != NOTIFICATION]
    return {key: value for key, value in kept.items() if value or key == "EventBridgeConfiguration"}


def stop_notifications(job: Job) -> bool:
    """Take the rehearsal's entry out of the bucket's notifications; the others stay."""
    session, bucket = job.server.session, job.env.buckets.source.name
    found = session.read("s3", "get_bucket_notification_configuration", Bucket=bucket)
    if any(each.get("Id") == NOTIFICATION for each in found.get("QueueConfigurations", [])):
        session.write("s3", "put_bucket_notification_configuration", Bucket=bucket, NotificationConfiguration=others(found))
    return True


def delete_queue(job: Job) -> None:
    """Delete the queue as the server. Raises NotFound when there is none."""
    url = job.server.session.read("sqs", "get_queue_url", QueueName=job.name)["QueueUrl"]
    job.server.session.write("sqs", "delete_queue", QueueUrl=url)


def delete_mapping(job: Job, identifier: str) -> None:
    """Delete a mapping as the server. Raises NotFound when there is none."""
    job.server.session.write("lambda", "delete_event_source_mapping", UUID=identifier)


def delete_function(job: Job) -> None:
    """Delete the function and its mappings as the operator, for the product has no right to, and look that it is gone."""
    operator = job.operator
    try:
        operator.read("lambda", "get_function_configuration", FunctionName=job.name)
    except NotFound:
        return
    for each in operator.pages("lambda", "list_event_source_mappings", "EventSourceMappings", FunctionName=job.name):
        operator.write("lambda", "delete_event_source_mapping", UUID=each["UUID"])
    operator.write("lambda", "delete_function", FunctionName=job.name)
    try:
        operator.read("lambda", "get_function_configuration", FunctionName=job.name)
    except NotFound:
        return
    raise Rejected(f"function {job.name}", "is still there after its removal", "remove it by hand")


def delete_logs(job: Job) -> None:
    """Delete the function's log group as the operator. Raises NotFound when there is none."""
    job.operator.write("logs", "delete_log_group", logGroupName=f"/aws/lambda/{job.name}")
