"""Refuse what other services cannot do with a key of KMS: one that is not there, or not in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.answers import Answer, error

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.requests import Call

MANAGED = "alias/aws/"


def unusable(call: Call, name: str) -> Answer | None:
    """Refuse to use a key that is not there, is disabled or waits for its deletion; AWS's own come into being when they are used."""
    if not name or MANAGED in name:
        return None
    key = held.key_of(call.account, call.region, name)
    if key is None:
        return error(call, 400, "KMS.NotFoundException", f"Invalid keyId '{name}'")
    if key.key_state == "Disabled":
        return error(call, 400, "KMS.DisabledException", f"{key.arn} is disabled.")
    if key.key_state != "Enabled":
        # S3 and SQS name this state differently.
        code = "KMS.KMSInvalidStateException" if call.service == "s3" else "KMS.InvalidStateException"
        return error(call, 400, code, f"{key.arn} is pending deletion.")
    return None
