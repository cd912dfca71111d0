"""Join a record's journal with what CloudTrail saw: by request id, and by caller and time for what the journal does not tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runbook_lib.evidence.audit import trail
from runbook_lib.evidence.audit.verify import opened
from runbook_lib.evidence.journal import FILE
from runbook_lib.evidence.record import PARAMETERS
from runbook_lib.evidence.strict import Unsound

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from runbook_lib.evidence.audit.chain import Journal
    from runbook_lib.evidence.audit.flaws import Audit
    from runbook_lib.evidence.audit.folder import Folder
    from runbook_lib.evidence.audit.trail import Event

DATA = {
    "s3": ("PutObject", "DeleteObject", "DeleteObjects", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "CopyObject",
           "AbortMultipartUpload"),
    "lambda": ("Invoke",),
    "sqs": ("SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "ChangeMessageVisibility"),
    "logs": ("PutLogEvents",),
}  # fmt: skip
"""Data events, which a trail holds only when it is told to (CloudTrail user guide, logging data events)."""
_SAID = re.compile(r"""^(records|environment):\s*["']?(?:s3://)?([^"'\s]+?)/?["']?\s*$""", re.MULTILINE)


def join(path: Path, export: Path) -> Audit:
    """Hold the calls that a journal tells of against an exported trail, and the trail's against the journal's."""
    folder, journal = opened(path)
    audit = folder.audit
    events = trail.read(export, audit)
    known = {each.request_id: each for each in events if each.request_id}
    calls = [(line, each) for line, each in journal.sent if each.get("request_id")]
    seen = sum(1 for _, each in calls if each["request_id"] in known)
    for line, each in calls:
        if each["request_id"] not in known:
            _missing(audit, line, each)
    own = {str(each["request_id"]) for _, each in calls}
    store = _store(folder)
    for event in _foreign(journal, events, own):
        if event.called == "s3:PutObject" and event.place.startswith(store):
            continue
        what = f"{event.called} ({event.request_id or 'no request id'}) by {event.caller} at {event.at}, which the journal does not tell of"
        audit.add("CloudTrail", 0, what + (f"; it failed: {event.error}" if event.error else ""))
    audit.checked.append(f"{len(calls)} calls of {FILE} against {len(events)} events: {seen} seen in CloudTrail")
    return audit


def _store(folder: Folder) -> str:
    """Name bucket and prefix below which the environment's records are stored while a run goes on, if that is a bucket."""
    try:
        said = dict(_SAID.findall(folder.octets(PARAMETERS).decode()))
    except (Unsound, ValueError):
        return ""
    return f"{said.get('records', '')}/{said.get('environment', '')}/"


def _missing(audit: Audit, line: int, call: dict[str, Any]) -> None:
    service, operation = str(call.get("service")), str(call.get("operation"))
    name = f"{service}:{operation} ({call['request_id']})"
    if operation in DATA.get(service, ()):
        audit.add(FILE, line, f"{name} is not in the export: it is a data event, which a trail holds only when it is told to", "unknown")
    else:
        what = "is not in the export: CloudTrail delivers within minutes, and logs IAM's calls in the partition's first region (us-east-1)"
        audit.add(FILE, line, f"{name} {what}")


def _foreign(journal: Journal, events: list[Event], own: set[str]) -> list[Event]:
    """List what the same callers changed between the first line and the last one, and the journal does not tell of."""
    callers = {str(each.about["by"]["caller"]) for each in journal.attempts if "caller" in each.about["by"]}
    times = sorted(each.about["at"] for each in journal.attempts)
    if not times:
        return []
    # CloudTrail's times have whole seconds.
    first, last = times[0][:19], journal.ended[:19]
    inside = (each for each in events if first <= each.at[:19] <= last)
    return [each for each in inside if not each.reads and each.caller in callers and each.request_id not in own]
