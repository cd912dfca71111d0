"""The questions for a new parameter file: what is wrong stands beside its question, what is open is named, and the file is written once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runbook_lib.parameters.load import load
from runbook_lib.parameters.questions import QUESTIONS
from runbook_lib.views.form.controls import Control
from runbook_lib.views.form.creating import BEGIN, CreationWidget
from runbook_lib.views.shown import Creation
from tests.unit.parameters.test_creation import ALL

TYPED = ("name", "account", "region", "server", "source_host", "source_database", "destination_host", "destination_database", "admin")


class Page:
    """Hold what the page was told."""

    def __init__(self, folder: Path) -> None:
        self.told: list[tuple[str, str]] = []
        offer, choose = (lambda path, what=what: self.told.append((what, path.name)) for what in ("offered", "chosen"))
        self.widget = CreationWidget(Creation(folder, QUESTIONS, offer, choose))

    def control(self, name: str) -> Control:
        """Find the control of a question."""
        return next(each for each in self.widget.controls if each.field.name == name)

    def slot(self, name: str) -> str:
        """Read what stands beside a question."""
        return str(self.control(name).widget.children[-1].value)

    def answer(self, **answers: Any) -> None:
        """Answer as somebody who types does."""
        for name, value in answers.items():
            self.control(name).inputs[0].value = value

    def answer_all(self) -> None:
        """Answer everything that has to be."""
        self.answer(**{name: getattr(ALL, name) for name in TYPED})
        for control, value in zip(self.control("admin_password").inputs, ("env:", "ADMIN"), strict=True):
            control.value = value

    @property
    def asked(self) -> set[str]:
        """Name the questions that are shown."""
        shown = self.widget.questions.children
        return {each.field.name for each in self.widget.controls if each.widget in shown}


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """Ask in an empty folder."""
    return Page(tmp_path)


def test_nothing_is_wrong_before_somebody_answers(page: Page) -> None:
    """An untouched form says what to do, and neither marks nor lists anything."""
    assert BEGIN in page.widget.state.value
    assert [] == [each.field.name for each in page.widget.controls if 'class="bad"' in page.slot(each.field.name)]


def test_what_is_wrong_stands_beside_its_question_and_what_is_open_is_named(page: Page) -> None:
    """In the words of the question, with an example that can be typed as it stands; no file is shown with a mistake in it."""
    page.answer(name="staging", account="12")

    assert "is not 12 digits; write for example 111122223333" in page.slot("account")
    assert "1 answer to be mended. Still open: Region, Server that runs it" in page.widget.state.value
    assert ("", "<ul></ul>") == (page.widget.preview.value, page.widget.state.value[-9:])


def test_an_account_may_be_typed_with_the_quotation_marks_of_a_file(page: Page) -> None:
    """Who copies it from a file is not sent round in a circle."""
    page.answer(account='"111122223333"')

    assert ("111122223333", False) == (page.widget.answers.account, 'class="bad"' in page.slot("account"))


def test_what_does_not_arise_is_not_asked(page: Page) -> None:
    """Queues belong to the previous process, a profile to an instance, a key to buckets that have one."""
    assert {"queue_keys", "queue_key", "bucket_key"}.isdisjoint(page.asked)
    assert {"attaches_profile", "admin", "admin_password"} <= page.asked

    page.answer(pipeline="legacy", queue_keys="adopt", bucket_keys="adopt", server="arn:aws:iam::012345678901:role/ecs", runs_sql="none")

    assert {"queue_keys", "queue_key", "bucket_key"} <= page.asked
    assert {"attaches_profile", "admin", "admin_password"}.isdisjoint(page.asked)


def test_the_file_is_written_once_and_offered(page: Page) -> None:
    """The button names the file; it is offered and may be chosen at once; a second click overwrites nothing and says so."""
    page.answer_all()
    assert "The file will be valid" in page.widget.state.value
    assert ("Write parameters/staging.yaml", "none") == (page.widget.write.description, page.widget.choose.layout.display)

    page.widget.write.click()
    assert "Written: staging.yaml. It is in the list" in page.widget.state.value
    page.widget.choose.click()
    page.widget.write.click()

    assert [("offered", "staging.yaml"), ("chosen", "staging.yaml")] == page.told
    assert "is there already" in page.widget.state.value
    assert "staging" == load(page.widget._creation.folder / "staging.yaml").environment


def test_what_is_left_open_is_listed_after_writing(page: Page) -> None:
    """A file with gaps is written, and each gap is named as it was asked for."""
    page.answer(name="staging")

    page.widget.write.click()

    assert "Still to be found out: AWS account, Region" in page.widget.state.value


def test_a_name_that_another_file_has_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would share records and working copies: a note, no mistake."""
    folder = tmp_path / "parameters"
    folder.mkdir()
    (folder / "other.yaml").write_text("environment: staging\n", "utf-8")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    page = Page(folder)

    page.answer(name="staging")

    assert "This name is that of other.yaml too" in page.slot("name")
    assert 'class="bad"' not in page.slot("name")
