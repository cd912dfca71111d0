"""S3's own answers: buckets of other accounts and regions, what a new bucket has by itself, and nothing that moto would fake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws.answers import Answer, error, not_modelled

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

OBJECTS = (
    "PutObject", "GetObject", "HeadObject", "DeleteObject", "DeleteObjects", "CopyObject", "ListObjects", "ListObjectsV2",
    "ListObjectVersions", "CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload", "AbortMultipartUpload",
    "ListMultipartUploads", "ListParts", "GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging", "GetObjectAcl",
    "GetObjectAttributes", "PutObjectRetention", "PutObjectLegalHold", "GetObjectLegalHold",
)  # fmt: skip
SETTINGS = (
    "BucketEncryption", "BucketPolicy", "BucketTagging", "PublicAccessBlock", "BucketLifecycleConfiguration", "BucketOwnershipControls",
    "BucketVersioning", "BucketAcl", "BucketLogging", "BucketNotificationConfiguration", "BucketCors", "BucketReplication",
    "ObjectLockConfiguration",
)  # fmt: skip
DELETIONS = (
    "DeleteBucketEncryption", "DeleteBucketPolicy", "DeleteBucketTagging", "DeletePublicAccessBlock", "DeleteBucketLifecycle",
    "DeleteBucketOwnershipControls", "DeleteBucketCors", "DeleteBucketReplication",
)  # fmt: skip
BUCKETS = ("CreateBucket", "DeleteBucket", "HeadBucket", "GetBucketLocation", "GetBucketPolicyStatus")
KNOWN = frozenset({"ListBuckets", *BUCKETS, *OBJECTS, *DELETIONS, *(f"{verb}{each}" for each in SETTINGS for verb in ("Get", "Put"))})


def rules() -> dict[str, Any]:
    """Give the one rule for all of S3."""
    return {"s3:*": _answered}


def _answered(call: Call, proceed: Proceed) -> Answer:
    """Refuse operations that moto answers as if they were others, then look at owner and region."""
    if call.operation not in KNOWN:
        return not_modelled(call)
    owner, bucket = _bucket(call)
    if bucket is None or call.operation in {"CreateBucket", "ListBuckets"}:
        return proceed()
    if owner != call.account or (call.text("ExpectedBucketOwner") or owner) != owner:
        return error(call, 403, "403" if call.operation == "HeadBucket" else "AccessDenied", "Access Denied")
    if bucket.region_name != call.region and call.operation != "GetBucketLocation":
        message = "The bucket you are attempting to access must be addressed using the specified endpoint."
        return error(call, 301, "PermanentRedirect", message, (("x-amz-bucket-region", bucket.region_name),))
    return proceed()


def _bucket(call: Call) -> tuple[str, Any]:
    """Find a bucket of any account: its owner, and what moto holds of it."""
    from moto.s3.models import s3_backends

    name = call.text("Bucket")
    partition, owner = s3_backends.bucket_accounts.get(name, ("", ""))
    return owner, s3_backends[owner][partition].buckets.get(name) if owner else None
