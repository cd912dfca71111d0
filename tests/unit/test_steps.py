"""Closing the record of what somebody did step by step."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import place
from runbook_lib.engine.apply import IN_PLACE
from runbook_lib.errors import NotSaved, RunbookError
from runbook_lib.evidence import Record, RunFacts, StageResult, audit, snapshots, steps
from runbook_lib.evidence.approvals import Kept, written
from runbook_lib.headless import Run, verbs
from runbook_lib.headless import steps as closing
from runbook_lib.model import Approval, Change, Entry, EnvironmentPlan, Plan, Receipt
from runbook_lib.parameters.load import kept, load
from runbook_lib.resources.s3 import Bucket
from runbook_lib.runbook import interactive, working
from runbook_lib.runbook.records import Records
from runbook_lib.runbook.scope import scope_of
from tests.machine import ROOT
from tests.records import house

CHANGE = Change(before=None, after=Bucket(name="tonic-a", region="us-east-1"))
LATER = 4_000_000_000


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a checkout with working copies; no secret is asked for."""
    for name in ("notebooks", "parameters"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    monkeypatch.setattr(interactive, "learn_secrets", lambda _environment: None)
    found = tmp_path / "parameters" / "sandbox.yaml"
    working.working_copies(found, load(found))
    return found


def begin(file: Path, **result: Any) -> Record:
    """Open a stage, and close it with a result if there is one."""
    environment = load(file)
    facts = RunFacts(environment="sandbox", verb="step", started="2026-01-01T00:00:00.000Z")
    record = interactive.record_of(Records(environment), facts, place.lab() / "sandbox")
    steps.opened(record, "storage", "2026-01-01T00:00:01.000Z")
    if result:
        record.close_stage(StageResult(stage="storage", **result))
    return record


def save(twin: str = "<b>twin</b>", **metadata: Any) -> None:
    """Save the stage's notebook after everything else, as JupyterLab would with the state of widgets."""
    copy = place.lab() / "sandbox" / "20_storage.ipynb"
    notebook = json.loads(copy.read_text("utf-8"))
    notebook["metadata"] |= metadata
    output = {"output_type": "display_data", "metadata": {}, "data": {closing.WIDGET: {"model_id": "x"}, "text/html": twin}}
    next(each for each in notebook["cells"] if each["id"] == "plan")["outputs"] = [output]
    copy.write_text(json.dumps(notebook), "utf-8")
    os.utime(copy, (LATER, LATER))


def test_a_closed_record_holds_and_can_be_read(file: Path) -> None:
    """The audit accepts it; the kept notebook has the static twin of a widget, and neither its state nor its view."""
    record = begin(file, idle="nothing")
    save(widgets={"application/vnd.jupyter.widget-state+json": {"state": {"value": "of a password"}}})

    done = closing.close(file)

    assert record.folder == done.record.folder
    assert 0 == audit.carry_out(str(record.folder), digest=done.record_digest).exit_code
    assert "## A1\n" in (record.folder / "ledger.md").read_text("utf-8")
    kept = (record.folder / "notebooks" / "20_storage.ipynb").read_text("utf-8")
    assert ["<b>twin</b>" in kept, "widget-state" in kept, closing.WIDGET in kept] == [True, False, False]
    assert "twin" in (record.folder / "notebooks" / "20_storage.html").read_text("utf-8")


def test_a_notebook_stands_in_time_from_its_opening_to_its_last_write(file: Path) -> None:
    """Whoever reads between two cells made the run longer; the picture has every write, and cells of yesterday count for nothing."""
    record = begin(file, at="2026-01-01T00:05:00.000Z")
    journal = record.journal(is_undo=False, now=lambda: "2026-01-01T00:07:00.000Z", scope=())
    journal.begin("storage", CHANGE)
    journal.end("storage", entry := Entry(change=CHANGE, outcome="applied"))
    record.close_stage(StageResult(stage="storage", receipt=Receipt(stage="storage", digest="d", entries=(entry,))))
    save()

    done = closing.close(file)

    assert [("2026-01-01T00:00:01.000Z", "2026-01-01T00:07:00.000Z")] == [(each.started, each.ended) for each in done.executed]
    page = (record.folder / "index.html").read_text("utf-8")
    assert "419.0 s, 1 write" in page
    assert "each tick below a bar is one change" in page


def test_a_widget_that_is_gone_leaves_no_name_of_it(file: Path) -> None:
    """What stood in the notebook as a form is its static twin on the page, not what Python calls the form."""
    record = begin(file, idle="nothing")
    save()
    copy = place.lab() / "sandbox" / "20_storage.ipynb"
    notebook = json.loads(copy.read_text("utf-8"))
    outputs = next(each for each in notebook["cells"] if each["id"] == "plan")["outputs"]
    outputs[0]["data"]["text/plain"] = "<Tool object at 0x7f>"
    outputs.insert(0, {**outputs[0], "data": {closing.WIDGET: {"model_id": "y"}, "text/plain": "VBox(children=())"}})
    outputs.append({**outputs[0], "data": {"text/plain": "42"}})
    copy.write_text(json.dumps(notebook), "utf-8")
    os.utime(copy, (LATER, LATER))

    closing.close(file)

    kept = json.loads((record.folder / "notebooks" / "20_storage.ipynb").read_text("utf-8"))
    found = next(each for each in kept["cells"] if each["id"] == "plan")["outputs"]
    assert [{"text/html": "<b>twin</b>"}, {"text/plain": "42"}] == [each["data"] for each in found]
    page = (record.folder / "notebooks" / "20_storage.html").read_text("utf-8")
    assert ["VBox" in page, "Tool object" in page] == [False, False]


def test_a_closed_record_has_the_pages_that_its_errors_lead_to(file: Path) -> None:
    """Whoever reads it elsewhere can follow the link; what nothing leads to is not there, and a closing that was cut off left nothing."""
    record = begin(file, idle="nothing")
    save('<a href="../docs/errors.md#Busy-services">Busy services</a>')
    record.write("docs/errors.md", "half")

    done = closing.close(file)

    assert "## Busy services\n" in (record.folder / "docs" / "errors.md").read_text("utf-8")
    assert ["errors.md"] == [path.name for path in (record.folder / "docs").iterdir()]
    assert [] == flaws(done)


def test_a_record_closes_where_a_password_is_asked_for(file: Path, tmp_path: Path) -> None:
    """Closing needs none, nor does whoever takes a lock away: what was typed was the notebook's."""
    prompting = tmp_path / "prompting.yaml"
    prompting.write_text(file.read_text("utf-8").replace("env:RUNBOOK_SANDBOX_ADMIN_PASSWORD", "prompt:admin"), "utf-8")
    working.working_copies(prompting, environment := load(prompting, is_attended=True))
    facts = RunFacts(environment="sandbox", verb="step", started="2026-01-01T00:00:00.000Z")
    record = interactive.record_of(Records(environment), facts, place.lab() / "sandbox")

    assert record.folder == closing.close(prompting).record.folder
    assert "" == verbs.unlock(prompting)


def test_what_is_closed_is_closed(file: Path) -> None:
    """A second time there is nothing to close, and the next notebook begins another record."""
    first = begin(file, idle="nothing")
    save()
    closing.close(file)

    with pytest.raises(RunbookError, match="has no open record"):
        closing.close(file)
    assert first.folder != begin(file).folder


def test_what_is_not_saved_is_not_closed(file: Path) -> None:
    """As long as a notebook's file is older than what it did, nothing is written."""
    record = begin(file, idle="nothing")
    os.utime(place.lab() / "sandbox" / "20_storage.ipynb", (1, 1))

    with pytest.raises(NotSaved, match=r"20_storage\.ipynb: ran and was not saved"):
        closing.close(file)
    assert not (record.folder / "plan.json").exists()


def show(**replied: str) -> None:
    """Give cells an output, and the time at which JupyterLab noted that they ended."""
    copy = place.lab() / "sandbox" / "20_storage.ipynb"
    notebook = json.loads(copy.read_text("utf-8"))
    for each in (each for each in notebook["cells"] if each["id"] in replied):
        each["outputs"] = [{"output_type": "execute_result", "metadata": {}, "data": {"text/plain": each["id"]}, "execution_count": 1}]
        each["metadata"]["execution"] = {closing.REPLIED: replied[each["id"]]}
    copy.write_text(json.dumps(notebook), "utf-8")
    os.utime(copy, (LATER, LATER))


NEVER, BEFORE, WITHIN, LAST = "", "2025-12-31T23:59:00.123Z", "2026-01-01T00:00:02.123Z", "2096-01-01T00:00:00.123Z"


@pytest.mark.parametrize(
    ("ended", "is_said", "shown"),
    [(NEVER, True, []), (BEFORE, True, []), (WITHIN, True, ["evidence", "plan"]), (LAST, False, ["evidence", "plan"])],
    ids=["never", "another record", "an earlier run", "the last run"],
)
def test_outputs_of_an_earlier_run_are_called_so(file: Path, ended: str, is_said: bool, shown: list[str]) -> None:
    """Of a page that was lost before it was saved the file tells an earlier run; what another record's cells showed is left out."""
    record = begin(file, idle="nothing")
    show(**({"plan": ended, "evidence": ended} if ended else {}))

    done = closing.close(file)

    kept = json.loads((record.folder / "notebooks" / "20_storage.ipynb").read_text("utf-8"))
    assert shown == sorted(each["id"] for each in kept["cells"] if each.get("outputs"))
    assert [is_said] == [each.message == closing.EARLIER for each in done.executed]
    assert is_said is (closing.EARLIER in (record.folder / "index.html").read_text("utf-8"))


def test_writes_without_a_receipt_are_not_closed(file: Path) -> None:
    """A kernel that died after it wrote has to be run to its Evidence: then its receipt tells of what was written."""
    record = begin(file)
    journal = record.journal(is_undo=False, now=lambda: "2026-01-01T00:00:02.000Z", scope=())
    journal.begin("storage", CHANGE)
    journal.end("storage", entry := Entry(change=CHANGE, outcome="applied"))
    save()
    with pytest.raises(RunbookError, match="its Evidence cell was not run"):
        closing.close(file)

    record.close_stage(StageResult(stage="storage", receipt=Receipt(stage="storage", digest="d", entries=(entry,))))
    save()
    assert record.folder == closing.close(file).record.folder


def died(record: Record, *changes: Change, ends: int) -> None:
    """Approve some changes, begin them all, and die when some of them have ended."""
    plan = Plan(stage="storage", environment="sandbox", scope=scope_of(kept(record.folder / "parameters.yaml")), changes=changes)
    approval = Approval(digest=plan.digest, by="ada", at="2026-01-01T00:00:01.500Z", environment="sandbox")
    whole = EnvironmentPlan(environment="sandbox", plans=(plan,))
    steps.keep(record, steps.consent("storage", [Kept(approval, written(approval, None))], whole, approval.at))
    snapshots.keep(record, plan, "before")
    journal = record.journal(is_undo=False, now=lambda: "2026-01-01T00:00:02.000Z", scope=plan.scope)
    for number, each in enumerate(changes[: ends + 1]):
        journal.begin("storage", each)
        if number < ends:
            journal.end("storage", Entry(change=each, outcome="applied"))


CHANGES = tuple(Change(before=None, after=Bucket(name=f"tonic-{each}", region="us-east-1")) for each in "abc")


def entries(record: Record) -> dict[str, str]:
    """Read the receipt that the closed record sums up."""
    (receipt,) = json.loads((record.folder / "receipt.json").read_text("utf-8"))
    return {each["change"]["after"]["name"]: each["outcome"] for each in receipt["entries"]}


def flaws(done: Run) -> list[str]:
    """Say what an audit finds wrong with a closed record."""
    found = audit.carry_out(str(done.record.folder), digest=done.record_digest)
    return [f"{each.file}: {each.what}" for each in found.flaws if each.weight != "note"]


def test_a_kernel_that_died_in_the_middle_can_be_closed_as_it_is(file: Path) -> None:
    """Whoever asks for it gets what the journal tells: applied, nobody knows, not begun; the audit agrees, and it counts as failed."""
    record = begin(file)
    died(record, *CHANGES, ends=1)
    save()
    with pytest.raises(RunbookError, match=r"or close what the journal tells of it: runbook record close .* --unfinished"):
        closing.close(file)

    done = closing.close(file, is_unfinished=True)

    assert {"tonic-a": "applied", "tonic-b": "failed", "tonic-c": "withheld"} == entries(record)
    assert (1, []) == (done.exit_code, flaws(done))
    assert closing.FROM_JOURNAL in (record.folder / "index.html").read_text("utf-8")


def test_what_was_only_found_in_place_is_told_by_nobody(file: Path) -> None:
    """A receipt under another approval that found it there does not tell who made it: the journal does."""
    record = begin(file)
    died(record, *CHANGES, ends=3)
    (consent,) = steps.consents(record.folder, "storage")
    for detail, expected in ((IN_PLACE, (consent,)), ("", ())):
        found = tuple(Entry(change=each, outcome="applied", detail=detail) for each in CHANGES)
        record.close_stage(StageResult(stage="storage", receipt=Receipt(stage="storage", digest="another", entries=found)))
        assert expected == steps.untold(record, "storage")


def test_a_world_that_moved_after_a_kernel_died_is_closed(file: Path) -> None:
    """The next plan has other addresses, and no cell will ever tell of the former ones: once it was run to its end, the record closes."""
    record = begin(file)
    died(record, *CHANGES, ends=2)
    moved = Plan(stage="storage", environment="sandbox", scope=scope_of(kept(record.folder / "parameters.yaml")))
    record.close_stage(StageResult(stage="storage", plan=moved, receipt=Receipt(stage="storage", digest=moved.digest)))
    save()

    done = closing.close(file)

    assert {"tonic-a": "applied", "tonic-b": "applied", "tonic-c": "failed"} == entries(record)
    assert [] == flaws(done)


def test_what_a_changed_file_left_open_is_closed_with_the_next(file: Path, tmp_path: Path) -> None:
    """Somebody saves the form between two stages, and runs the first one again: of what it did before, the journal tells."""
    former = begin(file)
    died(former, *CHANGES, ends=3)
    changed = tmp_path / "changed.yaml"
    changed.write_text(f"{file.read_text('utf-8')}\napproval_days: 3\n", "utf-8")
    record = begin(changed, idle="nothing")
    save()

    assert {former.folder.name: ""} == closing.close_former(changed)
    done = closing.close(changed)

    assert (record.folder, 0, []) == (done.record.folder, done.exit_code, flaws(done))
    assert record.folder != former.folder
    assert {"tonic-a": "applied", "tonic-b": "applied", "tonic-c": "applied"} == entries(former)
    assert closing.FROM_JOURNAL in (former.folder / "index.html").read_text("utf-8")
    assert not (former.folder / "notebooks" / "20_storage.ipynb").exists()
    assert [] == [each for each in audit.carry_out(str(former.folder)).flaws if each.weight not in {"note", "unknown"}]
    with pytest.raises(RunbookError, match="has no open record"):
        closing.close(changed)


def test_a_former_record_that_cannot_be_signed_keeps_no_other_open(file: Path, tmp_path: Path) -> None:
    """It is named with the reason, stays open, and is closed when its key is there."""
    unsigned = tmp_path / "unsigned.yaml"
    unsigned.write_text(f"{file.read_text('utf-8')}\nsigning:\n  key: mistyped.pem\n", "utf-8")
    former = begin(unsigned, idle="nothing")
    record = begin(file, idle="nothing")
    save()

    [(name, why)] = closing.close_former(file).items()

    assert (former.folder.name, True) == (name, "mistyped.pem" in why)
    assert record.folder == closing.close(file).record.folder
    with pytest.raises(RunbookError, match=r"mistyped\.pem"):
        closing.close(file)
    house(tmp_path / "house")
    (tmp_path / "house" / "audit.pem").rename(tmp_path / "mistyped.pem")
    assert former.folder == closing.close(file).record.folder


def test_a_closing_that_was_cut_off_is_done_again(file: Path) -> None:
    """What it had written is nobody's evidence yet."""
    record = begin(file, idle="nothing")
    save()
    record.write("plan.json", "{half")
    record.write("notebooks/20_storage.ipynb", "{half")

    assert 0 == closing.close(file).exit_code


def test_a_stage_that_was_only_opened_says_so(file: Path) -> None:
    """Its notebook is kept, and its line tells that nothing else is: nobody says that nothing would change, or that all is fine."""
    begin(file)
    save()

    done = closing.close(file)

    assert closing.UNFINISHED in (done.record.folder / "index.html").read_text("utf-8")
    said = (done.record.folder / "summary.txt").read_text("utf-8").splitlines()[0]
    assert (6, "Nothing was written; 1 notebook was not run to its end.") == (done.exit_code, said.partition(" s. ")[2])


def test_a_copy_that_is_gone_keeps_nothing_open(file: Path) -> None:
    """The record says that the notebook is not there, and holds what it did."""
    record = begin(file, idle="nothing")
    (place.lab() / "sandbox" / "20_storage.ipynb").unlink()

    done = closing.close(file)

    assert [] == flaws(done)
    assert closing.GONE in (record.folder / "index.html").read_text("utf-8")
