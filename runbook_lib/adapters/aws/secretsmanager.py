"""Observe and write secrets that hold a generated or typed password, and its rotation's part in AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.aws.secret_store import PASSWORD, fields_of, picked, typed
from runbook_lib.adapters.aws.tags import is_ours, read_tags, wanted_tags
from runbook_lib.adapters.quiet import bare
from runbook_lib.documents.requests.request import tag_list, tag_steps
from runbook_lib.errors import NotFound, Rejected, TargetError
from runbook_lib.model import Unanswered
from runbook_lib.ports import Observation
from runbook_lib.resources.secretsmanager import Secret
from runbook_lib.secrets import Masked, Reference, generate_password

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.adapters.aws.reading import Reader
    from runbook_lib.adapters.aws.session import AwsSession
    from runbook_lib.model import Change
    from runbook_lib.resources.secretsmanager import Rotation

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
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


def observe_rotation(wanted: Rotation, reader: Reader) -> Observation:
    """Read which version is current; a secret that is yet to be made is made in the wanted one."""
    address = Secret(name=wanted.secret).address
    answer = reader.maybe("secretsmanager", "describe_secret", address, SecretId=wanted.secret)
    if answer is None:
        return Observation(wanted)
    environment = reader.session.environment
    if not is_ours(read_tags(answer.get("Tags", [])), environment) and address not in environment.adopt:
        return _left(f"{wanted.secret} was not made by the runbook for this environment", f"add `{address}` to adopt:")
    if answer.get("RotationEnabled"):
        return _left(f"{wanted.secret} is rotated by Secrets Manager itself", "switch that off, or remove rotation:")
    current = [version for version, labels in answer.get("VersionIdsToStages", {}).items() if CURRENT in labels]
    return Observation(wanted.model_copy(update={"version": "".join(current)}))


def _left(reason: str, way_out: str) -> Observation:
    return Observation(refusal=Unanswered(reason, "owed", way_out=way_out))


def prepare(rotation: Rotation, session: AwsSession) -> Masked:
    """Keep a new password as pending and give it: the one that a run which was stopped has kept, where there is one. Raises TargetError.

    A version's value cannot be changed, so that what was sent to the database once is found again (PutSecretValue, ClientRequestToken).
    """
    name = {"SecretId": rotation.secret}
    try:
        found = session.read("secretsmanager", "get_secret_value", **name, VersionId=rotation.version)
    except NotFound:
        password = generate_password()
        whole = Masked(session.read("secretsmanager", "get_secret_value", **name)["SecretString"])
        send(session, "put_secret_value", _renewed(whole, password), **name, ClientRequestToken=rotation.version, VersionStages=[PENDING])
        return password
    if PENDING not in found.get("VersionStages", []):
        raise Rejected(f"secret {rotation.secret}", "had a password for this word of rotation: before", "write a word that was never used")
    return picked(Masked(found["SecretString"]), Reference("generate", rotation.secret))


def promote(rotation: Rotation, before: str, session: AwsSession) -> None:
    """Make the prepared version the current one. Raises TargetError."""
    versions = {"MoveToVersionId": rotation.version, "RemoveFromVersionId": before}
    session.write("secretsmanager", "update_secret_version_stage", SecretId=rotation.secret, VersionStage=CURRENT, **versions)


def _renewed(whole: Masked, password: Masked) -> Masked:
    """Put a new password in the place of the old one: what else a JSON secret holds stays."""
    fields = fields_of(whole)
    return _json({**fields, PASSWORD: password}) if PASSWORD in fields else password


def write(change: Change, session: AwsSession) -> None:
    """Write one change of a secret. Raises TargetError."""
    match change.before, change.after:
        case None, Secret() as after:
            _create(after, session)
        case Secret() as before, (Secret() | None) as after:
            _update(before, after, session)


def _create(secret: Secret, session: AwsSession) -> None:
    is_typed = secret.value == "typed"
    password = typed(secret.reference, secret.reference, "run the cell under Apply, in JupyterLab") if is_typed else generate_password()
    value = _json({"username": secret.username, "password": password}) if secret.username else password
    first = {"ClientRequestToken": secret.version} if secret.version else {}
    send(session, "create_secret", value, Name=secret.name, Tags=tag_list(secret.tags), **first)
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


def _json(fields: Mapping[str, Any]) -> Masked:
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
