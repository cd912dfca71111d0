"""The permissions of S3's operations, with those of KMS for what is encrypted with a key."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree as ET

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.permissions.needs import Context, Need, Row, Table, also, arn, has, key_uses, rows

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.requests import Call

CONDITIONS = {
    "Prefix": "s3:prefix", "Delimiter": "s3:delimiter", "MaxKeys": "s3:max-keys", "VersionId": "s3:VersionId", "ACL": "s3:x-amz-acl",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption", "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "CopySource": "s3:x-amz-copy-source", "StorageClass": "s3:x-amz-storage-class", "ObjectLockMode": "s3:object-lock-mode",
    "GrantFullControl": "s3:x-amz-grant-full-control", "MetadataDirective": "s3:x-amz-metadata-directive",
    "SSECustomerAlgorithm": "s3:x-amz-server-side-encryption-customer-algorithm",
}  # fmt: skip


def bucket(call: Call) -> tuple[str, ...]:
    """Name the bucket."""
    return (_arn(call, call.text("Bucket")),)


def every_bucket(call: Call) -> tuple[str, ...]:
    """Stand for the list of all buckets."""
    return (_arn(call, "*"),)


def thing(call: Call) -> tuple[str, ...]:
    """Name the object."""
    return (_arn(call, f"{call.text('Bucket')}/{call.text('Key')}"),)


def _arn(call: Call, path: str) -> str:
    return arn(call, "s3", path, region="", account="")


def conditions(call: Call) -> Context:
    """Tell what conditions know of a request, and of the tags of the object that it is about."""
    known = {key: call.text(name) for name, key in CONDITIONS.items() if name in call.parameters}
    given = {f"s3:RequestObjectTag/{key}": value for key, value in parse_qsl(call.text("Tagging"), keep_blank_values=True)}
    there = held.object_tags(call.text("Bucket"), call.text("Key")) if call.text("Key") else {}
    return {**known, **given, **{f"s3:ExistingObjectTag/{key}": value for key, value in there.items()}}


def _location(call: Call) -> Context:
    """Tell where a new bucket is to be."""
    found = elements(call.body, "LocationConstraint")
    return {"s3:LocationConstraint": found[0].text or ""} if found else {}


def _versioned(action: str) -> Row:
    """Write a row whose action has another name for one version of an object."""

    def implied(call: Call) -> Iterable[Need]:
        name = f"s3:{action}Version" if call.text("VersionId") else f"s3:{action}"
        yield Need(name, thing(call)[0], conditions(call))
        if action == "GetObject":
            yield from _read_with_key(call, call.text("Bucket"), call.text("Key"))

    return Row("", lambda _call: (), (), (implied,))


def _deleted(call: Call) -> Iterable[Need]:
    """Want to delete each object of a batch."""
    for each in elements(call.body, "Object"):
        found = {child.tag.rpartition("}")[2]: child.text or "" for child in each}
        action = "s3:DeleteObjectVersion" if found.get("VersionId") else "s3:DeleteObject"
        yield Need(action, _arn(call, f"{call.text('Bucket')}/{found.get('Key', '')}"))


def elements(body: bytes, name: str) -> list[Any]:
    """List the elements of a name in an XML body; none where it is no XML."""
    try:
        root = ET.fromstring(body)  # noqa: S314 - the sandbox's own clients sent it
    except ET.ParseError:
        return []
    return [each for each in root.iter() if each.tag.rpartition("}")[2] == name]


_SOURCE = re.compile(r"/?(?P<bucket>[^/]+)/(?P<key>.*?)(\?versionId=(?P<version>.*))?\Z", re.DOTALL)


def _source(call: Call) -> Iterable[Need]:
    """Want to read what is copied."""
    match = _SOURCE.match(unquote(call.text("CopySource")))
    if match:
        action = "s3:GetObjectVersion" if match["version"] else "s3:GetObject"
        yield Need(action, _arn(call, f"{match['bucket']}/{match['key']}"))
        yield from _read_with_key(call, match["bucket"], match["key"])


def _read_with_key(call: Call, name: str, key: str) -> Iterable[Need]:
    """Want to decrypt an object that a key of KMS encrypts."""
    _, found = held.bucket_of(name)
    value = found.keys.get(key) if found is not None else None
    if value is not None and getattr(value, "encryption", None) == "aws:kms":
        yield from key_uses(call, value.kms_key_id or "", "s3", "Decrypt", aws_s3_arn=_arn(call, f"{name}/{key}"))


def written_key(call: Call) -> str:
    """Name the key of KMS that encrypts what a call writes: its own, else the bucket's; empty when none does."""
    asked = call.text("ServerSideEncryption")
    _, found = held.bucket_of(call.text("Bucket"))
    default: Any = (found.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {}) if found is not None else {}
    is_kms = (asked or default.get("SSEAlgorithm", "")).startswith("aws:kms")
    return call.text("SSEKMSKeyId") or str(default.get("KMSMasterKeyID") or "") if is_kms else ""


def destinations(call: Call, kind: str) -> list[str]:
    """List the queues, topics or functions that a bucket's notifications are to go to."""
    return [each.text or "" for each in elements(call.body, kind)]


def _writing(actions: str) -> Any:
    def implied(call: Call) -> Iterable[Need]:
        yield from key_uses(call, written_key(call), "s3", actions, aws_s3_arn=thing(call)[0])

    return implied


def _part(call: Call) -> Iterable[Need]:
    """Want to use the key of an upload in parts, for each part and for its end."""
    _, found = held.bucket_of(call.text("Bucket"))
    upload = found.multiparts.get(call.text("UploadId")) if found is not None else None
    if upload is not None and upload.sse_encryption == "aws:kms":
        yield from key_uses(call, upload.kms_key_id or "", "s3", "GenerateDataKey Decrypt", aws_s3_arn=thing(call)[0])


_PUT_ACL = also("s3:PutObjectAcl", thing, has("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"))
_PUT_TAGS = also("s3:PutObjectTagging", thing, has("Tagging"), conditions)
_PUT_RETENTION = also("s3:PutObjectRetention", thing, has("ObjectLockMode", "ObjectLockRetainUntilDate"))
_READ_OVER = also("s3:GetObject", thing, has("IfMatch"), conditions)
_PUT_HOLD = also("s3:PutObjectLegalHold", thing, has("ObjectLockLegalHoldStatus"))
_WITH_OBJECT = (_PUT_ACL, _PUT_TAGS, _PUT_RETENTION, _PUT_HOLD)
_WITH_BUCKET = (
    also("s3:PutBucketAcl", bucket, has("ACL", "GrantFullControl", "GrantRead", "GrantWrite")),
    also("s3:PutBucketOwnershipControls", bucket, has("ObjectOwnership")),
    also("s3:PutBucketVersioning", bucket, has("ObjectLockEnabledForBucket")),
    also("s3:PutBucketObjectLockConfiguration", bucket, has("ObjectLockEnabledForBucket")),
)
_SETTINGS = (
    "GetBucketLocation GetBucketPolicy PutBucketPolicy DeleteBucketPolicy GetBucketPolicyStatus GetBucketTagging PutBucketTagging"
    " DeleteBucketTagging=PutBucketTagging GetBucketVersioning PutBucketVersioning GetBucketAcl PutBucketAcl GetBucketLogging"
    " PutBucketLogging GetBucketOwnershipControls PutBucketOwnershipControls DeleteBucketOwnershipControls=PutBucketOwnershipControls"
    " GetBucketEncryption=GetEncryptionConfiguration PutBucketEncryption=PutEncryptionConfiguration"
    " DeleteBucketEncryption=PutEncryptionConfiguration GetBucketLifecycleConfiguration=GetLifecycleConfiguration"
    " PutBucketLifecycleConfiguration=PutLifecycleConfiguration DeleteBucketLifecycle=PutLifecycleConfiguration"
    " GetPublicAccessBlock=GetBucketPublicAccessBlock PutPublicAccessBlock=PutBucketPublicAccessBlock"
    " DeletePublicAccessBlock=PutBucketPublicAccessBlock GetBucketNotificationConfiguration=GetBucketNotification"
    " PutBucketNotificationConfiguration=PutBucketNotification GetBucketCors=GetBucketCORS PutBucketCors=PutBucketCORS"
    " DeleteBucketCors=PutBucketCORS GetBucketReplication=GetReplicationConfiguration PutBucketReplication=PutReplicationConfiguration"
    " DeleteBucketReplication=PutReplicationConfiguration GetObjectLockConfiguration=GetBucketObjectLockConfiguration"
    " PutObjectLockConfiguration=PutBucketObjectLockConfiguration GetBucketAccelerateConfiguration=GetAccelerateConfiguration"
    " GetBucketRequestPayment GetBucketWebsite DeleteBucket"
)
_LISTS = (
    "HeadBucket=ListBucket ListObjects=ListBucket ListObjectsV2=ListBucket ListObjectVersions=ListBucketVersions"
    " ListMultipartUploads=ListBucketMultipartUploads"
)
_OBJECTS = (
    "AbortMultipartUpload ListParts=ListMultipartUploadParts GetObjectTagging PutObjectTagging DeleteObjectTagging GetObjectAcl"
    " PutObjectRetention GetObjectRetention PutObjectLegalHold GetObjectLegalHold"
)
TABLE: Table = {
    **rows("s3", every_bucket, "ListBuckets=ListAllMyBuckets"),
    **rows("s3", bucket, "CreateBucket", (conditions, _location), _WITH_BUCKET),
    **rows("s3", bucket, _SETTINGS),
    **rows("s3", bucket, _LISTS, (conditions,)),
    **rows("s3", thing, _OBJECTS, (conditions,)),
    **rows("s3", thing, "PutObject", (conditions,), (*_WITH_OBJECT, _READ_OVER, _writing("GenerateDataKey"))),
    **rows("s3", thing, "CopyObject=PutObject", (conditions,), (_source, *_WITH_OBJECT, _writing("GenerateDataKey"))),
    **rows("s3", thing, "CreateMultipartUpload=PutObject", (conditions,), (*_WITH_OBJECT, _writing("GenerateDataKey Decrypt"))),
    **rows("s3", thing, "UploadPart=PutObject CompleteMultipartUpload=PutObject", (conditions,), (_part,)),
    **rows("s3", thing, "UploadPartCopy=PutObject", (conditions,), (_source, _part)),
    **{f"s3:{name}": _versioned("GetObject") for name in ("GetObject", "HeadObject", "GetObjectAttributes")},
    "s3:DeleteObject": _versioned("DeleteObject"),
    "s3:DeleteObjects": Row("", lambda _call: (), (), (_deleted,)),
}
