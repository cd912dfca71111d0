"""The board marks what comes next, says how old it is, and calls nothing next that is done or is the way back."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from runbook_lib import views
from runbook_lib.views.blocks import Block, Folded, Grid, Mark
from runbook_lib.views.board import Board, FileLine, Files, StageState, State, board, files


def stages(*states: State) -> tuple[StageState, ...]:
    """Put stages in these states; the last is the way back."""
    some = [StageState(number, f"stage_{number}", "", "", "", state) for number, state in enumerate(states)]
    return (*some, StageState(99, "teardown", "", "", ""))


def names(blocks: Iterable[Block]) -> list[str]:
    """List the stages of a table's rows."""
    cells = (row[0][0] for each in blocks if isinstance(each, Grid) for row in each.rows)
    return [each for each in cells if isinstance(each, str)]


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
    shown = Board("staging", stages(*states))

    assert expected == (shown.next.slug if shown.next is not None else None)
    assert (expected is not None) == ("next" in views.text(shown))


def test_finished_stages_fold_and_the_others_stay_open() -> None:
    """A line says how many there are of them; what drifted, waits or is owed is read without opening anything."""
    blocks = tuple(board(Board("staging", stages("converged", "drifted", "not needed", "owed", "converged"))))
    folded = {each.summary: names(each.blocks) for each in blocks if isinstance(each, Folded)}

    assert folded == {"2 stages converged": ["0 ", "4 "], "1 stage not needed": ["2 "]}
    assert names(blocks) == ["1 ", "3 ", "99 "]


def test_what_is_folded_is_there_without_a_browser() -> None:
    """As text and as Markdown each stage has its row."""
    shown = Board("staging", tuple(StageState(each, "storage", f"Stage-{each}", "", "", "converged") for each in range(12)))

    assert [] == [f"Stage-{each}" for each in range(12) if f"Stage-{each}" not in views.text(shown)]
    assert "<summary>12 stages converged</summary>" in views.markdown(shown)


def test_a_board_says_how_old_it_is() -> None:
    """Whoever comes back from a notebook sees that the table is of before."""
    text = views.text(Board("staging", stages("not planned"), at="2026-11-26T13:05:10.123Z"))

    assert "As of 2026-11-26 13:05:10 UTC. There was no record of staging yet" in " ".join(text.split())


def test_a_file_says_whether_it_is_protected() -> None:
    """In words either way; one that is not valid says neither."""
    lines = FileLine("a.yaml", "a", is_protected=True), FileLine("b.yaml", "b"), FileLine("c.yaml", problems=("line 1: no",))
    (grid,) = files(Files("Environments", lines))
    assert isinstance(grid, Grid)
    states = [
        " ".join(each if isinstance(each, str) else each.word for each in row[-1] if isinstance(each, str | Mark)) for row in grid.rows
    ]

    assert ["valid protected", "valid not protected", "not valid line 1: no"] == states


def test_a_file_tells_of_one_with_the_same_environment() -> None:
    """It is valid, and shares records with the other."""
    text = views.text(Files("Environments", (FileLine("a.yaml", "staging", note="the name is that of b.yaml too"),)))

    assert "valid" in text
    assert "that of b.yaml too" in " ".join(text.split())
