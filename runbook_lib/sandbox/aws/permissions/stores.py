"""The permissions of Secrets Manager's and of Parameter Store's operations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.permissions.needs import Context, Need, Table, also, anything, arn, has, key_uses, rows, tags_given

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.requests import Call

NEW = "-??????"
"""Stands for the six random characters that a new secret's ARN gets."""


def secret(call: Call) -> tuple[str, ...]:
    """Name the secret, whichever way the call does."""
    name = call.text("SecretId") or call.text("Name")
    found = held.secret_of(call.account, call.region, name) if name else None
    if found is not None:
        return (str(found.arn),)
    return (name if name.startswith("arn:") else arn(call, "secretsmanager", f"secret:{name}{NEW}"),)


_ASKED = {
    "Name": "secretsmanager:Name", "SecretId": "secretsmanager:SecretId", "VersionId": "secretsmanager:VersionId",
    "VersionStage": "secretsmanager:VersionStage", "KmsKeyId": "secretsmanager:KmsKeyId",
    "RecoveryWindowInDays": "secretsmanager:RecoveryWindowInDays",
    "ForceDeleteWithoutRecovery": "secretsmanager:ForceDeleteWithoutRecovery",
}  # fmt: skip
"""Parameters that conditions know."""


def _facts(call: Call) -> Context:
    found = held.secret_of(call.account, call.region, call.text("SecretId")) if call.text("SecretId") else None
    tags = held.tagged(found.tags) if found is not None else {}
    known = {f"{prefix}:ResourceTag/{key}": value for key, value in tags.items() for prefix in ("aws", "secretsmanager")}
    return known | {key: call.text(name).lower() if "Force" in name else call.text(name) for name, key in _ASKED.items() if call.text(name)}


def _with_key(actions: str) -> Any:
    def implied(call: Call) -> Iterable[Need]:
        found = held.secret_of(call.account, call.region, call.text("SecretId")) if call.text("SecretId") else None
        key = call.text("KmsKeyId") or (found.kms_key_id if found is not None else "")
        yield from key_uses(call, key or "", "secretsmanager", actions, SecretARN=secret(call)[0])

    return implied


_TAG = also("secretsmanager:TagResource", secret, has("Tags"), tags_given)
_OTHERS = (
    "DescribeSecret DeleteSecret RestoreSecret ListSecretVersionIds GetResourcePolicy PutResourcePolicy DeleteResourcePolicy"
    " UpdateSecretVersionStage RotateSecret"
)
SECRETS: Table = {
    **rows("secretsmanager", anything, "ListSecrets GetRandomPassword"),
    **rows("secretsmanager", secret, "CreateSecret", (_facts, tags_given), (_TAG, _with_key("GenerateDataKey Decrypt"))),
    **rows("secretsmanager", secret, _OTHERS, (_facts,)),
    **rows("secretsmanager", secret, "GetSecretValue", (_facts,), (_with_key("Decrypt"),)),
    **rows("secretsmanager", secret, "PutSecretValue UpdateSecret", (_facts,), (_with_key("GenerateDataKey Decrypt"),)),
    **rows("secretsmanager", secret, "TagResource UntagResource", (_facts, tags_given)),
}


def parameter(call: Call) -> tuple[str, ...]:
    """Name the parameters."""
    names = call.texts("Name", "Names", "Path")
    return tuple(each if each.startswith("arn:") else arn(call, "ssm", f"parameter/{each.lstrip('/')}") for each in names)


def _decrypted(call: Call) -> Iterable[Need]:
    """Want to decrypt what is kept encrypted with a key of one's own."""
    from moto.ssm.models import ssm_backends

    if call.parameters.get("WithDecryption"):
        backend = ssm_backends[call.account][call.region]
        for name in call.texts("Name", "Names"):
            found: Any = backend.get_parameter(name)
            if found is not None and found.parameter_type == "SecureString":
                yield from key_uses(call, found.keyid or "", "ssm", "Decrypt", PARAMETER_ARN=parameter(call)[0])


SSM: Table = {
    **rows("ssm", anything, "DescribeParameters"),
    **rows("ssm", parameter, "GetParameter GetParameters GetParametersByPath", implied=(_decrypted,)),
    **rows("ssm", parameter, "PutParameter", (tags_given,)),
    **rows("ssm", parameter, "DeleteParameter DeleteParameters GetParameterHistory"),
}
TABLE: Table = {**SECRETS, **SSM}
