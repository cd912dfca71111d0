"""Secrets Manager's own refusals about secrets that wait for their deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws.answers import Answer, error

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

NOT_WHILE_DELETED = ("PutSecretValue", "UpdateSecret", "TagResource", "UntagResource", "RotateSecret", "PutResourcePolicy")


def rules() -> dict[str, Any]:
    """Give the rules by call."""
    return {"secretsmanager:CreateSecret": _create, **{f"secretsmanager:{name}": _change for name in NOT_WHILE_DELETED}}


def _is_deleted(call: Call, name: str) -> bool:
    from moto.secretsmanager.models import secretsmanager_backends

    secret = secretsmanager_backends[call.account][call.region].secrets.get(name)
    return secret is not None and bool(secret.is_deleted())


def _create(call: Call, proceed: Proceed) -> Answer:
    if _is_deleted(call, call.text("Name")):
        message = "You can't create this secret because a secret with this name is already scheduled for deletion."
        return error(call, 400, "InvalidRequestException", message)
    return proceed()


def _change(call: Call, proceed: Proceed) -> Answer:
    if _is_deleted(call, call.text("SecretId")):
        message = "You can't perform this operation on the secret because it was marked for deletion."
        return error(call, 400, "InvalidRequestException", message)
    return proceed()
