"""What a stage reads again to judge is asked at once: what it plans by, and what its checks need."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from runbook_lib.model import Inventory, Question
from tests.fakes import FakeTarget
from tests.unit.runbook.desk import Desk, applied, approved

LONG = 60
"""Seconds after which a test that hangs fails."""


def test_plan_and_checks_are_asked_for_at_the_same_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first question of either waits until that of the other is on its way; all that was told is known afterwards."""
    run = desk.opened()
    applied(run, approved(run.gate(run.plan())))
    meeting, left, ask = threading.Barrier(2, timeout=LONG), iter(range(2)), FakeTarget.ask
    asked: list[Question] = []

    def met(target: FakeTarget, questions: Sequence[Question]) -> Inventory:
        asked.extend(questions)
        if next(left, None) is not None:
            meeting.wait()
        return ask(target, questions)

    monkeypatch.setattr(FakeTarget, "ask", met)
    findings = run.verify()

    assert "broken" not in {each.verdict for each in findings.findings if each.grade == "read back"}
    assert set(asked) <= set(run._setting.world.answers)
