"""What S3 holds a stored object to and moto does not: its checksum, its condition as one step, and its retention read back."""

from __future__ import annotations

import base64
import hashlib
import threading
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.answers import Answer, error, not_modelled

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

_ONE_AT_A_TIME = threading.Lock()
_DIFFERS = "The SHA256 you specified did not match the calculated checksum."


def put(call: Call, proceed: Proceed) -> Answer:
    """Refuse content that is not what its checksum says; ask a condition and store in one step."""
    given = call.text("ChecksumSHA256")
    if given and not call.text("ChecksumAlgorithm"):
        return not_modelled(call, "a checksum without x-amz-sdk-checksum-algorithm, which moto would forget")
    if given and given != base64.b64encode(hashlib.sha256(call.body).digest()).decode():
        return error(call, 400, "BadDigest", _DIFFERS)
    if not (call.text("IfMatch") or call.text("IfNoneMatch")):
        return proceed()
    with _ONE_AT_A_TIME:
        return proceed()


def retention(call: Call, _proceed: Proceed) -> Answer:
    """Read back what holds an object."""
    _, bucket = held.bucket_of(call.text("Bucket"))
    if bucket is None:
        return error(call, 404, "NoSuchBucket", "The specified bucket does not exist")
    if not bucket.object_lock_enabled:
        return error(call, 400, "InvalidRequest", "Bucket is missing Object Lock Configuration")
    found: Any = bucket.keys.get(call.text("Key"))
    if found is None:
        return error(call, 404, "NoSuchKey", "The specified key does not exist.")
    if not found.lock_mode:
        return error(call, 404, "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration")
    told = f"<Mode>{found.lock_mode}</Mode><RetainUntilDate>{found.lock_until}</RetainUntilDate>"
    body = f'<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{told}</Retention>'
    return "200 OK", [("Content-Type", "application/xml"), ("x-amz-request-id", call.id)], body.encode()
