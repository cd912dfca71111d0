"""Measure what somebody in front of JupyterLab waits for: the start page, the form's word on a letter, a plan of 500 changes, a search.

Each time ends when the frame with what was waited for was drawn; the processor time is that of the page's own thread, without the kernel's.
The sandbox and JupyterLab run beside the browser, on the same processors.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from runbook_lib.sandbox.supervisor import Wanted, running
from tests import machine
from tests.bench.figures import Figure
from tests.bench.runs import EMPTY
from tests.browser.conftest import FLAGS
from tests.browser.desk import STORAGE, Desk, shown, step
from tests.browser.lab import Lab, Notebook, serving
from tests.folders import passable

ROUNDS, LETTERS, CHANGES = 5, 10, 500
LIMITS = (2.0, 0.1, 1.0, 0.1)
"""Seconds that the start page, the form's word on a letter, a plan of 500 changes, and a search in it may take."""
UNTIL = """async () => {{
    const cells = window.jupyterapp.shell.currentWidget.content.widgets;
    const shown = (id) => cells.find((each) => each.model.id === id).node.querySelector('.jp-Cell-outputArea');
    const run = (name) => {{ window.jupyterapp.commands.execute(`notebook:${{name}}`); }};
    const begun = performance.now();
    {begin};
    while (!({done})) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return (performance.now() - begun) / 1000;
}}"""
SLOT = "document.activeElement.closest('.field').querySelector('.slot').textContent"
MANY = f"""import sys; sys.path.insert(0, {str(machine.ROOT)!r})
from runbook_lib import views
from tests.unit.views.test_changes import many
views.register(); plan = many({CHANGES} - 1)"""


def measure() -> tuple[Figure, ...]:
    """Take the times in a sandbox that was set up; without Chromium say so, and take none."""
    from playwright.sync_api import sync_playwright

    try:
        chromium = machine.chromium()
    except machine.Absent as absent:
        print(f"not measured, what somebody in front of JupyterLab waits for: {absent}")
        return ()
    with passable() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            with running(folder / "box", Wanted()) as state, serving(browser, folder, state) as lab:
                lab.command("apply", str(lab.file))
                return started(lab), typed(Desk(lab, state, folder / "box")), *planned(lab)
        finally:
            browser.close()


@dataclass(frozen=True)
class Clock:
    """Time what happens on a page."""

    notebook: Notebook

    @cached_property
    def _session(self) -> Any:
        session = self.notebook.page.context.new_cdp_session(self.notebook.page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        return session

    @property
    def _busy(self) -> float:
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")

    def until(self, begin: str, done: str) -> tuple[float, float]:
        """Give the seconds from what is begun until the frame in which it was done, and those that the page worked meanwhile."""
        before = self._busy
        wall = float(self.notebook.page.evaluate(UNTIL.format(begin=begin, done=done)))
        return wall, self._busy - before


def figure(name: str, taken: list[tuple[float, float]]) -> Figure:
    """Give the medians, and beside them the slowest."""
    walls, busy = zip(*taken, strict=True)
    return Figure(name, statistics.median(walls), statistics.median(busy), f"median of {len(walls)}, the slowest {max(walls):.3f} s")


def started(lab: Lab) -> Figure:
    """Time Run All of the start page from a kernel that waits for work until the last cell's button stands there."""
    taken = []
    with lab.page() as notebook:
        clock = Clock(notebook)
        for _ in range(ROUNDS):
            notebook.execute("notebook:clear-all-cell-outputs")
            notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
            notebook.wait_until_idle()
            taken.append(clock.until("run('run-all-cells')", "shown('close')?.querySelector('.rb table')"))
            notebook.wait_until_idle()
    return figure("(n) 00_start, from a running kernel on", taken)


def typed(desk: Desk) -> Figure:
    """Time a letter that makes a bucket's name wrong until that stands beside the field, and taking it back until it is gone."""
    taken = []
    with desk.lab.page(STORAGE) as notebook:
        clock = Clock(notebook)
        form = step(notebook, "parameters", "open", "form")
        # The stage was left done, so its form is folded.
        form.get_by_role("button", name="in a form").click()
        form.get_by_label("name", exact=True).first.focus()
        notebook.page.keyboard.press("End")
        for _ in range(LETTERS):
            taken.append(clock.until("document.execCommand('insertText', false, '_')", f"{SLOT}.includes('\N{BALLOT X}')"))
            taken.append(clock.until("document.execCommand('delete')", f"!{SLOT}.includes('\N{BALLOT X}')"))
    return figure("(o) form, from a letter to its problem", taken)


def planned(lab: Lab) -> Iterator[Figure]:
    """Time a cell that shows a plan of 500 changes until its table can be searched, and a word typed there until one row is left."""
    cells: list[dict[str, object]] = [
        {"cell_type": "code", "id": name, "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for name, source in (("made", MANY), ("plan", "plan"))
    ]
    (lab.folder / "many.ipynb").write_text(json.dumps({**EMPTY, "cells": cells}), "utf-8")
    shows, finds = [], []
    with lab.page("many.ipynb") as notebook:
        clock = Clock(notebook)
        step(notebook, "made")
        for _ in range(ROUNDS):
            notebook.execute("notebook:clear-all-cell-outputs")
            notebook.page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1; }")
            shows.append(clock.until("run('run-cell')", f"shown('plan')?.textContent.includes('{CHANGES} of {CHANGES} shown')"))
            notebook.wait_until_idle()
            shown(notebook, "plan").get_by_role("searchbox", name="Find").focus()
            one = "document.execCommand('insertText', false, 'policy-123')"
            finds.append(clock.until(one, f"shown('plan').textContent.includes('1 of {CHANGES} shown')"))
    yield figure(f"(p) plan of {CHANGES} changes, kernel and browser", shows)
    yield figure(f"(q) search among {CHANGES} changes", finds)
