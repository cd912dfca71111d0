"""What a batch left is gone on with: by the environments' own records where those can be resumed, anew where not."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_lib.errors import InvalidParameters, Rejected
from runbook_lib.evidence import audit
from runbook_lib.fleet import batch
from runbook_lib.fleet.going_on import begun, carried, words_of
from runbook_lib.fleet.members import members
from runbook_lib.model.fleets import BatchFacts, Row
from tests import records
from tests.fake_runbook import FAKE
from tests.unit.fleet.fleets import Yard

FACTS = BatchFacts(verb="apply", started="2026-01-02T03:04:05.678Z", files=("any",), stages=("storage",), by="Jo")
ANEW = ("--stage", "storage", "--approved", "--by", "Jo", "--json", "--progress")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> records.House:
    """Build a house in which an apply was refused at its second write."""
    made = records.house(tmp_path / "house")
    monkeypatch.setenv("RUNBOOK_HOME", str(made.home))
    return made


def stopped(house: records.House) -> str:
    """Let an apply fail in the middle; give its record's name."""

    def fail(number: int) -> None:
        if number > 1:
            raise Rejected("s3:PutBucketPolicy", "is refused")

    digest = house.run("plan").plan.digest
    house.target.before_write = fail
    return house.run("apply", approve=digest).record.folder.name


def killed(folder: Path, number: int) -> None:
    """Take away what a batch writes when an environment ends, and after all of them."""
    for name in (f"environments/{number}.json", "end.json", "statement.json"):
        (folder / name).unlink()


def test_a_run_that_stopped_in_the_middle_is_resumed(house: records.House) -> None:
    """Under its own approval, as a record that names it."""
    name = stopped(house)
    [member] = members(["any"])

    words = words_of(member, FACTS, Row(number=1, file="any", environment="staging", record=name))

    assert ("resume", name, str(house.file), "--json", "--progress") == words


def test_what_cannot_be_resumed_is_begun_anew(house: records.House) -> None:
    """So it is where there is no record, where that of a plan is meant, or where it is not there any more."""
    plan = house.run("plan").record.folder.name
    [member] = members(["any"])

    for name in ("", plan, "20260102T030405Z-apply-abc123"):
        words = words_of(member, FACTS, Row(number=1, file="any", environment="staging", record=name))
        assert ("apply", str(house.file), *ANEW) == words


def test_a_row_names_the_run_that_it_goes_on_from(house: records.House) -> None:
    """With the command that goes on, so that a stop before it begins loses neither; what is begun anew names none."""
    name = stopped(house)
    [member] = members(["any"])
    row, before = (Row(number=1, file="any", environment="staging", record=each) for each in ("", name))

    going_on, anew = (carried(member, row, words_of(member, FACTS, each), each) for each in (before, None))

    assert (name, f"runbook resume {name} any") == (going_on.record, going_on.way_out)
    assert row == anew


def test_what_is_left(house: records.House) -> None:
    """Whatever did not end without a failure."""
    row = Row(number=1, file="any", environment="staging", state="ended", exit_code=6)

    assert row.is_done
    for changes in ({"exit_code": 4}, {"state": "stopped", "exit_code": 1}, {"state": "not started", "exit_code": None}):
        assert not row.model_copy(update=changes).is_done


def fleet_of(yard: Yard, folder: str, **environments: str) -> Path:
    """Write parameter files that do as is said, in a folder of their own; give it."""
    made = yard.home / folder
    made.mkdir()
    for name, does in environments.items():
        Path(yard.file(name, does)).rename(made / f"{name}.yaml")
    return made


def test_a_batch_goes_on_from_wherever_one_stands(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done stays done, what is left is the same file as before, and not another one of its name."""
    monkeypatch.chdir(fleet_of(yard, "fleet", acme="", theta="fail"))
    folder = yard.run(["acme.yaml", "theta.yaml"]).record.folder
    fleet_of(yard, "elsewhere", theta="")
    monkeypatch.chdir(yard.home / "elsewhere")

    done = batch.go_on(folder, program=FAKE)

    assert [0, 1] == [row.exit_code for row in done.page.rows]
    assert str(yard.home / "fleet" / "theta.yaml") == done.page.rows[1].file == done.page.facts.files[1]
    assert ("fleet/acme.yaml", "fleet/theta.yaml") == done.page.facts.paths
    assert not (yard.home / "elsewhere" / "log").exists()
    assert 0 == audit.verify(done.record.folder).exit_code


def test_a_checkout_that_was_moved_keeps_its_batches(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files below it are named by their way from it."""
    yard.file("one", "fail")
    folder = yard.run(["one"]).record.folder
    moved = yard.home.rename(yard.home.with_name("moved"))
    monkeypatch.setenv("RUNBOOK_HOME", str(moved))

    done = batch.go_on(moved / folder.relative_to(yard.home), program=FAKE)

    assert ("one", ("parameters/one.yaml",)) == (done.page.rows[0].file, done.page.facts.paths)
    assert 2 == len((moved / "parameters" / "log").read_text("utf-8").splitlines()) // 2


def test_a_file_that_is_of_another_environment_by_now_is_refused(yard: Yard) -> None:
    """Nothing begins, also where that environment was done."""
    fine, bad = yard.file("fine"), yard.file("bad", "fail")
    folder = yard.run([fine, bad]).record.folder
    Path(yard.file("other")).rename(fine)

    with pytest.raises(InvalidParameters) as refusal:
        batch.go_on(folder, program=FAKE)

    assert f"{fine} is of other, and the batch ran it as fine; put the file back, or begin with" in str(refusal.value)
    assert 2 == len(yard.began)


def test_a_batch_that_was_killed_goes_on(yard: Yard) -> None:
    """What it had no row of yet is run; what it had is taken over."""
    files = [yard.file(f"env-{place}") for place in range(3)]
    folder = yard.run(files, jobs=1).record.folder
    killed(folder, 3)

    done = batch.go_on(folder, program=FAKE)

    assert ["env-0", "env-1", "env-2", "env-2"] == yard.began
    assert 0 == done.page.end.exit_code


def test_a_run_that_was_killed_with_its_batch_is_resumed(house: records.House) -> None:
    """There is no row of it, but its record lies in the store."""
    house.run("plan")
    folder = batch.begin(["any"], batch.Options("apply"), program=FAKE).record.folder
    killed(folder, 1)
    name = stopped(house)

    batch.go_on(folder, program=FAKE)

    began = [line.split()[2:] for line in (house.home / "parameters" / "log").read_text("utf-8").splitlines() if line.startswith("begin")]
    assert ["apply", "resume"] == [words[0] for words in began]
    assert [name, str(house.file)] == began[1][1:3]


def test_only_what_began_since_and_can_go_on_is_resumed(house: records.House) -> None:
    """What stopped before the batch is somebody else's; a plan or a check is begun anew, and so is what ran to its end."""
    house.run("plan")
    [member] = members(["any"])
    assert "" == begun(member, "apply", FACTS.started)

    name = stopped(house)

    assert name == begun(member, "apply", FACTS.started)
    assert ["", ""] == [begun(member, "apply", "9999"), begun(member, "verify", FACTS.started)]
