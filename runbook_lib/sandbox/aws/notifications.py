"""S3's notifications: queues that they reach, rules that do not overlap, and EventBridge, which is remembered and told nothing.

Sources: S3 user guide, "Configuring event notifications using object key name filtering"; S3 API reference, "FilterRule".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.answers import Answer, error, is_error, not_modelled
from runbook_lib.sandbox.aws.deciding import service_may
from runbook_lib.sandbox.aws.encryption import MANAGED
from runbook_lib.sandbox.aws.permissions.needs import via_service
from runbook_lib.sandbox.aws.permissions.s3 import destinations, elements
from runbook_lib.sandbox.aws.s3 import answered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

SERVICE = "s3.amazonaws.com"
UNREACHED = "Unable to validate the following destination configurations"
SHARED = "Configurations overlap. Configurations on the same bucket cannot share a common event type."
AMBIGUOUS = (
    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping"
    " for the same event type."
)
TOLD, END = b"<EventBridgeConfiguration/>", b"</NotificationConfiguration>"


@dataclass(frozen=True)
class Rule:
    """Say which events on which objects a queue is told of; without prefix and suffix, on all."""

    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""

    def overlaps(self, other: Rule) -> bool:
        """Tell whether one object's event may fall under both."""
        shares = any(_covers(one, two) or _covers(two, one) for one in self.events for two in other.events)
        begins = self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix)
        return shares and begins and (self.suffix.endswith(other.suffix) or other.suffix.endswith(self.suffix))


def _covers(event: str, other: str) -> bool:
    return event == other or (event.endswith(":*") and other.startswith(event[:-1]))


def rules() -> dict[str, Any]:
    """Give the rules by call."""
    return {"s3:PutBucketNotificationConfiguration": _put, "s3:GetBucketNotificationConfiguration": _get}


def _put(call: Call, proceed: Proceed) -> Answer:
    """Refuse rules that overlap, and queues that are not there, or that S3 may not send to or encrypt for."""
    if destinations(call, "Topic") or destinations(call, "CloudFunction"):
        return not_modelled(call, "notifications to topics and functions")
    wrong = _overlap(call) or (UNREACHED if any(not _reaches(call, each) for each in destinations(call, "Queue")) else "")
    return answered(call, (lambda: error(call, 400, "InvalidArgument", wrong)) if wrong else proceed)


def _overlap(call: Call) -> str:
    for one, other in combinations(_rules(call), 2):
        if one.overlaps(other):
            return AMBIGUOUS if any((one.prefix, one.suffix, other.prefix, other.suffix)) else SHARED
    return ""


def _rules(call: Call) -> Iterator[Rule]:
    for each in elements(call.body, "QueueConfiguration"):
        texts = [(part.tag.rpartition("}")[2], part.text or "") for part in each.iter()]
        names = [text.lower() for tag, text in texts if tag == "Name"]
        filters = dict(zip(names, (text for tag, text in texts if tag == "Value"), strict=False))
        yield Rule(tuple(text for tag, text in texts if tag == "Event"), filters.get("prefix", ""), filters.get("suffix", ""))


def _reaches(call: Call, queue_arn: str) -> bool:
    owner, _ = held.bucket_of(call.text("Bucket"))
    source = {"aws:SourceArn": f"arn:{call.partition}:s3:::{call.text('Bucket')}", "aws:SourceAccount": owner}
    parts = queue_arn.split(":")
    queue = held.queue_of(parts[4], parts[3], parts[5]) if parts[2:3] == ["sqs"] else None
    if queue is None or not service_may(call, SERVICE, "sqs:SendMessage", queue_arn, source):
        return False
    name = queue.kms_master_key_id or ""
    if not name:
        return True
    # The policy of AWS's own key cannot be changed, so S3 can never be let in.
    key = None if MANAGED in name else held.key_of(parts[4], parts[3], name)
    through = {**source, "kms:ViaService": via_service(call, "sqs", parts[3])}
    uses = ("kms:GenerateDataKey", "kms:Decrypt")
    return key is not None and key.key_state == "Enabled" and all(service_may(call, SERVICE, each, key.arn, through) for each in uses)


def _get(call: Call, proceed: Proceed) -> Answer:
    """Tell of EventBridge too: moto keeps that and leaves it out."""
    answer = answered(call, proceed)
    _, bucket = held.bucket_of(call.text("Bucket"))
    if is_error(answer) or getattr(getattr(bucket, "notification_configuration", None), "event_bridge", None) is None:
        return answer
    status, headers, body = answer
    opened = body[:-2] + b">" if body.endswith(b"/>") else body.removesuffix(END)
    return status, headers, opened + TOLD + END
