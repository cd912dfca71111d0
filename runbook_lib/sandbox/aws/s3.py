"""S3's own answers about the place and the owner of a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.answers import Answer, error
from runbook_lib.sandbox.aws.refusals import withheld

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call


def rules() -> dict[str, Any]:
    """Give the rules by call."""
    return {"s3:*": _answered}


def _answered(call: Call, proceed: Proceed) -> Answer:
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
