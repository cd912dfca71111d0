"""The call ledger as it is published."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runbook_lib.documents.proof.ledger import ledger
from runbook_lib.views.__main__ import main
from runbook_lib.views.call_ledger import page
from tests.machine import ROOT


def test_the_page_is_in_step() -> None:
    """`make notebooks` would change nothing."""
    assert page() == (ROOT / "docs" / "call-ledger.md").read_text("utf-8")


def test_the_page_has_every_line_and_every_source() -> None:
    """Each call and each probe has a row under its principal, each page an address."""
    rows = [
        line for line in page().splitlines() if line.startswith("| ") and not line.startswith(("| ---", "| call |", "| on |", "| who |"))
    ]
    lines = sum(len(each.calls) + len(each.probes) for each in ledger().principals)

    assert lines + len(ledger().places) + len(ledger().sources) == len(rows)
    assert [] == [each.address for each in ledger().sources.values() if each.address not in page()]


def test_main_writes_the_page_and_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first call writes it, the second finds nothing to write."""
    assert 0 == main([str(tmp_path)])
    assert [str(tmp_path / "docs" / "call-ledger.md")] == capsys.readouterr().out.splitlines()
    assert 0 == main([str(tmp_path)])
    assert "" == capsys.readouterr().out


def test_make_writes_it_and_the_readme_links_it() -> None:
    """`make notebooks` runs the module, and a reader finds the page."""
    assert re.search(r"^WRITE_PAGES := runbook_lib\.views$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert "(docs/call-ledger.md)" in (ROOT / "README.md").read_text("utf-8")
