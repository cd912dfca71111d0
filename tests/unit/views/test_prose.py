"""What is written for people: a time in one form everywhere, and what is typed as code."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib import views
from runbook_lib.views import as_html, as_markdown, as_text, prose
from runbook_lib.views.page import index_page
from tests.unit.views.markup import read
from tests.unit.views.samples import PAGE, VALUES
from tests.unit.views.test_html import body

OTHER = re.compile(r"\d\dT\d\d:\d\d|(?<![:\d])\d\d:\d\d UTC|\d\d:\d\d:\d\d(?! UTC)")
"""A time that is written in another form."""


@pytest.mark.parametrize(
    ("text", "html", "markdown", "plain"),
    [
        ("run `runbook plan e`, read it", "run <code>runbook plan e</code>, read it", "run <code>runbook plan e</code>, read it",
         "run `runbook plan e`, read it"),
        ("(`a`)", "(<code>a</code>)", "(<code>a</code>)", "(`a`)"),
        ("at 2026-11-26T13:05:31.452Z.", 'at <time datetime="2026-11-26T13:05:31.452Z">2026-11-26 13:05:31 UTC</time>.',
         "at 2026-11-26 13:05:31 UTC.", "at 2026-11-26 13:05:31 UTC."),
        ("the user a`b`c", "the user a`b`c", "the user a\\`b\\`c", "the user a`b`c"),
        ("one ` alone, 20261126T130531Z-plan", "one ` alone, 20261126T130531Z-plan", "one \\` alone, 20261126T130531Z-plan",
         "one ` alone, 20261126T130531Z-plan"),
    ],
)  # fmt: skip
def test_words(text: str, html: str, markdown: str, plain: str) -> None:
    """What stands between backticks is typed, a time is one in UTC to the second; a name that holds a backtick stays a name."""
    assert (html, markdown, plain) == (as_html.words(text), as_markdown.words(text), as_text.words(text))


@given(st.text())
def test_words_stay_what_they_are(text: str) -> None:
    """Nothing else is added or lost, and a hostile text stays text."""
    told = "".join(each if isinstance(each, str) else prose.shown_time(each.stamp) if isinstance(each, prose.Time) else each.text
                   for each in prose.parts(text))  # fmt: skip
    assert told.replace("\r", "") == read(as_html.words(text)).text.replace("\r", "")


@pytest.mark.parametrize("value", VALUES, ids=lambda each: type(each).__name__)
def test_no_other_form_of_a_time_is_shown(value: object) -> None:
    """Whatever is drawn for people has one form of time."""
    for shown in (views.text(value), views.markdown(value), read(body(value)).text):
        assert [] == OTHER.findall(shown)


def test_a_page_of_a_run_has_one_form_of_time() -> None:
    """So has the page that an auditor opens."""
    assert [] == OTHER.findall(read(index_page(PAGE)).text)
