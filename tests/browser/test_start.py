"""The start page in a browser: choose, see how far an environment is, step through a stage, close the record."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from runbook_lib.headless.steps import EARLIER, REPLIED
from tests.browser.desk import Desk
from tests.browser.lab import Lab, Notebook
from tests.browser.rules import in_both


def files(lab: Lab) -> set[Path]:
    """List what lies in the record store."""
    return {path for path in (lab.home / "runs").rglob("*") if ".lab" not in path.parts}


def board(notebook: Notebook) -> Any:
    """Find the table of stages."""
    return notebook.panel.locator("table", has_text="Stages of sandbox")


def test_restart_and_run_all_changes_nothing(lab: Lab) -> None:
    """The start page can be run at any time: it reads, asks no other host, and axe finds nothing in either theme, with every fold open."""
    with lab.page() as notebook:
        notebook.run_all()
        before = files(lab)
        notebook.restart_and_run_all()

        assert before == files(lab)
        assert 0 == notebook.panel.locator("[data-mime-type='application/vnd.jupyter.error'], .jp-RenderedText.jp-mod-error").count()
        assert [] == notebook.foreign
        assert notebook.panel.get_by_role("heading", name="Stages").bounding_box()["y"] < 400
        for name in ("Answer questions", "Edit sandbox.yaml in a form"):
            notebook.panel.get_by_role("button", name=name).click()
        notebook.panel.get_by_role("button", name="Save").wait_for()
        looks = in_both(notebook)

    assert [(each, [], [], []) for each in looks] == [(each.theme, each.broken, each.wide, each.sideways) for each in looks.values()]
    assert all(each.kept for each in looks.values())


def test_another_environment_is_chosen_with_the_list(lab: Lab) -> None:
    """Choosing draws the page anew, makes that environment's working copies, and is remembered."""
    with lab.page() as notebook:
        notebook.run_all()
        notebook.panel.get_by_role("button", name="Edit sandbox.yaml in a form").click()
        form = notebook.panel.locator(".rb-form")
        form.wait_for()
        control = notebook.panel.get_by_label("Environment", exact=True)
        control.select_option(label="example-legacy")
        notebook.panel.locator("figcaption", has_text="The set-up of legacy").wait_for()
        assert notebook.panel.locator("table", has_text="Stages of legacy").count()
        assert (lab.folder / "legacy" / "40_lambda_role.ipynb").exists()
        notebook.panel.locator("details", has_text="example-legacy.yaml").first.wait_for(state="attached")
        notebook.panel.get_by_role("button", name="Edit example-legacy.yaml in a form").wait_for()
        assert form.bounding_box()["height"] > 400
        control.select_option(label="sandbox")
        board(notebook).wait_for()

    assert (lab.home / "runs" / ".environment").read_text("utf-8").strip() == str(lab.file)


def test_a_stage_is_stepped_through_and_the_record_closed_by_the_button(desk: Desk) -> None:
    """From the board into a notebook, back, and out with a record whose links lead on, that the audit accepts, and without a widget."""
    lab = desk.emptied().lab
    with lab.page() as notebook:
        notebook.run_all()
        board(notebook).get_by_role("link", name="20 Storage").click()
        notebook.page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context?.path === 'sandbox/20_storage.ipynb'")
        notebook.wait_until_idle()
        notebook.run_all()
        notebook.page.get_by_role("tab", name="00_start.ipynb").click()
        notebook.panel.get_by_role("button", name="Close the record").click()
        notebook.panel.get_by_text("The record is closed").wait_for()
        folder = notebook.panel.locator("p.note", has_text="The record is closed").locator("code").inner_text()
        with notebook.page.context.expect_page() as opened:
            notebook.panel.locator("a", has_text=Path(folder).name).click()
        opened.value.get_by_role("link", name="20 Storage", exact=True).click()
        opened.value.get_by_role("heading", name="20 · Storage").first.wait_for()
        assert opened.value.url.endswith(f"/runbook/records/sandbox/{Path(folder).name}/notebooks/20_storage.html")
        beyond = f"{notebook.origin}/runbook/records/sandbox/%2e%2e/.environment"
        stranger = lab.browser.new_context().request
        assert [404, 403] == [notebook.page.context.request.get(beyond).status, stranger.get(opened.value.url).status]
    record = Path(folder)
    kept = json.loads((record / "notebooks" / "20_storage.ipynb").read_text("utf-8"))
    page = (record / "notebooks" / "20_storage.html").read_text("utf-8")

    assert 0 == lab.command("audit", "verify", folder).returncode
    assert "widgets" not in kept["metadata"]
    # JupyterLab noted when each cell ended, and none of them before the notebook was opened.
    assert all(each["metadata"]["execution"][REPLIED] for each in kept["cells"] if each.get("outputs"))
    assert {"open", "plan", "apply", "evidence"} <= {each["id"] for each in kept["cells"] if each.get("outputs")}
    assert EARLIER not in (record / "index.html").read_text("utf-8")
    assert re.search("Nothing was written", page)
