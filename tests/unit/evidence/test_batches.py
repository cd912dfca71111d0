"""The record of a batch names those of its environments by digest, and the audit holds all of them."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from runbook_lib import headless
from runbook_lib.errors import Rejected
from runbook_lib.evidence import audit
from runbook_lib.evidence.audit.flaws import Audit
from runbook_lib.evidence.batches import SCHEMA, BatchRecord
from runbook_lib.evidence.schema import name
from runbook_lib.evidence.signing import FileKey, PublicKey
from runbook_lib.model.fleets import BatchEnd, BatchFacts, Row
from tests import records
from tests.approving import approve, approved_house, planned
from tests.machine import ROOT

STARTED = "2026-01-02T03:04:05.678Z"


def row_of(run: headless.Run) -> Row:
    """Make the row of the first file, which names a run's record."""
    folder = run.record.folder
    return Row(
        number=1, file="any", environment="staging", state="ended", exit_code=run.exit_code, record=folder.name, folder=str(folder),
        record_digest=sha256((folder / "statement.json").read_bytes()).hexdigest(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the record of a plan, and one of a batch that names it and a file that was not valid; give the store."""
    house = records.house(tmp_path_factory.mktemp("house"))
    run = house.run("plan")
    batch = BatchRecord.create(house.home / "runs", BatchFacts(verb="plan", started=STARTED, files=("any", "spoilt")))
    batch.keep(row_of(run))
    batch.keep(Row(number=2, file="spoilt", state="ended", exit_code=2, said="is not valid"))
    batch.close(BatchEnd(finished=STARTED, exit_code=2, meaning="bad usage or parameters"), FileKey(house.home / "audit.pem"))
    return house.home


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    """Copy the store, to change it."""
    return Path(shutil.copytree(made, tmp_path / "copy") / "runs")


def batch_of(store: Path) -> Path:
    """Find the batch."""
    return next((store / "_batches").iterdir())


def flaws(store: Path, weights: tuple[str, ...] = ("broken", "unknown")) -> list[str]:
    """Verify the batch against its public key; list what is wrong."""
    found = audit.verify(batch_of(store), PublicKey(store.parent / "audit.pub.pem"))
    return [str(each) for each in found.flaws if each.weight in weights]


def restated(store: Path, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a file of the batch, and state all of it anew under the same key."""
    batch = BatchRecord(batch_of(store))
    records.edit(batch.folder, name, change)
    (batch.folder / "statement.json").unlink()
    end = BatchEnd.model_validate_json((batch.folder / "end.json").read_text("utf-8"))
    (batch.folder / "end.json").unlink()
    batch.close(end, FileKey(store.parent / "audit.pem"))


def test_a_batch_is_checked_with_all_that_it_names(store: Path) -> None:
    """Its own files and signature, and the environment's record by digest and within."""
    found = audit.verify(batch_of(store), PublicKey(store.parent / "audit.pub.pem"))

    assert [] == flaws(store, ("broken", "unknown", "note"))
    assert any("against its digest, and within" in each for each in found.checked)
    assert any("the signature of" in each for each in found.checked)


def test_a_batch_fits_its_published_schema(store: Path) -> None:
    """Each of its JSON files has a form, and the statement's predicate too."""
    published: dict[str, Any] = json.loads((ROOT / "docs" / name(SCHEMA)).read_text("utf-8"))
    folder = batch_of(store)
    files = {path.relative_to(folder).as_posix(): json.loads(path.read_text("utf-8")) for path in folder.rglob("*.json")}
    said = json.loads(base64.b64decode(files["statement.json"]["payload"]))

    assert [] == [error.message for error in Draft202012Validator(published).iter_errors(files)]
    assert [] == [each for each in files if not any(re.search(pattern, each) for pattern in published["patternProperties"])]
    predicate = {"$ref": "#/$defs/BatchPredicate", "$defs": published["$defs"]}
    assert [] == list(Draft202012Validator(predicate).iter_errors(said["predicate"]))


def test_a_changed_record_of_an_environment_is_found(store: Path) -> None:
    """The batch's audit says in which record, and where."""
    record = next((store / "staging").glob("*-plan-*"))
    with (record / "findings.json").open("a", encoding="utf-8") as file:
        file.write(" ")

    assert [f"broken: staging/{record.name}/findings.json: was changed: its SHA-256 is not the stated one"] == flaws(store)


def test_a_record_that_was_stated_anew_is_found(store: Path) -> None:
    """Whoever rewrites an environment's record as a whole does not have the digest that the batch names."""
    record = next((store / "staging").glob("*-plan-*"))
    records.restate(record)

    assert any("not the one that was given" in each for each in flaws(store))


def test_a_record_that_lies_elsewhere_is_not_known(store: Path) -> None:
    """What is not in the same store was not held, and the way to do that is said."""
    shutil.rmtree(store / "staging")

    [said] = flaws(store)

    assert said.startswith("unknown: environments/1.json: names staging/2")
    assert "runbook audit verify" in said


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("environments/1.json", {"file": "other"}, "is about other, and batch.json has any in this place"),
        ("environments/1.json", {"environment": "../staging"}, "which is no name of a record"),
        ("environments/1.json", {"record": "../../elsewhere"}, "which is no name of a record"),
        ("environments/1.json", {"exit_code": 6}, "says exit code 6, staging/"),
        ("environments/2.json", {"exit_code": 0}, "says exit code 2, and of the environments follows"),
        ("environments/2.json", {"extra": 1}, "is in another form than this version's"),
        ("batch.json", {"verb": "verify"}, "which is a record of plan in staging"),
        ("batch.json", {"files": ["any", "spoilt", "third"]}, "environments/3.json: is missing: nothing says what came of third"),
    ],
)
def test_what_does_not_agree_is_found(store: Path, name: str, change: dict[str, Any], expected: str) -> None:
    """Also where everything was signed anew by whoever has the key."""
    restated(store, name, lambda value: value.update(change))

    assert any(expected in each for each in flaws(store)), flaws(store)


def judged(house: records.House, run: headless.Run) -> Audit:
    """Verify a batch that was to apply, and names this run."""
    batch = BatchRecord.create(house.home / "runs", BatchFacts(verb="apply", started=STARTED, files=("any",)))
    batch.keep(row_of(run))
    batch.close(BatchEnd(finished=STARTED, exit_code=run.exit_code, meaning="as the run"), None)
    return audit.verify(batch.folder)


def test_an_apply_of_what_was_applied_already_is_a_verify(tmp_path: Path) -> None:
    """The batch names its record; the audit says so, and finds nothing wrong."""
    house = approved_house(tmp_path / "house")
    approve(house, planned(house)[0])
    house.run("apply", is_stored=True)

    found = judged(house, house.run("apply", is_stored=True))

    assert (0, {"note"}) == (found.exit_code, {each.weight for each in found.flaws})
    assert found.flaws[-1].what.endswith("a record of verify: what was approved had been applied already")


def test_an_apply_whose_own_plan_failed_is_a_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that approves automatically plans first; a plan that did not fail is no apply, whoever says so."""

    def refuse(_wanted: object) -> None:
        raise Rejected("s3:GetBucketPolicy", "is refused")

    house = records.house(tmp_path / "house")
    fine = judged(house, house.run("plan"))
    monkeypatch.setattr(house.target, "observe", refuse)

    failed = judged(house, house.run("plan"))

    assert [] == [each.what for each in failed.flaws if each.weight == "broken"]
    assert any("which is a record of plan in staging" in each.what for each in fine.flaws if each.weight == "broken")


def test_a_changed_batch_is_found(store: Path) -> None:
    """A row that was changed is not the stated one; one that was taken away is missing."""
    folder = batch_of(store)
    records.edit(folder, "environments/1.json", lambda value: value.update(seconds=1.0))
    (folder / "environments" / "2.json").unlink()

    said = flaws(store)

    assert "broken: environments/1.json: was changed: its SHA-256 is not the stated one" in said
    assert "broken: environments/2.json: is missing" in said


def test_the_batch_that_it_goes_on_from_is_held(store: Path) -> None:
    """The later one names the first by its digest."""
    first = BatchRecord(batch_of(store))
    name, digest = first.origin()
    later = BatchRecord.create(store, BatchFacts(verb="plan", started=STARTED, files=(), resumes=name, resumes_sha256=digest))
    later.close(BatchEnd(finished=STARTED, exit_code=0, meaning="fine"), None)

    assert f"the batch that this one goes on from: {name}" in audit.verify(later.folder).checked
    statement = first.folder / "statement.json"
    statement.write_text(json.dumps(json.loads(statement.read_text("utf-8")), indent=1), "utf-8")
    assert any("names another digest" in each.what for each in audit.verify(later.folder).flaws)
