"""A stopped run is told from one that ended, and its record from one that somebody changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from runbook_lib.errors import ApprovalRefused
from runbook_lib.evidence import approvals
from runbook_lib.evidence.record import Origin, Record, RunFacts, StageResult
from runbook_lib.evidence.resuming import command, holds, origin, stopped
from runbook_lib.evidence.statement import close
from runbook_lib.model import Approval, Change, Entry, EnvironmentPlan, Outcome, Plan, Receipt, Rejection
from runbook_lib.resources.s3 import Bucket
from tests import records
from tests.stages.worlds import environment

CHANGES = tuple(Change(before=None, after=Bucket(name=name, region="us-east-1")) for name in ("tonic-a", "tonic-b"))
PLAN = Plan(stage="storage", environment="staging", scope=(), changes=CHANGES)
APPROVED = EnvironmentPlan(environment="staging", plans=(PLAN,))
NOW = "2026-01-03T00:00:00.000Z"
HERE = environment()
APPROVAL = Approval(digest=PLAN.digest, environment="staging", by="Ada", at="2026-01-02T03:04:05.678Z")


def begun(store: Path, second: int = 5, resumes: Origin | None = None, approval: Approval | None = None) -> Record:
    """Begin the record of an approved run."""
    started = f"2026-01-02T03:04:{second:02}.678Z"
    facts = RunFacts(environment="staging", verb="apply", started=started, stages=("storage",), target="mine", resumes=resumes)
    record = Record.create(store, facts)
    record.approve([approvals.written(approval or APPROVAL, None)], APPROVED)
    return record


def wrote(record: Record, *outcomes: Outcome, is_closed: bool = True) -> Record:
    """Journal what became of the changes, and close the stage and the record."""
    journal = record.journal(is_undo=False, now=lambda: record.facts.started, scope=())
    entries = tuple(Entry(change=change, outcome=outcome) for change, outcome in zip(CHANGES, outcomes, strict=False))
    for each in entries:
        journal.begin("storage", each.change)
        journal.end("storage", each)
    if is_closed:
        receipt = Receipt(stage="storage", digest=PLAN.digest, approvals=(APPROVAL,), entries=entries)
        record.close_stage(StageResult(stage="storage", receipt=receipt))
        close(record, None)
    return record


@pytest.mark.parametrize("second", ["failed", "withheld", "rolled back", "owed"])
def test_what_is_left_can_go_on(tmp_path: Path, second: Outcome) -> None:
    """A run that made not all that was approved goes on, with the approval and the plan that it had."""
    record = wrote(begun(tmp_path), "applied", second)

    found = stopped(record, HERE, NOW)

    assert ([APPROVAL], APPROVED, PLAN.digest) == ([each.approval for each in found.approvals], found.approved, found.digest)
    assert f"runbook resume {record.folder.name} mine" == command(record)


def test_a_run_that_was_killed_goes_on_though_all_was_made(tmp_path: Path) -> None:
    """Nobody has verified it yet."""
    assert PLAN.digest == stopped(wrote(begun(tmp_path), "applied", "applied", is_closed=False), HERE, NOW).digest


def without_approval(store: Path) -> Record:
    """Have a run that only verified."""
    return Record.create(store, RunFacts(environment="staging", verb="verify", started=APPROVAL.at))


def stepped(store: Path) -> Record:
    """Have what somebody did in the notebooks."""
    return Record.create(store, RunFacts(environment="staging", verb="step", started=APPROVAL.at, target="mine"))


def with_another_plan(store: Path) -> Record:
    """Have an approved plan that somebody changed."""
    record = begun(store)
    records.edit(record.folder, "approved.json", lambda plan: plan["plans"][0]["changes"].pop())
    return record


def expired(store: Path) -> Record:
    """Have an approval whose time is over."""
    return wrote(begun(store, approval=APPROVAL.model_copy(update={"expires": NOW})), "applied", "failed")


def rejected(store: Path) -> Record:
    """Have a plan that somebody rejected after it was approved."""
    record = wrote(begun(store), "applied", "failed")
    plan = Record.create(store, RunFacts(environment="staging", verb="plan", started="2026-01-02T03:04:04.678Z"))
    plan.write("plan.json", APPROVED.model_dump_json())
    said = Rejection(digest=PLAN.digest, environment="staging", by="Bob", at=NOW, reason="too wide")
    plan.write("rejection.json", approvals.written(said, None))
    return record


def overtaken(store: Path) -> Record:
    """Have a later run that changed something."""
    record = wrote(begun(store), "applied", "failed")
    wrote(begun(store, 6), "applied")
    return record


def gone_on_from(store: Path) -> Record:
    """Have a later run that went on from it, and was stopped too."""
    record = wrote(begun(store), "failed")
    wrote(begun(store, 6, origin(record.folder)), "applied", "failed")
    return record


REFUSALS: dict[Callable[[Path], Record], str] = {
    without_approval: r"was never approved, so it changed nothing: there is nothing to resume; runbook plan staging",
    stepped: r"holds what somebody did step by step: .*; runbook lab mine: each notebook goes on under its approval",
    with_another_plan: r"holds another plan than its approval is for: .*runbook audit verify",
    lambda store: wrote(begun(store), "applied", "applied"): r"ran to its end: .*; runbook verify mine .* runbook plan mine",
    expired: rf"the approval by Ada expired at {NOW}",
    rejected: r"the plan was rejected by Bob: too wide; mend what it says",
    overtaken: r"is not the newest: 20260102T030406Z-apply-\w+ changed something since: .*; runbook plan mine",
    gone_on_from: r"changed something since: .*; runbook resume 20260102T030406Z-apply-\w+ mine",
}


@pytest.mark.parametrize("given", REFUSALS, ids=lambda given: given.__name__)
def test_where_nothing_is_to_be_resumed_the_way_out_is_told(tmp_path: Path, given: Callable[[Path], Record]) -> None:
    """Nothing was approved, all was made, or something was made since."""
    with pytest.raises(ApprovalRefused, match=REFUSALS[given]):
        stopped(given(tmp_path), HERE, NOW)


def test_a_later_run_that_changed_nothing_is_not_in_the_way(tmp_path: Path) -> None:
    """A plan, and a run that was refused its first write, leave everything as it was."""
    record = wrote(begun(tmp_path), "applied", "failed")
    wrote(begun(tmp_path, 6), "failed")

    assert record == stopped(record, HERE, NOW).record


def closed(store: Path) -> Record:
    """Close a record."""
    return wrote(begun(store), "applied", "failed")


def killed(store: Path) -> Record:
    """Kill a run that has made a change and begun another."""
    record = wrote(begun(store), "applied", is_closed=False)
    record.journal(is_undo=False, now=lambda: "later", scope=()).begin("storage", CHANGES[1])
    return record


@pytest.mark.parametrize(("made", "file"), [(closed, "statement.json"), (killed, "journal.jsonl"), (begun, "run.json")])
def test_a_record_is_named_by_what_it_left(tmp_path: Path, made: Callable[[Path], Record], file: str) -> None:
    """By its statement, by the line that ends its last change, or by what it began with; a changed byte shows."""
    record = made(tmp_path)
    named = origin(record.folder)
    assert (record.folder.name, file, True) == (named.record, named.file, holds(record.folder, named))

    path = record.folder / file
    path.write_bytes(path.read_bytes().replace(b"e", b"E", 1))

    assert not holds(record.folder, named)


def test_a_killed_run_is_named_alike_wherever_its_journal_is_read(tmp_path: Path) -> None:
    """Lines that were only announced, or were written after the last change that ended, do not count."""
    record = killed(tmp_path)
    named = origin(record.folder)
    path = record.folder / "journal.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))

    assert (named, True) == (origin(record.folder), holds(record.folder, named))


def test_a_file_outside_is_never_what_a_record_left(tmp_path: Path) -> None:
    """Only statement, journal and run.json are looked at."""
    record = begun(tmp_path)
    (tmp_path / "other.json").write_text(json.dumps({}), "utf-8")

    assert not holds(record.folder, Origin(record=record.folder.name, file="../../other.json", sha256="44136fa355b3678a1146ad16f7e8649e"))
