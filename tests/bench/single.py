"""One environment, as the sandbox's file describes it: runbook, straight script and Terraform in turn, or the stock papermill command."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.bench import terraform
from tests.bench.bed import RUNBOOK, Bed
from tests.bench.runs import HERE
from tests.bench.samples import STRAIGHT, Case, Line, line
from tests.bench.table import Goal

RUNS, PAPERMILL = "runs", "papermill"
REHEARSED = "apply and rehearse"
OURS, STOCK = "runbook", "stock papermill"
NOTEBOOKS = tuple(sorted(path for path in (HERE / "notebooks").glob("*.ipynb") if path.name[:2] not in {"00", "99"}))
"""What a run executes: neither the start page nor the way back."""
PER_NOTEBOOK, ONCE, MEMORY = 0.2, 1.0, 150.0
LONGEST_START = 600
"""Seconds that the stock command waits for a kernel: of many side by side on few processors some take longer than its own 60."""


def straight(file: Path, script: str = "straight") -> tuple[str, ...]:
    """Write the command of the straight script, or of another beside it."""
    return (sys.executable, str(HERE / "tests" / "bench" / f"{script}.py"), str(file))


def runbook(verb: str, file: Path, *words: str) -> tuple[str, ...]:
    """Write a command of ours that runs one environment."""
    return (*RUNBOOK, verb, str(file), *words, "--json")


def measure_runs(bed: Bed) -> None:
    """Measure plan, apply with verify, the unchanged run, verify, and an apply that rehearses, each beside the script."""
    has_terraform = terraform.is_there(bed)
    _prove_equal(bed, STRAIGHT, straight)
    if has_terraform:
        _prove_equal(bed, terraform.TOOL, lambda file: terraform.prepared(bed, [file]))
    for turn, ms in bed.turns():
        ours, theirs = bed.environments(2)
        _measure_straight(bed, RUNS, turn, ms, theirs)
        if has_terraform:
            terraform.measure(bed, RUNS, turn, ms, bed.environments(1))
        planned = bed.take(Case(RUNS, "plan", OURS, ms, 1, "unchanged"), turn, [runbook("plan", ours)])
        bed.take(Case(RUNS, "apply and verify", OURS, ms, 1, "apply"), turn, [applying(ours, planned)])
        planned = bed.take(Case(RUNS, "plan, unchanged", OURS, ms, 1, "unchanged"), turn, [runbook("plan", ours)])
        bed.take(Case(RUNS, "unchanged", OURS, ms, 1, "unchanged"), turn, [applying(ours, planned)])
        bed.take(Case(RUNS, "verify", OURS, ms, 1, "unchanged"), turn, [runbook("verify", ours)])
        ours, theirs = bed.environments(2, rehearsal="exercise")
        bed.take(Case(RUNS, REHEARSED, STRAIGHT, ms, 1, REHEARSED), turn, [straight(theirs, "rehearsed")])
        bed.take(Case(RUNS, REHEARSED, OURS, ms, 1, REHEARSED), turn, [applying(ours, bed.run(runbook("plan", ours)))])


def applying(file: Path, planned: Sequence[str]) -> tuple[str, ...]:
    """Write the command that applies what was planned, as an engineer does who has read it."""
    return runbook("apply", file, "--approve", json.loads(planned[0])["digest"], "--acknowledge", "*")


def measure_papermill(bed: Bed, size: int) -> None:
    """Measure the same notebooks under the stock command, one process each, of so many environments side by side, beside the script."""
    for turn, ms in bed.turns():
        files = bed.environments(2 * size)
        take_papermill(bed, turn, Case(PAPERMILL, "", STOCK, ms, size), (files[:size], files[size:]))


def take_papermill(bed: Bed, turn: int, case: Case, files: tuple[Sequence[Path], Sequence[Path]]) -> None:
    """Take what the stock command costs on the first of these environments, and the script on the others."""
    stock, theirs = files
    for what in ("apply", "unchanged"):
        bed.take(replace(case, what=what, tool=STRAIGHT, against=what), turn, [straight(each) for each in theirs], at_once=True)
    # The digests that the notebooks are approved by come from plans that are not measured.
    digests = [json.loads(said)["digest"] for said in bed.run(*(runbook("plan", each) for each in stock))]
    approved = [papermill(bed, *each) for each in zip(stock, digests, strict=True)]
    bed.take(replace(case, what="apply and verify", against="apply"), turn, approved, at_once=True)
    again = [papermill(bed, each) for each in stock]
    bed.take(replace(case, what="unchanged", against="unchanged"), turn, again, at_once=True)


def papermill(bed: Bed, file: Path, digest: str = "") -> tuple[str, ...]:
    """Write the stock command of every notebook of a run, one after the other."""
    begin = (sys.executable, "-m", "papermill", "--no-progress-bar", "-k", "python3", "--start-timeout", str(LONGEST_START))
    words = ("-f", str(file), *(("-r", "approve", digest, "-r", "acknowledge", "*") if digest else ()))
    commands = [(*begin, str(each), str(bed.folder / f"out-{file.stem}-{each.name}"), *words) for each in NOTEBOOKS]
    return ("sh", "-c", " && ".join(map(shlex.join, commands)))


def _measure_straight(bed: Bed, part: str, turn: int, ms: int, file: Path) -> None:
    for what in ("apply", "unchanged"):
        bed.take(Case(part, what, STRAIGHT, ms, 1, what), turn, [straight(file)])


def _prove_equal(bed: Bed, tool: str, setting_up: Callable[[Path], Sequence[str]]) -> None:
    """See that another tool sets up the same: where its users are adopted, there is nothing left to plan."""
    (file,) = bed.environments(1)
    name = file.stem
    with file.open("a", encoding="utf-8") as more:
        more.write(f"adopt: {[f'database_user/{side}/{name}_{side}' for side in ('source', 'destination')]}\n")
    bed.run(setting_up(file))
    (said,) = bed.run(runbook("plan", file))
    if changes := json.loads(said)["changes"]:
        sys.exit(f"{changes} changes are planned on what {tool} set up: it does not set up the same")


def goals_of_runs(lines: Sequence[Line]) -> Iterator[Goal]:
    """State the goals of one environment at the highest latency that was measured."""
    ms = max(each.case.ms for each in lines)
    number = len(NOTEBOOKS)
    for what, against in (("apply and verify", "apply"), ("unchanged", "unchanged"), (REHEARSED, REHEARSED)):
        ours, theirs = line(lines, what, OURS, ms), line(lines, against, STRAIGHT, ms)
        if ours is None or theirs is None:
            continue
        most = theirs.wall + PER_NOTEBOOK * number + ONCE
        yield Goal(f"{what}, {ms} ms a call, beside {theirs.wall:.2f} s of the script", ours.wall, most)
        yield Goal(f"{what}, memory of runner and kernels", ours.memory / 1e6, MEMORY, "MB")
