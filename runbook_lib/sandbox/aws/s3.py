"""S3's own answers: buckets of other regions, keys that cannot be used, and nothing that moto would fake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws import held, storing
from runbook_lib.sandbox.aws.answers import Answer, error
from runbook_lib.sandbox.aws.encryption import unusable
from runbook_lib.sandbox.aws.permissions.s3 import written_key
from runbook_lib.sandbox.aws.refusals import withheld

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

PAID = b"""<?xml version="1.0" encoding="UTF-8"?>
<RequestPaymentConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Payer>BucketOwner</Payer></RequestPaymentConfiguration>"""
WRITES = ("PutObject", "CopyObject", "CreateMultipartUpload")


def rules() -> dict[str, Any]:
    """Give the rules by call. The front alone decides by a bucket's policy: moto would too, without its conditions."""
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL  # type: ignore[method-assign]
    return {
        "s3:*": answered,
        "s3:DeleteBucket": _removed,
        "s3:GetBucketRequestPayment": _paid_for,
        "s3:GetObjectRetention": storing.retention,
        **{f"s3:{name}": _written for name in WRITES},
    }


def answered(call: Call, proceed: Proceed) -> Answer:
    """Look at owner and region of the bucket."""
    owner, bucket = held.bucket_of(call.text("Bucket"))
    if bucket is None or call.operation in {"CreateBucket", "ListBuckets"}:
        return proceed()
    if (call.text("ExpectedBucketOwner") or owner) != owner:
        return withheld(call)
    if bucket.region_name != call.region and call.operation != "GetBucketLocation":
        message = "The bucket you are attempting to access must be addressed using the specified endpoint."
        return error(call, 301, "PermanentRedirect", message, (("x-amz-bucket-region", bucket.region_name),))
    return proceed()


def _paid_for(call: Call, proceed: Proceed) -> Answer:
    """Tell who pays for requests: the bucket's owner, since nobody else can be named here. Moto would list the objects."""
    if held.bucket_of(call.text("Bucket"))[1] is None:
        return proceed()
    return answered(call, lambda: ("200 OK", [("Content-Type", "application/xml"), ("x-amz-request-id", call.id)], PAID))


def _removed(call: Call, proceed: Proceed) -> Answer:
    """Let a bucket's tags go with it: moto would give them to the next bucket of its name."""
    from moto.s3.models import s3_backends

    owner, bucket = held.bucket_of(call.text("Bucket"))
    answer = answered(call, proceed)
    if bucket is not None and held.bucket_of(bucket.name)[1] is None:
        s3_backends[owner][bucket.partition].tagger.delete_all_tags_for_resource(bucket.arn)
    return answer


def _written(call: Call, proceed: Proceed) -> Answer:
    """Refuse to encrypt with a key that cannot be used."""
    return answered(call, lambda: unusable(call, written_key(call)) or storing.put(call, proceed))
