"""SQS's own refusals: attributes out of their bounds, and keys of KMS that are not there or not in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws.answers import Answer, error
from runbook_lib.sandbox.aws.encryption import unusable
from runbook_lib.sandbox.aws.permissions import sqs

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

BOUNDS = {
    "VisibilityTimeout": (0, 43_200), "MessageRetentionPeriod": (60, 1_209_600), "DelaySeconds": (0, 900),
    "ReceiveMessageWaitTimeSeconds": (0, 20), "MaximumMessageSize": (1024, 1_048_576), "KmsDataKeyReusePeriodSeconds": (60, 86_400),
}  # fmt: skip


def rules() -> dict[str, Any]:
    """Give the rules by call."""
    uses = ("SendMessage", "SendMessageBatch", "ReceiveMessage")
    set_up = {f"sqs:{name}": _attributes for name in ("CreateQueue", "SetQueueAttributes")}
    return {**set_up, **{f"sqs:{name}": _use for name in uses}, "sqs:ChangeMessageVisibility": _visibility}


def _attributes(call: Call, proceed: Proceed) -> Answer:
    given: dict[str, Any] = call.parameters.get("Attributes") or {}
    for name, (least, most) in BOUNDS.items():
        if name in given and not _is_within(given[name], least, most):
            return error(call, 400, "InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    if unusable(call, str(given.get("KmsMasterKeyId", ""))) is not None:
        return error(call, 400, "InvalidAttributeValue", "Invalid value for the parameter KmsMasterKeyId.")
    return _with_policy(call, given, proceed)


def _with_policy(call: Call, given: dict[str, Any], proceed: Proceed) -> Answer:
    """Keep the queue's policy where a call does not name one: moto takes it away."""
    queue = sqs.found(call)
    kept = queue.policy if queue is not None and call.operation == "SetQueueAttributes" and "Policy" not in given else None
    answer = proceed()
    if kept:
        queue.policy = kept
    return answer


def _visibility(call: Call, proceed: Proceed) -> Answer:
    least, most = BOUNDS["VisibilityTimeout"]
    given = call.text("VisibilityTimeout")
    if not _is_within(given, least, most):
        message = f"Value {given} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200, if provided."
        return error(call, 400, "InvalidParameterValue", message)
    return proceed()


def _is_within(value: Any, least: int, most: int) -> bool:
    return str(value).isdigit() and least <= int(value) <= most


def _use(call: Call, proceed: Proceed) -> Answer:
    queue = sqs.found(call)
    return (unusable(call, queue.kms_master_key_id or "") if queue is not None else None) or proceed()
