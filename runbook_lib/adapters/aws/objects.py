"""Keep objects in a bucket: conditional writes, checksums, retention, all of them in the file's account."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.aws.errors import RAISED, Request, translated
from runbook_lib.errors import NotFound, Rejected
from runbook_lib.ports import Hold, StoredObject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.adapters.aws.reading import Reader
    from runbook_lib.adapters.aws.session import AwsSession
    from runbook_lib.resources.records import StoreAsked

_ABSENT = ("NoSuchKey", "(404")
"""What S3 says of a key under which nothing is; a missing bucket is something else."""


class BucketObjects:
    """Be the object store of one bucket. Every request names the account that the bucket must belong to."""

    def __init__(self, session: AwsSession, bucket: str) -> None:
        self._session, self._bucket = session, bucket

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """List the keys that begin with a prefix. Raises TargetError."""
        found = self._session.pages("s3", "list_objects_v2", "Contents", **self._place(), Prefix=prefix)
        return {each["Key"]: each["Size"] for each in found}

    def read(self, key: str) -> tuple[bytes, str] | None:
        """Read an object; botocore holds it against its checksum. Raises TargetError."""
        try:
            answer = self._session.read("s3", "get_object", **self._place(key), ChecksumMode="ENABLED")
        except NotFound as error:
            _refuse_lost_bucket(error)
            return None
        try:
            return answer["Body"].read(), answer["ETag"]
        except RAISED as error:
            raise translated(error, Request("s3", "GetObject", f"{self._bucket}/{key}")) from None

    def put(self, key: str, content: bytes, *, over: str = "", hold: Hold | None = None) -> str:
        """Store an object, once; S3 refuses what arrives damaged. Raises Conflict and other TargetErrors."""
        condition = {"IfMatch": over} if over else {"IfNoneMatch": "*"}
        kept = {"ObjectLockMode": hold.mode, "ObjectLockRetainUntilDate": hold.until} if hold is not None else {}
        checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
        answer = self._session.write(
            "s3", "put_object", **self._place(key), Body=content, ChecksumAlgorithm="SHA256", ChecksumSHA256=checksum, **condition, **kept
        )
        return str(answer["ETag"])

    def look(self, key: str) -> StoredObject | None:
        """State size, ETag, checksum and time of an object. Raises TargetError, also when it has no SHA-256."""
        try:
            answer = self._session.read("s3", "head_object", **self._place(key), ChecksumMode="ENABLED")
        except NotFound as error:
            _refuse_lost_bucket(error)
            return None
        if "ChecksumSHA256" not in answer:
            raise Rejected(f"s3://{self._bucket}/{key}", "has no SHA-256 checksum: the runbook did not put it there", "look who did")
        sha256 = base64.b64decode(answer["ChecksumSHA256"]).hex()
        return StoredObject(answer["ContentLength"], answer["ETag"], sha256, answer["LastModified"])

    def hold(self, key: str) -> Hold | None:
        """Read back an object's retention. Raises TargetError."""
        try:
            found = self._session.read("s3", "get_object_retention", **self._place(key))["Retention"]
        except NotFound:
            return None
        return Hold(found["Mode"], found["RetainUntilDate"])

    def _place(self, key: str = "") -> dict[str, Any]:
        owner = {"Bucket": self._bucket, "ExpectedBucketOwner": self._session.environment.aws.account}
        return {**owner, "Key": key} if key else owner


def _refuse_lost_bucket(error: NotFound) -> None:
    """Tell an absent object from an absent bucket. Raises NotFound of a bucket."""
    if not any(each in error.what for each in _ABSENT):
        raise error


def answer_store(question: StoreAsked, reader: Reader) -> bool | None:
    """Tell whether a bucket has Object Lock; None when there is no bucket."""
    owner = {"Bucket": question.bucket, "ExpectedBucketOwner": reader.session.environment.aws.account}
    if reader.maybe("s3", "list_objects_v2", **owner, Prefix=question.prefix, MaxKeys=1) is None:
        return None
    found = reader.maybe("s3", "get_object_lock_configuration", **owner) if question.is_held else None
    return found is not None and found["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"
