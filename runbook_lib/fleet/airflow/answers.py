"""Say what Airflow makes of a command's answer: how the task ends, what it logs, and the little that others learn of it."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Outcome = Literal["success", "fail", "retry"]
Owed = Literal["success", "fail"]
Step = Literal["go", "skip", "wait", "fail"]
FINE = 0
FAILED = 1
OWED = 6
FINAL = frozenset({2, 3, 4, 5})
"""Exit codes that another attempt would give again: bad parameters, no approval, broken or drifted, the wrong account."""
STEPS: Mapping[str, Step] = {"approved": "go", "begun": "go", "applied": "skip", "unchanged": "skip", "waiting": "wait"}
"""What the approval does in each state that `runbook status` gives; in every other it fails."""


def outcome(code: int, owed: Owed = "success") -> Outcome:
    """Say how a task ends by its command's exit code; one of no command (a signal, say) is worth another attempt."""
    if code == FINE:
        return "success"
    if code == OWED:
        return owed
    return "fail" if code in FINAL else "retry"


def step(answer: Mapping[str, Any]) -> Step:
    """Say what follows from how a plan stands."""
    return STEPS.get(str(answer.get("state", "")), "fail")


def handed_on(code: int, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Give what other tasks and Airflow's database learn: which record, which digest, which exit code."""
    return {"record": PurePath(str(answer.get("record", ""))).name, "digest": str(answer.get("digest", "")), "exit_code": code}


def told(answer: Mapping[str, Any]) -> Iterator[str]:
    """Write an answer as lines of a log, the most important first."""
    if "what" in answer:
        yield "; ".join(str(answer[key]) for key in ("where", "what", "way_out") if answer.get(key))
    for each in answer.get("problems", ()):
        yield f"{answer['file']}:{each['line']}: {each['field']} {each['what']}; {each['way_out']}"
    for each in answer.get("errors", ()):
        yield f"{each['stage']}: {each['message']}"
    if "meaning" in answer:
        yield f"{answer['meaning']}; changes: {answer['changes']}, digest: {answer['digest']}, record: {answer['record']}"
    for each in answer.get("findings", ()):
        yield f"{each['verdict']}: {each['claim']}" + (f": {each['detail']}" if each.get("detail") else "")
    if "state" in answer:
        yield f"the plan {answer['digest']} is {answer['state']}" + (f": {answer['reason']}" if answer["reason"] else "")
        yield from (f"approved by {each['by']} at {each['at']}" for each in answer["approvals"])
        yield f"next: {answer['next']}"
