"""Read and write the settings of a bucket, each with the calls that S3 has for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import NotFound
from runbook_lib.model import canonical

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.reading import Reader
    from runbook_lib.adapters.aws.session import AwsSession
    from runbook_lib.resources.s3 import BucketSetting, Setting


def _same(value: Any) -> Any:
    return value


def _encryption(value: Any) -> Any:
    """Leave out what S3 adds by itself and what says the same as its absence."""
    rules = [{key: each[key] for key in sorted(each) if key != "BlockedEncryptionTypes"} for each in value["Rules"]]
    return {"Rules": [{key: part for key, part in each.items() if (key, part) != ("BucketKeyEnabled", False)} for each in rules]}


def _lifecycle(value: Any) -> Any:
    """Spell a rule without a filter one way, and sort rules by ID."""
    rules = [{**each, "Filter": each.get("Filter") or {"Prefix": each.get("Prefix", "")}} for each in value["Rules"]]
    rules = [{key: part for key, part in each.items() if key != "Prefix"} for each in rules]
    return {"Rules": sorted(rules, key=lambda each: (each.get("ID", ""), canonical(each)))}


def _tags(value: Any) -> Any:
    return {"TagSet": sorted(value["TagSet"], key=lambda each: each["Key"])}


@dataclass(frozen=True)
class Calls:
    """Name the calls of a setting, the request's parameter, the answer's key (none: all of it), and its plain form."""

    get: str
    put: str
    delete: str
    parameter: str
    answer: str = ""
    plain: Callable[[Any], Any] = _same


KNOWN: dict[Setting, Calls] = {
    "public_access_block": Calls(
        "get_public_access_block",
        "put_public_access_block",
        "delete_public_access_block",
        "PublicAccessBlockConfiguration",
        "PublicAccessBlockConfiguration",
    ),
    "encryption": Calls(
        "get_bucket_encryption",
        "put_bucket_encryption",
        "delete_bucket_encryption",
        "ServerSideEncryptionConfiguration",
        "ServerSideEncryptionConfiguration",
        _encryption,
    ),
    "lifecycle": Calls(
        "get_bucket_lifecycle_configuration",
        "put_bucket_lifecycle_configuration",
        "delete_bucket_lifecycle",
        "LifecycleConfiguration",
        plain=_lifecycle,
    ),
    "tags": Calls("get_bucket_tagging", "put_bucket_tagging", "delete_bucket_tagging", "Tagging", plain=_tags),
    "ownership_controls": Calls(
        "get_bucket_ownership_controls",
        "put_bucket_ownership_controls",
        "delete_bucket_ownership_controls",
        "OwnershipControls",
        "OwnershipControls",
    ),
}
_WHOLE = ("Rules", "TagSet")


def read(bucket: str, setting: Setting, reader: Reader, wanted: str = "") -> str | None:
    """Give a setting as canonical JSON, None when it is absent; the wanted text when it says the same.

    Of the tags only those with wanted keys count, when some are wanted.
    """
    calls = KNOWN[setting]
    answer = reader.maybe("s3", calls.get, Bucket=bucket)
    if answer is None:
        return None
    value = _value(calls, answer)
    if setting == "tags" and wanted:
        keys = {each["Key"] for each in json.loads(wanted)["TagSet"]}
        value = {"TagSet": [each for each in value["TagSet"] if each["Key"] in keys]}
        if not value["TagSet"]:
            return None
    return wanted if wanted and calls.plain(json.loads(wanted)) == calls.plain(value) else canonical(calls.plain(value))


def _value(calls: Calls, answer: dict[str, Any]) -> Any:
    return answer[calls.answer] if calls.answer else {key: answer[key] for key in _WHOLE if key in answer}


def write(before: BucketSetting | None, after: BucketSetting | None, session: AwsSession) -> None:
    """Put or delete a setting; of the tags just those that we manage."""
    subject = after if after is not None else before
    if subject is None:
        return
    calls = KNOWN[subject.setting]
    if subject.setting == "tags":
        value = _merged_tags(before, after, subject.bucket, session)
    else:
        value = json.loads(after.value) if after is not None else None
    if value:
        session.write("s3", calls.put, Bucket=subject.bucket, **{calls.parameter: value})
    else:
        session.write("s3", calls.delete, Bucket=subject.bucket)


def _merged_tags(before: BucketSetting | None, after: BucketSetting | None, bucket: str, session: AwsSession) -> dict[str, Any] | None:
    """Put our tags among the foreign ones, which S3 would otherwise drop."""
    try:
        present = session.read("s3", KNOWN["tags"].get, Bucket=bucket)["TagSet"]
    except NotFound:
        present = []
    ours = json.loads(after.value)["TagSet"] if after is not None else []
    managed = {each["Key"] for side in (before, after) if side is not None for each in json.loads(side.value)["TagSet"]}
    merged = [*(each for each in present if each["Key"] not in managed), *ours]
    return {"TagSet": merged} if merged else None
