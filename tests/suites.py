"""Run every suite that can run here, one after the other; print a line for each that could not, and why.

`make test` fails when a suite fails; `make test-all` (`--all`) also when one could not run.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
VERSIONS = ("3.11", "3.12", "3.13")
# What every admitted Python runs beside the one that make chose.
PORTABLE = ("tests/unit", "tests/stages", "tests/vendor", "tests/ledger", "tests/properties")
COUNTS = re.compile(r"(\d+) (passed|failed|error|errors)\b")


@dataclass(frozen=True)
class Suite:
    """Name a suite, the command that runs it, and why it cannot run here (empty: it can)."""

    name: str
    command: tuple[str, ...]
    missing: str = ""


@dataclass(frozen=True)
class Outcome:
    """State how a suite went."""

    suite: Suite
    is_good: bool
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0


def suites() -> Iterator[Suite]:
    """List the suites in the order in which a mistake is found cheapest."""
    python = sys.executable
    binaries = Path(python).parent
    yield Suite("lint", (str(binaries / "ruff"), "check", "."))
    yield Suite("format", (str(binaries / "ruff"), "format", "--check", "."))
    yield Suite("imports", (str(binaries / "lint-imports"),))
    yield Suite("types", (python, "-m", "mypy"))
    for folder in ("repository", "unit", "stages", "vendor", "ledger", "properties", "sandbox", "contract", "faults", "notebooks", "end_to_end"):
        if (HERE / "tests" / folder).is_dir():
            yield pytest_suite(python, folder, f"tests/{folder}", "-m", "not live and not browser")
    yield pytest_suite(python, "browser", "tests", "-m", "browser", missing=_no_chromium())
    yield pytest_suite(python, "live", "tests", "-m", "live", missing=_no_account())
    yield from portable_suites()


def pytest_suite(python: str, name: str, *words: str, missing: str = "") -> Suite:
    """Make a suite of tests."""
    return Suite(name, (python, "-m", "pytest", "-q", "--no-header", *words), missing)


def portable_suites() -> Iterator[Suite]:
    """Run the pure suites on every other admitted Python that is present."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    for version in VERSIONS:
        if version == here:
            continue
        interpreter = find_python(version)
        folders = tuple(folder for folder in PORTABLE if (HERE / folder).is_dir())
        if not interpreter:
            yield Suite(f"Python {version}", (), f"python{version} is not on this machine")
        else:
            yield Suite(f"Python {version}", (sys.executable, "-m", "tests.other_python", version, interpreter, *folders))


def find_python(version: str) -> str:
    """Find an interpreter of a version that really runs: on the PATH, through uv, or among pyenv's."""
    candidates = [f"python{version}"]
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates += [str(path) for path in sorted(root.glob(f"versions/{version}.*/bin/python"))]
    for candidate in candidates:
        try:
            done = subprocess.run([candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, check=False)
        except OSError:
            continue
        if done.returncode == 0 and done.stdout.strip() == version:
            return candidate
    return ""


def _no_chromium() -> str:
    return "" if shutil.which("chromium") else "Chromium is not installed (Debian: apt-get install chromium)"


def _no_account() -> str:
    return "" if os.environ.get("RUNBOOK_LIVE_ENVIRONMENT") else "RUNBOOK_LIVE_ENVIRONMENT names no parameter file of a real environment"


def run(suite: Suite) -> Outcome:
    """Run one suite and count its tests."""
    print(f"\n== {suite.name}: {' '.join(suite.command[1:])}", flush=True)
    begun = time.monotonic()
    done = subprocess.run(suite.command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout, flush=True)
    counts = {"passed": 0, "failed": 0}
    for line in done.stdout.splitlines()[-3:]:
        for number, word in COUNTS.findall(line):
            counts["passed" if word == "passed" else "failed"] += int(number)
    is_good = done.returncode == 0
    failed = counts["failed"] or (0 if is_good else 1)
    return Outcome(suite, is_good, counts["passed"], failed, time.monotonic() - begun)


def main() -> int:
    """Run all, print the table, the suites that could not run, and the sum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="fail when a suite could not run")
    parser.add_argument("names", nargs="*", help="only these suites")
    arguments = parser.parse_args()
    chosen = [suite for suite in suites() if not arguments.names or suite.name in arguments.names]
    outcomes = [run(suite) for suite in chosen if not suite.missing]
    missing = [suite for suite in chosen if suite.missing]
    print("\n== summary")
    for each in outcomes:
        print(f"{'ok    ' if each.is_good else 'FAILED'} {each.suite.name:14} {each.passed:5} passed {each.failed:3} failed {each.seconds:7.1f} s")
    for suite in missing:
        print(f"NOT RUN {suite.name}: {suite.missing}")
    print(f"{sum(each.passed for each in outcomes)} passed, {sum(each.failed for each in outcomes)} failed")
    is_bad = any(not each.is_good for each in outcomes) or (arguments.all and bool(missing))
    return 1 if is_bad else 0


if __name__ == "__main__":
    sys.exit(main())
