"""Lambda's own refusals: bounds, roles that it may not assume, images that are not there, queues that cannot feed a function."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.answers import Answer, error, not_modelled
from runbook_lib.sandbox.aws.deciding import role_may, service_may

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

BOUNDS = {"Timeout": (1, 900), "MemorySize": (128, 10_240)}
FEEDING = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
"""What Lambda does with a queue in the name of the function's role."""
IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<name>[^:@]+)"
    r"(:(?P<tag>[\w.-]+)|@(?P<digest>sha256:[0-9a-f]{64}))"
)
INVALID = "InvalidParameterValueException"


def rules() -> dict[str, Any]:
    """Give the rules by call."""
    return {
        "lambda:CreateFunction": _function,
        "lambda:UpdateFunctionConfiguration": _function,
        "lambda:UpdateFunctionCode": _code,
        "lambda:CreateEventSourceMapping": _mapping,
        "lambda:Invoke": lambda call, _proceed: not_modelled(call, "functions are kept, never executed"),
    }


def _function(call: Call, proceed: Proceed) -> Answer:
    for name, (least, most) in BOUNDS.items():
        value = call.parameters.get(name)
        if value is not None and not least <= int(value) <= most:
            bound = f"less than or equal to {most}" if int(value) > most else f"greater than or equal to {least}"
            message = f"Value '{value}' at '{name[0].lower()}{name[1:]}' failed to satisfy constraint: Member must have value {bound}"
            return error(call, 400, "ValidationException", f"1 validation error detected: {message}")
    role = call.text("Role")
    if role and not service_may(call, "lambda.amazonaws.com", "sts:AssumeRole", role):
        return error(call, 400, INVALID, "The role defined for the function cannot be assumed by Lambda.")
    return _code(call, proceed)


def _code(call: Call, proceed: Proceed) -> Answer:
    """Refuse an image that is not in the registry."""
    code = call.parameters.get("Code")
    uri = str((code if isinstance(code, dict) else call.parameters).get("ImageUri") or "")
    if uri and not _is_held(uri):
        what = "does not exist" if IMAGE.fullmatch(uri) else "is not valid"
        return error(call, 400, INVALID, f"Source image {uri} {what}. Provide a valid source image.")
    return proceed()


def _is_held(uri: str) -> bool:
    from moto.ecr.models import ecr_backends

    match = IMAGE.fullmatch(uri)
    if match is None:
        return False
    repository = ecr_backends[match["account"]][match["region"]].repositories.get(match["name"])
    images = repository.images if repository is not None else []
    return any(match["tag"] in each.image_tags if match["tag"] else match["digest"] == each.image_digest for each in images)


def _mapping(call: Call, proceed: Proceed) -> Answer:
    """Refuse to feed a function from a queue whose messages come back before it ends, or that its role may not read."""
    function = held.function_of(call.account, call.region, call.text("FunctionName"))
    parts = call.text("EventSourceArn").split(":")
    if function is None or parts[2:3] != ["sqs"]:
        return proceed()
    queue = held.queue_of(parts[4], parts[3], parts[5])
    if queue is None:
        return error(call, 400, INVALID, f"Error occurred while ReceiveMessage. SQS Error Code: {MISSING}")
    for action in FEEDING:
        if not role_may(call, function.role, f"sqs:{action}", call.text("EventSourceArn")):
            return error(call, 400, INVALID, f"The provided execution role does not have permissions to call {action} on SQS")
    if int(queue.visibility_timeout) < int(function.timeout):
        seconds = f"{queue.visibility_timeout} seconds is less than Function timeout: {function.timeout} seconds"
        return error(call, 400, INVALID, f"Queue visibility timeout: {seconds}")
    answer = proceed()
    # Nothing runs functions here: moto would take each message away as if one had.
    queue.lambda_event_source_mappings.clear()
    return answer


MISSING = "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist."
