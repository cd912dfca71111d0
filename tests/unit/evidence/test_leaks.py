"""A run in whose record a secret stood says so, ends with 1, and leaves no byte of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import evidence
from runbook_lib.errors import Leaked
from runbook_lib.evidence import Record, RunFacts
from runbook_lib.evidence.secrecy import CLAIM
from runbook_lib.headless import Executed, Run
from runbook_lib.headless.verbs import run
from runbook_lib.model import Finding, Plan, Stage
from runbook_lib.progress import Progress
from runbook_lib.runbook import alone
from runbook_lib.secrets import Known, Masked
from tests.driver import HERE
from tests.secrecy import Hunted, files, found

SECRET = "Qz7~<canary>\"'&%"
NAME = "80_worker_settings.ipynb"


class Heard(Progress):
    """Remember what a terminal would show."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def stage_ends(self, title: str, seconds: float, message: str) -> None:
        """Hear the error."""
        self.messages.append(message)


def leaking(where: str) -> Any:
    """Make a notebook's run that comes to hold a secret and lets it slip there."""

    def execute(stage: Stage, record: Record, _values: dict[str, Any]) -> Executed:
        secret = Masked(SECRET).reveal()
        told = {name: f"it is {secret}" if name == where else "nothing" for name in ("output", "finding", "error")}
        output = {"output_type": "stream", "name": "stdout", "text": told["output"]}
        cell = {"cell_type": "code", "source": "", "metadata": {}, "execution_count": 1, "outputs": [output]}
        notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
        path = record.write(f"notebooks/{NAME}", json.dumps(notebook))
        finding = Finding(stage=stage.slug, rows=("F1",), claim="it holds", verdict="kept", detail=told["finding"])
        record.close_stage(evidence.StageResult(stage=stage.slug, findings=(finding,)))
        return Executed(stage, 0.1, path, "", told["error"] if where == "error" else "")

    return execute


def ran(folder: Path, where: str, progress: Progress | None = None) -> Run:
    """Verify one stage of an environment whose records lie in a folder."""
    file = folder / "any.yaml"
    text = (HERE / "parameters" / "example-legacy.yaml").read_text("utf-8")
    file.write_text(text.replace("records: runs", f"records: {folder}/runs"), "utf-8")
    return run(file, "verify", stages=("worker_settings",), execute=leaking(where), progress=progress)


def leaks(done: Run) -> list[str]:
    """List what the run says of its record."""
    return [each.detail for each in done.findings if each.claim == CLAIM]


@pytest.mark.parametrize(("where", "held"), [("output", f"notebooks/{NAME}"), ("finding", "stages/worker_settings.json")])
def test_a_leak_is_told_and_masked(tmp_path: Path, where: str, held: str) -> None:
    """In a notebook's output or a stage's result: exit code 1, a broken claim on every page, and no byte is left."""
    done = ran(tmp_path, where)

    assert (1, [f"{held} held one, which is masked now"]) == (done.exit_code, leaks(done))
    assert [] == found([Hunted("it", SECRET)], files(tmp_path))
    folder = done.record.folder
    said = {name: (folder / name).read_text("utf-8") for name in ("findings.json", "index.html", "summary.txt", "end.json")}
    assert [True, True, True] == [CLAIM in said[name] for name in ("findings.json", "index.html", "summary.txt")]
    assert 1 == json.loads(said["end.json"])["exit_code"]


def test_an_error_of_a_kernel_is_masked_before_anybody_hears_it(tmp_path: Path) -> None:
    """What the terminal shows, and what the answer quotes, is masked."""
    heard = Heard()
    done = ran(tmp_path, "error", heard)

    assert ["it is ********"] == heard.messages == [each.message for each in done.executed]
    assert [] == found([Hunted("it", SECRET)], files(tmp_path))


def test_a_run_that_holds_its_tongue_is_fine(tmp_path: Path) -> None:
    """Without a leak nothing is said about one."""
    done = ran(tmp_path, "nowhere")

    assert (0, []) == (done.exit_code, leaks(done))


def test_a_leak_in_what_is_made_last_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a page let a secret slip that stood in no file before it, the run still ends with 1."""
    monkeypatch.setattr("runbook_lib.views.summary.summary_text", lambda _page: f"it is {SECRET}")
    done = ran(tmp_path, "nowhere")

    assert (1, ["summary.txt held one, which is masked now"]) == (done.exit_code, leaks(done))
    assert 1 == json.loads((done.record.folder / "end.json").read_text("utf-8"))["exit_code"]
    assert [] == found([Hunted("it", SECRET)], files(tmp_path))


def test_a_notebook_that_runs_alone_closes_its_record_itself(tmp_path: Path) -> None:
    """It raises what a run would tell, once all is kept and masked."""
    record = Record.create(tmp_path, RunFacts(environment="any", verb="step", started="2026-01-31T12:00:00Z"))
    plan = Plan(stage="storage", environment="any", scope=())
    known = Known().open()
    record.write("artefacts/a.txt", Masked(SECRET).reveal())

    with pytest.raises(Leaked, match=r"artefacts/a\.txt held one, which is masked now; change that secret"):
        alone.close(record, plan, known)

    assert (record.folder / "plan.json").exists()
    assert [] == found([Hunted("it", SECRET)], files(tmp_path))
