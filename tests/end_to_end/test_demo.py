"""What a newcomer types, as processes of its own: real notebooks, run by papermill, in an installation that is his."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from runbook_lib.sandbox.state import State, read
from runbook_lib.stages import all_stages
from tests.checkout import Checkout
from tests.driver import HERE, example
from tests.folders import passable

STAGES = tuple(f"{stage.number}_{stage.slug}" for stage in all_stages() if stage.slug != "teardown")


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    """Run the demo once, and take its sandbox down at the end."""
    with passable() as folder:
        for name in ("notebooks", "parameters"):
            shutil.copytree(HERE / name, folder / name)
        made = Checkout(folder, folder / "box")
        try:
            yield made
        finally:
            made("sandbox", "down")
            assert not made.box.exists()


@pytest.fixture(scope="module")
def demo(checkout: Checkout) -> dict[str, Any]:
    """Type `make demo`."""
    return checkout("demo", "--ports", "auto")


def test_the_demo_sets_everything_up(demo: dict[str, Any]) -> None:
    """It ends with 0; every change is applied, every claim kept, nothing is owed or unknown."""
    assert (0, ["kept"], []) == (demo["exit_code"], list(demo["verdicts"]), demo["errors"])
    stages = Path(demo["record"]) / "stages"
    receipts = [json.loads(path.read_text("utf-8"))["receipt"] for path in sorted(stages.iterdir())]
    outcomes = {entry["outcome"] for receipt in receipts if receipt for entry in receipt["entries"]}
    assert {"applied"} == outcomes


def test_the_record_keeps_every_executed_notebook(demo: dict[str, Any]) -> None:
    """Each stage's notebook ran from the first cell to the last without an error, and has a page of its own."""
    folder = Path(demo["record"]) / "notebooks"

    for stage in STAGES:
        notebook = nbformat.read(folder / f"{stage}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
        code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
        assert [] == [cell.id for cell in code if cell.execution_count is None]
        assert [] == [output for cell in code for output in cell.outputs if output.output_type == "error"]
        assert any("text/html" in output.get("data", {}) for cell in code for output in cell.outputs)
        assert (folder / f"{stage}.html").is_file()


def test_the_rehearsal_played_every_flow(demo: dict[str, Any]) -> None:
    """The record holds what became of each flow, and the notebook says it step by step, in both policy styles what allows each call."""
    record = Path(demo["record"])
    played = {path.stem: json.loads(path.read_text("utf-8")) for path in (record / "exercises").iterdir()}
    page = (record / "notebooks" / "90_rehearsal.html").read_text("utf-8")

    assert {"source_user", "destination_user", "files", "unload_and_copy"} == set(played)
    assert [] == [each for each in played.values() if each["left"]]
    assert all(words in page for words in ("UNLOAD it to", "COPY it from", "documented (chosen)", "scoped", "known vendor gap"))


def test_the_page_leads_to_everything(demo: dict[str, Any]) -> None:
    """Every link of `index.html` leads to a file of the record, and each stage's notebook, plan and receipt is among them."""
    folder = Path(demo["record"])
    links = {link for link in re.findall(r'href="([^"#]+)"', (folder / "index.html").read_text("utf-8")) if "://" not in link}

    assert set() == {link for link in links if not (folder / link).exists()}
    assert {f"notebooks/{stage}.html" for stage in STAGES} | {f"notebooks/{stage}.ipynb" for stage in STAGES} <= links


def test_the_commands_that_follow(checkout: Checkout, demo: dict[str, Any]) -> None:
    """A second apply has nothing to write, verify finds no drift, destroy takes all of it back."""
    file = str(checkout.box / "sandbox.yaml")
    again = checkout("apply", file)
    assert (demo["changes"], 0) == (34, again["changes"])

    checkout("verify", file)
    # What is set on a bucket goes with the bucket and is no change of its own.
    assert 18 == checkout("destroy", file)["changes"]


def test_the_legacy_pipeline_under_papermill(checkout: Checkout, demo: dict[str, Any], tmp_path: Path) -> None:
    """A file that asks for approvals is applied under the digest that its plan printed."""
    del demo
    state = read(checkout.box)
    assert isinstance(state, State)
    file = str(example("example-legacy-kms", state, checkout.box, tmp_path).file)
    legacy = [word for stage in ("storage", "encryption", "lambda_role", "server_role", "worker_settings") for word in ("--stage", stage)]

    planned = checkout("plan", file, *legacy)
    checkout("apply", file, *legacy, expected=3)
    applied = checkout("apply", file, *legacy, "--approve", planned["digest"], "--acknowledge", "*")
    assert (planned["digest"], ["kept"]) == (applied["digest"], list(applied["verdicts"]))
