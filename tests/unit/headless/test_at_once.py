"""How many notebooks of a run are executed at once."""

from __future__ import annotations

import pytest

from runbook_lib.errors import InvalidParameters
from runbook_lib.kernels.at_once import NOTEBOOKS, notebooks


@pytest.mark.parametrize(
    ("processors", "runs", "number"), [(1, 1, 2), (2, 1, 4), (8, 1, 4), (2, 2, 2), (2, 4, 1), (8, 16, 1), (8, 4, 4), (None, 1, 2)]
)
def test_the_runs_of_a_machine_share_its_processors(
    monkeypatch: pytest.MonkeyPatch, processors: int | None, runs: int, number: int
) -> None:
    """There are two for each processor, four at most for one run, and one at least."""
    monkeypatch.setattr("os.cpu_count", lambda: processors)

    assert number == notebooks(runs)


def test_somebody_may_say_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then that counts for every run."""
    monkeypatch.setenv(NOTEBOOKS, "7")

    assert [7, 7] == [notebooks(), notebooks(9)]


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5", "²"])
def test_what_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """The variable is named, and the way out."""
    monkeypatch.setenv(NOTEBOOKS, given)

    with pytest.raises(InvalidParameters, match=f"RUNBOOK_NOTEBOOKS is {given}; give a number from 1 on, or unset it"):
        notebooks()
