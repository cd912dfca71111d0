"""What the calls about buckets take (`adapters.aws.s3`, `adapters.aws.settings`, `adapters.aws.objects`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runbook_lib.adapters.aws.rights.words import Permissions, on
from runbook_lib.resources.s3 import Bucket, BucketSetting, BucketStatement

if TYPE_CHECKING:
    from runbook_lib.model import Change
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.records import StoreAsked
    from runbook_lib.resources.s3 import BucketAsked, Setting

_NAMES: dict[Setting, str] = {
    "public_access_block": "BucketPublicAccessBlock",
    "encryption": "EncryptionConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "tags": "BucketTagging",
    "ownership_controls": "BucketOwnershipControls",
}
"""What S3's actions call the settings; taking one away is putting it."""


def _bucket(env: Environment, name: str) -> str:
    return env.arn("s3", name, region="", account="")


def reading_bucket(bucket: Bucket, env: Environment) -> Permissions:
    """Declare `observe_bucket`: HeadBucket takes s3:ListBucket."""
    return on(_bucket(env, bucket.name), "s3:ListBucket s3:GetBucketTagging")


def reading_setting(setting: BucketSetting, env: Environment) -> Permissions:
    """Declare `observe_setting`."""
    return on(_bucket(env, setting.bucket), f"s3:Get{_NAMES[setting.setting]}")


def reading_statement(statement: BucketStatement, env: Environment) -> Permissions:
    """Declare `observe_statement`."""
    return on(_bucket(env, statement.bucket), "s3:GetBucketPolicy")


def asking_bucket(question: BucketAsked, env: Environment) -> Permissions:
    """Declare `answer_bucket`."""
    settings = " ".join(f"s3:Get{name}" for name in _NAMES.values())
    rest = "s3:ListBucket s3:GetBucketPolicy s3:GetBucketNotification s3:GetBucketVersioning"
    return on(_bucket(env, question.name), f"{rest} {settings}")


def keeping_records(question: StoreAsked, env: Environment) -> Permissions:
    """Declare `answer_store` and `BucketObjects`; who may replace an object under If-Match must be allowed to read it."""
    held = " s3:PutObjectRetention s3:GetObjectRetention" if question.is_held else ""
    bucket = _bucket(env, question.bucket)
    yield from on(bucket, "s3:ListBucket" + (" s3:GetBucketObjectLockConfiguration" if question.is_held else ""))
    yield from on(f"{bucket}/{question.prefix}*", f"s3:GetObject s3:PutObject{held}")


def changing_bucket(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare what `write` does to a bucket; an existing one is never moved."""
    match change.before, change.after:
        case None, Bucket() as after:
            yield on(_bucket(env, after.name), "s3:CreateBucket")
        case Bucket() as before, None:
            yield on(_bucket(env, before.name), "s3:DeleteBucket")


def changing_setting(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare what `write` does to a setting; foreign tags are read first, so that they stay."""
    subject = change.subject
    if isinstance(subject, BucketSetting):
        name, arn = _NAMES[subject.setting], _bucket(env, subject.bucket)
        yield on(arn, f"s3:Get{name}") if subject.setting == "tags" else ()
        yield on(arn, f"s3:Put{name}")


def changing_statement(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare what `write` does to a statement: the last one goes with the policy, others stay in it."""
    subject = change.subject
    if isinstance(subject, BucketStatement):
        removal = " s3:DeleteBucketPolicy" if change.after is None else ""
        yield on(_bucket(env, subject.bucket), f"s3:GetBucketPolicy s3:PutBucketPolicy{removal}")
