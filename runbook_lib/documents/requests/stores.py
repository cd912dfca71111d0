"""The requests of buckets, keys and secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib.documents.requests.request import Request, later, tag_list, tag_steps
from runbook_lib.resources.kms import NAME_TAG, Key, KeyAlias, KeyRotation, KeyStatement
from runbook_lib.resources.s3 import Bucket, BucketSetting, BucketStatement
from runbook_lib.resources.secretsmanager import Rotation, Secret
from runbook_lib.resources.symbols import symbols_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Change
    from runbook_lib.resources.s3 import Setting

WINDOW = 30
"""Days until KMS deletes a key and Secrets Manager a secret: the longest that both allow."""
SETTINGS: dict[Setting, tuple[str, str, str]] = {
    "public_access_block": ("PutPublicAccessBlock", "DeletePublicAccessBlock", "PublicAccessBlockConfiguration"),
    "encryption": ("PutBucketEncryption", "DeleteBucketEncryption", "ServerSideEncryptionConfiguration"),
    "lifecycle": ("PutBucketLifecycleConfiguration", "DeleteBucketLifecycle", "LifecycleConfiguration"),
    "ownership_controls": ("PutBucketOwnershipControls", "DeleteBucketOwnershipControls", "OwnershipControls"),
}
"""The calls that put and delete a setting, and the parameter that holds it."""


def requests(change: Change) -> Iterator[Request]:
    """List the requests of a change; none where it is not about these."""
    match change.subject:
        case Bucket() | BucketStatement():
            yield from _bucket(change)
        case BucketSetting() as setting:
            yield from _setting(setting, is_put=change.after is not None)
        case Secret():
            yield from _secret(change)
        case Rotation() as rotation:
            yield from _rotation(change, rotation)
        case _:
            yield from _key(change)


def _bucket(change: Change) -> Iterator[Request]:
    match change.before, change.after:
        case None, Bucket() as after:
            place = {} if after.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": after.region}}
            yield _s3("CreateBucket", Bucket=after.name, **place)
        case Bucket() as before, None:
            yield _s3("DeleteBucket", Bucket=before.name)
        case _, BucketStatement() as after:
            yield _s3("PutBucketPolicy", Bucket=after.bucket, Policy=_put_in(after.sid, after.statement))
        case BucketStatement() as before, None:
            left = later(f"the policy without {before.sid}, deleted when nothing is left")
            yield _s3("PutBucketPolicy", Bucket=before.bucket, Policy=left)


def _setting(setting: BucketSetting, *, is_put: bool) -> Iterator[Request]:
    bucket = {"Bucket": setting.bucket}
    if setting.setting == "tags":
        ours = f"with these put in: {setting.value}" if is_put else "without ours; deleted when none is left"
        yield _s3("PutBucketTagging", **bucket, Tagging=later(f"the tags as they are then, {ours}"))
        return
    put, delete, parameter = SETTINGS[setting.setting]
    yield _s3(put, **bucket, **{parameter: json.loads(setting.value)}) if is_put else _s3(delete, **bucket)


def _key(change: Change) -> Iterator[Request]:
    match change.before, change.after:
        case None, Key() as after:
            tags = tag_list((*after.tags, (NAME_TAG, after.name)), "TagKey", "TagValue")
            about = {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Description": f"Tonic Structural, {after.name}"}
            yield _kms("CreateKey", Policy=after.policy, **about, Tags=tags)
        case Key() as before, (Key() | None) as after:
            yield from _moved(before, after)
        case None, KeyAlias() as after:
            yield _kms("CreateAlias", AliasName=f"alias/{after.name}", TargetKeyId=_key_id(after.key))
        case KeyAlias() as before, None:
            yield _kms("DeleteAlias", AliasName=f"alias/{before.name}")
        case _, KeyRotation(enabled=True, key=key):
            yield _kms("EnableKeyRotation", KeyId=key)
        case KeyRotation(enabled=True, key=key), _:
            yield _kms("DisableKeyRotation", KeyId=key)
        case _, KeyStatement() as after:
            yield _kms("PutKeyPolicy", KeyId=after.key, PolicyName="default", Policy=_put_in(after.sid, after.statement))
        case KeyStatement() as before, None:
            yield _kms("PutKeyPolicy", KeyId=before.key, PolicyName="default", Policy=later(f"the policy without {before.sid}"))


def _moved(before: Key, after: Key | None) -> Iterator[Request]:
    """Lead a key to another state, through disabled between enabled and pending deletion."""
    key = {"KeyId": later(f"the id of the key {before.name}")}
    state = after.state if after is not None else "PendingDeletion"
    if state != before.state:
        if before.state == "PendingDeletion":
            yield _kms("CancelKeyDeletion", **key)
        if state == "Enabled":
            yield _kms("EnableKey", **key)
        elif before.state == "Enabled":
            yield _kms("DisableKey", **key)
        if state == "PendingDeletion":
            yield _kms("ScheduleKeyDeletion", **key, PendingWindowInDays=WINDOW)
    put, taken = tag_steps(before.tags, after.tags if after is not None else before.tags)
    if put:
        yield _kms("TagResource", **key, Tags=tag_list(put, "TagKey", "TagValue"))
    if taken:
        yield _kms("UntagResource", **key, TagKeys=list(taken))


def _secret(change: Change) -> Iterator[Request]:
    match change.before, change.after:
        case None, Secret() as after:
            password = "a new password" if after.value == "generated" else "the password that is asked for then, hidden"
            holds = later(f"JSON with the username and {password}" if after.username else password)
            first = {"ClientRequestToken": after.version} if after.version else {}
            yield _secrets("CreateSecret", Name=after.name, SecretString=holds, Tags=tag_list(after.tags), **first)
        case Secret() as before, (Secret() | None) as after:
            state = after.state if after is not None else "PendingDeletion"
            if before.state == "PendingDeletion" and state == "Active":
                yield _secrets("RestoreSecret", SecretId=before.name)
            put, taken = tag_steps(before.tags, after.tags if after is not None else before.tags)
            if put:
                yield _secrets("TagResource", SecretId=before.name, Tags=tag_list(put))
            if taken:
                yield _secrets("UntagResource", SecretId=before.name, TagKeys=list(taken))
            if before.state == "Active" and state == "PendingDeletion":
                yield _secrets("DeleteSecret", SecretId=before.name, RecoveryWindowInDays=WINDOW)


def _rotation(change: Change, after: Rotation) -> Iterator[Request]:
    """List the first and the last step; between them the password is set in the database."""
    new, before = later("a new password, in the place of the old one"), change.before
    yield _secrets(
        "PutSecretValue", SecretId=after.secret, SecretString=new, ClientRequestToken=after.version, VersionStages=["AWSPENDING"]
    )
    from_version = before.version if isinstance(before, Rotation) else ""
    moved = {"MoveToVersionId": after.version, "RemoveFromVersionId": from_version}
    yield _secrets("UpdateSecretVersionStage", SecretId=after.secret, VersionStage="AWSCURRENT", **moved)


def _key_id(key: str) -> str:
    """Give the id in a key's ARN; a symbol stands for the ARN that is looked up then."""
    return key if symbols_in(key) else key.rsplit("/", 1)[-1]


def _put_in(sid: str, statement: str) -> str:
    return later(f"the policy as it is then, with {sid} put in: {statement}")


def _s3(operation: str, **parameters: Any) -> Request:
    return Request("s3", operation, parameters)


def _kms(operation: str, **parameters: Any) -> Request:
    return Request("kms", operation, parameters)


def _secrets(operation: str, **parameters: Any) -> Request:
    return Request("secretsmanager", operation, parameters)
