"""A record is compared with the environment's run before it, and its writes are read from its journal."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from runbook_lib.evidence import Record
from runbook_lib.evidence.comparing import previous, since
from runbook_lib.evidence.record import PARAMETERS
from runbook_lib.evidence.writes import writes
from runbook_lib.parameters.load import kept
from runbook_lib.views.since import Since
from tests import records


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """Make records: plan and apply, then plan again, of one environment; named so that they sort."""
    house = records.house(tmp_path_factory.mktemp("house"), signs=False)
    planned = house.run("plan")
    applied = house.run("apply", approve=planned.plan.digest)
    again = house.run("plan")
    return tuple(_named(run.record.folder, number) for number, run in enumerate((planned, applied, again)))


def _named(folder: Path, number: int) -> Path:
    """Part records that were made within one second."""
    return folder.rename(folder.with_name(f"2026010{number + 1}T000000Z-{folder.name.split('-', 1)[1]}"))


def compared(record: Path) -> Since:
    """Compare a record with the one before."""
    return since(Record(record), kept(record / PARAMETERS))


@pytest.fixture
def store(made: tuple[Path, ...], tmp_path: Path) -> tuple[Path, ...]:
    """Give a copy of the records."""
    shutil.copytree(made[0].parent, tmp_path / made[0].parent.name)
    return tuple(tmp_path / made[0].parent.name / each.name for each in made)


def test_the_first_run_has_none_before(store: tuple[Path, ...]) -> None:
    """Nothing is compared."""
    assert Since() == compared(store[0])


def test_the_plan_that_is_carried_out_is_no_run_before(store: tuple[Path, ...]) -> None:
    """Plan and apply are one undertaking; a later plan is compared with what was applied."""
    before = previous(Record(store[2]))

    assert previous(Record(store[1])) is None
    assert before is not None
    assert store[1] == before.folder


def test_what_was_applied_is_kept_from_then_on(store: tuple[Path, ...]) -> None:
    """A plan that finds all that was applied differs in nothing."""
    found = compared(store[2])

    assert (store[1].name, ("storage", "server_role"), ()) == (found.record, found.stages, found.unread)
    assert ((), (), ()) == (found.planned, found.parameters, found.versions)


def test_what_is_planned_again_differs(store: tuple[Path, ...]) -> None:
    """What was applied then and is planned now is drift."""
    shutil.copy(store[0] / "stages" / "storage.json", store[2] / "stages" / "storage.json")

    assert ("s3_bucket/tonic-src", "kept", "create") in compared(store[2]).planned


def test_a_verdict_that_turned_is_named(store: tuple[Path, ...]) -> None:
    """Claim by claim, where both runs judged it."""
    result = json.loads((store[2] / "stages" / "storage.json").read_text("utf-8"))
    before = json.loads((store[1] / "stages" / "storage.json").read_text("utf-8"))
    result["findings"] = [{**before["findings"][0], "verdict": "broken"}]
    (store[2] / "stages" / "storage.json").write_text(json.dumps(result), "utf-8")
    found = compared(store[2])

    assert [(before["findings"][0]["claim"], "broken")] == [(each.claim, each.now[-1]) for each in found.verdicts]


def test_other_parameters_and_versions_are_named(store: tuple[Path, ...]) -> None:
    """What the file said then, and which package was another one."""
    text = (store[1] / PARAMETERS).read_text("utf-8")
    (store[1] / PARAMETERS).write_text(f"{text}protected: true\n", "utf-8")
    records.edit(store[1], "run.json", lambda facts: facts["packages"].append(["a-package", "1.0"]))
    found = compared(store[2])

    assert ("a-package", "1.0", "not there") in found.versions
    assert ("protected was true, is false",) == found.parameters


def test_what_cannot_be_read_is_named(store: tuple[Path, ...]) -> None:
    """A result of another version and missing parameters are said, and stop nothing."""
    (store[1] / "stages" / "storage.json").write_text("{}", "utf-8")
    (store[1] / PARAMETERS).unlink()
    found = compared(store[2])

    assert ("stages/", PARAMETERS) == found.unread
    assert () == found.stages


def test_writes_are_those_of_the_journal(made: tuple[Path, ...]) -> None:
    """Each change of the receipts was sent once, between two times, and its end is known."""
    receipts = json.loads((made[1] / "receipt.json").read_text("utf-8"))
    found = writes(made[1])

    assert sum(len(each["entries"]) for each in receipts) == len(found)
    assert {"applied"} == {each.outcome for each in found}
    assert all(each.begun <= each.ended for each in found)
    assert () == writes(made[0])


def test_a_write_without_an_end_is_open(store: tuple[Path, ...]) -> None:
    """A journal that was cut off leaves nobody knowing."""
    path = store[1] / "journal.jsonl"
    kept_lines = [line for line in path.read_text("utf-8").splitlines() if '"end"' not in line]
    path.write_text("\n".join(kept_lines) + "\n", "utf-8")

    assert {("", "")} == {(each.ended, each.outcome) for each in writes(store[1])}
