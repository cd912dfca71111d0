"""The button that closes a record tells what it waits for, and closes nothing that was done after it was pressed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from runbook_lib.views.live import start

UNSAVED = {"error": "NotSaved", "where": "20_storage.ipynb", "what": "ran and was not saved since", "way_out": "save it"}


class Told:
    """Remember what an output showed."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def update(self, bundle: dict[str, str], *, raw: bool) -> None:
        """Show something else."""
        assert raw
        self.shown.append(bundle["text/plain"])


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """Look again at once."""
    monkeypatch.setattr(start, "PAUSE", 0.0)
    return Told()


def pressed(monkeypatch: pytest.MonkeyPatch, told: Told, answers: list[dict[str, Any]], times: list[float]) -> dict[str, Any]:
    """Press the button; the last answer, and the last time, come again and again."""

    async def command(*_words: str) -> dict[str, Any]:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    monkeypatch.setattr(start, "_command", command)
    return asyncio.run(start._closed("staging", lambda: times.pop(0) if len(times) > 1 else times[0], told))


def test_it_says_what_it_waits_for(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """At each attempt the notebook is named that is not saved yet; once it is, the record is closed."""
    answer = pressed(monkeypatch, told, [UNSAVED, UNSAVED, {"record": "r"}], [1.0])

    assert {"record": "r"} == answer
    assert ["saving", *(f"Waits until 20_storage.ipynb is saved: attempt {each} of 12." for each in (1, 2))] == told.shown


def test_it_gives_up(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """What nobody saves is told as the command tells it."""
    assert UNSAVED == pressed(monkeypatch, told, [UNSAVED], [1.0])
    assert start.ATTEMPTS == len(told.shown)


def test_nothing_done_after_the_press_is_closed(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """Where a notebook was run on meanwhile, it stops and says so, though it would be saved by now."""
    answer = pressed(monkeypatch, told, [UNSAVED, {"record": "r"}], [1.0, 2.0])

    assert "something was run after the press" in answer["what"]
    assert 2 == len(told.shown)
