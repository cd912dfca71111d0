"""What a record's stages found, and that nothing which was skipped or left halfway counts as kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_lib.evidence import Record, RunFacts, StageResult, steps
from runbook_lib.model import Approval, Change, Entry, Finding, Plan, Receipt
from runbook_lib.model.plans import Outcome
from runbook_lib.resources.s3 import Bucket
from runbook_lib.runbook import deciding
from runbook_lib.runbook.open import earlier, stage_named
from tests import cells
from tests.stages.worlds import environment
from tests.unit.runbook.desk import Desk, applied, approved

BUCKET = Bucket(name="tonic-a", region="us-east-1")
MADE, GONE = Change(before=None, after=BUCKET), Change(before=Bucket(name="tonic-b", region="us-east-1"), after=None)
FACTS = RunFacts(environment="staging", verb="step", started="2026-01-01T00:00:00.000Z", target="any.yaml")
ADA = (Approval(digest="d", by="ada", at="2026-01-01T00:00:01.000Z"),)
PREFLIGHT = Finding(stage="storage", rows=("A4",), claim="the account is right", verdict="kept")
KEPT = Finding(stage="storage", rows=(), claim="it is as wanted", verdict="kept", address=BUCKET.address)
AT = "2026-01-01T00:05:00.000Z"


def result(*changes: Change, outcome: Outcome = "applied", findings: tuple[Finding, ...] = (PREFLIGHT,), at: str = AT) -> StageResult:
    """Run the storage stage to its end; without a change, its bucket is in place."""
    plan = Plan(stage="storage", environment="staging", scope=(), changes=changes, kept=() if changes else (BUCKET,))
    given = ADA if outcome == "applied" else ()
    entries = tuple(Entry(change=each, outcome=outcome) for each in changes)
    receipt = Receipt(stage="storage", digest="d", approvals=given, entries=entries)
    return StageResult(stage="storage", at=at, plan=plan, receipt=receipt, findings=findings)


def undecided(record: Record, *slugs: str) -> list[tuple[str, str]]:
    """Say what of stages is not decided, and why."""
    found = deciding.found([stage_named(each) for each in slugs], record, environment())
    return [(each.stage, each.detail) for each in found if each.verdict != "kept"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (result(MADE, outcome="withheld"), "1 planned change not applied"),
        (result(MADE), deciding.UNPROVEN),
        (result(), deciding.UNPROVEN),
        (StageResult(stage="storage", findings=(PREFLIGHT,)), deciding.UNPLANNED),
        (result(MADE, findings=(PREFLIGHT, KEPT)), ""),
        (result(GONE), ""),
        (result(findings=(KEPT,)), ""),
    ],
    ids=["withheld", "applied, not verified", "in place, not verified", "not planned", "verified", "removed", "nothing to do"],
)
def test_what_was_left_halfway_is_unknown(tmp_path: Path, given: StageResult, expected: str) -> None:
    """A check that was made before the first write says nothing of what was to be written."""
    record = Record.create(tmp_path, FACTS)
    record.close_stage(given)

    assert ([("storage", expected)] if expected else []) == undecided(record, "storage")


def test_a_drifted_change_is_told_once(tmp_path: Path) -> None:
    """What verify found missing is broken in its own words, and not undecided as well."""
    broken = KEPT.model_copy(update={"verdict": "broken", "detail": "it is missing"})
    record = Record.create(tmp_path, FACTS)
    record.close_stage(result(MADE, outcome="withheld", findings=(broken,)))

    assert [("storage", "it is missing")] == undecided(record, "storage")


def test_a_stage_that_was_skipped_is_unknown_with_the_way_out(tmp_path: Path) -> None:
    """It is named as its notebook is; one that has nothing to do here is not missed."""
    record = Record.create(tmp_path, FACTS)
    record.close_stage(result(findings=(KEPT,)))

    found = deciding.found([stage_named(each) for each in ("storage", "lambda_role", "server_role")], record, environment())

    assert [("storage", "kept", ""), ("server_role", "unknown", "run 50_server_role, or `runbook verify any.yaml`")] == [
        (each.stage, each.verdict, each.way_out) for each in found
    ]


def test_where_no_stage_was_looked_at_nothing_is_found(tmp_path: Path) -> None:
    """The hand-over that runs alone says that in one sentence."""
    assert () == deciding.found(earlier("handover"), Record.create(tmp_path, FACTS), environment())


@pytest.mark.parametrize(("at", "expected"), [(AT, [("storage", deciding.UNDONE)]), ("2026-01-01T00:07:00.000Z", [])])
def test_what_was_looked_at_before_a_teardown_counts_no_more(tmp_path: Path, at: str, expected: list[tuple[str, str]]) -> None:
    """Until it is looked at again."""
    record = Record.create(tmp_path, FACTS)
    record.close_stage(result(findings=(KEPT,), at=at))
    steps.opened(record, "teardown", AT)
    journal = record.journal(is_undo=True, now=lambda: "2026-01-01T00:06:00.000Z", scope=())
    journal.begin("teardown", GONE)
    journal.end("teardown", Entry(change=GONE, outcome="applied"))

    assert expected == undecided(record, "storage")


def verdict_of_handover() -> tuple[str, str]:
    """Run all cells of the hand-over, and give its verdict with the reason."""
    (found,) = cells.step_through("handover").names["findings"]
    return found.verdict, found.detail


def test_handover_after_nothing_but_withheld_changes_is_unknown(desk: Desk) -> None:
    """Run All without an approval, then the hand-over: not ready, and the sheet says why."""
    cells.step_through("server_role")

    verdict, detail = verdict_of_handover()

    assert ("unknown", True) == (verdict, "Server role is done and proven" in detail)
    sheet = (desk.records[-1].parent / "artefacts" / "handover" / "hand-over.md").read_text("utf-8")
    owed = sheet.partition("## Still owed")[2].partition("##")[0]
    assert ["planned changes not applied" in owed, "run 20_storage, or `runbook verify any" in owed] == [True, True]


def test_handover_counts_what_was_applied_and_verified(desk: Desk) -> None:
    """Of a stage that was carried out to its end nothing is undecided."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    applied(run, gate)
    run.verify(), run.close()

    assert "Server role" not in verdict_of_handover()[1]
