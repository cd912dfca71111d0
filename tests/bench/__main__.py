"""Measure what a run costs: `make bench`, or `make bench BENCH="PART... [--rounds N] [--ms MS...] [--write]"`.

It prints one table of medians over the rounds, with ratios to a straight script, and the goals below it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tests.bench import costs, empty, fleet, large, page, single, table
from tests.bench.bed import Bed, bed
from tests.bench.samples import Line, lines_of
from tests.bench.table import Goal

ROUNDS, LATENCIES = 5, (0, 50)


def none(_lines: Sequence[Line]) -> Iterator[Goal]:
    """State no goal."""
    return iter(())


@dataclass(frozen=True)
class Part:
    """Hold a part: what it measures, how, and the goals; `is_long` ones run only when they are named."""

    about: str
    measure: Callable[[Bed], None]
    goals: Callable[[Sequence[Line]], Iterator[Goal]] = none
    is_long: bool = False


PARTS = {
    "empty": Part("notebooks that do nothing", empty.measure, empty.goals),
    "runs": Part("one environment", single.measure_runs, single.goals_of_runs),
    "fleet": Part("a batch of 1 and of 10", partial(fleet.measure, sizes=(1, 10)), fleet.goals),
    "warehouse": Part("100 and 1,000 schemas", partial(large.measure, sizes=(100, 1000)), large.goals),
    "papermill": Part("the same notebooks under the stock papermill command", partial(single.measure_papermill, size=1), is_long=True),
    "papermill10": Part("the same of 10 side by side", partial(single.measure_papermill, size=10), is_long=True),
    "papermill50": Part("the same of 50", partial(single.measure_papermill, size=50), is_long=True),
    "papermill-warehouse": Part("the same, many schemas", partial(large.measure_papermill, sizes=(100, 1000, 9900)), is_long=True),
    "fleet50": Part("a batch of 50", partial(fleet.measure, sizes=(50,)), fleet.goals, is_long=True),
    "warehouse9900": Part("9,900 schemas", partial(large.measure, sizes=(9900,)), large.goals, is_long=True),
}
COSTS = "costs"
"""The parts of a run by themselves: another table, printed before."""


def main() -> None:
    """Measure the parts that are named, or all short ones."""
    given, commit = _arguments(), page.commit()
    names = given.part or [COSTS, *(name for name, part in PARTS.items() if not part.is_long)]
    if COSTS in names:
        _measure_costs(given, commit)
    found: list[Line] = []
    reached: list[Goal | str] = []
    for name in (each for each in PARTS if each in names):
        # Each part has a sandbox of its own: what an earlier one left there would slow it down.
        with bed(given.rounds, tuple(given.ms)) as made:
            PARTS[name].measure(made)
        lines = lines_of(made.samples)
        goals: list[Goal | str] = [*PARTS[name].goals(lines), *made.remarks]
        if given.write:
            words = f"{name} --rounds {given.rounds} --ms {' '.join(map(str, given.ms))} --write"
            page.write(name, table.markdown(table.rows(lines)), goals, page.where(f'make bench BENCH="{words}"', commit))
        found += lines
        reached += goals
    if found:
        print(table.text(table.rows(found)), *reached, sep="\n")


def _measure_costs(given: argparse.Namespace, commit: str) -> None:
    """Measure the parts of a run by themselves, and show them in a table of their own."""
    figures = costs.measure()
    rows, goals = costs.rows(figures), costs.goals(figures)
    if given.write:
        page.write(COSTS, table.markdown(rows, 2), goals, page.where(f'make bench BENCH="{COSTS} --write"', commit))
    print(table.text(rows, 2), *goals, "", sep="\n")


def _arguments() -> argparse.Namespace:
    about = "; ".join(f"{name}: {part.about}" for name, part in PARTS.items())
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=f"{COSTS}: parts of a run by themselves; {about}")
    parser.add_argument("part", nargs="*", choices=(*PARTS, COSTS), help=f"default: {COSTS} and all but the long ones")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is measured, in turn with the others (default: 5)")
    parser.add_argument("--ms", type=int, nargs="+", default=LATENCIES, help="milliseconds added to each AWS call (default: 0 and 50)")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/performance.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
