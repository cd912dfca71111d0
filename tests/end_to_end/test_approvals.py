"""Approval binds one plan: another digest, a changed file, a foreign change are refused; a stopped run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from runbook_lib import headless
from runbook_lib.errors import ApprovalRefused, PlanDrifted
from runbook_lib.model import Change
from runbook_lib.ports import Ended
from runbook_lib.runbook.world import World
from runbook_lib.sandbox.snapshot import snapshot
from runbook_lib.sandbox.state import State
from tests.driver import Driver, not_kept
from tests.end_to_end.world import admin, client


class KilledError(BaseException):
    """Stand for kill -9: nothing catches it."""


@pytest.fixture(autouse=True)
def _given_back(drive: Driver, sandbox: tuple[State, Path]) -> object:
    """Give the sandbox back as it was, whatever a test left."""
    yield
    drive("destroy")


def manual(drive: Driver) -> None:
    """Ask for approvals by a person."""
    text = drive.file.read_text("utf-8").replace("approval: automatic", "approval: manual")
    drive.file.write_text(text, "utf-8")


def errors(run: headless.Run) -> list[tuple[str, str]]:
    """List what stopped the stages of a run."""
    return [(each.error, each.message) for each in run.executed if each.error]


def test_apply_without_an_approval_is_refused(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """Where a person approves, apply alone is refused and writes nothing."""
    manual(drive)
    before = snapshot(*sandbox)

    with pytest.raises(ApprovalRefused, match="apply needs an approval"):
        drive("apply")

    assert before == snapshot(*sandbox)


def test_an_unknown_digest_is_refused(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """A digest that no plan in the store has is refused and writes nothing."""
    before = snapshot(*sandbox)

    with pytest.raises(ApprovalRefused, match="no plan in the record store has the digest"):
        drive("apply", approve="0" * 64)

    assert before == snapshot(*sandbox)


def test_a_changed_file_is_refused(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """When a value in the file changes after the approval, the key is named, nothing starts and nothing is written."""
    planned = drive("plan", stages=("storage",))
    before = snapshot(*sandbox)
    drive.file.write_text(drive.file.read_text("utf-8").replace("retention_days: 7", "retention_days: 8"), "utf-8")

    with pytest.raises(PlanDrifted, match=r"buckets\.retention_days was 7, is 8"):
        drive("apply", approve=planned.plan.digest)

    assert before == snapshot(*sandbox)


def test_a_foreign_change_is_refused_and_named(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """When somebody makes one of the planned things first, that stage writes nothing and says which it is."""
    planned = drive("plan", stages=("server_role",))
    iam = client("iam", sandbox[0])
    trust = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
    )
    iam.create_role(RoleName="tonic-sandbox-server", AssumeRolePolicyDocument=trust)
    before = snapshot(*sandbox)

    run = drive("apply", approve=planned.plan.digest)
    after = snapshot(*sandbox)
    iam.delete_role(RoleName="tonic-sandbox-server")

    assert before == after
    assert run.exit_code in {3, 4, 6}
    assert any("tonic-sandbox-server" in text for _, text in errors(run)) or any("tonic-sandbox-server" in row[1] for row in not_kept(run))


def test_a_run_that_is_killed_goes_on_under_the_same_approval(drive: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed at one write after another, also within a step, the run is taken up under the same digest, and ends with 0, nothing to do."""
    planned = drive("plan")
    count = 0
    write = World.write

    def dying(self: World, changes: object) -> None:
        nonlocal count
        if count + 1 in deaths:
            deaths.remove(count + 1)
            raise KilledError
        count += 1
        write(self, changes)  # type: ignore[arg-type]

    def one_by_one(self: World, groups: Sequence[Sequence[Change]], ended: Ended) -> None:
        for each in groups:
            dying(self, each)
            ended(each, None)

    deaths = {1, 4, 9, 15, 19, 21, 22}
    monkeypatch.setattr(World, "write", dying)
    monkeypatch.setattr(World, "write_together", one_by_one)
    while deaths:
        with pytest.raises(KilledError):
            drive("apply", approve=planned.plan.digest)

    run = drive("apply", approve=planned.plan.digest)

    assert ([], 0) == (not_kept(run), run.exit_code)
    assert drive("plan").plan.is_empty


def test_destroy_refuses_while_the_destination_user_owns_something(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """A user who owns a table is not dropped: the table is listed, and the DDL that is handed over frees him."""
    drive("apply", stages=("destination_database",))
    with admin(*sandbox, database="tickit_masked") as connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA made_by_a_job; CREATE TABLE made_by_a_job.copies (id int)")
        cursor.execute("ALTER SCHEMA made_by_a_job OWNER TO tonic_destination_user")
        cursor.execute("ALTER TABLE made_by_a_job.copies OWNER TO tonic_destination_user")

    run = drive("destroy")

    owed = [each for each in run.findings if each.verdict == "owed"]
    assert 6 == run.exit_code
    assert "database_user/destination/tonic_destination_user" in {each.address for each in owed}
    assert any("made_by_a_job.copies" in each.detail for each in owed)
    artefact = next((run.record.folder / "artefacts" / "teardown").glob("*.sql")).read_text("utf-8")
    with admin(*sandbox, database="tickit_masked") as connection, connection.cursor() as cursor:
        for line in artefact.strip().splitlines():
            cursor.execute(line)
        cursor.execute("DROP SCHEMA made_by_a_job CASCADE")
    assert 0 == drive("destroy").exit_code
