"""A stage that is done folds where somebody steps through it, as long as that is true."""

from __future__ import annotations

import pytest

from runbook_lib import views
from runbook_lib.evidence import board
from runbook_lib.runbook.stage_run import StageRun
from runbook_lib.views.blocks import Heading
from runbook_lib.views.board import StageState, State
from runbook_lib.views.drawn import drawn
from tests.unit.runbook.desk import SLUG, Desk


@pytest.fixture
def done(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> StageRun:
    """Open a stage that the records call converged by the parameters that its file has now."""
    return told(desk, monkeypatch, desk.opened()._setting.scope)


def told(desk: Desk, monkeypatch: pytest.MonkeyPatch, scope: tuple[tuple[str, str], ...], state: State = "converged") -> StageRun:
    """Let the records tell of the stage."""
    states = (StageState(50, SLUG, "", "", "", state, scope=scope),)
    monkeypatch.setattr(board, "stage_states", lambda *_: states)
    return desk.opened()


def folded(run: StageRun) -> tuple[bool, bool]:
    """Tell whether the form and what is wanted are folded."""
    return run.form().is_folded, run.desired().is_done


def test_form_and_desired_of_a_finished_stage_are_folded(done: StageRun) -> None:
    """Nothing is gone: what is wanted stands below a line that says so, in the page and as text."""
    wanted = done.desired()

    assert (True, True) == folded(done)
    assert "<details><summary>What is wanted, and was found so last time</summary>" in views.html(wanted)
    assert [] == [each.name for each in wanted.resources if hasattr(each, "name") and each.name not in views.text(wanted)]


def test_what_is_seen_to_differ_is_open_again(done: StageRun) -> None:
    """The plan found changes: somebody undid what the records tell of."""
    done.plan()

    assert (False, False) == folded(done)


def test_the_first_output_names_the_environment(desk: Desk) -> None:
    """Two tabs of one notebook, each of another environment, are told apart at the top of the page."""
    heading = next(iter(drawn(desk.opened())))

    assert isinstance(heading, Heading)
    assert heading.text.endswith(" · staging")


@pytest.mark.parametrize("state", ["drifted", "blocked", "owed", "changes pending", "not planned", "undecided"])
def test_what_is_not_done_is_open(desk: Desk, monkeypatch: pytest.MonkeyPatch, state: State) -> None:
    """Each state but `converged`."""
    assert (False, False) == folded(told(desk, monkeypatch, desk.opened()._setting.scope, state))


def test_what_was_done_by_other_parameters_is_open(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file was changed since, or it is about another endpoint."""
    scope = tuple((name, f"{value} changed" if name == "parameters" else value) for name, value in desk.opened()._setting.scope)

    assert (False, False) == folded(told(desk, monkeypatch, scope))


def test_unattended_nothing_is_folded(desk: Desk, monkeypatch: pytest.MonkeyPatch, done: StageRun) -> None:
    """A run's notebooks are read as they are."""
    monkeypatch.chdir(desk.folder)

    assert (True, False, False) == (done.form().is_folded, *folded(desk.opened()))
