"""The calls that a journal tells of are found in an export of CloudTrail, and what else the caller did meanwhile is named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.evidence import audit
from tests import records

CALLER = "arn:aws:iam::123456789012:user/somebody"


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a record of an apply."""
    return records.house(tmp_path_factory.mktemp("house"), signs=False).applied()


def journal(record: Path) -> list[dict[str, Any]]:
    """Read the journal."""
    return [json.loads(line) for line in (record / "journal.jsonl").read_text("utf-8").splitlines()]


def event(line: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Say of a call what CloudTrail says."""
    return {
        "eventSource": "s3.amazonaws.com",
        "eventName": line["sent"]["operation"],
        "eventTime": line["at"][:19] + "Z",
        "requestID": line["sent"]["request_id"],
        "userIdentity": {"type": "IAMUser", "arn": CALLER},
        "readOnly": False,
        **changes,
    }


def seen(record: Path) -> list[dict[str, Any]]:
    """Say all that CloudTrail saw of a run."""
    return [event(line) for line in journal(record) if "sent" in line]


def joined(record: Path, export: Path) -> tuple[int, list[str]]:
    """Join; give the exit code and what was found."""
    found = audit.join(record, export)
    return found.exit_code, [str(each) for each in found.flaws]


def test_everything_that_was_sent_is_in_a_whole_export(record: Path, tmp_path: Path) -> None:
    """A folder of a trail's files, plain and gzipped, and an answer of LookupEvents, are read alike."""
    events = seen(record)
    (tmp_path / "a" / "2026").mkdir(parents=True)
    (tmp_path / "a" / "2026" / "one.json").write_text(json.dumps({"Records": events[:2]}), "utf-8")
    (tmp_path / "a" / "two.json.gz").write_bytes(gzip.compress(json.dumps({"Records": events[2:]}).encode()))
    (tmp_path / "lookup.json").write_text(json.dumps({"Events": [{"CloudTrailEvent": json.dumps(each)} for each in events]}), "utf-8")

    for export in (tmp_path / "a", tmp_path / "lookup.json"):
        found = audit.join(record, export)
        assert (0, []) == (found.exit_code, found.flaws)
        assert [each for each in found.checked if each.endswith(f"{len(events)} seen in CloudTrail")]


def test_a_call_that_the_export_lacks_is_missing(record: Path, tmp_path: Path) -> None:
    """It is named with the journal's line and its request id."""
    events = seen(record)
    (tmp_path / "export.json").write_text(json.dumps({"Records": events[1:]}), "utf-8")

    code, found = joined(record, tmp_path / "export.json")

    assert 4 == code
    assert 1 == len(found)
    assert f"journal.jsonl:3: s3:CreateBucket ({events[0]['requestID']}) is not in the export" in found[0]


def test_a_data_event_may_be_missing(record: Path, tmp_path: Path) -> None:
    """A trail holds data events only when it is told to: without one nobody knows, and nothing is broken."""
    copy = records.copied(record, tmp_path)
    records.rechain(copy, lambda lines: next(each for each in lines if "sent" in each)["sent"].update(operation="PutObject"))
    (tmp_path / "export.json").write_text(json.dumps({"Records": seen(copy)[1:]}), "utf-8")

    code, found = joined(copy, tmp_path / "export.json")

    assert 6 == code
    assert "it is a data event" in found[0]


@pytest.mark.parametrize(
    ("changes", "is_foreign"),
    [
        ({}, True),
        ({"requestID": None, "errorCode": "AccessDenied"}, True),
        ({"readOnly": True}, False),
        ({"userIdentity": {"arn": "arn:aws:iam::123456789012:user/another"}}, False),
        ({"userIdentity": None}, False),
        ({"eventTime": "2020-01-01T00:00:00Z"}, False),
        ({"eventTime": "2120-01-01T00:00:00Z"}, False),
    ],
)
def test_what_the_same_caller_changed_meanwhile_is_foreign(record: Path, tmp_path: Path, changes: dict[str, Any], is_foreign: bool) -> None:
    """Calls that change something, by the journal's caller and in its time, have to be in the journal; others need not."""
    foreign = event(
        next(line for line in journal(record) if "sent" in line), **{"requestID": "OTHER", "eventName": "DeleteBucket", **changes}
    )
    (tmp_path / "export.json").write_text(json.dumps({"Records": [*seen(record), foreign]}), "utf-8")

    code, found = joined(record, tmp_path / "export.json")

    assert (4 if is_foreign else 0) == code
    assert is_foreign == any("s3:DeleteBucket" in each and "which the journal does not tell of" in each for each in found)


@pytest.mark.parametrize(("key", "is_foreign"), [("team/staging/.journal/x", False), ("team/staging.json", True), ("other/x", True)])
def test_what_stored_the_record_itself_is_not_foreign(record: Path, tmp_path: Path, key: str, is_foreign: bool) -> None:
    """A run announces in the bucket of the records what it is going to write; what else is put by the caller is named."""
    copy = records.copied(record, tmp_path / "copy")
    (copy / "parameters.yaml").write_text('environment: "staging"\nrecords: "s3://acme-records/team/"\n', "utf-8")
    place = {"bucketName": "acme-records", "key": key}
    put = event(next(each for each in journal(record) if "sent" in each), requestID="OTHER", eventName="PutObject", requestParameters=place)
    (tmp_path / "export.json").write_text(json.dumps({"Records": [*seen(record), put]}), "utf-8")

    code, found = joined(copy, tmp_path / "export.json")

    assert (4 if is_foreign else 0, is_foreign) == (code, any("s3:PutObject (OTHER)" in each for each in found))


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"Records":[{}]}', b'{"Records":1}', b'{"Events":[{"CloudTrailEvent":"{"}]}', b"\xff"]
)
@pytest.mark.parametrize("name", ["export.json", "export.json.gz"])
def test_what_is_no_export_is_told(record: Path, tmp_path: Path, content: bytes, name: str) -> None:
    """A file that cannot be read is named; what it may hold is missing, and nothing is raised."""
    (tmp_path / name).write_bytes(content)

    code, found = joined(record, tmp_path / name)

    assert 4 == code
    assert [each for each in found if each.startswith(f"unknown: {tmp_path / name}: ")]
