"""Measure what evidence costs: the journal's lines for each change, the statement over a record, and the check of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from runbook_lib.evidence import FileJournal, Record, statement
from runbook_lib.model import Change, Entry
from runbook_lib.resources.s3 import Bucket
from tests.bench.figures import Figure, best, timed

CHANGES = 200


def journalled() -> Figure:
    """Time the lines of many changes, each with one request, every line forced to the disk."""
    change = Change(before=None, after=Bucket(name="tonic-a", region="us-east-1"))

    def write(folder: Path) -> str:
        journal = FileJournal(folder / "journal.jsonl", is_undo=False, now=lambda: "2026-01-01T00:00:00.000Z")
        for _ in range(CHANGES):
            journal.begin("storage", change)
            journal.sent(
                {"service": "s3", "operation": "CreateBucket", "request_id": "R", "status": 200, "attempts": 1, "milliseconds": 1.0}
            )
            journal.end("storage", Entry(change=change, outcome="applied"))
        return ""

    with tempfile.TemporaryDirectory() as folder:
        figure = timed(f"(i) journal of {CHANGES} changes", lambda: write(Path(folder)))
    return replace(figure, remark=f"{figure.wall / CHANGES * 1000:.2f} ms a change")


def closed(record: Path) -> Figure:
    """Time the statement over a copy of a record."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Record(Path(shutil.copytree(record, Path(folder) / "sandbox" / record.name)))
        return best(timed("(j) statement over the demo's record", lambda: statement.close(copy, None)[:12]) for _ in range(3))


def paged(record: Path) -> Figure:
    """Time the pages of a record's notebooks, with what the first one loads."""
    from runbook_lib.views.notebook_page import notebook_html

    notebooks = sorted(record.glob("notebooks/*.ipynb"))
    figure = timed("(l) pages of the demo's notebooks", lambda: str(sum(len(notebook_html(each)) for each in notebooks)))
    return replace(figure, remark=f"{figure.wall / len(notebooks) * 1000:.0f} ms each")


def verified(record: Path) -> Figure:
    """Time the command that checks a record; the remark tells the record's size."""
    words = (sys.executable, "-m", "runbook_lib.cli", "audit", "verify", str(record))
    size = sum(path.stat().st_size for path in record.rglob("*") if path.is_file())
    figure = best(
        timed("(k) audit verify of the demo's record", lambda: str(subprocess.run(words, check=True, capture_output=True).returncode))
        for _ in range(3)
    )
    return replace(figure, remark=f"{size / 1e6:.2f} MB")
