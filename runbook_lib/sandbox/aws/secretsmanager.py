"""Secrets Manager's own refusals about secrets that wait for their deletion, and its versions: none is changed, the current one is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.answers import Answer, error, is_error

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

VALUES = {"SecretString": "secret_string", "SecretBinary": "secret_binary"}
"""What a version's value is called in a request, and in moto."""
NOT_WHILE_DELETED = ("PutSecretValue", "UpdateSecret", "TagResource", "UntagResource", "RotateSecret", "PutResourcePolicy")


def rules() -> dict[str, Any]:
    """Give the rules by call."""
    versions = {"secretsmanager:PutSecretValue": _put, "secretsmanager:UpdateSecretVersionStage": _label}
    changes = {f"secretsmanager:{name}": _change for name in NOT_WHILE_DELETED}
    return {"secretsmanager:CreateSecret": _create, **changes, **versions}


def _is_deleted(call: Call, name: str) -> bool:
    from moto.secretsmanager.models import secretsmanager_backends

    secret = secretsmanager_backends[call.account][call.region].secrets.get(name)
    return secret is not None and bool(secret.is_deleted())


def _create(call: Call, proceed: Proceed) -> Answer:
    if _is_deleted(call, call.text("Name")):
        message = "You can't create this secret because a secret with this name is already scheduled for deletion."
        return error(call, 400, "InvalidRequestException", message)
    return proceed()


def _put(call: Call, proceed: Proceed) -> Answer:
    """Refuse to give a version another value; moto would, to one that is pending."""
    found = held.secret_of(call.account, call.region, call.text("SecretId"))
    version = found.versions.get(call.text("ClientRequestToken"), {}) if found is not None else {}
    if any(version.get(mine, call.text(given)) != call.text(given) for given, mine in VALUES.items()):
        message = f"You can't use ClientRequestToken {call.text('ClientRequestToken')} because that value is already in use for a version."
        return error(call, 400, "ResourceExistsException", message)
    return _change(call, proceed)


def _label(call: Call, proceed: Proceed) -> Answer:
    """Move a label; moto would go on giving the version that was current before."""
    answer = proceed()
    found = held.secret_of(call.account, call.region, call.text("SecretId"))
    if found is not None and not is_error(answer):
        current = [version for version, each in found.versions.items() if "AWSCURRENT" in each["version_stages"]]
        found.set_default_version_id(*current)
    return answer


def _change(call: Call, proceed: Proceed) -> Answer:
    if _is_deleted(call, call.text("SecretId")):
        message = "You can't perform this operation on the secret because it was marked for deletion."
        return error(call, 400, "InvalidRequestException", message)
    return proceed()
