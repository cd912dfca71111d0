"""S3's own answers: buckets of other regions, keys and queues that cannot be used, and nothing that moto would fake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.answers import Answer, error, not_modelled
from runbook_lib.sandbox.aws.deciding import service_may
from runbook_lib.sandbox.aws.encryption import MANAGED, unusable
from runbook_lib.sandbox.aws.permissions.needs import via_service
from runbook_lib.sandbox.aws.permissions.s3 import destinations, written_key
from runbook_lib.sandbox.aws.refusals import withheld

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

WRITES = ("PutObject", "CopyObject", "CreateMultipartUpload")
UNREACHED = "Unable to validate the following destination configurations"


def rules() -> dict[str, Any]:
    """Give the rules by call. The front alone decides by a bucket's policy: moto would too, without its conditions."""
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL  # type: ignore[method-assign]
    return {"s3:*": _answered, "s3:PutBucketNotificationConfiguration": _notified, **{f"s3:{name}": _written for name in WRITES}}


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


def _written(call: Call, proceed: Proceed) -> Answer:
    """Refuse to encrypt with a key that cannot be used."""
    return _answered(call, lambda: unusable(call, written_key(call)) or proceed())


def _notified(call: Call, proceed: Proceed) -> Answer:
    """Refuse to notify queues that are not there, or that S3 may not send to or encrypt for; topics and functions are not modelled."""
    if destinations(call, "Topic") or destinations(call, "CloudFunction"):
        return not_modelled(call, "notifications to topics and functions")
    bad = [each for each in destinations(call, "Queue") if not _reaches(call, each)]
    return _answered(call, (lambda: error(call, 400, "InvalidArgument", UNREACHED)) if bad else proceed)


def _reaches(call: Call, queue_arn: str) -> bool:
    owner, _ = held.bucket_of(call.text("Bucket"))
    source = {"aws:SourceArn": f"arn:{call.partition}:s3:::{call.text('Bucket')}", "aws:SourceAccount": owner}
    parts = queue_arn.split(":")
    queue = held.queue_of(parts[4], parts[3], parts[5]) if parts[2:3] == ["sqs"] else None
    if queue is None or not service_may(call, SERVICE, "sqs:SendMessage", queue_arn, source):
        return False
    name = queue.kms_master_key_id or ""
    if not name:
        return True
    # The policy of AWS's own key cannot be changed, so S3 can never be let in.
    key = None if MANAGED in name else held.key_of(parts[4], parts[3], name)
    through = {**source, "kms:ViaService": via_service(call, "sqs", parts[3])}
    uses = ("kms:GenerateDataKey", "kms:Decrypt")
    return key is not None and key.key_state == "Enabled" and all(service_may(call, SERVICE, each, key.arn, through) for each in uses)


SERVICE = "s3.amazonaws.com"
