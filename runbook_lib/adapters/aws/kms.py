"""Observe and write customer managed keys, their aliases, rotation and single statements of their policies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from runbook_lib.adapters.aws.keys import described, find_key, refuse_use
from runbook_lib.adapters.aws.reading import Reader
from runbook_lib.adapters.aws.tags import is_ours, read_tags, wanted_tags
from runbook_lib.documents.requests.request import tag_list, tag_steps
from runbook_lib.errors import Conflict, Denied, NotFound, Rejected, TargetError, Transient
from runbook_lib.model import Unanswered
from runbook_lib.policy import (
    canonical_statement,
    same_statement,
    statement_by_sid,
    with_statement,
    without_statement,
)
from runbook_lib.ports import Observation
from runbook_lib.resources.kms import NAME_TAG, Key, KeyAlias, KeyRotation, KeyStatement

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.session import AwsSession
    from runbook_lib.model import Change

WINDOW = 30
"""Days between scheduling a key's deletion and the deletion (KMS allows 7 to 30)."""

State = Literal["Enabled", "Disabled", "PendingDeletion"]
_STATES: dict[str, State] = {"Enabled": "Enabled", "Disabled": "Disabled", "PendingDeletion": "PendingDeletion"}


def observe_key(wanted: Key, reader: Reader) -> Observation:
    """Find our key; its state and the wanted tags count."""
    metadata = find_key(wanted.name, reader)
    if metadata is None:
        return Observation()
    state = metadata["KeyState"]
    if state not in _STATES:
        return Observation(refusal=Unanswered(f"{metadata['Arn']} is {state}", way_out="wait until KMS has finished, then run again"))
    tags = read_tags(reader.pages("kms", "list_resource_tags", "Tags", KeyId=metadata["KeyId"]))
    value = Key(name=wanted.name, policy=wanted.policy, state=_STATES[state], tags=wanted_tags(tags, wanted.tags))
    return Observation(value, is_ours(tags, reader.session.environment))


def observe_alias(wanted: KeyAlias, reader: Reader) -> Observation:
    """Read whether an alias points at our key. Raises Conflict when it points at another: whoever pointed it there relies on it."""
    metadata = described(f"alias/{wanted.name}", reader)
    if metadata is None:
        return Observation()
    _refuse_repointed(wanted, metadata["Arn"], reader.session)
    return Observation(wanted)


def _refuse_repointed(alias: KeyAlias, arn: str, session: AwsSession) -> None:
    if arn != alias.key:
        back = f"aws kms update-alias --alias-name alias/{alias.name} --target-key-id {_key_id(alias.key)}"
        way_out = f"if nobody needs it there: {back} --region {session.environment.aws.region}"
        raise Conflict(f"alias/{alias.name}", f"points at {arn}, not at the key that the runbook made", way_out)


def observe_rotation(wanted: KeyRotation, reader: Reader) -> Observation:
    """Read whether a key rotates; not rotating is absent, unless just that is wanted."""
    answer = reader.maybe("kms", "get_key_rotation_status", KeyId=wanted.key) if _is_standing(wanted.key, reader) else None
    enabled = answer is not None and bool(answer["KeyRotationEnabled"])
    return Observation(wanted.model_copy(update={"enabled": enabled}) if enabled or not wanted.enabled else None)


def observe_statement(wanted: KeyStatement, reader: Reader) -> Observation:
    """Read one statement of a key's policy by its Sid."""
    is_standing = _is_standing(wanted.key, reader)
    answer = reader.maybe("kms", "get_key_policy", KeyId=wanted.key, PolicyName="default") if is_standing else None
    found = statement_by_sid(answer["Policy"], wanted.sid) if answer is not None else None
    if found is None:
        return Observation()
    text = wanted.statement if same_statement(found, wanted.statement) else canonical_statement(found)
    return Observation(wanted.model_copy(update={"statement": text}))


def _is_standing(key: str, reader: Reader) -> bool:
    """Tell whether a key is there and stays: what sits on one that waits for deletion goes with it."""
    metadata = described(key, reader)
    return metadata is not None and metadata["KeyState"] != "PendingDeletion"


def write(change: Change, session: AwsSession) -> None:
    """Write one change of a key, an alias, rotation or a statement. Raises TargetError."""
    match change.before, change.after:
        case None, Key() as after:
            _create(after, session)
        case Key() as before, (Key() | None) as after:
            _update(before, after, session)
        case (KeyAlias() | None) as before, (KeyAlias() | None) as after:
            _write_alias(before, after, session)
        case _, KeyRotation(enabled=True) as after:
            session.write("kms", "enable_key_rotation", _key_id(after.key), KeyId=after.key)
        case KeyRotation(enabled=True) as before, _:
            session.write("kms", "disable_key_rotation", KeyId=before.key)
        case _, KeyStatement() as after:
            _put_policy(after.key, with_statement(_policy(after.key, session), after.statement), session)
        case KeyStatement() as before, None:
            _put_policy(before.key, without_statement(_policy(before.key, session), before.sid), session)


def _create(key: Key, session: AwsSession) -> None:
    """Create a key; after an answer that may have been lost, look for it first: a second one would stay forever."""
    tags = (*key.tags, (NAME_TAG, key.name))
    try:
        answer = session.write(
            "kms",
            "create_key",
            Policy=key.policy,
            KeySpec="SYMMETRIC_DEFAULT",
            KeyUsage="ENCRYPT_DECRYPT",
            Description=f"Tonic Structural, {key.name}",
            Tags=tag_list(tags, "TagKey", "TagValue"),
        )
    except Transient:
        if find_key(key.name, Reader(session)) is None:
            raise
        return
    except Rejected as error:
        raise _locked_out(error) from None
    session.made_keys[key.name] = answer["KeyMetadata"]["KeyId"]
    session.born(answer["KeyMetadata"]["KeyId"])


def _locked_out(error: Rejected) -> TargetError:
    """Name the right that is missing where KMS refuses a key whose policy its maker could not change (API reference, CreateKey)."""
    if "MalformedPolicyDocument" not in error.what or "update the key policy" not in error.what:
        return error
    return Denied(
        error.where, error.what, "have kms:PutKeyPolicy allowed on the account's keys: whoever makes one has to be able to change it"
    )


def _update(before: Key, after: Key | None, session: AwsSession) -> None:
    metadata = find_key(before.name, Reader(session))
    if metadata is None:
        raise NotFound(before.address, "the key is gone", "plan again")
    key_id, state = metadata["KeyId"], after.state if after is not None else "PendingDeletion"
    if state != before.state:
        _move(key_id, metadata, state, session)
    put, taken = tag_steps(before.tags, after.tags if after is not None else before.tags)
    if put:
        session.write("kms", "tag_resource", KeyId=key_id, Tags=tag_list(put, "TagKey", "TagValue"))
    if taken:
        session.write("kms", "untag_resource", KeyId=key_id, TagKeys=list(taken))


def _move(key_id: str, metadata: dict[str, Any], state: State, session: AwsSession) -> None:
    """Lead a key to another state, through disabled between enabled and pending deletion."""
    if state == "PendingDeletion":
        refuse_use(metadata["Arn"], Reader(session))
    if metadata["KeyState"] == "PendingDeletion":
        session.write("kms", "cancel_key_deletion", KeyId=key_id)
    if state == "Enabled":
        session.write("kms", "enable_key", KeyId=key_id)
        return
    if metadata["KeyState"] == "Enabled":
        session.write("kms", "disable_key", KeyId=key_id)
    if state == "PendingDeletion":
        session.write("kms", "schedule_key_deletion", KeyId=key_id, PendingWindowInDays=WINDOW)


def _write_alias(before: KeyAlias | None, after: KeyAlias | None, session: AwsSession) -> None:
    if after is not None:
        session.write("kms", "create_alias", _key_id(after.key), AliasName=f"alias/{after.name}", TargetKeyId=_key_id(after.key))
    elif before is not None and (metadata := described(f"alias/{before.name}", Reader(session))) is not None:
        _refuse_repointed(before, metadata["Arn"], session)
        session.write("kms", "delete_alias", AliasName=f"alias/{before.name}")


def _policy(key: str, session: AwsSession) -> str:
    return str(session.read("kms", "get_key_policy", _key_id(key), KeyId=key, PolicyName="default")["Policy"])


def _put_policy(key: str, document: dict[str, Any], session: AwsSession) -> None:
    """Put a key policy; KMS's check against locking oneself out stays on."""
    policy = json.dumps(document, ensure_ascii=False)
    session.write("kms", "put_key_policy", _key_id(key), KeyId=key, PolicyName="default", Policy=policy)


def _key_id(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
