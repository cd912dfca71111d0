"""The start page: in which order it stands, what it offers, and what it says of two files with one name."""

from __future__ import annotations

import json
import shutil
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from runbook_lib import commands, place
from runbook_lib.evidence import Record, RunFacts, StageResult
from runbook_lib.model import Finding, Plan
from runbook_lib.parameters import namesakes, reading
from runbook_lib.parameters.load import load
from runbook_lib.runbook.scope import scope_of
from runbook_lib.runbook.start import Start, _label
from runbook_lib.views.live.start import chooser
from tests.machine import ROOT

ORDER = ["parameters", "open", "environments", "choose", "stages", "picture", "runs", "close", "create", "form", "check"]
FILES = 12


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a checkout with one file."""
    made = tmp_path / "parameters"
    made.mkdir()
    shutil.copy(ROOT / "parameters" / "example-v2.yaml", made / "one.yaml")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    return made


def test_what_people_come_for_stands_first_and_how_to_begin_at_the_top() -> None:
    """Choice, board, picture and runs precede what is filled in; the first words say what to press."""
    cells = json.loads((ROOT / "notebooks" / "00_start.ipynb").read_text("utf-8"))["cells"]

    assert ORDER == [each["id"] for each in cells if each["cell_type"] == "code"]
    assert "Run All Cells" in "".join(cells[0]["source"]).splitlines()[2]


def test_a_file_that_was_made_is_offered_and_taken(folder: Path) -> None:
    """It stands in the list at once, once; to take it is to choose it there."""
    start = Start({})
    start._list = SimpleNamespace(options=(("one", str(folder / "one.yaml")),), value="")

    for _ in range(2):
        start._offer(folder / "two.yaml")
    start._take(folder / "two.yaml")

    assert ["one", "two"] == [label for label, _ in start._list.options]
    assert str(folder / "two.yaml") == start._list.value


def test_two_files_of_one_environment_are_told(folder: Path) -> None:
    """On the page and by `runbook check`: each names the other; alone, a file has nothing to say."""
    alone = commands.check(Namespace(files=[str(folder / "one.yaml")]))
    shutil.copy(folder / "one.yaml", folder / "two.yaml")

    code, answer, text = commands.check(Namespace(files=[str(folder / "one.yaml")]))
    shown: Any = Start({}).environments()
    one, two = shown.lines

    assert ([], 0) == (alone[1]["notes"], code)
    assert ["environment"] == [each["field"] for each in answer["notes"]]
    assert "note: environment is that of two.yaml too" in text
    assert ("two.yaml" in one.note, "one.yaml" in two.note) == (True, True)


@pytest.fixture
def elsewhere(folder: Path) -> Path:
    """Choose a file of the same name and about the same environment, outside `parameters/`, at an endpoint of its own."""
    path = folder.parent / "demo" / "one.yaml"
    path.parent.mkdir()
    text = (folder / "one.yaml").read_text("utf-8")
    path.write_text(text.replace("\naws:\n", "\naws:\n  endpoint: http://127.0.0.1:9\n", 1), "utf-8")
    (folder.parent / "runs").mkdir()
    place.choose(path)
    return path


def test_a_chosen_file_of_another_folder_is_listed_and_told_apart(folder: Path, elsewhere: Path) -> None:
    """It has a row of its own under Environments, by file and folder, and a short name in the list; both tell of the other."""
    start: Any = Start({})
    one, other = start.environments().lines
    (chosen,) = start.choose("").lines

    assert ("one.yaml", "one.yaml (of demo)") == (one.file, other.file)
    assert ("one.yaml (of demo)" in one.note, "is that of one.yaml too" in other.note) == (True, True)
    assert other == chosen
    assert ["one", "one (of demo)"] == [_label(each) for each in (folder / "one.yaml", elsewhere)]
    assert "is that of one.yaml too" in commands.check(Namespace(files=[str(elsewhere)]))[2]


def test_what_was_done_elsewhere_is_not_done_here(folder: Path, elsewhere: Path) -> None:
    """Records that two files share tell of one place: at another endpoint nothing is converged by them."""
    plan = Plan(stage="storage", environment="staging", scope=scope_of(load(folder / "one.yaml")))
    record = Record.create(place.store("runs"), RunFacts(environment="staging", verb="verify", started="2026-01-01T00:00:00.000Z"))
    finding = Finding(stage="storage", rows=("A4",), claim="they are there", verdict="kept")
    record.close_stage(StageResult(stage="storage", plan=plan, findings=(finding,)))

    def storage() -> tuple[str, str]:
        shown: Any = Start({}).stages()
        return next((each.state, each.detail) for each in shown.stages if each.slug == "storage")

    there = storage()
    place.choose(folder / "one.yaml")

    assert ("not planned", "last done elsewhere: endpoint AWS") == there
    assert ("converged", "") == storage()


def test_what_is_chosen_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line says that another file is read, before anything is read, and then that the page shows it; it is never two lines."""
    said: list[str] = []

    def display(shown: Any, **_options: Any) -> Any:
        if isinstance(shown, dict):
            said.append(shown["text/plain"])
        return SimpleNamespace(update=lambda told, **_options: said.append(told["text/plain"]))

    monkeypatch.setattr("IPython.display.display", display)
    control = chooser([("one", "/1"), ("one (of demo)", "/2")], "/1", lambda name: said.append(f"read {name}"))
    control.value = "/2"

    reading = "Reading one (of demo) ... what stands below is still the former one."
    assert ["This page shows one.", reading, "read /2", "This page shows one (of demo)."] == said


def test_each_file_of_a_folder_is_parsed_once(folder: Path) -> None:
    """By the page and by `runbook check`, though both ask of each file whether any other is about the same environment."""
    text = (folder / "one.yaml").read_text("utf-8")
    for number in range(FILES - 1):
        (folder / f"file-{number}.yaml").write_text(text.replace("environment: ", f"environment: e{number}-"), "utf-8")

    def parsed(ask: Callable[[], object]) -> int:
        namesakes._named.cache_clear()
        reading._parsed.cache_clear()
        ask()
        return reading._parsed.cache_info().misses

    assert FILES == parsed(Start({}).environments)
    assert FILES == parsed(lambda: commands.check(Namespace(files=[str(each) for each in folder.iterdir()])))
