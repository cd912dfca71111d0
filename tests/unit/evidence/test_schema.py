"""The published schema is written from the models, and the files of real records fit it."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from runbook_lib.adapters.aws.recording import Call
from runbook_lib.adapters.redshift.recording import Statement
from runbook_lib.errors import Denied, RunbookError, Unreachable
from runbook_lib.evidence import audit, batches, statement
from runbook_lib.evidence.__main__ import main
from runbook_lib.evidence.forms import SentCall, SentStatement
from runbook_lib.evidence.record import SCHEMA
from runbook_lib.evidence.schema import name, published
from runbook_lib.model import Change, Kinded, Resource
from runbook_lib.resources.s3 import Bucket
from tests import records
from tests.machine import ROOT

pytestmark = pytest.mark.once

PUBLISHED: dict[str, Any] = json.loads((ROOT / "docs" / name()).read_text("utf-8"))
WHOLE = Draft202012Validator(PUBLISHED)
BUCKET = Bucket(name="tonic-src", region="us-east-1")


def of(definition: str) -> Draft202012Validator:
    """Validate one file alone."""
    return Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": PUBLISHED["$defs"]})


def as_object(record: Path) -> dict[str, Any]:
    """Read a record as the schema describes it: its JSON files by name, the journal as a list."""
    paths = (path for path in record.rglob("*.json*") if "artefacts" not in path.parts)
    return {path.relative_to(record).as_posix(): content(path) for path in paths}


def content(path: Path) -> Any:
    """Read a file, or the lines of one."""
    text = path.read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else json.loads(text)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a record of an apply."""
    return records.house(tmp_path_factory.mktemp("house")).applied()


def test_what_is_published_is_in_step() -> None:
    """`make notebooks` would not change the schemas, and the pages lead to them."""
    assert published() == {each: (ROOT / "docs" / each).read_text("utf-8") for each in published()}
    assert re.search(r"^WRITE_SCHEMA := runbook_lib\.evidence$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert f"]({name()})" in (ROOT / "docs" / "evidence.md").read_text("utf-8")
    assert f"]({name(batches.SCHEMA)})" in (ROOT / "docs" / "fleets.md").read_text("utf-8")


def test_main_writes_it_and_names_what_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first call writes the schemas, the second finds nothing to write."""
    assert [0, 0] == [main([str(tmp_path)]), main([str(tmp_path)])]
    assert [str(tmp_path / "docs" / each) for each in published()] == capsys.readouterr().out.splitlines()


def test_the_schema_is_a_schema() -> None:
    """The dialect that it names finds no fault in it, and a record names it."""
    Draft202012Validator.check_schema(PUBLISHED)

    assert (SCHEMA, Draft202012Validator.META_SCHEMA["$id"]) == (PUBLISHED["$id"], PUBLISHED["$schema"])


def test_each_kind_of_resource_is_described() -> None:
    """A plan's resources are told apart by their kind, and each has its form."""
    kinds = {kind: each.__name__ for kind, each in Kinded.known.items() if issubclass(each, Resource)}
    described = {each["$ref"].rpartition("/")[2] for each in PUBLISHED["$defs"]["Resource"]["oneOf"]}

    assert set(kinds.values()) == described
    assert kinds == {PUBLISHED["$defs"][each]["properties"]["kind"]["const"]: each for each in described}


def test_every_file_of_a_record_fits(made: Path) -> None:
    """Plan, approval, receipt, findings, facts, end, results, snapshots, journal and envelope fit, and each has a pattern."""
    files = as_object(made)
    patterns = list(PUBLISHED["patternProperties"])

    assert [] == [error.message for error in WHOLE.iter_errors(files)]
    assert [] == [each for each in files if not any(re.search(pattern, each) for pattern in patterns)]
    assert {"approval.json", "journal.jsonl", "receipt.json", "snapshots/storage-before.json", "stages/storage.json"} <= set(files)


def test_the_predicate_fits(made: Path) -> None:
    """What the statement says of a record has its form."""
    said = json.loads(base64.b64decode(json.loads((made / "statement.json").read_bytes())["payload"]))

    assert SCHEMA == said["predicateType"]
    assert [] == list(of("Predicate").iter_errors(said["predicate"]))


@pytest.mark.parametrize("error", [Unreachable("s3", "went away"), Denied("s3:CreateBucket", "is denied")])
def test_a_record_of_a_run_that_failed_fits(tmp_path: Path, error: RunbookError) -> None:
    """So do the files of a run that lost a write or was denied it."""
    house = records.house(tmp_path / "house")

    def fail(_number: int) -> None:
        raise error

    house.target.before_write = fail

    assert [] == [each.message for each in WHOLE.iter_errors(as_object(house.applied()))]


@pytest.mark.parametrize(("line", "form"), [(Call, SentCall), (Statement, SentStatement)])
def test_what_is_sent_has_the_adapters_fields(line: Any, form: Any) -> None:
    """What an adapter tells of a request or a statement is what the schema says that a journal holds of it."""
    assert set(form.model_fields) == {each.name for each in fields(line)} - {"writes"}


def test_what_does_not_fit_is_refused() -> None:
    """A key too many, another verdict and a resource without its kind do not fit."""
    change = Change(before=None, after=BUCKET).model_dump(mode="json")

    assert of("Change").is_valid(change)
    assert not of("Change").is_valid({**change, "more": 1})
    assert not of("Change").is_valid({**change, "after": {"name": "a", "region": "b"}})
    assert not of("Finding").is_valid({"stage": "s", "rows": [], "claim": "c", "verdict": "fine"})


def test_a_record_of_another_schema_version_is_named_as_such(made: Path, tmp_path: Path) -> None:
    """Another version in run.json is not known, and nothing is called broken for its sake."""
    record = records.copied(made, tmp_path)
    records.edit(record, "run.json", lambda facts: facts.update(record_schema="urn:redshift-runbook:record:2"))
    records.edit(record, "plan.json", lambda plan: plan.update(plans="of another form"))
    records.restate(record)
    found = audit.verify(record)

    assert 6 == found.exit_code
    assert any("is of urn:redshift-runbook:record:2, and this version of the runbook reads" in str(each) for each in found.flaws)


def test_a_statement_of_another_schema_version_is_named_as_such(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So is another version in the statement."""
    record = records.copied(made, tmp_path)
    records.edit(record, "run.json", lambda facts: facts.update(record_schema="urn:redshift-runbook:record:2"))
    with monkeypatch.context() as patch:
        patch.setattr(statement, "PREDICATE_TYPE", "urn:redshift-runbook:record:2")
        records.restate(record)
    found = audit.verify(record)

    assert 6 == found.exit_code
    assert any("states a record of urn:redshift-runbook:record:2" in str(each) for each in found.flaws)
