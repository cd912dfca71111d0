"""KMS's own refusals: what a disabled or dying key may not do, and policies that nobody could change again."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws.answers import Answer, as_json, error, is_error, not_modelled
from runbook_lib.sandbox.aws.deciding import may_under
from runbook_lib.sandbox.aws.held import Document, key_of
from runbook_lib.sandbox.aws.permissions.needs import Need
from runbook_lib.sandbox.aws.principals import first_missing

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.callers import Caller
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

    Find = Callable[[str, str], Caller | None]

USES = (
    "Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Sign", "Verify", "GetPublicKey",
)  # fmt: skip
NOT_WHILE_PENDING = (
    *USES, "EnableKey", "DisableKey", "EnableKeyRotation", "DisableKeyRotation", "ScheduleKeyDeletion", "TagResource", "UntagResource",
    "UpdateKeyDescription", "CreateGrant",
)  # fmt: skip
NOT_WHILE_DISABLED = (*USES, "EnableKeyRotation")


def rules(find: Find) -> dict[str, Any]:
    """Give the rules by call; `find` looks up who has a key."""
    found: dict[str, Any] = {f"kms:{name}": _by_state for name in (*NOT_WHILE_PENDING, *NOT_WHILE_DISABLED)}
    return found | {
        "kms:EnableKey": _switch,
        "kms:DisableKey": _switch,
        "kms:CreateAlias": _alias,
        "kms:CancelKeyDeletion": _cancel,
        "kms:GetKeyRotationStatus": _rotation,
        "kms:Sign": _sign,
        "kms:Verify": _verify,
        "kms:CreateKey": partial(_create, find=find),
        "kms:PutKeyPolicy": partial(_policy, find=find),
    }


def _key(call: Call, name: str = "KeyId") -> Any:
    """Find moto's key by id, ARN or alias; None when there is none."""
    return key_of(call.account, call.region, call.text(name))


def _by_state(call: Call, proceed: Proceed) -> Answer:
    key = _key(call)
    if key is not None and key.key_state == "PendingDeletion" and call.operation in NOT_WHILE_PENDING:
        return error(call, 400, "KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if key is not None and key.key_state == "Disabled" and call.operation in NOT_WHILE_DISABLED:
        return error(call, 400, "DisabledException", f"{key.arn} is disabled.")
    return proceed()


def _switch(call: Call, proceed: Proceed) -> Answer:
    """Enable or disable a key by whatever it is named; moto knows it by its id alone."""

    def switched() -> Answer:
        key = _key(call)
        if key is None:
            return proceed()
        key.enabled = call.operation == "EnableKey"
        key.key_state = "Enabled" if key.enabled else "Disabled"
        return as_json({})

    return _by_state(call, switched)


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


def _sign(call: Call, proceed: Proceed) -> Answer:
    """Sign a digest as it is; moto would hash it once more."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from cryptography.hazmat.primitives.hashes import SHA256

    def signed() -> Answer:
        key, algorithm = _key(call), call.text("SigningAlgorithm")
        if key is None or call.text("MessageType") != "DIGEST":
            return proceed()
        if key.key_usage != "SIGN_VERIFY" or algorithm not in key.signing_algorithms:
            return error(call, 400, "InvalidKeyUsageException", f"{key.arn} key usage is {key.key_usage}; {algorithm} is not valid for it.")
        digest, secret = base64.b64decode(call.text("Message")), key.private_key.private_key
        if not isinstance(secret, EllipticCurvePrivateKey) or algorithm != "ECDSA_SHA_256":
            return not_modelled(call, f"a digest signed with {algorithm}")
        if len(digest) != SHA256.digest_size:
            return error(call, 400, "ValidationException", f"Digest is invalid length for algorithm {algorithm}.")
        signature = secret.sign(digest, ECDSA(Prehashed(SHA256())))
        return as_json({"KeyId": key.arn, "Signature": base64.b64encode(signature).decode(), "SigningAlgorithm": algorithm})

    return _by_state(call, signed)


def _verify(call: Call, proceed: Proceed) -> Answer:
    return not_modelled(call, "a digest") if call.text("MessageType") == "DIGEST" else _by_state(call, proceed)


def _create(call: Call, proceed: Proceed, find: Find) -> Answer:
    """Make a key for encryption where the call does not say what for, which moto leaves open."""
    from moto.kms.models import kms_backends

    answer = _policy(call, proceed, find)
    if is_error(answer) or call.text("KeyUsage"):
        return answer
    key: Any = kms_backends[call.account][call.region].keys[json.loads(answer[2])["KeyMetadata"]["KeyId"]]
    key.key_usage = "ENCRYPT_DECRYPT"
    return as_json(key.to_dict())


def _policy(call: Call, proceed: Proceed, find: Find) -> Answer:
    text = call.text("Policy")
    if call.operation == "CreateKey" and not text:
        return proceed()
    try:
        statements = _listed(json.loads(text)["Statement"])
    except (ValueError, KeyError, TypeError):
        return error(call, 400, "MalformedPolicyDocumentException", "The policy is no JSON document with statements.")
    if first_missing(call, statements):
        return error(call, 400, "MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals.")
    if not call.parameters.get("BypassPolicyLockoutSafetyCheck") and not _keeps_open(call, text, find):
        message = "The new key policy will not allow you to update the key policy in the future."
        return error(call, 400, "MalformedPolicyDocumentException", message)
    return proceed()


def _keeps_open(call: Call, text: str, find: Find) -> bool:
    """Tell whether under a new policy whoever asks may change it again."""
    key, caller = _key(call), find(call.access_key, call.partition)
    resource = key.arn if key is not None else f"arn:{call.partition}:kms:{call.region}:{call.account}:key/new"
    return caller is not None and may_under(call, caller, Document("the new key policy", text), Need("kms:PutKeyPolicy", resource))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str | dict) else [value]
