"""KMS's own refusals: what a disabled or dying key may not do, and policies that nobody could change again."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws.answers import Answer, as_json, error, is_error
from runbook_lib.sandbox.aws.principals import first_missing

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

USES = ("Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext")
NOT_WHILE_PENDING = (
    *USES, "EnableKey", "DisableKey", "EnableKeyRotation", "DisableKeyRotation", "ScheduleKeyDeletion", "TagResource", "UntagResource",
    "UpdateKeyDescription", "CreateGrant",
)  # fmt: skip
NOT_WHILE_DISABLED = (*USES, "EnableKeyRotation")


def rules() -> dict[str, Any]:
    """Give the rules by call."""
    found: dict[str, Any] = {f"kms:{name}": _by_state for name in (*NOT_WHILE_PENDING, *NOT_WHILE_DISABLED)}
    return found | {
        "kms:CreateAlias": _alias,
        "kms:CancelKeyDeletion": _cancel,
        "kms:GetKeyRotationStatus": _rotation,
        "kms:CreateKey": _create,
        "kms:PutKeyPolicy": _policy,
    }


def _key(call: Call, name: str = "KeyId") -> Any:
    """Find moto's key by id, ARN or alias; None when there is none."""
    from moto.kms.models import kms_backends

    backend = kms_backends[call.account][call.region]
    given = backend.get_alias_name(call.text(name))
    known = backend.get_key_id_from_alias(given) if given.startswith("alias/") else backend.get_key_id(given)
    return backend.keys.get(known or "")


def _by_state(call: Call, proceed: Proceed) -> Answer:
    key = _key(call)
    if key is not None and key.key_state == "PendingDeletion" and call.operation in NOT_WHILE_PENDING:
        return error(call, 400, "KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if key is not None and key.key_state == "Disabled" and call.operation in NOT_WHILE_DISABLED:
        return error(call, 400, "DisabledException", f"{key.arn} is disabled.")
    return proceed()


def _alias(call: Call, proceed: Proceed) -> Answer:
    key = _key(call, "TargetKeyId")
    if key is not None and key.key_state == "PendingDeletion":
        return error(call, 400, "KMSInvalidStateException", f"{key.arn} is pending deletion.")
    return proceed()


def _cancel(call: Call, proceed: Proceed) -> Answer:
    key = _key(call)
    if key is not None and key.key_state != "PendingDeletion":
        return error(call, 400, "KMSInvalidStateException", f"{key.arn} is not pending deletion.")
    return proceed()


def _rotation(call: Call, proceed: Proceed) -> Answer:
    key = _key(call)
    return as_json({"KeyRotationEnabled": False}) if key is not None and key.key_state == "PendingDeletion" else proceed()


def _create(call: Call, proceed: Proceed) -> Answer:
    """Make a key for encryption where the call does not say what for, which moto leaves open."""
    from moto.kms.models import kms_backends

    answer = _policy(call, proceed)
    if is_error(answer) or call.text("KeyUsage"):
        return answer
    key: Any = kms_backends[call.account][call.region].keys[json.loads(answer[2])["KeyMetadata"]["KeyId"]]
    key.key_usage = "ENCRYPT_DECRYPT"
    return as_json(key.to_dict())


def _policy(call: Call, proceed: Proceed) -> Answer:
    text = call.text("Policy")
    if call.operation == "CreateKey" and not text:
        return proceed()
    try:
        statements = _listed(json.loads(text)["Statement"])
    except (ValueError, KeyError, TypeError):
        return error(call, 400, "MalformedPolicyDocumentException", "The policy is no JSON document with statements.")
    if first_missing(call, statements):
        return error(call, 400, "MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals.")
    if not call.parameters.get("BypassPolicyLockoutSafetyCheck") and not any(_keeps_open(call, each) for each in statements):
        message = "The new key policy will not allow you to update the key policy in the future."
        return error(call, 400, "MalformedPolicyDocumentException", message)
    return proceed()


def _keeps_open(call: Call, statement: dict[str, Any]) -> bool:
    """Tell whether a statement lets the account, or whoever asks, change the policy again."""
    from runbook_lib.sandbox.aws.principals import caller

    principal = statement.get("Principal", {})
    names = ["*"] if principal == "*" else _listed(principal.get("AWS", []) if isinstance(principal, dict) else [])
    ours = any(each in {"*", call.account, caller(call)} or each.endswith(f":iam::{call.account}:root") for each in names)
    actions = _listed(statement.get("Action", []))
    return ours and statement.get("Effect") == "Allow" and any(_matches("kms:PutKeyPolicy", each) for each in actions)


def _matches(action: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(action.lower(), pattern.lower())


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str | dict) else [value]
