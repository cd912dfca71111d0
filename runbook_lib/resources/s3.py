"""Staging buckets, one setting a resource because S3 sets each with a call of its own."""

from __future__ import annotations

from typing import ClassVar, Literal

from runbook_lib.model import Question, Resource, Value

Setting = Literal["public_access_block", "encryption", "lifecycle", "tags", "ownership_controls"]


class Bucket(Resource):
    """Describe a bucket."""

    kind: ClassVar[str] = "s3_bucket"
    is_claimed: ClassVar[bool] = True
    name: str
    region: str

    @property
    def address(self) -> str:
        """Name the bucket."""
        return f"{self.kind}/{self.name}"

    @property
    def lane(self) -> str:
        """Name the bucket: no bucket builds on another."""
        return self.address

    @property
    def mark(self) -> str:
        """Name the setting: S3 takes tags in a call after the bucket's own."""
        return f"{BucketSetting.kind}/{self.name}/tags"


class BucketSetting(Resource):
    """Hold one setting of a bucket as canonical JSON in the shape S3's own call takes."""

    kind: ClassVar[str] = "s3_bucket_setting"
    goes_with_holder: ClassVar[bool] = True
    bucket: str
    setting: Setting
    value: str

    @property
    def address(self) -> str:
        """Name bucket and setting."""
        return f"{self.kind}/{self.bucket}/{self.setting}"

    @property
    def holder(self) -> str:
        """Name the bucket."""
        return f"{Bucket.kind}/{self.bucket}"

    @property
    def lane(self) -> str:
        """Name the bucket."""
        return self.holder


class BucketStatement(Resource):
    """Hold one statement, found by Sid, in a bucket's policy."""

    kind: ClassVar[str] = "s3_bucket_statement"
    is_ours_by_name: ClassVar[bool] = True
    goes_with_holder: ClassVar[bool] = True
    bucket: str
    sid: str
    statement: str

    @property
    def address(self) -> str:
        """Name bucket and Sid."""
        return f"{self.kind}/{self.bucket}/{self.sid}"

    @property
    def holder(self) -> str:
        """Name the bucket."""
        return f"{Bucket.kind}/{self.bucket}"

    @property
    def lane(self) -> str:
        """Name the bucket."""
        return self.holder


class BucketAsked(Question):
    """Ask about a bucket; answered with `BucketAnswer`, or None when there is none."""

    kind: ClassVar[str] = "ask_bucket"
    name: str


class BucketAnswer(Value):
    """State a bucket's settings; `is_foreign` when another account owns it, `encryption_key` is a key ARN or empty.

    `settings` maps each `Setting` that is present to its canonical JSON; `has_notifications` tells of a non-empty configuration.
    """

    name: str
    region: str
    is_foreign: bool = False
    encryption: str = ""
    encryption_key: str = ""
    versioning: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    policy: str = ""
    has_notifications: bool = False
    is_empty: bool = True
