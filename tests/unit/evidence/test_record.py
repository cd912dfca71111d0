"""A record is a folder of its own whose names are written once."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_lib.evidence import Record, RunFacts, StageResult

FACTS = RunFacts(environment="staging", verb="plan", started="2026-01-02T03:04:05.678Z")


def test_a_record_is_private_and_sorts_by_time(tmp_path: Path) -> None:
    """The folder's mode is 0700 and its name begins with the time in UTC and the verb."""
    record = Record.create(tmp_path, FACTS)

    assert 0o700 == record.folder.stat().st_mode & 0o777
    assert record.folder.name.startswith("20260102T030405Z-plan-")
    assert "staging" == record.folder.parent.name
    assert FACTS == record.facts


def test_a_name_is_written_once(tmp_path: Path) -> None:
    """A second write of a name is refused and leaves the first and no partial file."""
    record = Record.create(tmp_path, FACTS)
    record.write("plan.json", "first")

    with pytest.raises(FileExistsError):
        record.write("plan.json", "second")

    assert "first" == (record.folder / "plan.json").read_text("utf-8")
    assert ["plan.json", "run.json"] == sorted(path.name for path in record.folder.iterdir())


def test_the_latest_result_of_a_stage_counts(tmp_path: Path) -> None:
    """A notebook that is run again in the same record adds a result and keeps the first."""
    record = Record.create(tmp_path, FACTS)
    record.close_stage(StageResult(stage="storage", idle="first"))
    record.close_stage(StageResult(stage="storage", idle="second"))

    assert {"storage": "second"} == {slug: result.idle for slug, result in record.results().items()}
    assert 2 == len(list((record.folder / "stages").iterdir()))


def test_a_store_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    """A folder that others share stays open to them; only what is made here is private."""
    tmp_path.chmod(0o1777)

    record = Record.create(tmp_path / "new", FACTS)

    folders = (tmp_path, tmp_path / "new", record.folder.parent, record.folder)
    assert [0o1777, 0o700, 0o700, 0o700] == [folder.stat().st_mode & 0o7777 for folder in folders]
