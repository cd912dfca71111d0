"""Observe and write buckets and single statements of their policies."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.aws import settings
from runbook_lib.adapters.aws.tags import is_ours, read_tags
from runbook_lib.adapters.together import together
from runbook_lib.errors import Denied, NotFound, Rejected
from runbook_lib.policy import (
    canonical,
    canonical_statement,
    same_statement,
    statement_by_sid,
    with_statement,
    without_statement,
)
from runbook_lib.policy.canonical import statements
from runbook_lib.ports import Observation
from runbook_lib.resources.s3 import (
    Bucket,
    BucketAnswer,
    BucketAsked,
    BucketSetting,
    BucketStatement,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.adapters.aws.reading import Reader
    from runbook_lib.adapters.aws.session import AwsSession
    from runbook_lib.model import Change

_US = "us-east-1"
_NEW_POLICY: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}


def observe_bucket(wanted: Bucket, reader: Reader) -> Observation:
    """Read a bucket's region and whether it carries our tag; one of another account is there and not ours."""
    region, is_foreign = _head(wanted.name, reader)
    if not region:
        return Observation()
    value = Bucket(name=wanted.name, region=region)
    if is_foreign or region != reader.session.environment.aws.region:
        return Observation(value)
    found = reader.maybe("s3", "get_bucket_tagging", Bucket=wanted.name)
    tags = read_tags(found["TagSet"]) if found is not None else ()
    return Observation(value, is_ours(tags, reader.session.environment))


def observe_setting(wanted: BucketSetting, reader: Reader) -> Observation:
    """Read one setting of a bucket."""
    text = settings.read(wanted.bucket, wanted.setting, reader, wanted.value)
    return Observation(wanted.model_copy(update={"value": text}) if text is not None else None)


def observe_statement(wanted: BucketStatement, reader: Reader) -> Observation:
    """Read one statement of a bucket's policy by its Sid."""
    policy = _policy(wanted.bucket, reader)
    found = statement_by_sid(policy, wanted.sid) if policy else None
    if found is None:
        return Observation()
    text = wanted.statement if same_statement(found, wanted.statement) else canonical_statement(found)
    return Observation(wanted.model_copy(update={"statement": text}))


def answer_bucket(question: BucketAsked, reader: Reader) -> BucketAnswer | None:
    """Read all that matters of a bucket."""
    name = question.name
    region, is_foreign = _head(name, reader)
    if not region:
        return None
    if is_foreign or region != reader.session.environment.aws.region:
        return BucketAnswer(name=name, region=region, is_foreign=is_foreign)
    *read, policy, notifications, versioning, objects = together(lambda ask: ask(), _questions(name, reader))
    texts = dict(zip(settings.KNOWN, read, strict=True))
    algorithm, key = _encryption(texts["encryption"])
    return BucketAnswer(
        name=name,
        region=region,
        encryption=algorithm,
        encryption_key=_key_arn(key, reader),
        versioning=versioning.get("Status", ""),
        settings=tuple((setting, text) for setting, text in sorted(texts.items()) if text is not None),
        policy=canonical(policy) if policy else "",
        has_notifications=any(key.endswith(("Configurations", "Configuration")) for key in notifications),
        is_empty=not objects.get("KeyCount", 0),
    )


def _questions(name: str, reader: Reader) -> list[Callable[[], Any]]:
    """List what is read of a bucket that is there."""
    return [
        *(partial(settings.read, name, setting, reader) for setting in settings.KNOWN),
        partial(_policy, name, reader),
        partial(reader.read, "s3", "get_bucket_notification_configuration", Bucket=name),
        partial(reader.read, "s3", "get_bucket_versioning", Bucket=name),
        partial(reader.read, "s3", "list_objects_v2", Bucket=name, MaxKeys=1),
    ]


def write(change: Change, session: AwsSession) -> None:
    """Write one change of a bucket, a setting or a statement. Raises TargetError."""
    match change.before, change.after:
        case None, Bucket() as after:
            _create(after, session)
        case Bucket() as before, Bucket():
            raise Rejected(
                before.address,
                f"the bucket lies in {before.region}, and S3 cannot move it",
                "correct aws.region or the name",
            )
        case Bucket() as before, None:
            session.write("s3", "delete_bucket", Bucket=before.name)
            session.gone(before.address)
        case (BucketSetting() | None) as before, (BucketSetting() | None) as after:
            settings.write(before, after, session)
        case _, BucketStatement() as after:
            _put_policy(after.bucket, with_statement(_present(after.bucket, session), after.statement), session)
        case BucketStatement() as before, None:
            _put_policy(before.bucket, without_statement(_present(before.bucket, session), before.sid), session)


def _create(bucket: Bucket, session: AwsSession) -> None:
    place = {} if bucket.region == _US else {"CreateBucketConfiguration": {"LocationConstraint": bucket.region}}
    session.write("s3", "create_bucket", Bucket=bucket.name, **place)
    session.born(bucket.address)


def _head(name: str, reader: Reader) -> tuple[str, bool]:
    """Give a bucket's region, empty when there is none, and whether another account owns it.

    A refusal tells a foreign bucket from a missing right only when we may list our own.
    """
    environment = reader.session.environment
    try:
        answer = reader.read("s3", "head_bucket", f"s3_bucket/{name}", Bucket=name, ExpectedBucketOwner=environment.aws.account)
    except NotFound:
        return "", False
    except Rejected as error:
        if "another region" not in error.what:
            raise
        return _region(name, reader), False
    except Denied:
        if _may_be_ours(name, reader):
            raise
        return environment.aws.region, True
    return answer.get("BucketRegion") or environment.aws.region, False


def _may_be_ours(name: str, reader: Reader) -> bool:
    """Tell whether a bucket that refuses us is in our account, as far as that can be told."""
    try:
        return name in {each["Name"] for each in reader.read("s3", "list_buckets").get("Buckets", [])}
    except Denied:
        return True


def _region(name: str, reader: Reader) -> str:
    found = reader.read("s3", "get_bucket_location", Bucket=name).get("LocationConstraint")
    return {"EU": "eu-west-1"}.get(found or _US, found or _US)


def _policy(bucket: str, reader: Reader) -> str:
    answer = reader.maybe("s3", "get_bucket_policy", Bucket=bucket)
    return str(answer["Policy"]) if answer is not None else ""


def _present(bucket: str, session: AwsSession) -> dict[str, Any]:
    try:
        policy: dict[str, Any] = json.loads(session.read("s3", "get_bucket_policy", Bucket=bucket)["Policy"])
    except NotFound:
        return _NEW_POLICY
    return policy


def _put_policy(bucket: str, document: dict[str, Any], session: AwsSession) -> None:
    if statements(document):
        session.write("s3", "put_bucket_policy", Bucket=bucket, Policy=json.dumps(document, ensure_ascii=False))
    else:
        session.write("s3", "delete_bucket_policy", Bucket=bucket)


def _encryption(text: str | None) -> tuple[str, str]:
    rules = json.loads(text)["Rules"] if text is not None else []
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    return default.get("SSEAlgorithm", ""), default.get("KMSMasterKeyID", "")


def _key_arn(key: str, reader: Reader) -> str:
    """Give the ARN of a bucket's key: S3 keeps an id or an alias as it was given."""
    if not key or ":key/" in key:
        return key
    answer = reader.maybe("kms", "describe_key", KeyId=key)
    return str(answer["KeyMetadata"]["Arn"]) if answer is not None else key
