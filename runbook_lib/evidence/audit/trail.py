"""Read what CloudTrail exports: log files as a trail delivers them (JSON, also gzipped), and answers of LookupEvents."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.evidence.audit.folder import LARGEST
from runbook_lib.evidence.strict import Unsound, parsed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.evidence.audit.flaws import Audit


@dataclass(frozen=True)
class Event:
    """Hold of an event who called what when; `reads` tells that it changed nothing, `place` is an object's, as bucket and key."""

    request_id: str
    source: str
    name: str
    at: str
    caller: str
    reads: bool
    error: str
    place: str = ""

    @property
    def called(self) -> str:
        """Name service and operation."""
        return f"{self.source.removesuffix('.amazonaws.com')}:{self.name}"


def read(path: Path, audit: Audit) -> list[Event]:
    """Read a file, or every `.json` and `.json.gz` below a folder; a file that cannot be read is noted, the others count."""
    files = sorted(each for each in path.rglob("*") if each.name.endswith((".json", ".json.gz"))) if path.is_dir() else [path]
    found: list[Event] = []
    for each in files:
        try:
            found += _events(parsed(_octets(each)))
        except Unsound as error:
            audit.add(str(each), 0, str(error), "unknown")
    return found


def _octets(path: Path) -> bytes:
    """Read a file, unpacked where it is packed. Raises Unsound when it is too large."""
    try:
        with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as file:
            octets: bytes = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Unsound(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(octets) > LARGEST:
        raise Unsound(f"has more than {LARGEST >> 20} MB")
    return octets


def _events(exported: Any) -> Iterator[Event]:
    """List the events of `Records` (a trail's file) or `Events` (LookupEvents). Raises Unsound for anything else."""
    try:
        records = exported["Records"] if "Records" in exported else [json.loads(each["CloudTrailEvent"]) for each in exported["Events"]]
        yield from [_event(each) for each in records]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Unsound("is no export of CloudTrail: neither Records nor Events with what they hold") from None


def _event(record: dict[str, Any]) -> Event:
    """Read an event (CloudTrail user guide, record contents); services' own events have no request."""
    asked = record.get("requestParameters") or {}
    return Event(
        request_id=str(record.get("requestID") or ""),
        source=str(record["eventSource"]),
        name=str(record["eventName"]),
        at=str(record["eventTime"]),
        caller=str((record.get("userIdentity") or {}).get("arn") or ""),
        reads=bool(record.get("readOnly", False)),
        error=str(record.get("errorCode") or ""),
        place=f"{asked['bucketName']}/{asked['key']}" if "bucketName" in asked and "key" in asked else "",
    )
