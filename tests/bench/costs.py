"""What parts of a run cost by themselves, with ratios to an empty notebook under stock papermill.

(a) the whole demo run, (b) an empty notebook under the stock papermill command, (c) each stage's notebook under the same command, with
what it spends of its own, (d) a second, unchanged run, (e) planning the grants of 2,000 schemas x 5 tables, (f) importing the command line,
(g) deciding the product's calls by the vendor's policies, (h) what the sandbox's decision about a call adds to it, (i) the journal's lines
of a change, (j) stating a record's files, (k) checking the demo's record, (l) the pages of its notebooks,
(m) plan and verify of what the demo left, (n) the start page in a browser, (o) the form's word on a letter, (p) a plan of 500 changes,
(q) a search in it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.bench import browsing, decisions, evaluations, evidence, grants, runs
from tests.bench.figures import Figure, timed
from tests.bench.table import Goal

HEADS = ("what", "remark", "wall s", "CPU s", "x (b)")


def measure() -> list[Figure]:
    """Measure them, each with its letter."""
    with runs.home() as home:
        base = runs.empty(home)
        demo, first = runs.run(home, "(a) whole demo, without installation", "demo", "--ports", "auto")
        again, second = runs.run(home, "(d) second, unchanged run", "apply", str(home.file))
        reads = [runs.run(home, f"(m) {verb}, nothing changed", verb, str(home.file))[0] for verb in ("plan", "verify")]
        stages = list(runs.stages(home, (first, planned_before(first), second)))
        records = evidence.journalled(), evidence.closed(first), evidence.verified(first), evidence.paged(first)
    planned = grants.measure()
    imported = importing()
    evaluated = evaluations.measure()
    added = decisions.measure()
    browsed = browsing.measure()
    return [demo, base, *stages, again, *reads, *planned, imported, evaluated, added, *records, *browsed]


def goals(figures: Iterable[Figure]) -> list[Goal]:
    """State the goals, each of the figures with its letter."""
    by: dict[str, list[Figure]] = {}
    for each in figures:
        by.setdefault(each.name[1], []).append(each)
    browsed = [each for letter in "nopq" for each in by[letter]]
    return [
        Goal("planning 2,000 schemas x 5", max(each.wall for each in by["e"]), 1.0),
        *(Goal(each.name.partition(") ")[2], each.wall, limit) for each, limit in zip(browsed, browsing.LIMITS, strict=False)),
        Goal("importing runbook_lib.cli", by["f"][0].wall, 0.15),
        Goal("the most that a notebook spends of its own", max(float(each.remark.split()[1]) for each in by["c"]), 1.0),
        Goal(f"{evaluations.GOAL:,} evaluations", evaluations.GOAL / evaluations.rate(by["g"][0]), 1.0),
        Goal("what a change's lines take", by["i"][0].wall / evidence.CHANGES * 1000, 5.0, "ms"),
        Goal("the statement over the demo's record", by["j"][0].wall, 0.5),
        Goal("audit verify of the demo's record", by["k"][0].wall, 1.0),
        Goal("the demo's record", float(by["k"][0].remark.split()[0]), 5.0, "MB"),
        Goal("the page of a notebook", float(by["l"][0].remark.split()[0]), 100.0, "ms"),
        Goal(f"{decisions.CALLS:,} calls' decisions, at the median", by["h"][0].wall * decisions.CALLS, decisions.LIMIT * decisions.CALLS),
    ]


def planned_before(applied: Path) -> Path:
    """Find the record of the plan that the demo approved."""
    return max(each for each in applied.parent.iterdir() if "-plan-" in each.name and each.name < applied.name)


def importing() -> Figure:
    """Time the import of the command line, less what a bare interpreter takes."""

    def median(code: str) -> Figure:
        taken = [timed("", lambda: str(subprocess.run((sys.executable, "-c", code), check=True).returncode)) for _ in range(9)]
        return Figure("", statistics.median(each.wall for each in taken), statistics.median(each.cpu for each in taken))

    whole, bare = median("import runbook_lib.cli"), median("pass")
    return Figure("(f) import runbook_lib.cli", whole.wall - bare.wall, whole.cpu - bare.cpu, "median of 9, less a bare interpreter")


def rows(figures: Sequence[Figure]) -> list[tuple[str, ...]]:
    """Give the table's rows, its heads first, with ratios to the empty notebook, (b)."""
    base = next(each.wall for each in figures if each.name.startswith("(b)"))
    shown = ((each.name, each.remark.strip(), f"{each.wall:.2f}", f"{each.cpu:.2f}", f"{each.wall / base:.2f}") for each in figures)
    return [HEADS, *shown]
