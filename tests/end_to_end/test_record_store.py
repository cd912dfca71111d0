"""Records in a bucket: what one machine plans another applies, one writes at a time, and what broke off goes on."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import headless
from runbook_lib.errors import Locked, RunbookError
from runbook_lib.evidence.audit import verify
from runbook_lib.evidence.record import RunVerb
from runbook_lib.headless import resuming
from runbook_lib.model import EnvironmentPlan
from runbook_lib.parameters.load import as_parameters, load
from runbook_lib.runbook import open_stage
from runbook_lib.runbook.records import Records
from runbook_lib.runbook.stage_run import StageRun
from runbook_lib.runbook.world import now
from runbook_lib.sandbox.injection import Fault, inject
from runbook_lib.sandbox.snapshot import snapshot
from runbook_lib.sandbox.state import State
from tests.checkout import Checkout
from tests.driver import HERE, Driver, driver, not_kept, step_through
from tests.end_to_end.conftest import sandboxed
from tests.end_to_end.test_killed import SLOW, faults, group, wait_for
from tests.end_to_end.world import client

BUCKET = "acme-runbook-records"
STORE = f"records: s3://{BUCKET}/team\nrecords_retention:\n  mode: compliance\n  days: 30"


@dataclass(frozen=True)
class Machine:
    """Be a machine whose user keeps a folder of his own before the one bucket."""

    drive: Driver
    home: Path

    def __call__(self, verb: RunVerb, **options: Any) -> headless.Run:
        """Carry out a verb."""
        self.here()
        return self.drive(verb, **options)

    def resume(self, name: str) -> headless.Run:
        """Go on with a run of any machine."""
        self.here()
        return resuming.resume(name, self.drive.file, execute=step_through)

    def here(self) -> Records:
        """Work on this machine from now on."""
        os.environ["XDG_STATE_HOME"] = str(self.home)
        return Records(load(self.drive.file))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[tuple[State, Path]]:
    """Run a sandbox of these tests' own: what is held in a bucket stays there."""
    with sandboxed() as box:
        yield box


@pytest.fixture
def machines(sandbox: tuple[State, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Machine, Machine, Machine]:
    """Set up three machines before one bucket with Object Lock."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    state, folder = sandbox
    drive = driver(state, folder, tmp_path)
    text = drive.file.read_text("utf-8").replace(f"records: {tmp_path}/runs", STORE).replace("approval: automatic", "approval: manual")
    drive.file.write_text(text, "utf-8")
    s3 = client("s3", state)
    if BUCKET not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
        place = {"LocationConstraint": state.region} if state.region != "us-east-1" else None
        s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True, **({"CreateBucketConfiguration": place} if place else {}))
    first, second, third = (Machine(drive, tmp_path / name) for name in "abc")
    return first, second, third


def stored(state: State) -> dict[str, str]:
    """List what lies in the bucket, with the ETag of each."""
    pages = client("s3", state).get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    return {each["Key"]: each["ETag"] for page in pages for each in page.get("Contents", [])}


def parts_of_journals(state: State) -> int:
    """Count the parts of journals in the bucket."""
    return sum("/.journal/" in key for key in stored(state))


def test_one_plans_another_applies_a_third_takes_down(machines: tuple[Machine, Machine, Machine], sandbox: tuple[State, Path]) -> None:
    """Approved by its digest, a plan is found, carried out and reversed on machines that share nothing but the bucket."""
    one, other, third = machines
    before = snapshot(*sandbox)
    stages = ("storage", "server_role", "source_database")
    planned = one("plan", stages=stages)
    seen = stored(sandbox[0])

    applied = other("apply", approve=planned.plan.digest, stages=stages)
    assert (0, []) == (applied.exit_code, not_kept(applied))
    assert one("plan", stages=stages).plan.is_empty

    back = third("destroy")
    assert 0 == third("destroy", approve=back.plan.digest).exit_code
    assert before == snapshot(*sandbox)

    after = stored(sandbox[0])
    assert seen == {key: etag for key, etag in after.items() if key in seen and not key.endswith("/.lock")}
    s3 = client("s3", sandbox[0])
    holds = [s3.head_object(Bucket=BUCKET, Key=key).get("ObjectLockMode") for key in after if not key.endswith("/.lock")]
    assert {"COMPLIANCE"} == set(holds)
    one.here()
    assert ((), 5) == (headless.archive(one.drive.file)[0], len(headless.archive(one.drive.file)[1]))


def test_one_machine_writes_at_a_time(machines: tuple[Machine, Machine, Machine]) -> None:
    """The other is told who writes; a person takes the lock away, and then the other goes on."""
    one, other, _ = machines
    digest = one("plan", stages=("storage",)).plan.digest
    held = one.here().acquire("apply", now())
    with pytest.raises(Locked, match=rf"apply by \S+, process {os.getpid()}, since .*runbook unlock sandbox"):
        other("apply", approve=digest)

    other.here()
    assert f"process {os.getpid()}" in headless.unlock(other.drive.file)
    assert "" == headless.unlock(other.drive.file)
    taken = other.here().acquire("apply", now())
    held.release()
    with pytest.raises(Locked):
        one("apply", approve=digest)
    taken.release()
    assert 0 == one("apply", approve=digest).exit_code
    assert 0 == one("destroy", approve=one("destroy").plan.digest).exit_code


def test_a_lost_connection_is_made_up_for(machines: tuple[Machine, Machine, Machine], sandbox: tuple[State, Path]) -> None:
    """The run says where its record lies and which command goes on; then it is whole, and another machine finds its plan."""
    one, other, _ = machines
    inject(*sandbox, Fault("drop", match="s3:PutObject", times=1000), "aws")
    with pytest.raises(RunbookError, match=r"the run is over, but its record in \S+ is not whole in s3://.*; runbook archive sandbox"):
        one("plan", stages=("storage",))
    inject(*sandbox, None)

    one.here()
    (name,), _ = headless.archive(one.drive.file)
    assert ((), True) == (headless.archive(one.drive.file)[0], f"team/sandbox/.sealed/{name}" in stored(sandbox[0]))
    other.here().synchronise()
    assert (other.here().folder / name / "plan.json").is_file()


def test_a_machine_that_dies_leaves_a_lock_and_what_it_was_about_to_write(
    machines: tuple[Machine, Machine, Machine], sandbox: tuple[State, Path]
) -> None:
    """After kill -9 another machine is kept out until a person unlocks; then it resumes the run, by the name of its record alone.

    The dead machine's own journal, which is stored when that is back, still holds what the resumed run names of it.
    """
    one, other, third = machines
    state, folder = sandbox
    before = snapshot(state, folder)
    checkout, words = Checkout(HERE, folder), (str(one.drive.file), "--stage", "storage")
    one.here()
    digest = checkout("plan", *words)["digest"]
    journals, others = parts_of_journals(state), {*one.here().folder.glob("*-apply-*")}
    faults(state, SLOW)
    running = checkout.start("apply", *words, "--approve", digest, "--acknowledge", "*")
    wait_for(lambda: parts_of_journals(state) > journals and snapshot(state, folder) != before, running)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    for each in group(running.pid):
        os.kill(each, signal.SIGKILL)
    faults(state, [])
    [dead] = {*one.here().folder.glob("*-apply-*")} - others

    with pytest.raises(Locked, match=rf"process {running.pid}, since .*runbook unlock sandbox"):
        other.resume(dead.name)
    assert f"process {running.pid}" in headless.unlock(other.drive.file)
    applied = other.resume(dead.name)
    assert (0, []) == (applied.exit_code, not_kept(applied))

    assert 0 == one("plan", stages=("storage",)).exit_code
    assert ((), True) == (headless.archive(one.drive.file)[0], one("plan", stages=("storage",)).plan.is_empty)
    found = verify(one.here().folder / applied.record.folder.name)
    assert f"the run that this one goes on from: {dead.name}" in found.checked
    assert 0 == third("destroy", approve=third("destroy").plan.digest).exit_code
    assert before == snapshot(state, folder)


def test_a_notebook_alone_keeps_its_record(machines: tuple[Machine, Machine, Machine], sandbox: tuple[State, Path]) -> None:
    """Stepped through without `runbook`, a stage is planned on one machine, applied on another, and its record is whole at its end."""
    one, other, third = machines
    values = as_parameters(load(one.drive.file))

    def stepped(approve: str) -> StageRun:
        run = open_stage("storage", {**values, "approve": approve, "acknowledge": "*"})
        plan = run.plan()
        asyncio.run(run.apply(plan, run.gate(plan)))
        run.close()
        return run

    one.here()
    digest = stepped("").plan().digest
    other.here()
    assert () == stepped(digest).plan().changes
    third.here().synchronise()
    assert {f"team/sandbox/.sealed/{path.parent.name}" for path in third.here().folder.glob("*/run.json")} <= set(stored(sandbox[0]))
    assert 0 == third("destroy", approve=third("destroy").plan.digest).exit_code


def test_a_bucket_that_cannot_hold_anything_is_told_before_the_first_write(
    machines: tuple[Machine, Machine, Machine], sandbox: tuple[State, Path]
) -> None:
    """Without Object Lock the plan says so and is not whole in the bucket, and no apply begins; a missing bucket is told at once."""
    one, state = machines[0], sandbox[0]
    text = one.drive.file.read_text("utf-8")
    one.drive.file.write_text(text.replace(BUCKET, f"{BUCKET}-plain"), "utf-8")
    with pytest.raises(RunbookError, match=r"NoSuchBucket.*make the bucket, or correct records in the parameter file"):
        one("plan")
    client("s3", state).create_bucket(Bucket=f"{BUCKET}-plain")
    with pytest.raises(RunbookError, match="missing ObjectLockConfiguration"):
        one("plan", stages=("preflight",))
    [record] = one.here().folder.glob("*/findings.json")
    assert "has no Object Lock, so nothing can be held there" in record.read_text("utf-8")

    before = snapshot(*sandbox)
    digest = EnvironmentPlan.model_validate_json((record.parent / "plan.json").read_text("utf-8")).digest
    with pytest.raises(RunbookError, match="missing ObjectLockConfiguration"):
        one("apply", approve=digest)
    assert before == snapshot(*sandbox)
