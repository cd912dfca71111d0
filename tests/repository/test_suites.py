"""Hold the runner of the suites: it counts what ran, and hides nothing that did not."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from tests import lanes, machine, suites
from tests.machine import ROOT
from tests.suites import Outcome, Suite

CASES = {
    "passed": "<testcase name='a'/>",
    "failed": "<testcase name='b'><failure message='no'/></testcase>",
    "error": "<testcase name='c'><error message='no'/></testcase>",
    "skipped": "<testcase name='d'><skipped message='no node'/></testcase>",
}


def _report(*kinds: str) -> str:
    return f"<testsuites><testsuite>{''.join(CASES[kind] for kind in kinds)}</testsuite></testsuites>"


@pytest.mark.parametrize(
    ("report", "code", "expected"),
    [
        (_report("passed", "passed"), 0, Outcome(passed=2)),
        (_report("passed", "failed", "error"), 1, Outcome(passed=1, failed=2)),
        (_report("passed", "skipped"), 0, Outcome(passed=1, skipped=1, gaps=("skipped a test: no node",))),
        (_report("passed"), 3, Outcome(passed=1, failed=1)),
        ("<testsuites/>", 4, Outcome(failed=1)),
        ("<testsuites/>", 5, Outcome(gaps=("no test was found",))),
    ],
)
def test_a_report_is_counted(report: str, code: int, expected: Outcome) -> None:
    """Failures, errors, skips and crashes are told apart; none is lost."""
    assert expected == suites.read(report, code)


def test_the_summary_names_gaps_and_ends_with_the_sum() -> None:
    """Each suite has a line, each gap has a line, and the last line is the sum over all."""
    outcomes = {
        "lint": Outcome(passed=2, seconds=1.25),
        "unit": Outcome(passed=40, failed=1, skipped=1, gaps=("skipped a test: no node",), seconds=10.0),
        "browser": Outcome(gaps=("no Chromium",)),
    }

    assert [
        "ok     lint             2 passed    0 failed     1.2 s",
        "FAILED unit            40 passed    1 failed    10.0 s",
        "-      browser          0 passed    0 failed     0.0 s",
        "NOT RUN unit: skipped a test: no node",
        "NOT RUN browser: no Chromium",
        "42 passed, 1 failed, 1 skipped",
    ] == suites.summary(outcomes).splitlines()


@pytest.mark.parametrize(
    ("words", "outcomes", "expected"),
    [
        ([], [Outcome(passed=1), Outcome(gaps=("why",))], 0),
        (["--all"], [Outcome(passed=1), Outcome(gaps=("why",))], 1),
        (["--all"], [Outcome(passed=1), Outcome(passed=2)], 0),
        ([], [Outcome(passed=1), Outcome(failed=1)], 1),
        ([], [Outcome(gaps=("why",)), Outcome(gaps=("why",))], 1),
        (["b"], [Outcome(failed=1), Outcome(passed=1)], 0),
    ],
)
def test_the_exit_code_tells_failures_and_gaps(
    monkeypatch: pytest.MonkeyPatch, words: list[str], outcomes: list[Outcome], expected: int
) -> None:
    """A failure fails always, a gap only under --all, and a run of nothing is no success."""
    listed = [Suite(name, lambda each=each: each) for name, each in zip("ab", outcomes, strict=True)]  # type: ignore[misc]
    monkeypatch.setattr(suites, "suites", lambda: listed)
    monkeypatch.setattr(lanes, "side_by_side", lambda *_: {name: asdict(each) for name, each in zip("ab", outcomes, strict=True)})

    assert expected == suites.main(words)


def test_a_suite_of_its_own_process_is_heard_out() -> None:
    """What suites say is printed one after the other, their outcomes are counted, and a process without an outcome has failed."""
    said: list[str] = []

    found = lanes.side_by_side(("live", "no such suite"), said.append)

    assert [("no account", 0), ("", 1)] == [(str(*each.get("gaps", ()))[:10], each["failed"]) for each in found.values()]
    assert ["=== live", "usage: pyt"] == sorted(each.strip()[:10].strip() for each in said)


def test_what_ran_in_part_is_told() -> None:
    """A suite that leaves something out on purpose has a line that says what it took and why the rest is not there."""
    lines = suites.summary({"python3.13": Outcome(passed=1, remark="unit: the rest finds the same")}).splitlines()

    assert "IN PART python3.13: unit: the rest finds the same" == lines[1]


def test_a_machine_that_lacks_something_is_told() -> None:
    """What is absent becomes a gap with its reason; what contradicts itself is a failure."""

    def lacking() -> Outcome:
        raise machine.Absent("no Chromium")

    def contradicting() -> Outcome:
        raise machine.Conflict("a<1 and a>1")

    assert ("no Chromium",) == suites.outcome(Suite("x", lacking)).gaps
    assert 1 == suites.outcome(Suite("x", contradicting)).failed


def test_an_absent_python_says_where_it_was_sought() -> None:
    """The message names the places."""
    with pytest.raises(machine.Absent, match=re.escape("python3.99 is not on this machine")):
        machine.python("3.99")


def test_a_machine_without_node_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the independent engine cannot run, the suite says why."""
    monkeypatch.setenv("PATH", "")

    assert ("no Node with npm on the PATH (Debian: apt-get install nodejs npm)",) == suites.outcome(Suite("oracle", suites.oracle)).gaps


def test_every_folder_of_tests_has_its_suite() -> None:
    """No folder with tests is left out of `make test`."""
    folders = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}

    assert set() == folders - {suite.name for suite in suites.suites()}


def test_what_needs_a_browser_stands_in_its_folder() -> None:
    """The suite of the browser looks nowhere else, and all others leave out what bears its mark."""
    marked = [path for path in (ROOT / "tests").rglob("*.py") if "mark." + "browser" in path.read_text("utf-8")]

    assert [] == [path for path in marked if path.relative_to(ROOT / "tests").parts[0] != "browser"]


def test_admitted_pythons_are_the_tested_ones() -> None:
    """pyproject.toml admits exactly the versions on which the suites run."""
    classifiers = re.findall(r"Python :: (3\.\d+)\"", (ROOT / "pyproject.toml").read_text("utf-8"))

    assert list(machine.PYTHONS) == classifiers


def test_every_target_of_the_makefile_is_explained() -> None:
    """`make` without a target lists all of them."""
    text = Path(ROOT / "Makefile").read_text("utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.+)$", text, re.MULTILINE)

    assert set(phony.split()) == set(re.findall(r"^([a-z-]+):.* ## \S", text, re.MULTILINE))


def test_make_lets_python_keep_what_it_compiled(tmp_path: Path) -> None:
    """What a target runs may write bytecode, also where the environment forbids it; everything else of the environment reaches it."""
    probe = tmp_path / "probe.mk"
    probe.write_text("probe:\n\t@env\n", "utf-8")
    given = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "7"}

    done = subprocess.run(
        ("make", "-s", "-f", "Makefile", "-f", str(probe), "probe"), cwd=ROOT, env=given, capture_output=True, text=True, check=True
    )

    seen = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert {name for name in given if name not in seen} == {"PYTHONDONTWRITEBYTECODE"}
