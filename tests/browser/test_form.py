"""The form and the questions for a new file in a browser: what is wrong stands beside its field, and Save changes what was typed alone."""

from __future__ import annotations

from typing import Any

from runbook_lib.parameters.questions import QUESTIONS
from runbook_lib.views.form.controls import SOURCES
from tests.browser.desk import STORAGE, Desk, shown, step
from tests.browser.lab import Lab
from tests.browser.rules import look
from tests.unit.parameters.test_creation import ALL

START = "00_start.ipynb"
OF_FIELD = "xpath=ancestor::*[contains(@class, 'field')]"
IN_ACTIVE_CELL = "() => document.activeElement === window.jupyterapp.shell.currentWidget.content.activeCell.node"


def typed(form: Any, label: str, text: str) -> Any:
    """Type letter by letter into a field, and give what stands beside it."""
    field = form.get_by_label(label, exact=True).first
    field.fill("")
    field.press_sequentially(text)
    return field.locator(OF_FIELD).locator(".slot")


def test_form_says_what_is_wrong_while_typing_and_saves_what_was_typed(desk: Desk) -> None:
    """No key of the keyboard but those of the text: the problem stands there with its way out; Save writes the line that it showed."""
    file = desk.lab.file
    plain = file.read_text("utf-8")
    try:
        with desk.emptied().lab.page(STORAGE) as notebook:
            form = step(notebook, "parameters", "open", "form")
            save = form.get_by_role("button", name="Save")
            beside = typed(form, "name", "Tonic_Sandbox")
            beside.get_by_text("lower").wait_for()
            assert "\N{BALLOT X}" in beside.inner_text()
            assert save.is_disabled()
            typed(form, "name", "tonic-sandbox-files")
            shown = form.locator("pre", has_text="tonic-sandbox-files")
            shown.wait_for()
            assert [["-    name: tonic-sandbox-source"], ["+    name: tonic-sandbox-files"]] == [
                shown.locator(each).all_inner_texts() for each in ("del", "ins")
            ]
            assert plain == file.read_text("utf-8")
            save.focus()
            notebook.page.keyboard.press("Enter")
            form.get_by_text("Saved.").wait_for()
            notebook.page.wait_for_function(IN_ACTIVE_CELL)
        assert plain.replace("name: tonic-sandbox-source\n", "name: tonic-sandbox-files\n", 1) == file.read_text("utf-8")
    finally:
        file.write_text(plain, "utf-8")


def test_a_new_file_is_made_from_answers(lab: Lab) -> None:
    """A wrong answer is marked, the last missing one makes the file valid; it is written with its comments, and chosen by a button."""
    made = lab.home / "parameters" / f"{ALL.name}.yaml"
    labels = {each.name: each.label for each in QUESTIONS}
    answers = {
        labels[each]: getattr(ALL, each)
        for each in ("name", "region", "server", "source_host", "source_database", "destination_host", "admin")
    }
    try:
        with lab.page() as notebook:
            notebook.run_all()
            asked = shown(notebook, "create")
            asked.get_by_role("button", name="Answer questions").click()
            typed(asked, labels["account"], "12").get_by_text("is not 12 digits").wait_for()
            for label, text in answers.items():
                asked.get_by_label(label, exact=True).fill(text)
            asked.get_by_label(labels["admin_password"], exact=True).select_option(label=SOURCES[1][0])
            asked.get_by_label("Its name", exact=True).fill("ADMIN")
            typed(asked, labels["account"], ALL.account)
            asked.get_by_text("Still open: Database to write.").wait_for()
            typed(asked, labels["destination_database"], ALL.destination_database)
            asked.get_by_text("The file will be valid.").wait_for()
            assert [] == look(notebook).broken
            asked.get_by_role("button", name=f"Write parameters/{made.name}").click()
            asked.get_by_text(f"Written: {made.name}").wait_for()
            asked.get_by_role("button", name=f"Choose {ALL.name}").click()
            shown(notebook, "stages").get_by_text(f"Stages of {ALL.name}").wait_for()
            notebook.panel.get_by_label("Environment", exact=True).select_option(label="sandbox")
            shown(notebook, "stages").get_by_text("Stages of sandbox").wait_for()
        assert 0 == lab.command("check", str(made)).returncode
        assert "#" in made.read_text("utf-8")
    finally:
        made.unlink(missing_ok=True)
