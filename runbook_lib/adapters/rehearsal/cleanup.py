"""Remove what a rehearsal of the legacy process made: by the server what the product removes, by the operator what it leaves."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.aws.retry import patiently
from runbook_lib.adapters.rehearsal import files
from runbook_lib.documents.rehearsal import places
from runbook_lib.errors import Denied, InUse, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.adapters.rehearsal.job import Job


def found(job: Job) -> list[str]:
    """Name what is there of what the rehearsal would make. What the server may not look at is a step's to tell.

    Raises Denied when the operator may not look: then he could not remove it again either.
    """
    server, operator, name = job.server.session, job.operator, job.name
    looks: tuple[tuple[str, Callable[[], object]], ...] = (
        (f"queue {name}", lambda: server.read("sqs", "get_queue_url", QueueName=name)),
        (f"function {name}", lambda: operator.read("lambda", "get_function_configuration", FunctionName=name)),
        (f"notification {name} of {job.bucket}", lambda: _ours(job)),
        (f"log group {job.log_group}", lambda: server.read("logs", "describe_log_streams", logGroupName=job.log_group)),
    )
    there = [what for what, look in looks if _is_there(job, look, is_operators=what.startswith("function"))]
    return [*there, *files.objects(job.env, job.server, job.played)]


def _is_there(job: Job, look: Callable[[], object], *, is_operators: bool) -> bool:
    try:
        patiently(look, job.played.patience, lambda error: isinstance(error, Denied))
    except NotFound:
        return False
    except Denied:
        if is_operators:
            raise
        return False
    return True


def clear(job: Job) -> None:
    """Remove what a rehearsal that was stopped left behind. Raises TargetError."""
    stop_notifications(job)
    for work in (delete_queue, delete_function, delete_logs):
        with suppress(NotFound):
            work(job)
    for place in places(job.env):
        files.empty(place, job.server.session)


def remove(job: Job, queue: str | None, mapping: str | None, *, notified: bool) -> None:
    """Remove as the server what the product removes after a job, each a step; what only the operator can follows."""
    name, session = job.server.name, job.server.session
    mine: tuple[tuple[str, str, str, Callable[[], object], object], ...] = (
        ("stop the bucket's notification", f"s3:PutBucketNotification on {job.bucket}", f"notification of {job.bucket}",
         lambda: stop_notifications(job), notified or None),
        ("remove the mapping", "lambda:DeleteEventSourceMapping on the mapping", f"mapping {mapping}",
         lambda: session.write("lambda", "delete_event_source_mapping", UUID=mapping), mapping),
        ("remove the queue", f"sqs:DeleteQueue on {job.arn('sqs', job.name)}", f"queue {job.name}",
         lambda: session.write("sqs", "delete_queue", QueueUrl=queue), queue),
    )  # fmt: skip
    for what, permission, thing, work, after in mine:
        if job.played.do(what, name, (permission,), work, after=after) is not None:
            job.played.gone(thing)
    find = f"sqs:GetQueueUrl on {job.arn('sqs', job.name)}"
    look = partial(session.read, "sqs", "get_queue_url", QueueName=job.name)
    job.played.do("see that the queue is gone", name, (find,), lambda: _gone(job, look), after=queue)


def _gone(job: Job, look: Callable[[], object]) -> bool:
    """Look until it is not found any more. Raises Undecided."""

    def gone() -> bool | None:
        try:
            look()
        except NotFound:
            return True
        return None

    return job.played.until(gone, "it was not gone")


def others(job: Job, configuration: dict[str, Any]) -> dict[str, Any]:
    """Give a bucket's notifications without the rehearsal's own entry."""
    kept = {key: value for key, value in configuration.items() if key.endswith(("Configurations", "Configuration"))}
    kept["QueueConfigurations"] = [each for each in kept.get("QueueConfigurations", []) if not _is_ours(job, each)]
    return {key: value for key, value in kept.items() if value or key == "EventBridgeConfiguration"}


def _is_ours(job: Job, entry: dict[str, Any]) -> bool:
    return entry.get("Id") == job.name and entry.get("QueueArn") == job.arn("sqs", job.name)


def _notified(job: Job) -> dict[str, Any]:
    return job.server.session.read("s3", "get_bucket_notification_configuration", Bucket=job.bucket)


def _ours(job: Job) -> bool:
    """Tell that the rehearsal's entry is there. Raises NotFound when it is not."""
    if any(_is_ours(job, each) for each in _notified(job).get("QueueConfigurations", [])):
        return True
    raise NotFound(job.bucket, "does not notify the rehearsal's queue")


def stop_notifications(job: Job) -> bool:
    """Take the rehearsal's entry out of the bucket's notifications; the others stay."""
    configuration = _notified(job)
    if any(_is_ours(job, each) for each in configuration.get("QueueConfigurations", [])):
        rest = others(job, configuration)
        job.server.session.write("s3", "put_bucket_notification_configuration", Bucket=job.bucket, NotificationConfiguration=rest)
    return True


def delete_queue(job: Job) -> None:
    """Delete the queue as the server. Raises NotFound when there is none."""
    url = job.server.session.read("sqs", "get_queue_url", QueueName=job.name)["QueueUrl"]
    job.server.session.write("sqs", "delete_queue", QueueUrl=url)


def delete_mapping(job: Job, identifier: str) -> None:
    """Delete a mapping as the server; one that is going already is left to go. Raises NotFound when there is none."""
    with suppress(InUse):
        job.server.session.write("lambda", "delete_event_source_mapping", UUID=identifier)


def delete_function(job: Job) -> None:
    """Delete the function and its mappings as the operator, for the product has no right to, and look until it is gone.

    A mapping goes through `Deleting` for seconds, and refuses a second deletion meanwhile.
    """
    operator = job.operator

    def look() -> object:
        return operator.read("lambda", "get_function_configuration", FunctionName=job.name)

    try:
        look()
    except NotFound:
        return
    for each in _mappings(job):
        if each.get("State") != "Deleting":
            with suppress(InUse, NotFound):
                operator.write("lambda", "delete_event_source_mapping", UUID=each["UUID"])
    try:
        job.played.until(lambda: None if _mappings(job) else True, "its mapping was not gone")
    finally:
        operator.write("lambda", "delete_function", FunctionName=job.name)
    _gone(job, look)


def _mappings(job: Job) -> list[dict[str, Any]]:
    return job.operator.pages("lambda", "list_event_source_mappings", "EventSourceMappings", FunctionName=job.name)


def delete_logs(job: Job) -> None:
    """Delete the function's log group as the operator. Raises NotFound when there is none."""
    job.operator.write("logs", "delete_log_group", logGroupName=job.log_group)
