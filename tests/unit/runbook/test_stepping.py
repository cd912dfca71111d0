"""Which approval counts for a stage that somebody steps through, and in which record it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_lib import place
from runbook_lib.evidence import Record, RunFacts, StageResult, statement, steps
from runbook_lib.evidence.approvals import Kept, written
from runbook_lib.model import Approval, Change, Entry, EnvironmentPlan, Plan, Receipt
from runbook_lib.model.kinds import Resource
from runbook_lib.parameters.load import load
from runbook_lib.resources.s3 import Bucket
from runbook_lib.runbook import interactive, stepping
from runbook_lib.runbook.records import Records
from tests.machine import ROOT

CHANGE = Change(before=None, after=Bucket(name="tonic-a", region="us-east-1"))
FACTS = RunFacts(environment="e", verb="step", started="2026-01-01T00:00:00.000Z")


def plan(*changes: Change, kept: tuple[Resource, ...] = ()) -> Plan:
    """Make a stage's plan."""
    return Plan(stage="storage", environment="e", scope=(), changes=changes, kept=kept)


PENDING, DONE = plan(CHANGE), plan(kept=(Bucket(name="tonic-a", region="us-east-1"),))
FOREIGN = plan(CHANGE, kept=(Bucket(name="tonic-b", region="us-east-1"),))


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Begin a record of somebody's steps, with one approval."""
    made = Record.create(tmp_path, FACTS)
    approve(made, "storage", Approval(digest=PENDING.digest, by="ada", at="2026-01-01T00:01:00.000Z"), PENDING)
    return made


def approve(record: Record, stage: str, approval: Approval, *plans: Plan) -> None:
    """Keep an approval, unsigned."""
    whole = EnvironmentPlan(environment="e", plans=plans)
    steps.keep(record, steps.consent(stage, [Kept(approval, written(approval, None))], whole, approval.at))


def receive(record: Record, outcome: str) -> None:
    """Close the stage with a receipt under the approval."""
    (consent,) = steps.consents(record.folder, "storage")
    entries = (Entry(change=CHANGE, outcome=outcome),)
    receipt = Receipt(stage="storage", digest=PENDING.digest, approvals=consent.approvals, entries=entries)
    record.close_stage(StageResult(stage="storage", receipt=receipt))


@pytest.mark.parametrize(("now", "expected"), [(PENDING, True), (DONE, True), (FOREIGN, False)], ids=["pending", "done", "foreign"])
def test_an_approval_goes_on_after_a_restart(record: Record, now: Plan, expected: bool) -> None:
    """Before the first write and after the last it is found again; when the world moved otherwise it is not."""
    assert expected is (stepping.standing(record, now, "") is not None)


@pytest.mark.parametrize(("outcome", "expected"), [("applied", False), ("failed", True), ("owed", True)])
def test_an_approval_is_spent_once_all_of_it_was_applied(record: Record, outcome: str, expected: bool) -> None:
    """Whoever runs everything again afterwards applies nothing; what failed or is owed goes on."""
    receive(record, outcome)

    assert expected is (stepping.standing(record, PENDING, "") is not None)


def test_who_asks_for_an_approval_learns_what_moved(record: Record) -> None:
    """Asked for by its digest it stands also when the world moved: apply names the difference."""
    assert stepping.standing(record, FOREIGN, PENDING.digest) is not None
    assert stepping.standing(record, FOREIGN, "another") is None


@pytest.mark.parametrize(("outcome", "expected"), [("applied", True), ("failed", False)])
def test_a_digest_is_used_up_by_a_finished_apply(record: Record, outcome: str, expected: bool) -> None:
    """In whichever record that was; what failed goes on, another stage and another digest are not meant."""
    receive(record, outcome)
    later = Record.create(record.folder.parent.parent, FACTS)

    assert [expected] * 2 == [stepping.is_used_up(each, "storage", PENDING.digest) for each in (record, later)]
    assert [False] * 2 == [stepping.is_used_up(later, *each) for each in (("encryption", PENDING.digest), ("storage", "another"))]


def test_approvals_of_several_stages_are_read_in_their_order(record: Record) -> None:
    """The record's page lists all of them, the oldest first."""
    earlier = Approval(digest="d", by="bob", at="2026-01-01T00:00:30.000Z")
    approve(record, "encryption", earlier)

    assert ["bob", "ada"] == [each.by for each in steps.approvals(record)]


def test_notebooks_of_an_environment_share_a_record_until_it_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every notebook finds the open record; a closed one, and other parameters, begin another."""
    monkeypatch.setattr(place, "home", lambda: tmp_path)
    environment = load(ROOT / "parameters" / "sandbox.yaml")
    records, facts = Records(environment), FACTS.model_copy(update={"environment": "sandbox"})

    first = interactive.record_of(records, facts, tmp_path)
    again = interactive.record_of(records, facts, tmp_path)
    other = interactive.record_of(Records(environment.model_copy(update={"protected": True})), facts, tmp_path)
    statement.close(other, None)
    last = interactive.record_of(Records(environment.model_copy(update={"protected": True})), facts, tmp_path)

    assert first.folder == again.folder
    assert 3 == len({first.folder, other.folder, last.folder})
