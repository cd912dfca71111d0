"""What is told of a run while it runs: each journalled line once, many changes as counts."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from runbook_lib.evidence.journal import FILE
from runbook_lib.progress import FEW, Follower, Progress
from runbook_lib.terminal import Lines


class Heard(Progress):
    """Keep what was told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def change(self, stage: str, verb: str, address: str, outcome: str) -> None:
        """Keep one change."""
        self.told.append((stage, verb, address, outcome))

    def changes(self, stage: str, said: str, number: int) -> None:
        """Keep many."""
        self.told.append((stage, said, number))

    def statements(self, number: int) -> None:
        """Keep how many were sent."""
        self.told.append((number,))


def begun(number: int) -> list[dict[str, object]]:
    """Write the lines of changes that begin."""
    return [{"stage": "source_database", "begin": {}, "verb": "create", "address": f"grants/{each}"} for each in range(number)]


def ended(number: int) -> list[dict[str, object]]:
    """Write the lines of changes that end."""
    return [{"stage": "source_database", "end": "applied", "address": f"grants/{each}"} for each in range(number)]


@pytest.fixture
def heard() -> Heard:
    """Have heard nothing."""
    return Heard()


def follow(folder: Path, heard: Heard, *pieces: list[dict[str, object]]) -> None:
    """Let a follower look after each piece that is added."""
    follower = Follower(folder, heard)
    for piece in pieces:
        with (folder / FILE).open("a") as file:
            file.writelines(json.dumps(each) + "\n" for each in piece)
        follower._tell()


def test_a_few_changes_are_told_one_by_one(tmp_path: Path, heard: Heard) -> None:
    """Each line is told once, however often the journal is looked at."""
    follow(tmp_path, heard, begun(1), [], ended(1))

    assert heard.told == [("source_database", "create", "grants/0", ""), ("source_database", "", "grants/0", "applied")]


def test_ten_thousand_changes_are_counted(tmp_path: Path, heard: Heard) -> None:
    """Many changes that come together are one line each for what begins and for what ended."""
    follow(tmp_path, heard, begun(10_000), ended(10_000))

    assert heard.told == [("source_database", "create", 10_000), ("source_database", "applied", 10_000)]


def test_statements_are_counted_while_nothing_else_happens(tmp_path: Path, heard: Heard) -> None:
    """A change of many statements shows that it goes on."""
    sent: list[dict[str, object]] = [{"sent": {"sql": "GRANT"}}] * 57
    follow(tmp_path, heard, begun(1), sent)

    assert heard.told[1:] == [(57,)]


def test_a_line_that_is_being_written_is_told_when_it_is_whole(tmp_path: Path, heard: Heard) -> None:
    """Half a line is left for the next look."""
    line = json.dumps(begun(1)[0]) + "\n"
    follower = Follower(tmp_path, heard)
    for text in (line[:20], line[20:]):
        with (tmp_path / FILE).open("a") as file:
            file.write(text)
        follower._tell()

    assert len(heard.told) == 1


def test_the_terminal_is_silent_of_few_statements(capsys: pytest.CaptureFixture[str]) -> None:
    """Only what takes long says how many statements were sent."""
    lines = Lines()
    lines.statements(FEW)
    assert capsys.readouterr().err == ""

    lines.statements(1)
    lines.statements(1)
    assert capsys.readouterr().err.count(f"{FEW + 1} statements so far") == 1


def test_a_run_outlives_whoever_watches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the other end of a pipe is gone, nothing is shown, and nothing fails."""

    class Gone(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stderr", Gone())

    Lines().stage_ends("Storage", 1.0, "")
