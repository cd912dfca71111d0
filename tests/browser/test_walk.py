"""A newcomer's way from the start page: by mouse to a verified stage and a closed record, and once more by keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.desk import STORAGE, Desk, shown
from tests.browser.lab import Lab, Notebook
from tests.browser.rules import in_both

FRONT = "(path) => window.jupyterapp.shell.currentWidget.context?.path === path"
ACTIVE = "() => window.jupyterapp.shell.currentWidget.content.activeCell.model.id"
FOCUSED = (
    "() => [document.activeElement.tagName, document.activeElement.textContent.trim(), !!document.activeElement.closest('.cm-editor')]"
)
FAR = 400
"""Presses of a key within which everything on a page is reached."""


def front(notebook: Notebook, path: str) -> None:
    """Wait until a notebook is in front and its kernel waits for work."""
    notebook.page.wait_for_function(FRONT, arg=path)
    notebook.wait_until_idle()


def judged(lab: Lab, notebook: Notebook) -> None:
    """Hold that the record which was closed stands the audit, and that it says what was applied."""
    notebook.panel.get_by_text("The record is closed").wait_for()
    folder = notebook.panel.locator("p.note", has_text="The record is closed").locator("code").inner_text()

    assert 0 == lab.command("audit", "verify", folder).returncode
    assert "14 applied" in (Path(folder) / "notebooks" / "20_storage.html").read_text("utf-8")


def chosen(notebook: Notebook, *words: str) -> None:
    """Choose from a menu."""
    notebook.page.locator(".lm-MenuBar-item", has_text=words[0]).first.click()
    notebook.page.locator(".lm-Menu-item").get_by_text(words[1], exact=True).click()


def test_by_mouse(desk: Desk) -> None:
    """Menu, link, button, cell by cell: 14 changes are applied, every claim holds, axe finds nothing in any theme, the record is closed."""
    with desk.emptied().lab.page(scheme="dark") as notebook:
        chosen(notebook, "Run", "Run All Cells")
        notebook.panel.get_by_role("link", name="20 Storage").click()
        front(notebook, STORAGE)
        chosen(notebook, "Run", "Run All Cells")
        shown(notebook, "apply").get_by_text("14 withheld").first.wait_for()
        shown(notebook, "approve").get_by_role("button", name="Approve this plan").click()
        shown(notebook, "approve").get_by_text("Approved by").wait_for()
        notebook.panel.locator(".jp-Cell-inputArea", has_text="await run.apply").click()
        for cell, said in (("apply", "14 applied"), ("verify", "all claims hold"), ("evidence", "artefacts")):
            while notebook.page.evaluate(ACTIVE) != cell:
                notebook.panel.locator("[data-command='notebook:run-cell-and-select-next']").click()
            notebook.panel.locator("[data-command='notebook:run-cell-and-select-next']").click()
            shown(notebook, cell).get_by_text(said).first.wait_for()
        looks = in_both(notebook)
        assert [(each, [], []) for each in looks] == [(each.theme, each.broken, each.wide) for each in looks.values()]
        notebook.page.get_by_role("tab", name="00_start.ipynb").click()
        notebook.panel.get_by_role("button", name="Close the record").click()
        judged(desk.lab, notebook)
        assert "converged" in notebook.panel.get_by_role("row", name="20 Storage").inner_text()


def focused(notebook: Notebook, key: str, kind: str, words: str) -> None:
    """Press a key until something has the focus; out of a cell's text it takes Escape first."""
    for _ in range(FAR):
        notebook.page.keyboard.press(key)
        tag, text, is_text = notebook.page.evaluate(FOCUSED)
        if (tag, text) == (kind, words):
            return
        if is_text:
            notebook.page.keyboard.press("Escape")
    pytest.fail(f"{FAR} times {key} do not lead to {words}")


def run_until(notebook: Notebook, cell: str) -> None:
    """Run cell after cell, this one included, and wait for the end."""
    for _ in range(FAR):
        last = notebook.page.evaluate(ACTIVE)
        notebook.page.keyboard.press("Shift+Enter")
        if last == cell:
            notebook.wait_until_idle()
            return
    pytest.fail(f"Shift+Enter does not lead to {cell}")


def test_by_keyboard(desk: Desk) -> None:
    """Shift+Enter, Tab, Enter and Space alone lead from the start page to a verified stage, past the approval's own button."""
    with desk.emptied().lab.page() as notebook:
        run_until(notebook, "close")
        notebook.panel.get_by_role("link", name="20 Storage").wait_for()
        focused(notebook, "Shift+Tab", "A", "20 Storage")
        notebook.page.keyboard.press("Enter")
        front(notebook, STORAGE)
        run_until(notebook, "approve")
        shown(notebook, "approve").get_by_role("button", name="Approve this plan").wait_for()
        focused(notebook, "Shift+Tab", "BUTTON", "Approve this plan")
        notebook.page.keyboard.press("Space")
        shown(notebook, "approve").get_by_text("Approved by").wait_for()
        run_until(notebook, "evidence")
        shown(notebook, "apply").get_by_text("14 applied").first.wait_for()
        shown(notebook, "verify").get_by_text("all claims hold").wait_for()
