"""A plan is applied only under approvals that suffice; each is signed, and everything that stands against one is said at once."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.engine.approving import later
from runbook_lib.evidence.archive import Archive
from runbook_lib.headless import approving
from runbook_lib.model import Approval
from runbook_lib.resources.warehouse import DatabaseUser
from runbook_lib.runbook.records import Records
from tests import records
from tests.approving import ADA, JO, KIM, approve, approved_house, planned, private, refused, reject
from tests.objects import FakeObjects
from tests.records import House

pytestmark = pytest.mark.once


def after(house: House, record: Path, approval: Approval) -> str:
    """Say what follows after an approval."""
    with house.at_work():
        return approving.way_on(str(record), approval)


def test_an_approval_is_written_beside_its_plan_and_applied(house: House) -> None:
    """What an approver signed is applied, kept in the run's record byte for byte, and both records verify."""
    record, digest = planned(house)
    approval = approve(house, record)

    run = house.run("apply", approve=digest)

    assert (JO, digest, "staging") == (approval.by, approval.digest, approval.environment)
    assert run.exit_code in {0, 6}
    assert (record / "approval.json").read_bytes() == (run.record.folder / "approval.json").read_bytes()
    assert [] == records.flaws(record, house.public) == records.flaws(run.record.folder, house.public)
    assert {"Lee Chan"} < set(run.record.facts.planned_by)


def test_without_a_stored_approval_the_digest_alone_is_refused(house: House) -> None:
    """Where approvers are named, whoever names the digest approves nothing, and is told what would."""
    record, digest = planned(house)

    said = refused(lambda: house.run("apply", approve=digest, by=JO))

    assert "no approval counts, and it takes one that an approver signs" in said
    assert f"runbook approve any/{digest} --key PRIVATE.pem" in said
    assert 0 == house.target.writes
    with house.at_work():
        ((path, approval),) = approving.approve([f"any/{digest}"], key=str(private(house.home, JO)), acknowledge=("*",))
        assert (record, digest) == (path.parent, approval.digest)


def test_a_digest_that_nothing_planned_cannot_be_approved(house: House) -> None:
    """Who was told a digest of somebody's steps learns which command makes a plan of it."""
    with house.at_work():
        assert "runbook plan ENV makes one" in refused(lambda: approving.approve([f"any/{'0' * 64}"], key=str(private(house.home, JO))))


@pytest.mark.parametrize("is_named", [True, False])
def test_what_is_wrong_with_a_key_is_told_once(house: House, *, is_named: bool) -> None:
    """No key, and one of somebody whom approvers does not list."""
    record, _ = planned(house)
    key = str(private(house.home, KIM)) if is_named else ""

    with house.at_work():
        said = refused(lambda: approving.approve([str(record)], key=key, acknowledge=("*",)))

    assert "is none of approvers" in said if is_named else "asks for a signature: give --key" in said
    assert "is not signed" not in said
    assert "is signed by a key" not in said


def test_two_approvals_take_two_people(tmp_path: Path) -> None:
    """With two required, one is not enough, the same key counts once, and two different ones are."""
    house = approved_house(tmp_path / "house", approvals_required=2)
    record, digest = planned(house)
    first = approve(house, record)

    assert "1 approval counts, and it takes 2 that different approvers sign: the next one signs the same record" == after(
        house, record, first
    )
    assert "1 approval counts, and it takes 2" in refused(lambda: house.run("apply", approve=digest))
    assert f"is approved by {JO} already, and one key counts once" in refused(lambda: approve(house, record))
    assert f"runbook apply any --approve {digest}" == after(house, record, approve(house, record, ADA))
    run = house.run("apply", approve=digest)

    assert {"approval.json", "approval.1.json"} == {path.name for path in run.record.folder.glob("approval*")}
    assert [] == records.flaws(run.record.folder, house.public)


@pytest.mark.parametrize("changes", [{"approvals_required": 2}, {"protected": True}], ids=["two required", "protected"])
def test_nobody_approves_his_own_plan(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Where two are required or the environment is protected, neither the planner's name nor the key of his records counts."""
    house = approved_house(tmp_path / "house", **changes)
    house.values |= changes
    by_name = house.run("plan", by=JO.upper()).record.folder
    assert "is by somebody who planned it" in refused(lambda: approve(house, by_name))

    house.values["signing"] = {"key": str(private(house.home, ADA))}
    by_key = house.run("plan", by="ci").record.folder
    assert "is by somebody who planned it" in refused(lambda: approve(house, by_key, ADA))


def test_where_one_suffices_a_planner_may_approve(house: House) -> None:
    """An unprotected environment with one approval takes that of whoever planned."""
    record = house.run("plan", by=JO).record.folder

    assert JO == approve(house, record).by


def test_everything_that_stands_against_an_approval_is_said_at_once(house: House) -> None:
    """A changed file, a strange key and a risk nobody acknowledged are named together, and nothing is written."""
    alias = DatabaseUser(side="destination", name="owner", password="env:X", superuser=True)
    record, _ = planned(house)
    path = record / "plan.json"
    plan = json.loads(path.read_text("utf-8"))
    plan["plans"][0]["changes"].append({"before": None, "after": alias.model_dump(mode="json"), "reason": ""})
    plan["plans"][0]["contested"] = [{"address": "s3_bucket/theirs", "reason": "exists", "way_out": "ask"}]
    path.write_text(json.dumps(plan), "utf-8")
    house.values["approval_days"] = 8

    said = refused(lambda: approve(house, record, KIM, acknowledge=()))

    for each in (
        "approval_days was 7, is 8",
        "is none of approvers",
        "leaves s3_bucket/theirs alone, which exists",
        "does not acknowledge database_user/destination/owner (makes a superuser)",
    ):
        assert each in said
    assert [] == list(record.glob("approval*"))


def test_a_digest_on_the_command_line_acknowledges_what_it_says(tmp_path: Path) -> None:
    """Without approvers the command is the approval; a teardown is refused until each removal is acknowledged."""
    house = records.house(tmp_path / "house")
    house.applied()
    digest = house.run("destroy").plan.digest

    said = refused(lambda: house.run("destroy", approve=digest, acknowledge=("s3_*",)))
    run = house.run("destroy", approve=digest, acknowledge=("s3_*", "iam_*", "ec2_*"), by="Lee Chan")

    assert "iam_role/tonic-staging-server (deletes)" in said
    assert "s3_bucket/" not in said
    assert "Lee Chan" in (run.record.folder / "summary.txt").read_text("utf-8") or run.exit_code == 0


def test_a_rejection_holds_until_the_next_plan(house: House) -> None:
    """A rejected plan is neither approved nor applied, whatever was approved; planned again it is approved anew."""
    record, digest = planned(house)
    approve(house, record)
    reject(house, record, ADA)

    assert f"the plan was rejected by {ADA}: too wide" in refused(lambda: house.run("apply", approve=digest))
    assert "was rejected" in refused(lambda: approve(house, record))
    again, same = planned(house)
    assert digest == same
    assert "no approval counts" in refused(lambda: house.run("apply", approve=digest))
    approve(house, again)
    assert house.run("apply", approve=digest).exit_code in {0, 6}
    assert [] == records.flaws(record, house.public)


def test_an_expired_approval_does_not_count(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time an approval is refused with that time, and another may follow it; no approval lasts longer than the file says."""
    record, digest = planned(house)
    assert "counts longer than the 7 days" in refused(lambda: approve(house, record, expires="8d"))
    approval = approve(house, record, expires="2h")
    assert later(approval.at, timedelta(hours=2)) == approval.expires
    monkeypatch.setattr("runbook_lib.headless.verbs.now", lambda: later(approval.at, timedelta(hours=2)))

    assert f"expired at {approval.expires}" in refused(lambda: house.run("apply", approve=digest))


def test_an_old_plan_is_not_approved(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan can be approved for as many days as an approval counts."""
    record, _ = planned(house)
    monkeypatch.setattr("runbook_lib.headless.approving.now", lambda: later(house_time(record), timedelta(days=7)))

    assert "more than 7 days ago" in refused(lambda: approve(house, record))


def house_time(record: Path) -> str:
    """Give the time at which a run began."""
    return str(json.loads((record / "run.json").read_text("utf-8"))["started"])


def test_several_records_are_approved_together_or_not_at_all(house: House) -> None:
    """One approval each; when one of two is refused, neither gets one."""
    first, second = planned(house)[0], planned(house)[0]
    reject(house, second)
    key = str(private(house.home, JO))
    with house.at_work():
        assert second.name in refused(lambda: approving.approve([str(first), str(second)], key=key, acknowledge=("*",)))
        assert [] == list(first.glob("approval*"))
    third, fourth = planned(house)[0], planned(house)[0]
    with house.at_work():
        made = approving.approve([str(third), f"any/{fourth.name}"], key=key, acknowledge=("*",))

    assert [third / "approval.json", fourth / "approval.json"] == [path for path, _ in made]


def test_an_approval_from_another_machine_counts(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With records in a bucket, what was planned here and approved elsewhere is applied here, and rejected elsewhere it is not."""
    objects = FakeObjects()
    monkeypatch.setattr("runbook_lib.runbook.records.archive_of", lambda _environment: Archive(objects, "tonic/staging"))
    house.values["records"] = "s3://acme-records/tonic"
    here, there = (str(tmp_path / each) for each in ("here", "there"))

    monkeypatch.setenv("XDG_STATE_HOME", here)
    record, digest = planned(house)
    monkeypatch.setenv("XDG_STATE_HOME", there)
    approve(house, f"any/{record.name}")
    monkeypatch.setenv("XDG_STATE_HOME", here)
    run = house.run("apply", approve=digest)
    approval = objects.things[f"tonic/staging/{record.name}/approval.json"][0]
    monkeypatch.setenv("XDG_STATE_HOME", there)
    with house.at_work():
        approving.reject([f"any/{record.name}"], reason="too wide", key=str(private(house.home, ADA)))
    monkeypatch.setenv("XDG_STATE_HOME", here)

    assert approval == (run.record.folder / "approval.json").read_bytes()
    assert "too wide" in refused(lambda: house.run("apply", approve=digest))


@pytest.mark.parametrize("first", [JO, "jo  RIVERA"])
def test_who_planned_first_does_not_approve(house: House, first: str) -> None:
    """Somebody else who plans the same after him takes nothing of that back, however he writes his name."""
    house.values["protected"] = True
    house.run("plan", by=first)
    record, _ = planned(house)

    assert "is by somebody who planned it" in refused(lambda: approve(house, record))


def test_approvers_are_part_of_what_is_approved(house: House) -> None:
    """Another approver, another number, or another key in the same file changes the digest of every plan."""
    digests = [planned(house)[1]]
    house.values["approvals_required"] = 2
    digests.append(planned(house)[1])
    house.values["approvers"][0]["name"] = KIM
    digests.append(planned(house)[1])
    public = private(house.home, JO).with_suffix(".pub.pem")
    public.write_bytes(private(house.home, KIM).with_suffix(".pub.pem").read_bytes())
    digests.append(planned(house)[1])

    assert 4 == len(set(digests))


def test_a_rejection_counts_until_the_lock_is_had(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever rejects while a run begins is heard: nothing is written, and no record is begun."""
    record, digest = planned(house)
    approve(house, record)
    locked = Records.locked

    def late(self: Records, verb: str, at: str) -> AbstractContextManager[None]:
        reject(house, record)
        return locked(self, verb, at)

    monkeypatch.setattr(Records, "locked", late)

    assert f"the plan was rejected by {JO}: too wide" in refused(lambda: house.run("apply", approve=digest))
    assert ([record], 0) == (list(record.parent.glob("2*")), house.target.writes)


def test_a_damaged_rejection_blocks_too(house: House) -> None:
    """A rejection that cannot be read is no reason to go on."""
    record, digest = planned(house)
    approve(house, record)
    (record / "rejection.json").write_text("{}", "utf-8")

    assert "the plan was rejected by somebody" in refused(lambda: house.run("apply", approve=digest))
