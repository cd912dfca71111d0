"""An approval counts until all that it is for was made under it: what is undone after that is approved anew."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from runbook_lib.errors import ApprovalRefused, Rejected
from runbook_lib.evidence import approvals, steps
from runbook_lib.evidence.archive import Archive
from runbook_lib.evidence.record import Record, RunFacts, RunVerb, StageResult
from runbook_lib.evidence.spent import spent
from runbook_lib.evidence.statement import close
from runbook_lib.headless import standing
from runbook_lib.model import Approval, Change, Entry, EnvironmentPlan, Outcome, Plan, Receipt
from runbook_lib.resources.s3 import Bucket
from runbook_lib.runbook.records import Records
from tests import records
from tests.approving import ADA, JO, approve, planned, resumed
from tests.objects import FakeObjects
from tests.records import House

A, B = (
    Plan(stage=stage, environment="staging", scope=(), changes=(Change(before=None, after=Bucket(name=stage, region="us-east-1")),))
    for stage in ("storage", "server_role")
)
BOTH = EnvironmentPlan(environment="staging", plans=(A, B, Plan(stage="encryption", environment="staging", scope=())))


def word(minute: int, by: str = JO) -> Approval:
    """Have somebody approve."""
    return Approval(digest=BOTH.digest, environment="staging", by=by, at=f"2026-01-02T00:{minute:02}:00.000Z")


def made(
    store: Path, minute: int, outcomes: dict[Plan, Outcome], approval: Approval, *, verb: RunVerb = "apply", is_closed: bool = True
) -> str:
    """Have a run, or somebody's steps, that carried out stages under an approval; give the record's name."""
    at = f"2026-01-02T00:{minute:02}:30.000Z"
    facts = RunFacts(environment="staging", verb=verb, started=at, stages=tuple(each.stage for each in outcomes))
    record = Record.create(store, facts)
    kept = approvals.Kept(approval, approvals.written(approval, None))
    if verb == "apply":
        record.approve([kept.text], BOTH)
    for plan, outcome in outcomes.items():
        if verb == "step":
            steps.opened(record, plan.stage, at)
            steps.keep(record, steps.consent(plan.stage, [kept], BOTH, at))
        entries = tuple(Entry(change=each, outcome=outcome, at=at) for each in plan.changes)
        receipt = Receipt(stage=plan.stage, digest=plan.digest, approvals=(approval,), entries=entries)
        record.close_stage(StageResult(stage=plan.stage, receipt=receipt))
    if is_closed:
        close(record, None)
    return record.folder.name


def used_up(store: Path, *given: Approval) -> dict[str, str]:
    """Say by whom and when each approval was given that is used up, and which record tells of it."""
    found = spent(store, "staging", BOTH.digest, given)
    return {f"{each.by} {each.at[14:16]}": done.record for each, done in found.items()}


def test_a_run_that_made_everything_uses_up_what_was_approved_before_its_end(tmp_path: Path) -> None:
    """Also an approval that it was not given; one that came later counts, and a run that found all in place changes nothing of that."""
    name = made(tmp_path, 5, {A: "applied", B: "applied"}, word(1))
    made(tmp_path, 9, {A: "applied", B: "applied"}, word(1))

    assert {f"{JO} 01": name, f"{ADA} 05": name} == used_up(tmp_path, word(1), word(5, ADA), word(10))


def test_an_approvers_clock_that_is_ahead_saves_no_approval(tmp_path: Path) -> None:
    """What a run was given is used up by it, whenever it says that it was given."""
    name = made(tmp_path, 5, {A: "applied", B: "applied"}, word(40))

    assert {f"{JO} 40": name} == used_up(tmp_path, word(40))


@pytest.mark.parametrize("second", ["failed", "withheld", "rolled back", "owed"])
def test_what_did_not_make_everything_uses_up_nothing(tmp_path: Path, second: Outcome) -> None:
    """Nor does a run that was cut off, or that came to some of its stages."""
    made(tmp_path, 5, {A: "applied", B: second}, word(1))
    made(tmp_path, 6, {A: "applied", B: "applied"}, word(1), is_closed=False)

    assert {} == used_up(tmp_path, word(1))


@pytest.mark.parametrize("verb", ["apply", "step"])
def test_stages_may_be_made_one_by_one(tmp_path: Path, verb: RunVerb) -> None:
    """By commands or by steps, in records of their own: the approval counts until the last of them."""
    made(tmp_path, 5, {A: "applied"}, word(1), verb=verb)
    assert {} == used_up(tmp_path, word(1))

    name = made(tmp_path, 6, {B: "applied"}, word(1), verb=verb)
    assert {f"{JO} 01": name} == used_up(tmp_path, word(1))


def test_a_plan_that_changes_nothing_uses_up_nothing(tmp_path: Path) -> None:
    """Nobody has to approve it."""
    empty = EnvironmentPlan(environment="staging", plans=BOTH.plans[2:])
    given = word(1).model_copy(update={"digest": empty.digest})
    record = Record.create(tmp_path, RunFacts(environment="staging", verb="apply", started=given.at, stages=("encryption",)))
    record.approve([approvals.written(given, None)], empty)
    record.close_stage(StageResult(stage="encryption", receipt=Receipt(stage="encryption", digest=empty.digest, approvals=(given,))))
    close(record, None)

    assert {} == spent(tmp_path, "staging", empty.digest, [given])


def undone(house: House) -> None:
    """Delete by hand what was made."""
    house.target.things.clear()
    house.target.ours.clear()


def state(house: House) -> tuple[str, str, str]:
    """Say how the newest plan stands, why, and what follows."""
    with house.at_work():
        stands, following = standing.status(house.file, "")
    return stands.state, stands.reason, following


@pytest.mark.once
def test_the_same_plan_is_approved_anew(house: House) -> None:
    """What was applied, undone by hand and planned with the same digest waits again, and status and apply say who approved it when."""
    record, digest = planned(house)
    approve(house, record)
    run = house.run("apply", approve=digest)
    undone(house)
    again, same = planned(house)
    writes = house.target.writes

    waits, reason, following = state(house)
    with pytest.raises(ApprovalRefused) as refused:
        house.run("apply", approve=same)
    with pytest.raises(ApprovalRefused) as stored:
        house.run("apply", is_stored=True)

    gone = f"the approval by {JO} was used up by {run.record.folder.name}, which had applied all of it at 2"
    assert (digest, "waiting", writes) == (same, waits, house.target.writes)
    assert all(gone in each for each in (reason, str(refused.value), str(stored.value)))
    assert f"runbook approve {house.file.stem}/{again.name} --key" in following
    assert f"plan again, and let an approver sign: runbook approve any/{digest} --key" in str(refused.value)

    approve(house, again)
    assert "approved" == state(house)[0]
    assert house.run("apply", is_stored=True).exit_code in {0, 6}
    assert (2 * writes, "applied") == (house.target.writes, state(house)[0])
    assert [] == records.flaws(record, house.public) == records.flaws(run.record.folder, house.public)


@pytest.mark.once
def test_what_was_applied_as_it_was_approved_is_verified(house: House) -> None:
    """Another attempt at an apply whose answer was lost writes nothing: it says how things stand, also where something was undone since."""
    approve(house, planned(house)[0])
    first = house.run("apply", is_stored=True)
    writes = house.target.writes

    second = house.run("apply", is_stored=True)
    undone(house)
    third = house.run("apply", approve=first.plan.digest, is_stored=True)

    assert ("verify", first.exit_code) == (second.record.facts.verb, second.exit_code)
    assert set(records.STAGES) == set(third.record.facts.stages)
    assert (4, writes) == (third.exit_code, house.target.writes)


@pytest.mark.once
def test_a_run_that_stopped_goes_on_under_its_approval(house: House) -> None:
    """Also where what it made was undone meanwhile: the approval is used up by the run that comes to its end."""

    def fail(number: int) -> None:
        if number > 1:
            raise Rejected("s3:PutBucketPolicy", "is refused")

    approve(house, planned(house)[0])
    house.target.before_write = fail
    stopped = house.run("apply", is_stored=True).record.folder
    undone(house)
    house.target.before_write = lambda _number: None

    assert "begun" == state(house)[0]
    resumed(house, stopped)
    assert "applied" == state(house)[0]
    undone(house)
    planned(house)
    assert "waiting" == state(house)[0]


@pytest.mark.once
def test_an_approval_is_used_up_on_every_machine(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With records in a bucket, what was applied elsewhere is approved anew here."""
    objects = FakeObjects()
    monkeypatch.setattr("runbook_lib.runbook.records.archive_of", lambda _environment: Archive(objects, "tonic/staging"))
    house.values["records"] = "s3://acme-records/tonic"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "here"))
    approve(house, f"any/{planned(house)[0].name}")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "there"))
    run = house.run("apply", is_stored=True)
    undone(house)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "here"))
    planned(house)

    waits, reason, _ = state(house)
    assert ("waiting", True) == (waits, f"was used up by {run.record.folder.name}" in reason)


@pytest.mark.once
def test_an_approval_counts_until_the_lock_is_had(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two who begin at the same time under one approval, the second writes nothing of what is undone once the first has ended."""
    approve(house, planned(house)[0])
    locked = Records.locked

    def late(self: Records, verb: str, at: str) -> AbstractContextManager[None]:
        monkeypatch.setattr(Records, "locked", locked)
        house.run("apply", is_stored=True)
        undone(house)
        return locked(self, verb, at)

    monkeypatch.setattr(Records, "locked", late)

    with pytest.raises(ApprovalRefused, match=f"the approval by {JO} was used up by 2"):
        house.run("apply", is_stored=True)
    assert {} == dict(house.target.things)


@pytest.mark.once
def test_whoever_names_the_digest_approves_it_now(tmp_path: Path) -> None:
    """Where nobody has to sign, a digest on the command line is a new approval, whatever became of those that were stored."""
    house = records.house(tmp_path / "house")
    record, digest = planned(house)
    approve(house, record, key="", by=JO)
    house.run("apply", is_stored=True)
    undone(house)
    planned(house)
    writes = house.target.writes

    with pytest.raises(ApprovalRefused, match=f"the approval by {JO} was used up"):
        house.run("apply", is_stored=True)
    assert house.run("apply", approve=digest).exit_code in {0, 6}
    assert 2 * writes == house.target.writes
