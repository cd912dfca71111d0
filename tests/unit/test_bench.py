"""What the benchmark makes of its measurements: medians, ratios round by round, the table, the goals and the page."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.bench import empty, fleet, page, single, table, terraform
from tests.bench.measured import Failed, measure
from tests.bench.samples import STRAIGHT, Case, Line, Sample, lines_of
from tests.bench.table import Goal
from tests.machine import ROOT

OURS = Case("runs", "unchanged", single.OURS, 50, 1, "unchanged")
THEIRS = Case("runs", "unchanged", STRAIGHT, 50, 1, "unchanged")


def _sample(case: Case, turn: int, wall: float, **more: float) -> Sample:
    given = {"cpu": 1.0, "memory": 80_000_000, "calls": 21, "statements": 8, "standins": 0.5, **more}
    return Sample(case, turn, wall, given["cpu"], int(given["memory"]), int(given["calls"]), int(given["statements"]), given["standins"])


def _lines(*walls: tuple[Case, float]) -> tuple[Line, ...]:
    return lines_of([_sample(case, 0, wall) for case, wall in walls])


def test_a_line_holds_medians_and_the_range() -> None:
    """A line's figures are the medians over the rounds; its range is that of the seconds on the clock."""
    (line,) = lines_of([_sample(THEIRS, turn, wall, cpu=wall / 2) for turn, wall in enumerate((2.0, 9.0, 1.0))])

    assert (line.rounds, line.wall, line.least, line.most, line.cpu) == (3, 2.0, 1.0, 9.0, 1.0)


def test_a_ratio_is_that_of_each_round() -> None:
    """A round in which everything is slow leaves the ratio as it is: each round is compared with its own, not the medians."""
    walls = {THEIRS: (1.0, 10.0, 1.0), OURS: (2.0, 20.0, 9.0)}
    found = lines_of([_sample(case, turn, wall) for case, each in walls.items() for turn, wall in enumerate(each)])

    assert [line.ratio for line in found] == [1.0, 2.0]


def test_what_has_no_rival_has_no_ratio() -> None:
    """A line that is compared with nothing, or whose rival was not measured, has none."""
    alone = Case("empty", "1 empty", single.STOCK)

    assert [line.ratio for line in _lines((alone, 1.0), (OURS, 1.0))] == [None, None]


def test_other_latencies_and_sizes_are_other_lines() -> None:
    """A rival counts only under the same latency and the same number of units."""
    others = (Case("runs", "unchanged", STRAIGHT, 0, 1, "unchanged"), Case("runs", "unchanged", STRAIGHT, 50, 10, "unchanged"))

    assert _lines((others[0], 1.0), (others[1], 1.0), (OURS, 3.0))[-1].ratio is None


def test_the_table_has_a_cell_for_each_head() -> None:
    """Each line has as many cells as there are heads, in text and in Markdown, and what was not taken is a dash."""
    lines = lines_of([_sample(OURS, 0, 1234.5, memory=0)])
    text, markdown = table.text(table.rows(lines)).splitlines(), table.markdown(table.rows(lines)).splitlines()

    assert text == [
        "part  units  ms a call  what       tool      wall s          min-max  CPU s  MB  AWS calls  SQL  x straight",
        "runs  1      50         unchanged  runbook  1234.50  1234.50-1234.50   1.00   -         21    8           -",
    ]
    assert [len(table.HEADS) + 1] * 3 == [line.count("|") for line in markdown]


def test_a_goal_says_whether_it_is_reached() -> None:
    """What is as much as the goal reaches it; what is more does not."""
    said = [str(Goal("plan", found, 5.0)) for found in (5.0, 5.01)]

    assert said == ["plan: 5.00 s, reached: at most 5.00 s", "plan: 5.01 s, NOT reached: at most 5.00 s"]


@pytest.mark.parametrize("found", [0.0, -0.05])
def test_a_difference_that_is_none_is_not_judged(found: float) -> None:
    """Where chance ate up what was to be measured, no goal is called reached."""
    assert str(Goal("each further notebook", found, 0.2)) == "each further notebook: not measurable in so few rounds; at most 0.20 s"


def test_the_goals_of_one_environment_are_measured_by_the_script() -> None:
    """An unchanged run may take what the script takes, a second, and a fifth of a second a notebook."""
    goals = list(single.goals_of_runs(_lines((THEIRS, 2.0), (OURS, 4.0))))

    assert (goals[0].found, goals[0].most) == (4.0, 2.0 + 1.0 + 0.2 * len(single.NOTEBOOKS))


def test_what_a_notebook_adds_is_what_nine_more_take() -> None:
    """Of one and of ten notebooks, what is spent once counts for neither: a ninth of the difference is each further one's."""
    one, ten = (Case(empty.PART, f"{number} of {empty.STAGE_CELLS} cells", single.OURS) for number in (1, 10))
    goals = list(empty.goals(lines_of([_sample(one, 0, 2.0, cpu=1.0), _sample(ten, 0, 3.8, cpu=1.9)])))

    assert [pytest.approx(0.2), pytest.approx(0.1)] == [each.found for each in goals]


def test_the_goal_of_ten_is_the_more_generous_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten environments may take 1.3 times their processors' time by core, or three times one, whichever is more."""
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    ten, one = (Case(fleet.PART, "apply", single.OURS, 50, size, "apply") for size in (10, 1))
    goals = [next(fleet.goals(lines_of([_sample(ten, 0, 9.0, cpu=cpu), _sample(one, 0, 2.0)]))) for cpu in (1.5, 19.5)]

    assert [each.most for each in goals] == pytest.approx([6.0, 13.0])


def test_ten_are_compared_with_terraform_quoted_and_measured() -> None:
    """Ten environments are to take half of what was quoted, and half of what Terraform took beside them, where that was measured."""
    walls = [(Case(fleet.PART, "apply", single.OURS, 50, size, "apply"), 9.0) for size in (10, 1)]
    measured = (Case(fleet.PART, "apply", terraform.TOOL, 50, 10, "apply"), 30.0)

    for lines, expected in ((_lines(*walls), [10.5]), (_lines(*walls, measured), [10.5, 15.0])):
        assert expected == [each.most for each in fleet.goals(lines) if "Terraform" in each.what]


def test_the_page_has_a_place_for_each_part() -> None:
    """Writing one part's figures leaves everything else on the page as it is; a part that the page does not know is refused."""
    text = "words\n<!-- runs -->\nold\n<!-- end of runs -->\nmore words\n"
    shown = table.markdown(table.rows(_lines((THEIRS, 2.0))))
    written = page.written(text, "runs", shown, (Goal("plan", 1.0, 5.0),), "`make bench`:")

    assert written.startswith("words\n<!-- runs -->\n\n`make bench`:\n\n| part |")
    assert written.endswith("- plan: 1.00 s, reached: at most 5.00 s\n\n<!-- end of runs -->\nmore words\n")
    assert page.written(written, "runs", shown, (Goal("plan", 1.0, 5.0),), "`make bench`:") == written
    with pytest.raises(ValueError, match="no place for fleet"):
        page.written(text, "fleet", shown, (), "")


def test_the_page_knows_every_part_of_the_benchmark() -> None:
    """What `make bench` measures has its place in docs/performance.md."""
    from tests.bench.__main__ import COSTS, PARTS

    text = page.PAGE.read_text("utf-8")

    assert [name for name in (COSTS, *PARTS) if f"<!-- {name} -->" not in text or f"<!-- end of {name} -->" not in text] == []


def test_what_a_process_leaves_behind_counts_too(tmp_path: Path) -> None:
    """The processor time of a process that outlives its parent counts, and so does what it printed nothing of."""
    grandchild = "import time\nuntil = time.process_time() + 0.3\nwhile time.process_time() < until: pass"
    parent = f"import subprocess, sys; subprocess.Popen((sys.executable, '-c', {grandchild!r})); print('said')"
    used = measure([(sys.executable, "-c", parent)], tmp_path, {"PATH": "/usr/bin:/bin"})

    assert used.said == ("said\n",)
    assert sys.platform != "linux" or used.cpu > 0.3


def test_a_command_that_fails_ends_the_benchmark(tmp_path: Path) -> None:
    """A figure of a command that failed is none: its last words are told."""
    with pytest.raises(Failed, match="ended with 3: said"):
        measure([(sys.executable, "-c", "import sys; print('said'); sys.exit(3)")], tmp_path, {"PATH": "/usr/bin:/bin"})


def test_the_straight_script_knows_nothing_of_the_runbook() -> None:
    """The script that the runbook is measured by uses none of it."""
    text = (ROOT / "tests" / "bench" / "straight.py").read_text("utf-8")

    assert "runbook_lib" not in text
