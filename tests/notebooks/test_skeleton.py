"""The skeleton that all stages share, and the words that belong to one stage alone."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from runbook_lib.model import Stage
from runbook_lib.stages import all_stages
from tests.notebooks.reading import STAGE_NOTEBOOKS, Notebook

STEPS = {
    "open": 'from runbook_lib.runbook import open_stage\n\nrun = open_stage("SLUG", locals())\nrun',
    "form": "run.form()",
    "preflight": "run.preflight()",
    "desired": "run.desired()",
    "plan": "plan = run.plan()\nplan",
    "approve": "gate = run.gate(plan)\ngate",
    "apply": "receipt = await run.apply(plan, gate)\nreceipt",
    "verify": "findings = run.verify()\nfindings",
    "evidence": "run.close()",
}
HEADINGS = (
    "Operation note",
    "Parameters",
    "Open",
    "Form",
    "Pre-flight",
    "Desired",
    "Plan",
    "Approve",
    "Apply",
    "Verify",
    "Evidence",
    "If it failed",
)
SAID = ("Sets up", "Who may run it", "Touches", "Undo")
MAY_REPEAT = {"Parameters"}
NOTHING = re.compile(r"nothing|empty|anyone", re.IGNORECASE)

every = pytest.mark.parametrize("notebook", STAGE_NOTEBOOKS, ids=lambda each: each.name)


def said(notebook: Notebook, what: str) -> str:
    """Give what the title cell says about one thing."""
    found = re.search(rf"^\*\*{what}\.\*\* (.+)$", notebook.title, re.MULTILINE)
    return found[1] if found else ""


def slug(notebook: Notebook) -> str:
    """Give the stage of a notebook's name."""
    return notebook.name[3:]


def test_every_stage_has_its_notebook_and_every_notebook_its_stage() -> None:
    """The package of stages and the folder of notebooks name the same stages with the same numbers."""
    stages = [f"{stage.number:02d}_{stage.slug}" for stage in all_stages()]

    assert stages == [each.name for each in STAGE_NOTEBOOKS]


@every
def test_title_is_the_stages(notebook: Notebook) -> None:
    """Number and title are those that the stage declares."""
    stage = next(each for each in all_stages() if each.slug == slug(notebook))

    assert f"# {stage.number} · {stage.title}" == notebook.title.splitlines()[0]


@every
def test_headings_are_the_skeletons(notebook: Notebook) -> None:
    """The same headings in the same order."""
    headings = [cell.source.splitlines()[0].removeprefix("## ") for cell in notebook.cells[1:] if cell.kind == "markdown"]

    assert list(HEADINGS) == headings


@every
def test_steps_are_the_skeletons(notebook: Notebook) -> None:
    """The same cells in the same order; only the stage's name differs."""
    steps = {cell.id: cell.source.replace(f'"{slug(notebook)}"', '"SLUG"') for cell in notebook.code}

    assert STEPS == steps


@every
@pytest.mark.parametrize("what", SAID)
def test_is_readable_on_its_own(notebook: Notebook, what: str) -> None:
    """The title cell says what is set up, who may, what is touched and how it is undone."""
    words = said(notebook, what).split()

    assert len(words) >= (1 if NOTHING.search(said(notebook, what)) else 8)


@every
def test_says_what_to_do_if_it_failed(notebook: Notebook) -> None:
    """At least three ways to fail, each with what it means and what to do."""
    rows = [line for line in notebook.under("If it failed").splitlines()[2:] if line.startswith("|")]
    cells = [[part.strip() for part in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]

    assert len(rows) >= 3
    assert [] == [row for row in cells if len(row) != 3 or not all(row)]


@pytest.mark.parametrize("stage", [each for each in all_stages() if each.parts or each.slug == "teardown"], ids=lambda each: each.slug)
def test_what_writes_says_what_a_page_loaded_anew_shows(stage: Stage) -> None:
    """Whoever loads the page anew while Apply runs sees its former output, and reads how to stop it."""
    notebook = next(each for each in STAGE_NOTEBOOKS if slug(each) == stage.slug)

    assert "| the page was loaded anew while Apply ran | interrupt the kernel to stop" in notebook.under("If it failed")


def test_words_belong_to_one_stage() -> None:
    """No two stages share the words under a heading."""
    shared = [
        (heading, one.name, other.name)
        for heading in HEADINGS
        if heading not in MAY_REPEAT
        for one, other in itertools.combinations(STAGE_NOTEBOOKS, 2)
        if one.under(heading) == other.under(heading)
    ]

    assert [] == shared


def test_titles_say_something_else_each() -> None:
    """No two stages that set something up describe it, its reach, its people or its undoing alike."""
    shared = [
        (what, one.name, other.name)
        for what in SAID
        for one, other in itertools.combinations(STAGE_NOTEBOOKS, 2)
        if said(one, what) == said(other, what) and not NOTHING.search(said(one, what))
    ]

    assert [] == shared


@every
def test_names_no_unknown_notebook(notebook: Notebook) -> None:
    """Every notebook that the words point to is there."""
    known = {"00_start", *(each.name for each in STAGE_NOTEBOOKS)}
    named = {found for cell in notebook.cells for found in re.findall(r"\b\d\d_[a-z_]+\b", cell.source)}

    assert set() == named - known


@every
def test_names_no_unknown_key(notebook: Notebook) -> None:
    """Every dotted key of the parameter file that the words name is in the schema."""
    from runbook_lib.parameters import Environment

    keys = {field.alias or name for name, field in Environment.model_fields.items()}
    dotted = {found for cell in notebook.cells if cell.kind == "markdown" for found in re.findall(r"`([a-z_]+)\.([a-z_]+)", cell.source)}
    unknown = {f"{section}.{key}" for section, key in dotted if section in keys and key not in _fields(Environment, section)}

    assert set() == unknown


def _fields(model: type, section: str) -> set[str]:
    found: set[str] = set()
    waiting: list[Any] = [dict(_aliased(model))[section]]
    while waiting:
        each = waiting.pop()
        waiting += getattr(each, "__args__", ())
        found |= {name for name, _ in _aliased(each)}
    return found


def _aliased(model: Any) -> list[tuple[str, Any]]:
    return [(field.alias or name, field.annotation) for name, field in getattr(model, "model_fields", {}).items()]
