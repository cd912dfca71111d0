"""A newcomer's way from the start page: by mouse to a verified stage and a closed record, and once more by keyboard alone."""

from __future__ import annotations

from pathlib import Path

from runbook_lib.sandbox.injection import Fault
from tests.browser.desk import ACTIVE, STORAGE, Desk, enter_until, focused, run_until, shown
from tests.browser.lab import Lab, Notebook
from tests.browser.rules import in_both

FRONT = "(path) => window.jupyterapp.shell.currentWidget.context?.path === path"


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
        notebook.panel.locator("details", has_text="1 stage converged").locator("tr", has_text="20 Storage").wait_for(state="attached")


def test_by_keyboard(desk: Desk) -> None:
    """Shift+Enter, Tab, Enter and Space alone lead from the start page to a verified stage, past the buttons that approve and stop."""
    desk.fault(Fault("latency", "s3:(Put|Create)", ms=2500))
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
        enter_until(notebook, "apply")
        shown(notebook, "apply").get_by_text("2 of 14 changes done").wait_for()
        focused(notebook, "Shift+Tab", "BUTTON", "Stop after this write")
        notebook.page.keyboard.press("Space")
        shown(notebook, "apply").get_by_text("stopped on request").first.wait_for()
        desk.fault(None)
        notebook.wait_until_idle()
        assert "apply" == notebook.page.evaluate(ACTIVE)
        run_until(notebook, "evidence")
        shown(notebook, "apply").get_by_text("as the journal tells").first.wait_for()
        shown(notebook, "verify").get_by_text("all claims hold").wait_for()
