"""The journal is written before each write, survives a crash, and reads back as a history."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from runbook_lib.evidence.journal import FileJournal, history
from runbook_lib.model import Change, Entry, Written
from runbook_lib.resources.iam import Role
from runbook_lib.resources.s3 import Bucket

CHANGE = Change(before=None, after=Bucket(name="tonic-a", region="us-east-1"))
SCOPE = (("account", "123456789012"),)


def sent(*, is_undo: bool = False, is_certain: bool = True) -> Written:
    """Give the change as history remembers it."""
    return Written(stage="storage", change=CHANGE, scope=SCOPE, is_undo=is_undo, is_certain=is_certain)


def journal(folder: Path, name: str, *, is_undo: bool = False, at: str = "2026-01-01T00:00:00.000Z") -> FileJournal:
    """Open the journal of a run."""
    (folder / name).mkdir()
    return FileJournal(folder / name / "journal.jsonl", is_undo=is_undo, now=lambda: at, scope=SCOPE)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [("applied", (sent(),)), ("", (sent(is_certain=False),)), ("failed", ()), ("owed", ()), ("rolled back", ())],
)
def test_what_may_stand_is_history(tmp_path: Path, outcome: str, expected: tuple[object, ...]) -> None:
    """A change that was applied, or whose end is missing, is history; one that the service refused is not."""
    written = journal(tmp_path, "1")
    written.begin("storage", CHANGE)
    if outcome:
        written.end("storage", Entry(change=CHANGE, outcome=outcome))

    assert expected == history(tmp_path)


def test_a_refused_change_of_several_calls_may_stand_in_part(tmp_path: Path) -> None:
    """A role whose trust was written and whose boundary was denied is history, as one that nobody is certain of."""
    before = Role(name="theirs", trust="{}")
    change = Change(before=before, after=before.model_copy(update={"trust": '{"Statement":[]}', "permissions_boundary": "arn"}))
    written = journal(tmp_path, "1")
    written.begin("server_role", change)
    written.end("server_role", Entry(change=change, outcome="owed"))

    assert (Written(stage="server_role", change=change, scope=SCOPE, is_certain=False),) == history(tmp_path)


def test_histories_of_runs_are_read_in_order_of_time(tmp_path: Path) -> None:
    """Runs are folders that sort by time; an undo is marked."""
    for name, is_undo in (("20260102", True), ("20260101", False)):
        written = journal(tmp_path, name, is_undo=is_undo)
        written.begin("storage", CHANGE)
        written.end("storage", Entry(change=CHANGE, outcome="applied"))

    assert (sent(), sent(is_undo=True)) == history(tmp_path)


def test_runs_of_one_second_are_read_in_order_of_time(tmp_path: Path) -> None:
    """What a record's name leaves to chance is told by the lines of its journal."""
    for name, at, is_undo in (("20260101T000000Z-apply-b", ".100Z", False), ("20260101T000000Z-apply-a", ".200Z", True)):
        written = journal(tmp_path, name, is_undo=is_undo, at=f"2026-01-01T00:00:00{at}")
        written.begin("storage", CHANGE)

    assert (sent(is_certain=False), sent(is_undo=True, is_certain=False)) == history(tmp_path)


def test_a_line_that_a_crash_cut_off_is_left_out(tmp_path: Path) -> None:
    """A half-written last line was never followed by a write."""
    written = journal(tmp_path, "1")
    written.begin("storage", CHANGE)
    path = tmp_path / "1" / "journal.jsonl"
    path.write_text(path.read_text("utf-8") + '{"begin":{"bef', "utf-8")

    assert (sent(is_certain=False),) == history(tmp_path)


def chained(path: Path) -> list[bool]:
    """Tell of each line whether it holds the digest of the one before, the first that of run.json."""
    anchored = path.parent / "run.json"
    octets = [anchored.read_bytes() if anchored.exists() else b"", *path.read_bytes().splitlines()]
    named = [json.loads(line)["previous"] for line in octets[1:]]
    return [name == (sha256(before).hexdigest() if before else "") for name, before in zip(named, octets, strict=False)]


def test_lines_are_chained_across_processes(tmp_path: Path) -> None:
    """Each line holds the digest of the one before, also where another notebook's kernel goes on, and however long lines are."""
    first = journal(tmp_path, "1")
    path = tmp_path / "1" / "journal.jsonl"
    (tmp_path / "1" / "run.json").write_text("{}", "utf-8")
    long = CHANGE.model_copy(update={"reason": "r" * 200_000})
    for written in (first, FileJournal(path, is_undo=False, now=lambda: "later", scope=SCOPE)):
        for change in (CHANGE, long):
            written.begin("storage", change)
            written.sent({"service": "s3"})
            written.end("storage", Entry(change=change, outcome="applied"))

    assert [True] * 12 == chained(path)


def test_a_line_that_a_crash_cut_off_makes_room(tmp_path: Path) -> None:
    """The next line follows from the last whole one."""
    written = journal(tmp_path, "1")
    path = tmp_path / "1" / "journal.jsonl"
    written.begin("storage", CHANGE)
    for torn in (b'{"at":', b"x" * 100_000):
        with path.open("ab") as file:
            file.write(torn)
        written.begin("storage", CHANGE)

    assert [True] * 3 == chained(path)


def test_a_line_tells_who_sends_what(tmp_path: Path) -> None:
    """Before a change is sent its line says as whom; what is sent for it stands between begin and end, and is no change itself."""
    (tmp_path / "1").mkdir()
    standing = sent()
    written = FileJournal(
        tmp_path / "1" / "journal.jsonl", is_undo=False, now=lambda: "now", scope=SCOPE, sender=lambda _: {"caller": "arn"}
    )
    written.begin("storage", CHANGE)
    written.sent({"service": "s3", "operation": "CreateBucket", "request_id": "R1"})
    written.end("storage", Entry(change=CHANGE, outcome="applied"))

    begin, call, end = (json.loads(line) for line in (tmp_path / "1" / "journal.jsonl").read_text("utf-8").splitlines())

    assert [{"caller": "arn"}, "R1", "applied"] == [begin["by"], call["sent"]["request_id"], end["end"]]
    assert (standing,) == history(tmp_path)
