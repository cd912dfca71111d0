"""The questions for a new parameter file: what is missing is told while somebody answers, and the file is written once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.parameters.creation import QUESTIONS
from runbook_lib.parameters.load import load
from runbook_lib.views.form.creating import CreationWidget
from runbook_lib.views.shown import Creation
from tests.machine import ROOT
from tests.unit.parameters.test_creation import ALL


@pytest.fixture
def widget(tmp_path: Path) -> CreationWidget:
    """Ask in a folder of examples."""
    for path in (ROOT / "parameters").glob("*.yaml"):
        shutil.copy(path, tmp_path / path.name)
    return CreationWidget(Creation(tmp_path, QUESTIONS))


def answer(widget: CreationWidget, **answers: Any) -> None:
    """Answer as somebody who types does."""
    for each in widget.controls:
        if each.field.name in answers:
            each.inputs[0].value = answers[each.field.name]


def test_missing_answers_are_counted_and_wrong_ones_marked(widget: CreationWidget) -> None:
    """What is empty is still to be found out; what is wrong stands beside its question, and no file is shown with it."""
    answer(widget, name="staging", account="12")
    account = next(each for each in widget.controls if each.field.name == "account")

    assert "Nearest: example-v2." in widget.state.value
    assert "is not 12 digits" in account.widget.children[-1].value
    assert "" == widget.preview.value


def test_the_file_is_written_once(widget: CreationWidget) -> None:
    """The button names the file; a second click overwrites nothing and says so."""
    answer(widget, **{name: getattr(ALL, name) for name in ("name", "account", "region", "server", "admin")})
    answer(widget, source_host=ALL.source_host, source_database="prod", destination_host=ALL.source_host, destination_database="masked")
    assert "The file will be valid" in widget.state.value
    assert "Write parameters/staging.yaml" == widget.write.description

    widget.write.click()
    said = widget.state.value
    widget.write.click()

    assert "start.choose(&#34;staging&#34;)" in said
    assert "is there already" in widget.state.value
    assert "staging" == load(widget._creation.folder / "staging.yaml").environment


def test_what_is_left_open_is_listed_after_writing(widget: CreationWidget) -> None:
    """A file with gaps is written, and each gap is named with its line."""
    answer(widget, name="staging")

    widget.write.click()

    assert "aws.account is missing" in widget.state.value
