"""What `runbook batch` and `runbook resume BATCH` say beside the matrix."""

from __future__ import annotations

import errno
import json
from functools import partial
from pathlib import Path

import pytest

from runbook_lib.cli import main
from runbook_lib.fleet import batch, command
from tests.fake_runbook import FAKE
from tests.unit.fleet.fleets import Yard


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the fake command for each environment."""
    for each in ("begin", "go_on"):
        monkeypatch.setattr(batch, each, partial(getattr(batch, each), program=FAKE))


@pytest.mark.parametrize(("does", "code"), [("", 1), ("drift", 1), ("guard", 5)])
def test_a_report_that_cannot_be_written_takes_no_matrix_away(
    yard: Yard, does: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A disk may be full by then: the answer says so, and where the report lies; the exit code is that of a failure, or a graver one."""

    def full(_page: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(command, "junit", full)

    ended = main(["batch", yard.file("one", does), "--verb", "verify", "--junit", "report.xml", "--json"])

    said = json.loads(capsys.readouterr().out)
    [remark] = said["remarks"]
    assert (code, 1) == (ended, len(said["environments"]))
    assert remark.startswith(f"report.xml was not written (No space left on device), so this command ends with {code}; the record holds")
    assert Path(remark.rpartition(" ")[2]).is_file()


def test_each_attempt_leaves_its_report_where_ci_looks(yard: Yard, tmp_path: Path) -> None:
    """What goes on from a batch writes the whole of it to the same place: what was done before, too."""
    files, report = [yard.file("fine"), yard.file("bad", "fail")], tmp_path / "report.xml"
    assert 1 == main(["batch", *files, "--verb", "verify", "--junit", str(report)])
    first = report.read_text("utf-8")
    yard.file("bad")

    assert 0 == main(["resume", str(next((yard.home / "runs" / "_batches").iterdir())), "--junit", str(report)])

    assert "fine" in first
    assert ("<failure" in first or "<error" in first, "fine" in report.read_text("utf-8")) == (True, True)
    assert "<failure" not in report.read_text("utf-8")
    assert "<error" not in report.read_text("utf-8")
