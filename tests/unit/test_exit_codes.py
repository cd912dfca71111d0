"""Which exit code a run has, and which wins when several hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_lib.evidence import Record, RunFacts, StageResult
from runbook_lib.headless import Executed, Run, exit_code
from runbook_lib.model import Change, Entry, Finding, Plan, Receipt
from runbook_lib.resources.s3 import Bucket
from runbook_lib.runbook.open import stage_named

CHANGE = Change(before=None, after=Bucket(name="tonic-a", region="us-east-1"))


def finding(verdict: str, *, warning: bool = False) -> Finding:
    """Make a finding."""
    return Finding(stage="storage", rows=("A4",), claim="c", verdict=verdict, warning=warning)


def receipt(outcome: str) -> Receipt:
    """Make a receipt of one entry."""
    return Receipt(stage="storage", digest="d", entries=(Entry(change=CHANGE, outcome=outcome),))


PENDING = Plan(stage="storage", environment="e", scope=(), changes=(CHANGE,))


@pytest.mark.parametrize(
    ("error", "result", "detailed", "expected"),
    [
        ("", {}, False, 0),
        ("", {"findings": (finding("kept"),)}, True, 0),
        ("", {"findings": (finding("broken", warning=True),)}, False, 0),
        ("ZeroDivisionError", {}, False, 1),
        ("", {"receipt": receipt("failed")}, False, 1),
        ("InvalidParameters", {}, False, 2),
        ("ApprovalRefused", {}, False, 3),
        ("PlanDrifted", {}, False, 3),
        ("", {"findings": (finding("broken"), finding("unknown"))}, False, 4),
        ("GuardRefused", {"findings": (finding("broken"),), "receipt": receipt("failed")}, False, 5),
        ("", {"findings": (finding("unknown"),)}, False, 6),
        ("", {"findings": (finding("owed"),)}, True, 6),
        ("", {"receipt": receipt("owed")}, False, 6),
        ("", {"plan": PENDING}, True, 7),
        ("", {"plan": PENDING}, False, 0),
        ("", {"plan": PENDING, "findings": (finding("owed"),)}, True, 6),
        ("ApprovalRefused", {"receipt": receipt("failed")}, False, 3),
        ("ValueError", {"findings": (finding("broken"),)}, False, 1),
    ],
)
def test_the_exit_code(tmp_path: Path, error: str, result: dict[str, object], detailed: bool, expected: int) -> None:
    """The first of 5, 2, 3, 1, 4, 6, 7 that holds is the code; warnings do not count."""
    record = Record.create(tmp_path, RunFacts(environment="e", verb="plan", started="2026-01-01T00:00:00.000Z"))
    executed = (Executed(stage_named("storage"), 1.0, Path("n.ipynb"), error),)
    run = Run(record, executed, {"storage": StageResult(stage="storage", **result)})

    assert expected == exit_code(run, detailed=detailed)


def test_a_notebook_that_was_not_run_to_its_end_is_undecided(tmp_path: Path) -> None:
    """It left no result, and nobody knows what it would have found."""
    record = Record.create(tmp_path, RunFacts(environment="e", verb="step", started="2026-01-01T00:00:00.000Z"))

    assert 6 == exit_code(Run(record, (Executed(stage_named("storage"), 1.0, Path("n.ipynb")),)))
