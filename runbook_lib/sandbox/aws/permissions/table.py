"""All tables as one: what a call takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.sandbox.aws.permissions import compute, functions, iam, kms, s3, sqs, stores

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.permissions.needs import Need, Table
    from runbook_lib.sandbox.aws.requests import Call

TABLE: Table = {
    **s3.TABLE, **sqs.TABLE, **functions.TABLE, **kms.TABLE, **iam.TABLE, **compute.TABLE, **stores.TABLE,
}  # fmt: skip


def needs_of(call: Call) -> tuple[Need, ...] | None:
    """Give what a call takes; None for an operation that is in no table."""
    if call.name in iam.FREE:
        return ()
    row = TABLE.get(call.name)
    return None if row is None else row.needs(call)
