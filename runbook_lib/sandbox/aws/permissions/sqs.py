"""The permissions of SQS's operations, with those of KMS for encrypted queues."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.permissions.needs import Context, Need, Table, also, anything, arn, has, key_uses, rows, tags_given

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.requests import Call

_URL = re.compile(r"/(?P<account>\d{12})/(?P<name>[^/]+)/?\Z")


def place(call: Call) -> tuple[str, str]:
    """Give account and name of the queue that a call is about."""
    match = _URL.search(call.text("QueueUrl"))
    if match:
        return match["account"], match["name"]
    return call.text("QueueOwnerAWSAccountId") or call.account, call.text("QueueName")


def queue(call: Call) -> tuple[str, ...]:
    """Name the queue."""
    account, name = place(call)
    return (arn(call, "sqs", name, account=account),)


def found(call: Call) -> Any:
    """Find the queue; None when there is none."""
    account, name = place(call)
    return held.queue_of(account, call.region, name)


def _tags(call: Call) -> Context:
    there = found(call)
    return {f"aws:ResourceTag/{key}": value for key, value in (there.tags if there else {}).items()}


def _with_key(actions: str) -> Any:
    def implied(call: Call) -> Iterable[Need]:
        there = found(call)
        key = there.kms_master_key_id if there else ""
        yield from key_uses(call, key or "", "sqs", actions, aws_sqs_arn=queue(call)[0])

    return implied


_CHANGES = (
    "ChangeMessageVisibility ChangeMessageVisibilityBatch=ChangeMessageVisibility DeleteMessage DeleteMessageBatch=DeleteMessage"
    " DeleteQueue GetQueueAttributes GetQueueUrl ListDeadLetterSourceQueues ListQueueTags PurgeQueue SetQueueAttributes AddPermission"
    " RemovePermission"
)
TABLE: Table = {
    **rows("sqs", anything, "ListQueues"),
    **rows("sqs", queue, "CreateQueue", (tags_given,), (also("sqs:TagQueue", queue, has("tags"), tags_given),)),
    **rows("sqs", queue, _CHANGES, (_tags,)),
    **rows("sqs", queue, "TagQueue UntagQueue", (_tags, tags_given)),
    **rows("sqs", queue, "SendMessage SendMessageBatch=SendMessage", (_tags,), (_with_key("GenerateDataKey Decrypt"),)),
    **rows("sqs", queue, "ReceiveMessage", (_tags,), (_with_key("Decrypt"),)),
}
