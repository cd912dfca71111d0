"""What Airflow makes of a command's answer."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from runbook_lib.evidence.standing import OPEN, State
from runbook_lib.fleet.airflow.answers import handed_on, outcome, step, told
from runbook_lib.headless import MEANINGS

ENDS = {0: "success", 1: "retry", 2: "fail", 3: "fail", 4: "fail", 5: "fail", 6: "success", 7: "retry"}
STANDS = {"digest": "3f2a", "record": "r", "state": "approved", "reason": "", "run": "", "next": "runbook apply any --approve 3f2a"}


def test_every_exit_code_has_its_end() -> None:
    """Only what another attempt may mend is tried again; of what no command of ours gives, the attempt is all that is known."""
    assert {code: outcome(code) for code in MEANINGS} == ENDS
    assert {outcome(code) for code in (-9, 127, 255)} == {"retry"}


def test_what_is_owed_may_fail() -> None:
    """Who wants it red says so."""
    assert ("success", "fail", "success") == (outcome(6), outcome(6, "fail"), outcome(0, "fail"))


def test_every_state_of_a_plan_has_its_step() -> None:
    """A plan that may not be applied is waited for or fails, and nothing else does."""
    steps = {state: step({"state": state}) for state in get_args(State)}

    assert {state for state, each in steps.items() if each in {"wait", "fail"}} == OPEN
    assert {state for state, each in steps.items() if each == "wait"} == {"waiting"}
    assert {"unchanged", "applied"} == {state for state, each in steps.items() if each == "skip"}
    assert "fail" == step({"error": "ApprovalRefused"})


def test_other_tasks_learn_three_things() -> None:
    """Neither findings nor errors, in which a name may stand, are handed on."""
    answer = {"record": "/records/any/2026-plan", "digest": "3f2a", "findings": [{"claim": "c"}], "errors": [{"message": "m"}]}

    assert {"record": "2026-plan", "digest": "3f2a", "exit_code": 6} == handed_on(6, answer)
    assert {"record": "", "digest": "", "exit_code": 0} == handed_on(0, {})


@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        ({}, []),
        ({"where": "any", "what": "is locked", "way_out": "runbook unlock any"}, ["any; is locked; runbook unlock any"]),
        (
            {"file": "a.yaml", "problems": [{"line": 3, "field": "pipeline", "what": "is v3", "way_out": "v2"}]},
            ["a.yaml:3: pipeline is v3; v2"],
        ),
        (
            {
                "meaning": "fine", "changes": 2, "digest": "3f2a", "record": "/r",
                "findings": [{"verdict": "owed", "claim": "the role is there", "detail": "iam:GetRole is denied"}],
                "errors": [{"stage": "storage", "message": "failed"}],
            },
            ["storage: failed", "fine; changes: 2, digest: 3f2a, record: /r", "owed: the role is there: iam:GetRole is denied"],
        ),
        (
            STANDS | {"approvals": [{"by": "Jo", "at": "2026-01-02", "expires": "2026-01-09"}]},
            ["the plan 3f2a is approved", "approved by Jo at 2026-01-02", "next: runbook apply any --approve 3f2a"],
        ),
        (
            STANDS | {"state": "rejected", "reason": "too wide", "approvals": [], "next": "runbook plan any"},
            ["the plan 3f2a is rejected: too wide", "next: runbook plan any"],
        ),
    ],
)  # fmt: skip
def test_the_log_says_what_the_answer_holds(answer: dict[str, Any], lines: list[str]) -> None:
    """Errors first, then what it came to, then every finding."""
    assert lines == list(told(answer))
