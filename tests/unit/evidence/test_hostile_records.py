"""Nothing in a folder makes an audit raise, or read what is no file of the record; what is amiss with the folder is told."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.evidence import audit, statement
from runbook_lib.evidence.audit.folder import LARGEST
from runbook_lib.model import canonical
from tests import records
from tests.unit.evidence.audited import Edit, made, record

__all__ = ["made", "record"]

pytestmark = pytest.mark.once


def linked(name: str) -> Edit:
    """Put a symbolic link in the place of a file or a folder."""

    def edit(record: Path) -> None:
        shutil.move(record / name, record.parent / "elsewhere")
        (record / name).symlink_to(record.parent / "elsewhere")

    return edit


def instead(name: str, put_there: Callable[[Path], Any]) -> Edit:
    """Put something else in the place of a file."""

    def edit(record: Path) -> None:
        (record / name).unlink()
        put_there(record / name)

    return edit


def text(name: str, content: str) -> Edit:
    """Put a text in the place of a file's."""
    return lambda record: (record / name).write_text(content, "utf-8")


def named_in_bytes(record: Path) -> None:
    """Add a file whose name is no text, and colours a terminal."""
    Path(os.fsdecode(os.fsencode(record) + b"/\xff\x1b[31m")).write_text("", "utf-8")


HOSTILE: dict[str, tuple[Edit, str]] = {
    "link": (linked("plan.json"), "plan.json: is a symbolic link"),
    "linked folder": (linked("stages"), "stages: is a symbolic link"),
    "pipe": (instead("plan.json", os.mkfifo), "plan.json: is no plain file"),
    "folder": (instead("plan.json", Path.mkdir), "plan.json: is missing"),
    "not JSON": (text("plan.json", "{"), "plan.json: is no JSON"),
    "another form": (text("plan.json", "[[[1]]]"), "plan.json: some file is not of this version's form"),
    "deep": (text("plan.json", "[" * 100_000), "plan.json: is no JSON"),
    "twice": (text("run.json", '{"verb":"apply","verb":"plan"}'), "a name stands twice in one object"),
    "binary name": (named_in_bytes, "was added"),
    "no statement": (lambda record: (record / "statement.json").unlink(), "statement.json: is missing"),
    "statement of nothing": (text("statement.json", "{}"), "statement.json: is no DSSE envelope"),
    "empty line": (text("journal.jsonl", "\n"), "journal.jsonl:1: is no JSON"),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_hostile_folders_are_told(record: Path, how: str) -> None:
    """Links, pipes, folders in the place of files, and files of any content are flaws, never an exception, and are not followed."""
    edit, words = HOSTILE[how]
    edit(record)

    found = audit.verify(record)

    assert 4 == found.exit_code
    assert [each for each in found.flaws if words in str(each)], found.as_text()
    assert found.as_text().replace("\n", "").isprintable()
    assert json.dumps(found.as_json(), ensure_ascii=False).encode()


@pytest.mark.parametrize("name", ["/etc/passwd", "../plan.json", "a/../plan.json", "./plan.json", "", "plan.json\0"])
def test_a_name_outside_the_record_is_refused(record: Path, name: str) -> None:
    """A statement that names a path outside is broken, and the path is not read."""
    payload = canonical({**records.said(record), "subject": [{"name": name, "digest": {"sha256": "0" * 64}}]})
    (record / "statement.json").write_text(canonical(statement.envelope(payload.encode(), "", b"")), "utf-8")

    assert [each for each in records.flaws(record) if "which is no file of the record" in each]


def test_a_huge_file_is_digested_block_by_block(record: Path) -> None:
    """A file that is larger than anything we parse is told to be changed, and is never read as a whole."""
    for name in ("notebooks/20_storage.ipynb", "plan.json"):
        os.truncate(record / name, LARGEST + 1)

    found = records.flaws(record)

    assert [each for each in found if each.startswith("broken: notebooks/20_storage.ipynb: was changed")]
    assert [each for each in found if "plan.json: has more than 64 MB" in each]


def test_a_folder_within_that_may_not_be_listed_is_told(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system refuses is a flaw with the system's words; all else is checked all the same."""
    listed = os.scandir

    def refused(path: Path) -> Any:
        if Path(path).name == "stages":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", refused)

    found = records.flaws(record)

    assert "broken: stages: cannot be listed: Permission denied" in found
    assert [each for each in found if "stages/storage.json: is missing" in each]


def test_a_folder_that_may_not_be_read_is_told(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system refuses is a flaw with the system's words."""

    def refused(*_words: object, **_named: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refused)

    found = records.flaws(record)

    assert [each for each in found if "statement.json: cannot be read: Permission denied" in each]


@contextmanager
def nested(folder: Path, depth: int = 2_100) -> Iterator[None]:
    """Nest folders deeper than a path is long, and take them away again: what a test leaves is removed by recursion."""
    at = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=at)
        at = moved(at, "d")
    yield
    for _ in range(depth):
        at = moved(at, "..")
        os.rmdir("d", dir_fd=at)
    os.close(at)


def moved(handle: int, name: str) -> int:
    """Open a folder from another, and close that."""
    found = os.open(name, os.O_RDONLY, dir_fd=handle)
    os.close(handle)
    return found


def test_folders_that_are_nested_too_deep_are_told(record: Path) -> None:
    """What lies deeper than anything can be opened is a flaw, never an exception, and all else is checked all the same."""
    with nested(record):
        (found,) = records.flaws(record)

    assert "cannot be listed: File name too long" in found
