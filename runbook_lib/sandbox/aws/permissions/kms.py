"""The permissions of KMS's operations."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.permissions.needs import Context, Need, Table, also, anything, arn, has, key_context, rows, tags_given

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.requests import Call

_KEY = re.compile(rb"[0-9a-f]{8}-[0-9a-f-]{27}|mrk-[0-9a-f]{32}")


def named(call: Call, *names: str) -> str:
    """Give the ARN of the key that a call names, by whatever it names it; as an id of the account when there is none."""
    given = next((call.text(name) for name in names if call.text(name)), "") or _ciphertext_key(call)
    found = held.key_of(call.account, call.region, given)
    if found is not None:
        return str(found.arn)
    return given if given.startswith("arn:") else arn(call, "kms", f"key/{given}")


def _ciphertext_key(call: Call) -> str:
    """Read which key a ciphertext names, as KMS does where a call names none."""
    match = _KEY.match(base64.b64decode(call.text("CiphertextBlob") or ""))
    return match.group().decode() if match else ""


def key(call: Call) -> tuple[str, ...]:
    """Name the key."""
    return (named(call, "KeyId"),)


def _target(call: Call) -> tuple[str, ...]:
    return (named(call, "TargetKeyId"),)


def _new_key(call: Call) -> tuple[str, ...]:
    """Stand for a key that has no id yet: only a policy over all keys can allow something on it."""
    return (arn(call, "kms", "key/*"),)


def alias(call: Call) -> tuple[str, ...]:
    """Name the alias."""
    return (arn(call, "kms", call.text("AliasName")),)


def _aliased(call: Call) -> Iterable[Need]:
    """Want the change of an alias on the key that it points to so far."""
    found = held.key_of(call.account, call.region, call.text("AliasName"))
    if found is not None:
        yield Need(f"kms:{call.operation}", str(found.arn), key_context(found))


def _facts(call: Call) -> Context:
    """Tell what conditions know of the key, and of how it is to be used."""
    found = held.key_of(call.account, call.region, named(call, "KeyId", "TargetKeyId"))
    pairs = call.parameters.get("EncryptionContext")
    context = {f"kms:EncryptionContext:{name}": str(value) for name, value in pairs.items()} if isinstance(pairs, dict) else {}
    keys = {"kms:EncryptionContextKeys": tuple(pairs)} if isinstance(pairs, dict) and pairs else {}
    algorithm = call.text("EncryptionAlgorithm") or "SYMMETRIC_DEFAULT"
    how = {"kms:EncryptionAlgorithm": algorithm} if call.operation in {"Encrypt", "Decrypt", "ReEncrypt"} else _signed(call)
    by_alias = {"kms:RequestAlias": call.text("KeyId")} if call.text("KeyId").startswith("alias/") else {}
    known = key_context(found) if found is not None else {}
    return {**known, **context, **keys, **how, **by_alias, "kms:CallerAccount": call.account}


def _signed(call: Call) -> Context:
    """Tell how something is signed, or its signature verified."""
    if call.operation not in {"Sign", "Verify"}:
        return {}
    return {"kms:SigningAlgorithm": call.text("SigningAlgorithm"), "kms:MessageType": call.text("MessageType") or "RAW"}


def _asked(call: Call) -> Context:
    """Tell what a key is to be."""
    named_keys = {"KeySpec": "kms:KeySpec", "KeyUsage": "kms:KeyUsage", "Origin": "kms:KeyOrigin"}
    usual = {"kms:KeySpec": "SYMMETRIC_DEFAULT", "kms:KeyUsage": "ENCRYPT_DECRYPT", "kms:KeyOrigin": "AWS_KMS"}
    said = {key: call.text(name) for name, key in named_keys.items() if call.text(name)}
    bypass = str(bool(call.parameters.get("BypassPolicyLockoutSafetyCheck"))).lower()
    return {**usual, **said, "kms:CallerAccount": call.account, "kms:BypassPolicyLockoutSafetyCheck": bypass}


def _bypass(call: Call) -> Context:
    return {"kms:BypassPolicyLockoutSafetyCheck": str(bool(call.parameters.get("BypassPolicyLockoutSafetyCheck"))).lower()}


def _window(call: Call) -> Context:
    return {"kms:ScheduleKeyDeletionPendingWindowInDays": call.text("PendingWindowInDays") or "30"}


_KEYS = (
    "DescribeKey GetKeyPolicy ListKeyPolicies GetKeyRotationStatus ListResourceTags ListGrants EnableKey DisableKey EnableKeyRotation"
    " DisableKeyRotation CancelKeyDeletion UpdateKeyDescription Encrypt Decrypt GenerateDataKey GenerateDataKeyWithoutPlaintext"
    " GetPublicKey Sign Verify"
)
_SOURCE = also("kms:ReEncryptFrom", lambda call: (named(call, "SourceKeyId"),), lambda _call: True)
TABLE: Table = {
    **rows("kms", anything, "ListKeys ListAliases GenerateRandom"),
    **rows("kms", anything, "CreateKey", (_asked, tags_given), (also("kms:TagResource", _new_key, has("Tags"), tags_given),)),
    **rows("kms", key, _KEYS, (_facts,)),
    **rows("kms", key, "PutKeyPolicy", (_facts, _bypass)),
    **rows("kms", key, "ScheduleKeyDeletion", (_facts, _window)),
    **rows("kms", key, "TagResource UntagResource", (_facts, tags_given)),
    **rows("kms", lambda call: (named(call, "DestinationKeyId"),), "ReEncrypt=ReEncryptTo", (_facts,), (_SOURCE,)),
    **rows("kms", alias, "CreateAlias", implied=(also("kms:CreateAlias", _target, lambda _call: True, _facts),)),
    **rows("kms", alias, "UpdateAlias", implied=(also("kms:UpdateAlias", _target, lambda _call: True, _facts), _aliased)),
    **rows("kms", alias, "DeleteAlias", implied=(_aliased,)),
}
