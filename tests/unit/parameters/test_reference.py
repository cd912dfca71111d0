"""What editors check with and what people look up is written from the schema, and is in step with it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from runbook_lib.parameters import Environment, described, ledger
from runbook_lib.parameters.__main__ import main
from runbook_lib.parameters.reference import json_schema, page
from runbook_lib.parameters.rules import RAW_RULES, RULES, UNATTENDED_RULES
from tests.ledger.table import ROWS
from tests.machine import ROOT
from tests.unit.parameters.bad import FILES

EXAMPLES = tuple(sorted((ROOT / "parameters").glob("*.yaml")))
SCHEMA: dict[str, Any] = json.loads((ROOT / "parameters" / "schema.json").read_text("utf-8"))
BEYOND = {"endpoint-with-a-bad-port"}
"""Mistakes of one value that a JSON schema has no words for."""


def test_what_is_written_is_in_step() -> None:
    """`make notebooks` would change neither the JSON schema nor the reference."""
    assert json_schema() == (ROOT / "parameters" / "schema.json").read_text("utf-8")
    assert page() == (ROOT / "docs" / "parameters.md").read_text("utf-8")
    assert ledger.page() == (ROOT / "docs" / "ledger.md").read_text("utf-8")


def test_every_row_of_the_ledger_names_keys_that_exist() -> None:
    """The ledger's rows are those that tests hold, and the keys that answer them are the schema's."""
    known = {".".join(path) for path, _ in described.everywhere()}

    assert set(ROWS) == set(ledger.LEDGER)
    assert [] == [key for row in ledger.LEDGER.values() for key in row.keys if key not in known]


def test_main_writes_everything_and_names_what_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first call writes a notebook's cell, the schema and the reference; the second finds nothing to write."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "parameters").mkdir()
    notebook = tmp_path / "notebooks" / "00_start.ipynb"
    shutil.copy(ROOT / "notebooks" / notebook.name, notebook)
    notebook.write_text(notebook.read_text("utf-8").replace("pipeline = ", "pipe = "), "utf-8")

    assert 0 == main([str(tmp_path)])

    named = capsys.readouterr().out.splitlines()
    pages = [tmp_path / "parameters" / "schema.json", tmp_path / "docs" / "parameters.md", tmp_path / "docs" / "ledger.md"]
    assert [str(notebook), *(str(each) for each in pages)] == named
    assert (ROOT / "notebooks" / notebook.name).read_text("utf-8") == notebook.read_text("utf-8")
    assert 0 == main([str(tmp_path)])
    assert "" == capsys.readouterr().out


def test_make_calls_it() -> None:
    """`make notebooks` runs the module that writes them."""
    assert re.search(r"^WRITE_NOTEBOOKS := runbook_lib\.parameters$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_the_schema_is_a_schema() -> None:
    """The dialect that it names finds no fault in it."""
    assert SCHEMA["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_fits_the_schema_that_it_names(path: Path) -> None:
    """Every file of `parameters/` names the schema in its first line, lies beside it, and fits it."""
    text = path.read_text("utf-8")

    assert "# yaml-language-server: $schema=schema.json" == text.splitlines()[0]
    assert [] == list(Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text)))


def typed_wrongly() -> list[Path]:
    """List the bad files whose mistake lies in one value or key, so that an editor can see it."""
    found = []
    for path in FILES:
        if not path.stem.startswith(("yaml-", "scalar-", "rule-", "placeholder-")):
            try:
                Environment.model_validate(yaml.safe_load(path.read_bytes()))
            except ValidationError:
                found.append(path)
    return found


@pytest.mark.parametrize("path", typed_wrongly(), ids=lambda path: path.stem)
def test_an_editor_sees_the_mistake_too(path: Path) -> None:
    """What the model refuses in one value or key, the JSON schema refuses as well."""
    found = list(Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(path.read_bytes())))

    assert (path.stem in BEYOND) == (not found)


def test_the_schema_explains_every_key() -> None:
    """Each key has a description, which an editor shows beside it."""
    sections = (SCHEMA, *SCHEMA["$defs"].values())
    bare = [
        key
        for section in sections
        for key, each in section.get("properties", {}).items()
        if "description" not in each and "description" not in SCHEMA["$defs"].get(str(each.get("$ref", "")).rpartition("/")[2], {})
    ]

    assert [] == bare


def test_the_examples_in_the_schema_are_valid() -> None:
    """What is given as an example of a value fits the value's own pattern."""
    kinds = [
        each for section in (SCHEMA, *SCHEMA["$defs"].values()) for each in section.get("properties", {}).values() if "examples" in each
    ]

    assert kinds
    assert [] == [kind for kind in kinds for each in kind["examples"] if not Draft202012Validator(kind).is_valid(each)]


def test_the_reference_has_a_row_for_every_key() -> None:
    """Each key stands in the table of its section, with what it takes, its default and what it means."""
    tables = dict(re.findall(r"^## (.*?)\n\n.*?\n\n(.*?)(?=\n\n)", page(), re.MULTILINE | re.DOTALL))
    rows = {title: re.findall(r"^\| `(\w+)` \| (\S.*?) \| (\S.*?) \| (\S.*?) \|$", table, re.MULTILINE) for title, table in tables.items()}
    listed = {
        (place, row[0]) for title, table in rows.items() for place in re.findall(r"`([\w.]+)(?:\[\])?`", title) or [""] for row in table
    }

    assert {(".".join(path[:-1]), path[-1]) for path, _ in described.everywhere()} == listed


def test_the_reference_lists_every_rule() -> None:
    """Each rule across keys says in a sentence what it does."""
    listed = page().partition("## Rules across keys")[2].count("\n- ")

    assert len(RULES) + len(RAW_RULES) + len(UNATTENDED_RULES) == listed


def test_the_readme_links_the_reference() -> None:
    """A reader of the README finds the table of all keys."""
    assert "(docs/parameters.md)" in (ROOT / "README.md").read_text("utf-8")
