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
from pathlib import Path

from tests.bench import browsing, decisions, evaluations, evidence, grants, runs
from tests.bench.figures import Figure, timed


def measure() -> None:
    """Measure them and print the table."""
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
    show([demo, base, *stages, again, *reads, *planned, imported, evaluated, added, *records, *browsed], base)
    own = max(float(each.remark.split()[1]) for each in stages)
    goal("planning 2,000 schemas x 5", max(each.wall for each in planned), 1.0)
    for each, limit in zip(browsed, browsing.LIMITS, strict=False):
        goal(each.name.partition(") ")[2], each.wall, limit)
    goal("importing runbook_lib.cli", imported.wall, 0.15)
    goal("the most that a notebook spends of its own", own, 1.0)
    goal(f"{evaluations.GOAL:,} evaluations", evaluations.GOAL / evaluations.rate(evaluated), 1.0)
    goal("what a change's lines take", records[0].wall / evidence.CHANGES, 0.005)
    goal("the statement over the demo's record", records[1].wall, 0.5)
    goal("audit verify of the demo's record", records[2].wall, 1.0)
    goal("the page of a notebook", float(records[3].remark.split()[0]) / 1000, 0.1)
    goal("the demo's record, in units of 5 MB", float(records[2].remark.split()[0]) / 5, 1.0)
    goal(f"{decisions.CALLS:,} calls' decisions, at the median", added.wall * decisions.CALLS, decisions.LIMIT * decisions.CALLS)


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


def show(figures: list[Figure], base: Figure) -> None:
    """Print the table."""
    print(f"{'what':45} {'wall s':>8} {'CPU s':>8} {'x (b)':>7}  remark")
    for each in figures:
        print(f"{each.name:45} {each.wall:8.2f} {each.cpu:8.2f} {each.wall / base.wall:7.2f}  {each.remark.strip()}")


def goal(what: str, seconds: float, limit: float) -> None:
    """Say whether a goal is reached."""
    print(f"{what}: {seconds:.2f} s, {'reached' if seconds < limit else 'NOT reached'}: less than {limit} s")
