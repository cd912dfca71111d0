"""The board marks what comes next, says how old it is, and calls nothing next that is done or is the way back."""

from __future__ import annotations

import pytest

from runbook_lib import views
from runbook_lib.views.board import Board, FileLine, Files, StageState, State


def stages(*states: State) -> tuple[StageState, ...]:
    """Put stages in these states; the last is the way back."""
    some = [StageState(number, f"stage_{number}", "", "", "", state) for number, state in enumerate(states)]
    return (*some, StageState(99, "teardown", "", "", ""))


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("not planned", "not planned"), "stage_0"),
        (("converged", "not needed", "drifted"), "stage_2"),
        (("owed", "changes pending"), "stage_1"),
        (("converged", "not needed", "owed"), None),
    ],
)
def test_the_next_stage_is_the_first_with_something_to_do(states: tuple[State, ...], expected: str | None) -> None:
    """What is converged, not needed or owed leaves nothing to do, and a teardown is never next."""
    board = Board("staging", stages(*states))

    assert expected == (board.next.slug if board.next is not None else None)
    assert (expected is not None) == ("next" in views.text(board))


def test_a_board_says_how_old_it_is() -> None:
    """Whoever comes back from a notebook sees that the table is of before."""
    text = views.text(Board("staging", stages("not planned"), at="2026-11-26T13:05:10.123Z"))

    assert "As of 2026-11-26 13:05:10 UTC. There was no record of staging yet" in " ".join(text.split())


def test_a_file_tells_of_one_with_the_same_environment() -> None:
    """It is valid, and shares records with the other."""
    text = views.text(Files("Environments", (FileLine("a.yaml", "staging", note="the name is that of b.yaml too"),)))

    assert "valid" in text
    assert "that of b.yaml too" in " ".join(text.split())
