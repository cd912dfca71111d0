"""What is on the disk of a notebook while it is executed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from nbformat.notebooknode import from_dict
from papermill.engines import NotebookExecutionManager

from runbook_lib.headless.saving import Kept

from_json: Any = from_dict
WORDS: dict[str, Any] = {"cell_type": "markdown", "metadata": {}, "source": "words"}
CODE: dict[str, Any] = {"cell_type": "code", "metadata": {}, "source": "1", "outputs": [], "execution_count": None}


def kept(path: Path, manager: type[NotebookExecutionManager] = Kept) -> NotebookExecutionManager:
    """Begin to execute a notebook."""
    notebook = {
        "cells": [{**each, "id": f"id-{number}"} for number, each in enumerate((WORDS, CODE, WORDS, CODE))],
        "metadata": {"papermill": {}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    made = manager(from_json(notebook), str(path), progress_bar=False)
    made.notebook_start()
    return made


def on_disk(path: Path) -> list[Any]:
    """Read the cells of a copy."""
    return list(json.loads(path.read_text("utf-8"))["cells"])


def execute(manager: NotebookExecutionManager, number: int) -> None:
    """Execute a cell, which shows its number."""
    cell = manager.nb.cells[number]
    manager.cell_start(cell, number)
    if cell.cell_type == "code":
        cell.outputs.append(from_json({"output_type": "stream", "name": "stdout", "text": str(number)}))
    manager.cell_complete(cell, number)


def test_whenever_code_runs_all_that_ran_before_is_there(tmp_path: Path) -> None:
    """Whoever is killed within a cell leaves what the cells before it showed, and which one was running."""
    path = tmp_path / "out.ipynb"
    manager = kept(path)
    for number in range(3):
        execute(manager, number)
    manager.cell_start(manager.nb.cells[3], 3)

    cells = on_disk(path)
    assert ["1"] == [each["text"] for each in cells[1]["outputs"]]
    assert ["completed", "completed", "completed", "running"] == [each["metadata"]["papermill"]["status"] for each in cells]


def test_words_are_no_reason_to_write(tmp_path: Path) -> None:
    """A cell without code changes nothing that somebody would miss."""
    path = tmp_path / "out.ipynb"
    manager = kept(path)
    execute(manager, 0)

    assert not path.exists()


def test_a_long_cell_is_kept_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What papermill keeps every half minute stays kept."""
    path = tmp_path / "out.ipynb"
    manager = kept(path)
    monkeypatch.setattr(manager, "autosave_cell_every", 1e-9)
    manager.nb.cells[1].outputs.append(from_json({"output_type": "stream", "name": "stdout", "text": "so far"}))
    manager.autosave_cell()

    assert "so far" in path.read_text("utf-8")


def test_it_notes_what_papermill_notes(tmp_path: Path) -> None:
    """At its end a notebook has the metadata that papermill's own manager gives it."""
    found = []
    for manager in (kept(tmp_path / "ours.ipynb", Kept), kept(tmp_path / "theirs.ipynb", NotebookExecutionManager)):
        for number in range(4):
            execute(manager, number)
        manager.notebook_complete()
        found.append(json.loads(Path(manager.output_path).read_text("utf-8")))
    ours, theirs = found

    assert ours["metadata"]["papermill"].keys() == theirs["metadata"]["papermill"].keys()
    for one, other in zip(ours["cells"], theirs["cells"], strict=True):
        assert (one["metadata"]["papermill"].keys(), one["metadata"]["papermill"]["status"]) == (
            other["metadata"]["papermill"].keys(),
            other["metadata"]["papermill"]["status"],
        )
