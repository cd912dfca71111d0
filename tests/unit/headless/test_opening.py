"""A notebook is opened before its turn: what is before the cell that waits for it asks nobody and shows the file alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.adapters import target
from runbook_lib.evidence import Record, RunFacts
from runbook_lib.headless.notebook import notebook_of
from runbook_lib.headless.saving import JUDGING, LOOKING
from runbook_lib.parameters.load import as_parameters, load
from runbook_lib.runbook import open_stage
from runbook_lib.stages import all_stages
from runbook_lib.views import html
from tests.machine import ROOT

FILES = ("example-v2", "example-legacy-kms")


class Unasked:
    """Be a target that nobody may ask."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


@pytest.mark.parametrize("slug", [each.slug for each in all_stages()])
@pytest.mark.parametrize("name", FILES)
def test_what_is_before_the_turn_asks_nobody(name: str, slug: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Opened and with its form, a stage has read nothing of the world and left nothing in the record."""
    monkeypatch.setattr(target, "connect", lambda *_, **__: Unasked())
    environment = load(ROOT / "parameters" / f"{name}.yaml", is_attended=True)
    record = Record.create(tmp_path, RunFacts(environment=environment.environment, verb="apply", started="2026-01-01T00:00:00.000Z"))
    before = {path: path.read_bytes() for path in record.folder.rglob("*") if path.is_file()}

    run = open_stage(slug, {**as_parameters(environment), "record": str(record.folder)})

    assert all(html(each) for each in (run.banner, run.form()))
    assert before == {path: path.read_bytes() for path in record.folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("stage", all_stages(), ids=lambda each: each.slug)
def test_every_notebook_waits_where_it_begins_to_look(stage: Any) -> None:
    """Only parameters, opening and form are before its turn; the cell that judges comes later."""
    cells = [each["id"] for each in json.loads(notebook_of(stage).read_text("utf-8"))["cells"] if each["cell_type"] == "code"]

    assert ["parameters", "open", "form"] == cells[: cells.index(LOOKING)]
    assert JUDGING in cells[cells.index(LOOKING) :]
