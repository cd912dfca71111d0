"""How far each stage is, told from the records alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runbook_lib.evidence import Record, RunFacts, StageResult, board, statement
from runbook_lib.evidence.record import RunEnd, RunVerb
from runbook_lib.model import Approval, Change, Entry, Finding, Plan, Receipt
from runbook_lib.resources.s3 import Bucket
from runbook_lib.stages import all_stages
from runbook_lib.views.board import StageState, State

CHANGE = Change(before=None, after=Bucket(name="tonic-a", region="us-east-1"))
PENDING = Plan(stage="storage", environment="e", scope=(), changes=(CHANGE,))
EMPTY = Plan(stage="storage", environment="e", scope=())
ADA = (Approval(digest="d", by="ada", at="2026-01-01T00:00:00.000Z"),)


def finding(verdict: str, *, warning: bool = False) -> Finding:
    """Make a finding about a bucket."""
    who = "warehouse admin" if verdict == "owed" else ""
    return Finding(stage="storage", rows=(), claim="it is ours", verdict=verdict, address="s3_bucket/tonic-a", by=who, warning=warning)


def receipt(outcome: str) -> Receipt:
    """Make a receipt of one entry."""
    approvals = ADA if outcome != "withheld" else ()
    return Receipt(stage="storage", digest="d", approvals=approvals, entries=(Entry(change=CHANGE, outcome=outcome),))


KEPT = (finding("kept"),)


def run(store: Path, day: int, verb: RunVerb, stage: str = "storage", **result: Any) -> Record:
    """Leave the record of a run."""
    started = f"2026-01-{day:02d}T00:00:00.000Z"
    record = Record.create(store, RunFacts(environment="e", verb=verb, started=started, by="lee"))
    record.close_stage(StageResult(stage=stage, **result))
    record.write("end.json", RunEnd(finished=started, exit_code=0, meaning="fine").model_dump_json())
    return record


def state(store: Path, slug: str = "storage", **idle: str) -> StageState:
    """Read a stage's state."""
    return next(each for each in board.stage_states(store, "e", all_stages(), idle) if each.slug == slug)


@pytest.mark.parametrize(
    ("verb", "result", "expected"),
    [
        ("plan", {"plan": PENDING}, "changes pending"),
        ("step", {"plan": PENDING, "receipt": receipt("withheld"), "findings": KEPT}, "changes pending"),
        ("apply", {"plan": PENDING, "receipt": receipt("applied"), "findings": KEPT}, "converged"),
        ("verify", {"plan": EMPTY, "findings": KEPT}, "converged"),
        ("verify", {"plan": PENDING, "findings": (finding("broken"),)}, "drifted"),
        ("verify", {"plan": EMPTY, "findings": (finding("broken"),)}, "blocked"),
        ("verify", {"plan": EMPTY, "findings": (finding("broken", warning=True),)}, "converged"),
        ("plan", {"plan": PENDING, "findings": (finding("owed"),)}, "owed"),
        ("verify", {"plan": EMPTY, "findings": (finding("unknown"),)}, "undecided"),
        ("apply", {"plan": PENDING, "receipt": receipt("failed")}, "blocked"),
        ("apply", {"plan": PENDING, "receipt": receipt("owed"), "findings": (finding("owed"),)}, "owed"),
    ],
)
def test_the_state_that_a_result_leaves(tmp_path: Path, verb: RunVerb, result: dict[str, Any], expected: State) -> None:
    """What failed counts before what drifted, what is broken before what is owed, and that before what is pending."""
    run(tmp_path, 1, verb, **result)

    assert expected == state(tmp_path).state


def test_a_state_says_for_what_it_holds(tmp_path: Path) -> None:
    """Whoever has other parameters since, or another endpoint, is not told that he is done."""
    scope = (("endpoint", "https://other"), ("parameters", "d1"))
    run(tmp_path, 1, "verify", plan=EMPTY.model_copy(update={"scope": scope}), findings=KEPT)

    assert scope == state(tmp_path).scope


def test_without_a_record_nothing_is_planned(tmp_path: Path) -> None:
    """Every stage is shown, also of an environment that nobody ran."""
    found = board.stage_states(tmp_path, "e", all_stages(), {})

    assert {"not planned"} == {each.state for each in found}
    assert [each.slug for each in all_stages()] == [each.slug for each in found]


def test_a_stage_without_a_part_says_so(tmp_path: Path) -> None:
    """What the pipeline does not use is not needed, whatever older records say."""
    run(tmp_path, 1, "plan", plan=PENDING)

    assert ("not needed", "no queue") == (state(tmp_path, storage="no queue").state, state(tmp_path, storage="no queue").detail)


def test_what_was_applied_and_is_pending_again_drifted(tmp_path: Path) -> None:
    """A plan alone shows it, too."""
    run(tmp_path, 1, "apply", plan=PENDING, receipt=receipt("applied"), findings=KEPT)
    run(tmp_path, 2, "plan", plan=PENDING)

    found = state(tmp_path)
    assert ("drifted", "1 no longer as applied, such as s3_bucket/tonic-a") == (found.state, found.detail)
    assert (("s3_bucket/tonic-a", "changes pending"),) == found.parts


def test_what_was_undone_is_not_planned(tmp_path: Path) -> None:
    """After a destroy that wrote, nothing of before counts; a later plan does."""
    run(tmp_path, 1, "apply", plan=PENDING, receipt=receipt("applied"), findings=KEPT)
    run(tmp_path, 2, "destroy", stage="teardown", plan=PENDING, receipt=receipt("applied"), findings=KEPT)
    assert ("not planned", "was undone on 2026-01-02") == (state(tmp_path).state, state(tmp_path).detail)

    run(tmp_path, 3, "plan", plan=PENDING)
    assert "changes pending" == state(tmp_path).state


def steps(store: Path, day: int = 1) -> Record:
    """Begin a record of somebody's steps, which stays open."""
    return Record.create(store, RunFacts(environment="e", verb="step", started=f"2026-01-{day:02d}T00:00:00.000Z"))


def keep(record: Record, minute: int, stage: str = "storage", written: int | None = None, **result: Any) -> None:
    """Run a stage to its Evidence: it last looked at a minute, and wrote at another."""
    if written is not None:
        entry = Entry(change=CHANGE, outcome="applied", at=at(written))
        result = {"plan": PENDING, "receipt": Receipt(stage=stage, digest="d", approvals=ADA, entries=(entry,)), "findings": KEPT}
    record.close_stage(StageResult(stage=stage, at=at(minute), **result))


def at(minute: int) -> str:
    """Write a time."""
    return f"2026-01-01T00:{minute:02d}:00.000Z"


def test_what_changed_since_it_was_applied_in_the_same_record_drifted(tmp_path: Path) -> None:
    """Whoever comes back to an open notebook, and plans again what was applied in it, sees that somebody changed it."""
    record = steps(tmp_path)
    keep(record, 2, written=1)
    assert "converged" == state(tmp_path).state

    keep(record, 3, plan=PENDING, receipt=receipt("withheld"), findings=KEPT)
    found = state(tmp_path)

    assert ("drifted", "1 no longer as applied, such as s3_bucket/tonic-a") == (found.state, found.detail)
    assert at(2) == found.verified


def test_what_wrote_nothing_is_not_undone(tmp_path: Path) -> None:
    """After a teardown in the same record a stage that builds on nothing stands as it was found; what looked at others is not planned."""
    record = steps(tmp_path)
    keep(record, 0, "preflight", findings=KEPT)
    keep(record, 2, written=1)
    keep(record, 3, "handover", findings=KEPT)
    keep(record, 5, "teardown", written=4)

    assert ["converged", "not planned", "not planned"] == [state(tmp_path, each).state for each in ("preflight", "storage", "handover")]
    assert ["was undone on 2026-01-01", "what it looked at was undone on 2026-01-01"] == [
        state(tmp_path, each).detail for each in ("storage", "handover")
    ]

    keep(record, 6, "handover", findings=(finding("owed"),))
    assert "owed" == state(tmp_path, "handover").state


def test_what_is_planned_after_a_teardown_in_the_same_record_is_pending(tmp_path: Path) -> None:
    """What was applied before it does not count any more; what is applied after it does."""
    record = steps(tmp_path)
    keep(record, 2, written=1)
    keep(record, 4, "teardown", written=3)
    keep(record, 5, plan=PENDING, receipt=receipt("withheld"))
    assert "changes pending" == state(tmp_path).state

    keep(record, 5, written=6)
    assert "converged" == state(tmp_path).state


def test_what_counts_is_when_it_was_written_and_not_when_it_was_kept(tmp_path: Path) -> None:
    """Evidence cells are run late: that of a stage after the teardown wrote, and that of the teardown after the stage was set up again."""
    record = steps(tmp_path)
    keep(record, 9, "teardown", written=3)
    keep(record, 2, written=1)
    assert "was undone on 2026-01-01" == state(tmp_path).detail

    keep(record, 4, written=5)
    assert "converged" == state(tmp_path).state


def test_who_proved_it_and_when(tmp_path: Path) -> None:
    """The last run that proved something is told, not the plan after it, and of each who gave its command, not who approved."""
    run(tmp_path, 1, "apply", plan=PENDING, receipt=receipt("applied"), findings=KEPT)
    run(tmp_path, 2, "plan", plan=EMPTY, findings=KEPT)

    found = state(tmp_path)
    assert ("2026-01-01T00:00:00.000Z", "lee") == (found.verified, found.by)


@pytest.mark.parametrize("verb", ["step", "verify", "apply"])
@pytest.mark.parametrize("is_closed", [False, True], ids=["open", "closed"])
def test_each_stage_was_proven_when_it_was_looked_at(tmp_path: Path, verb: RunVerb, *, is_closed: bool) -> None:
    """Neither the beginning of its record nor the end of it is the time at which a stage was proven."""
    record = Record.create(tmp_path, RunFacts(environment="e", verb=verb, started=at(0)))
    keep(record, 5, plan=EMPTY, findings=KEPT)
    keep(record, 7, "handover", findings=KEPT)
    if is_closed:
        record.write("end.json", RunEnd(finished=at(9), exit_code=0, meaning="fine").model_dump_json())

    assert (at(5), at(7)) == (state(tmp_path).verified, state(tmp_path, "handover").verified)


def test_a_record_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    """Half a file, or a folder without its first file, hides no other record."""
    run(tmp_path, 1, "verify", plan=EMPTY, findings=KEPT)
    broken = run(tmp_path, 2, "plan", plan=PENDING)
    (broken.folder / "stages" / "storage.json").write_text("{half", "utf-8")
    (tmp_path / "e" / "20260103T000000Z-plan-abcdef").mkdir()

    assert "converged" == state(tmp_path).state


def test_the_newest_runs(tmp_path: Path) -> None:
    """Each with its end; one that is open, or was cut off, has none, and a notebook that ran alone is closed without a code."""
    run(tmp_path, 1, "apply", plan=PENDING)
    alone = Record.create(tmp_path, RunFacts(environment="e", verb="plan", started="2026-01-02T00:00:00.000Z"))
    statement.close(alone, None)
    Record.create(tmp_path, RunFacts(environment="e", verb="step", started="2026-01-03T00:00:00.000Z"))

    found = board.run_lines(tmp_path, "e", 8)
    assert [("step", "", None), ("plan", "closed", None), ("apply", "fine", 0)] == [(e.verb, e.meaning, e.exit_code) for e in found]
    assert 1 == len(board.run_lines(tmp_path, "e", 1))
