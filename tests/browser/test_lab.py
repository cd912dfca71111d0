"""`runbook lab` in a browser: it asks nobody, and runs a stage on a working copy."""

from __future__ import annotations

import json

from tests.browser.desk import Desk
from tests.browser.lab import PATIENCE, Lab
from tests.machine import ROOT

SAVES = """async ([patience, pauses]) => {
    const late = new Promise((_, refuse) => setTimeout(() => refuse(new Error('a save does not end')), patience));
    const { context } = window.jupyterapp.shell.currentWidget;
    const saves = pauses.map((pause) => new Promise((go) => setTimeout(go, pause)).then(() => context.save()));
    await Promise.race([Promise.all([...saves, window.jupyterapp.commands.execute('docmanager:save-all')]), late]);
    return [...document.querySelectorAll('.jp-Dialog')].map((each) => each.textContent);
}"""
"""Saves while others are under way, as an autosave does into somebody's own."""


def test_a_stage_runs_on_a_working_copy(desk: Desk) -> None:
    """Run All of a stage plans and withholds; saves that overlap ask nothing; the page asks no other host; the tracked notebook stays."""
    lab = desk.emptied().lab
    with lab.page("sandbox/20_storage.ipynb") as notebook:
        notebook.run_all()
        assert [] == notebook.page.evaluate(SAVES, [PATIENCE, [0, 10, 20, 40, 80]])
        assert "14 withheld" in notebook.panel.inner_text()
        assert [] == notebook.foreign
    copy = json.loads((lab.folder / "sandbox" / "20_storage.ipynb").read_text("utf-8"))

    assert "widgets" not in copy["metadata"]
    assert (ROOT / "notebooks" / "20_storage.ipynb").read_bytes() == (lab.home / "notebooks" / "20_storage.ipynb").read_bytes()


def test_a_second_server_of_an_environment_is_not_started(lab: Lab) -> None:
    """The command names the one that runs, and ends."""
    told = json.loads(lab.command("lab", str(lab.file), "--json", "--no-browser").stdout)

    assert (0, lab.url.replace("/lab?", "/lab/tree/00_start.ipynb?")) == (told["exit_code"], told["open_at"])
