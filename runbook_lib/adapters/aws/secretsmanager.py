"""Observe and write secrets that hold a generated password."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.aws.tags import (
    is_ours,
    read_tags,
    tag_list,
    tag_steps,
    wanted_tags,
)
from runbook_lib.adapters.quiet import bare
from runbook_lib.errors import TargetError
from runbook_lib.ports import Observation
from runbook_lib.resources.secretsmanager import Secret
from runbook_lib.secrets import Masked, generate_password

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.adapters.aws.reading import Reader
    from runbook_lib.adapters.aws.session import AwsSession
    from runbook_lib.model import Change

WINDOW = 30
"""Days in which a deleted secret can be restored (Secrets Manager allows 7 to 30)."""


def observe_secret(wanted: Secret, reader: Reader) -> Observation:
    """Read a secret's state and the wanted tags; its value is not asked for."""
    answer = reader.maybe("secretsmanager", "describe_secret", wanted.address, SecretId=wanted.name)
    if answer is None:
        return Observation()
    tags = read_tags(answer.get("Tags", []))
    state = "PendingDeletion" if answer.get("DeletedDate") else "Active"
    value = wanted.model_copy(update={"state": state, "tags": wanted_tags(tags, wanted.tags)})
    return Observation(value, is_ours(tags, reader.session.environment))


def write(change: Change, session: AwsSession) -> None:
    """Write one change of a secret. Raises TargetError."""
    match change.before, change.after:
        case None, Secret() as after:
            _create(after, session)
        case Secret() as before, (Secret() | None) as after:
            _update(before, after, session)


def _create(secret: Secret, session: AwsSession) -> None:
    password = generate_password()
    value = _json({"username": secret.username, "password": password}) if secret.username else password
    send(session, "create_secret", value, Name=secret.name, Tags=tag_list(secret.tags))
    session.born(secret.address)


def send(session: AwsSession, operation: str, value: Masked, **parameters: Any) -> None:
    """Send a secret's value. Raises TargetError, whose frames hold no request."""
    try:
        session.write("secretsmanager", operation, SecretString=value.reveal(), **parameters)
    except TargetError as error:
        failed = error
    else:
        return
    raise bare(failed)


def _json(fields: Mapping[str, str | Masked]) -> Masked:
    return Masked(json.dumps({name: each.reveal() if isinstance(each, Masked) else each for name, each in fields.items()}))


def _update(before: Secret, after: Secret | None, session: AwsSession) -> None:
    """Restore before, delete after the tags are changed: a secret in its recovery window takes no tags."""
    state = after.state if after is not None else "PendingDeletion"
    if before.state == "PendingDeletion" and state == "Active":
        session.write("secretsmanager", "restore_secret", SecretId=before.name)
    put, taken = tag_steps(before.tags, after.tags if after is not None else before.tags)
    if put:
        session.write("secretsmanager", "tag_resource", SecretId=before.name, Tags=tag_list(put))
    if taken:
        session.write("secretsmanager", "untag_resource", SecretId=before.name, TagKeys=list(taken))
    if before.state == "Active" and state == "PendingDeletion":
        session.write("secretsmanager", "delete_secret", SecretId=before.name, RecoveryWindowInDays=WINDOW)
