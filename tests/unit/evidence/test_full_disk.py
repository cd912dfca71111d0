"""A disk that is full in the middle of a run leaves nothing half-written that looks whole."""

from __future__ import annotations

import copy
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from runbook_lib.evidence import Record, RunFacts, audit
from runbook_lib.evidence.journal import FileJournal, history
from runbook_lib.model import Change, Entry
from runbook_lib.resources.s3 import Bucket
from tests import records

pytestmark = pytest.mark.once

CHANGES = tuple(Change(before=None, after=Bucket(name=f"tonic-{name}", region="us-east-1")) for name in "abc")
FACTS = RunFacts(environment="staging", verb="apply", started="2026-01-02T03:04:05.678Z")


@contextmanager
def full_after(writes: int) -> Iterator[None]:
    """Let the disk be full from the n-th forced write on: half of it is on the disk by then."""
    sync, done = os.fsync, 0

    def refuse(handle: int) -> None:
        nonlocal done
        done += 1
        if done > writes:
            size = os.fstat(handle).st_size
            with suppress(OSError):
                os.ftruncate(handle, max(0, size - 20))
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        yield


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """A write that fails leaves neither the name nor a part under another one."""
    record = Record.create(tmp_path, FACTS)

    with full_after(0), pytest.raises(OSError, match="No space left"):
        record.write("plan.json", "{}" * 100)

    assert ["run.json"] == [path.name for path in record.folder.iterdir()]


def test_a_line_that_does_not_fit_stops_its_change(tmp_path: Path) -> None:
    """A change whose line cannot be written is not sent; the half line is no history, and the next line takes its place."""
    record = Record.create(tmp_path, FACTS)
    journal = FileJournal(record.folder / "journal.jsonl", is_undo=False, now=lambda: FACTS.started)
    journal.begin("storage", CHANGES[0])
    journal.end("storage", Entry(change=CHANGES[0], outcome="applied"))

    with full_after(0), pytest.raises(OSError, match="No space left"):
        journal.begin("storage", CHANGES[1])
    assert not (record.folder / "journal.jsonl").read_text("utf-8").endswith("\n")
    assert [CHANGES[0]] == [each.change for each in history(record.folder.parent)]

    journal.begin("storage", CHANGES[2])
    assert [CHANGES[0], CHANGES[2]] == [each.change for each in history(record.folder.parent)]
    assert [] == [each for each in audit.verify(record.folder).flaws if "does not follow" in each.what]


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[records.House, str]:
    """Plan in a house of which each test takes a copy."""
    house = records.house(tmp_path_factory.mktemp("house") / "here")
    return house, house.run("plan").plan.digest


@pytest.mark.parametrize("writes", range(0, 60, 3))
def test_a_run_on_a_full_disk_leaves_nothing_that_looks_whole(planned: tuple[records.House, str], tmp_path: Path, writes: int) -> None:
    """Wherever the disk fills up: a record either verifies or is broken, and no file of it is half there."""
    house, digest = copy.deepcopy(planned)
    house.home = Path(shutil.copytree(house.home, tmp_path / "house"))

    with full_after(writes), suppress(OSError):
        house.run("apply", approve=digest)

    newest = max(path.parent for path in (house.home / "runs" / "staging").glob("*/run.json"))
    if "-apply-" in newest.name and (newest / "statement.json").exists():
        assert [] == records.flaws(newest, house.public)
    elif "-apply-" in newest.name:
        assert 4 == audit.verify(newest).exit_code
    assert [] == [path.name for path in newest.rglob(".*") if path.is_file()]
    assert [] == [path for path in newest.rglob("*.json") if not path.read_text("utf-8").rstrip().endswith(("}", "]"))]
    # With room on the disk the same approval goes on.
    assert 0 == house.run("apply", approve=digest).exit_code
