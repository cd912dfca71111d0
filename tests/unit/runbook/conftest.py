"""A desk for whoever steps through notebooks."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_lib import place
from runbook_lib.evidence.record import private_folder
from runbook_lib.parameters.load import load
from tests.fakes import FakeTarget
from tests.machine import ROOT
from tests.stages.worlds import INSTANCE, world
from tests.unit.runbook.desk import Desk, signed_by_jo


@pytest.fixture(params=[False])
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Desk:
    """Let somebody look at the notebooks of an environment in a world in memory."""
    file = tmp_path / "parameters" / "any.yaml"
    file.parent.mkdir()
    text = (ROOT / "parameters" / "example-v2.yaml").read_text("utf-8").replace("i-0a1b2c3d4e5f60718", INSTANCE)
    file.write_text(text + (signed_by_jo(tmp_path) if request.param else ""), "utf-8")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    target = FakeTarget(answers=world(load(file)))
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    monkeypatch.setattr("runbook_lib.adapters.target.connect", lambda _environment, **_recorder: target)
    working = private_folder(place.lab() / "staging")
    place.choose(file, working)
    place.choose(file)
    monkeypatch.chdir(working)
    return Desk(tmp_path, target, protected=request.param)
