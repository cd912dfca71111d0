"""Step through a stage as a person does: run cells one by one, look at what they show, press what stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from shutil import rmtree
from typing import Any

import pytest

from runbook_lib.sandbox.injection import Fault, inject
from runbook_lib.sandbox.state import State
from runbook_lib.sandbox.supervisor import environment
from tests.browser.lab import Lab, Notebook

STORAGE, TEARDOWN = "sandbox/20_storage.ipynb", "sandbox/99_teardown.ipynb"
OURS = ("tonic-sandbox-source", "tonic-sandbox-destination")
UNTIL_GATE = ("parameters", "open", "preflight", "desired", "plan", "approve")
RUN = """async ([id, isAwaited]) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = notebook.widgets.findIndex((each) => each.model.id === id);
    notebook.deselectAll();
    const run = window.jupyterapp.commands.execute('notebook:run-cell');
    if (isAwaited) await run;
}"""
PLACE = "(id) => window.jupyterapp.shell.currentWidget.content.widgets.findIndex((each) => each.model.id === id)"

ACTIVE = "() => window.jupyterapp.shell.currentWidget.content.activeCell.model.id"
FOCUSED = """() => {
    const { activeElement } = document;
    const text = (activeElement.labels?.[0] ?? activeElement).textContent.trim();
    return [activeElement.tagName, text, Boolean(activeElement.closest('.cm-editor'))];
}"""
FAR = 400
"""Presses of a key within which everything on a page is reached."""


@dataclass(frozen=True)
class Desk:
    """Hold a served checkout, and the sandbox that it works on."""

    lab: Lab
    state: State
    box: Any

    def fault(self, fault: Fault | None) -> None:
        """Have AWS go wrong, or well again."""
        inject(self.state, self.box, fault, "aws")

    def emptied(self) -> Desk:
        """Take the buckets away, and what records tell of them, so that there is something to set up and nothing is folded as done."""
        for record in (self.lab.home / "runs" / "sandbox").glob("*Z-*"):
            rmtree(record)
        s3 = self.s3()
        for each in s3.list_buckets()["Buckets"]:
            if each["Name"] in OURS:
                s3.delete_bucket(Bucket=each["Name"])
        return self

    def s3(self) -> Any:
        """Give a client of whoever else works in the account."""
        import boto3

        keys = environment(self.box)
        return boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{self.state.aws_port}", region_name="us-east-1",
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"], aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        )  # fmt: skip


def step(notebook: Notebook, *cells: str) -> Any:
    """Run cells one after the other, and give the output of the last."""
    for cell in cells:
        notebook.page.evaluate(RUN, [cell, True])
    return shown(notebook, cells[-1])


def shown(notebook: Notebook, cell: str) -> Any:
    """Give the output of a cell."""
    return notebook.panel.locator(".jp-Cell").nth(notebook.page.evaluate(PLACE, cell)).locator(".jp-Cell-outputArea")


def approve(gate: Any) -> None:
    """Press the button."""
    gate.get_by_role("button", name="Approve this plan").click()


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


def enter_until(notebook: Notebook, cell: str) -> None:
    """Run cell after cell, this one included."""
    for _ in range(FAR):
        last = notebook.page.evaluate(ACTIVE)
        notebook.page.keyboard.press("Shift+Enter")
        if last == cell:
            return
    pytest.fail(f"Shift+Enter does not lead to {cell}")


def run_until(notebook: Notebook, cell: str) -> None:
    """Run cell after cell, this one included, and wait for the end."""
    enter_until(notebook, cell)
    notebook.wait_until_idle()
