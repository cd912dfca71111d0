"""What AWS has not finished for a while: it does not know IAM's new names yet, still knows a mapping that goes, and keeps a queue's name.

Sources: IAM user guide, "Troubleshoot IAM", on eventual consistency; SQS API reference, "CreateQueue" (QueueDeletedRecently); Lambda API
reference, "DeleteEventSourceMapping" (state Deleting, ResourceInUseException).
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws.answers import Answer, as_json, error, is_error
from runbook_lib.sandbox.aws.permissions import sqs
from runbook_lib.sandbox.aws.refusals import denied

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

UNSETTLED = {
    "iam": (404, "NoSuchEntity", "{name} cannot be found."),
    "ec2": (400, "InvalidParameterValue", "Value ({name}) is invalid. Invalid IAM Instance Profile name"),
    "kms": (400, "MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals."),
    "s3": (400, "MalformedPolicy", "Invalid principal in policy"),
}
RECENT = "You must wait 60 seconds after deleting a queue before you can create another with the same name."
IN_USE = "Cannot {verb} the event source mapping because it is in use."


class Settling:
    """Remember what was made and what was removed, and when."""

    def __init__(self) -> None:
        self._made: dict[str, float] = {}
        self._queues: dict[str, float] = {}
        self._mappings: dict[str, tuple[float, dict[str, Any]]] = {}

    def note(self, call: Call, answer: Answer) -> None:
        """Remember a call that succeeded."""
        now = time.monotonic()
        if is_error(answer):
            return
        if call.service == "iam" and call.operation.startswith("Create"):
            self._made |= {call.text(name): now for name in ("RoleName", "InstanceProfileName") if call.text(name)}
        elif call.name == "sqs:DeleteQueue":
            self._queues |= dict.fromkeys(sqs.queue(call), now)
        elif call.name == "lambda:DeleteEventSourceMapping":
            self._mappings[call.text("UUID")] = (now, json.loads(answer[2]))

    def answer(self, call: Call, seconds: float, proceed: Proceed) -> Answer | None:
        """Answer as AWS does while what happened less than so many seconds ago is not settled; None where that does not matter."""
        since = time.monotonic() - seconds
        if call.name == "sqs:CreateQueue":
            is_young = any(self._queues.get(each, since) > since for each in sqs.queue(call))
            return error(call, 400, "AWS.SimpleQueueService.QueueDeletedRecently", RECENT) if is_young else None
        if call.operation.endswith(("EventSourceMapping", "EventSourceMappings")):
            return self._mapping(call, [going for at, going in list(self._mappings.values()) if at > since], proceed)
        return self._unknown(call, since)

    def _mapping(self, call: Call, going: list[dict[str, Any]], proceed: Proceed) -> Answer | None:
        """Tell of mappings that are on their way out, and refuse to touch them."""
        if call.operation == "ListEventSourceMappings":
            return _listed(call, going, proceed())
        found = next((each for each in going if each["UUID"] == call.text("UUID")), None)
        if found is None:
            return None
        if call.is_read:
            return as_json(found)
        verb = call.operation.removesuffix("EventSourceMapping").lower()
        return error(call, 400, "ResourceInUseException", IN_USE.format(verb=verb))

    def _unknown(self, call: Call, since: float) -> Answer | None:
        text = json.dumps(dict(call.parameters), default=str)
        young = [name for name, at in list(self._made.items()) if at > since and name in text]
        if not young:
            return None
        if call.service == "sts":
            return denied(call, call.name, call.text("RoleArn"), "resource")
        status, code, message = UNSETTLED.get(call.service, UNSETTLED["iam"])
        return error(call, status, code, message.format(name=young[0]))


def _listed(call: Call, going: list[dict[str, Any]], answer: Answer) -> Answer:
    """Add what is asked for and on its way out to a list."""
    if is_error(answer):
        return answer
    name, source = call.text("FunctionName"), call.text("EventSourceArn")
    asked = [
        each
        for each in going
        if source in {"", each["EventSourceArn"]} and (not name or each["FunctionArn"].endswith((name, f":function:{name}")))
    ]
    there = json.loads(answer[2])
    return as_json({**there, "EventSourceMappings": [*there["EventSourceMappings"], *asked]})
