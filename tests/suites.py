"""Run the suites, one more at once than there are processors, then say what could not be run and why, then sum up.

`make test` fails when a suite fails; `make test-all` (`--all`) also when one could not be run or skipped a test.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

from tests import lanes, machine

NOT_HERE = "not live and not browser"
MIDDLE = ("stages",)
"""What runs on a Python between the oldest and the newest: what neither of these shows would have come in one and gone in the next."""
PORTABLE = ("unit", "stages")
"""The folders that run on the oldest and the newest admitted Python."""
KERNELS = (*PORTABLE, "contract/kernels")
"""What also starts processes, and forks them: on the newest Python."""
CONTRACTS = (*PORTABLE, "contract")
"""What also speaks to libraries: on their lowest versions."""
MARKED = "not slow and not hypothesis and not once"
NOT_PORTED = "what is slow, compares texts, looks by chance or takes whole runs is run on one Python, where it finds the same"
NO_TESTS = 5
"""pytest's exit code when it found none."""
LIVE = "RUNBOOK_LIVE_ENVIRONMENT"


@dataclass(frozen=True)
class Outcome:
    """Count a suite's tests; `gaps` tells what was not run, each with its reason."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    gaps: tuple[str, ...] = ()
    seconds: float = 0.0
    remark: str = ""


@dataclass(frozen=True)
class Suite:
    """Name a suite and what runs it."""

    name: str
    run: Callable[[], Outcome]


def suites() -> Iterator[Suite]:
    """List the suites: those first that find a mistake the cheapest, then the longest, so that the lanes end at about one time."""
    yield Suite("lint", partial(run_checks, ("ruff", "check", "."), ("ruff", "format", "--check", ".")))
    yield Suite("types", partial(run_checks, ("mypy",)))
    for name in ("end_to_end", "properties", "unit"):
        yield Suite(name, partial(run_pytest, (name,)))
    yield Suite("browser", browser)
    for name in ("rehearsal", "contract"):
        yield Suite(name, partial(run_pytest, (name,)))
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    yield Suite("lowest", partial(elsewhere, here, CONTRACTS, resolution="lowest-direct"))
    yield Suite("sandbox", partial(run_pytest, ("sandbox",)))
    for version in reversed(machine.PYTHONS):
        if version != here:
            yield Suite(f"python{version}", partial(elsewhere, version, KERNELS if version == machine.PYTHONS[-1] else MIDDLE))
    yield Suite("rendered", rendered)
    yield Suite("airflow", airflow)
    for name in ("faults", "notebooks", "repository", "stages"):
        yield Suite(name, partial(run_pytest, (name,)))
    yield Suite("oracle", oracle)
    for name in ("vendor", "ledger"):
        yield Suite(name, partial(run_pytest, (name,)))
    yield Suite("live", live)


def run_checks(*commands: Sequence[str]) -> Outcome:
    """Run programs of the environment; each counts as one test."""
    codes = [_call([sys.executable, "-m", *command]) for command in commands]
    return Outcome(passed=codes.count(0), failed=len(codes) - codes.count(0))


def run_pytest(folders: Sequence[str], *, python: str = sys.executable, marked: str = NOT_HERE) -> Outcome:
    """Run the tests of some folders in one process; the processors are shared out between suites."""
    there = [f"tests/{folder}" for folder in folders if any((machine.ROOT / "tests" / folder).rglob("test_*.py"))]
    if not there:
        return Outcome(gaps=(f"tests/{folders[0]} holds no test",))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = _call([python, "-m", "pytest", "-q", "--tb=short", "-m", marked, f"--junitxml={report}", *there])
        return read(report.read_text("utf-8") if report.exists() else "<testsuites/>", code)


def read(report: str, code: int) -> Outcome:
    """Count what pytest's report holds; an exit code that no failed test explains is a failure of its own."""
    cases = ET.fromstring(report).findall(".//testcase")  # noqa: S314 - pytest has just written it
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skips = [skip for case in cases if case not in failed and (skip := case.find("skipped")) is not None]
    reasons = tuple(sorted({f"skipped a test: {skip.get('message')}" for skip in skips}))
    passed = len(cases) - len(failed) - len(skips)
    if code == NO_TESTS:
        return Outcome(gaps=("no test was found",))
    return Outcome(passed, max(len(failed), int(code != 0)), len(skips), reasons)


def browser() -> Outcome:
    """Run what needs Chromium."""
    os.environ["RUNBOOK_CHROMIUM"] = machine.chromium()
    return run_pytest(("browser",), marked="browser")


def oracle() -> Outcome:
    """Compare the evaluator with an independent engine; it is fetched first, since a test reaches loopback only."""
    machine.oracle()
    return run_pytest(("oracle",))


def rendered() -> Outcome:
    """Run what was rendered; the AWS CLI is fetched first, since a test reaches loopback only."""
    machine.scripting()
    return run_pytest(("rendered",))


def airflow() -> Outcome:
    """Run DAGs by a real Airflow; it is fetched first, since a test reaches loopback only."""
    machine.airflow()
    return run_pytest(("airflow",))


def live() -> Outcome:
    """Run what needs an AWS account and a warehouse."""
    if not os.environ.get(LIVE):
        message = f"no account: {LIVE} names no parameter file of a real environment"
        raise machine.Absent(message)
    return run_pytest((".",), marked="live")


def elsewhere(version: str, folders: Sequence[str], resolution: str = "highest") -> Outcome:
    """Run what differs there, in an environment of its own."""
    name = version if resolution == "highest" else resolution
    python = machine.environment(name, machine.python(version), resolution)
    return replace(run_pytest(folders, python=python, marked=f"{NOT_HERE} and {MARKED}"), remark=f"{', '.join(folders)}: {NOT_PORTED}")


def outcome(suite: Suite) -> Outcome:
    """Run one suite, timed."""
    _say(f"\n=== {suite.name}")
    begun = time.monotonic()
    try:
        done = suite.run()
    except machine.Absent as absent:
        done = Outcome(gaps=(str(absent),))
    except machine.Conflict as conflict:
        _say(str(conflict))
        done = Outcome(failed=1)
    return replace(done, seconds=time.monotonic() - begun)


def summary(outcomes: dict[str, Outcome]) -> str:
    """Draw the table, then what was not run, then the sum as the last line."""
    rows = [
        f"{_verdict(each):6} {name:12} {each.passed:5} passed {each.failed:4} failed {each.seconds:7.1f} s"
        for name, each in outcomes.items()
    ]
    remarks = [f"IN PART {name}: {each.remark}" for name, each in outcomes.items() if each.remark]
    gaps = [f"NOT RUN {name}: {gap}" for name, each in outcomes.items() for gap in each.gaps]
    passed, failed, skipped = (sum(getattr(each, count) for each in outcomes.values()) for count in ("passed", "failed", "skipped"))
    total = f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
    return "\n".join((*rows, *remarks, *gaps, total))


def main(words: Sequence[str] | None = None) -> int:
    """Run the chosen suites (all by default) and give the exit code."""
    known = {suite.name: suite for suite in suites()}
    parser = argparse.ArgumentParser(prog="python -m tests.suites", description=__doc__)
    parser.add_argument("--all", action="store_true", help="fail also when a suite could not be run")
    parser.add_argument("--outcome", metavar="FILE", type=Path, help="write the one suite's outcome, and sum nothing up")
    parser.add_argument("names", nargs="*", metavar="SUITE", help=f"only these: {', '.join(known)}")
    arguments = parser.parse_args(words)
    if unknown := [name for name in arguments.names if name not in known]:
        parser.error(f"no such suite: {', '.join(unknown)} (there are {', '.join(known)})")
    names = arguments.names or list(known)
    if arguments.outcome:
        arguments.outcome.write_text(json.dumps(asdict(outcome(known[names[0]]))), "utf-8")
        return 0
    outcomes = _together(names) if len(names) > 1 else {name: outcome(known[name]) for name in names}
    _say("\n=== summary\n" + summary(outcomes))
    is_bad = any(each.failed or (arguments.all and each.gaps) for each in outcomes.values())
    return int(is_bad or not any(each.passed for each in outcomes.values()))


def _together(names: Sequence[str]) -> dict[str, Outcome]:
    """Run suites side by side."""
    found = lanes.side_by_side(names, _say)
    return {name: Outcome(**{**each, "gaps": tuple(each.get("gaps", ()))}) for name, each in found.items()}


def _verdict(each: Outcome) -> str:
    """Say in a word how a suite went."""
    return "FAILED" if each.failed else "ok" if each.passed else "-"


def _call(command: Sequence[str]) -> int:
    """Run a program with our output as its own, and give its exit code."""
    _say("$ " + shlex.join(["python", *command[1:]]))
    return subprocess.run(command, cwd=machine.ROOT, stdin=subprocess.DEVNULL, check=False).returncode


def _say(text: str) -> None:
    """Write a line at once, so that it stands before what the suites write."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
