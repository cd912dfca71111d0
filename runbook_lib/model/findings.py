"""What was asked, what was answered, and the verdicts on claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from runbook_lib.model.kinds import Question, Value

Verdict = Literal["kept", "broken", "unknown", "owed"]
Grade = Literal[
    "",
    "read back",
    "on the word of",
    "evaluated offline",
    "simulated by AWS",
    "exercised in the sandbox",
    "exercised live",
    "seen in CloudTrail",
]


class Finding(Value):
    """State whether one claim holds, how it is known, and the way out when it does not.

    `asked` refers to the questions whose answers it was judged by; a JSON Pointer behind `#` to a part of the answer.
    """

    stage: str
    rows: tuple[str, ...]
    claim: str
    verdict: Verdict
    detail: str = ""
    way_out: str = ""
    grade: Grade = ""
    address: str = ""
    by: str = ""
    warning: bool = False
    asked: tuple[str, ...] = ()


class Reading(Value):
    """State what a finding refers to as it was read: a resource by its address, or what a question was answered, by its reference.

    `value` is its canonical JSON, cut after so much of it as a record keeps; `letters` is how long the whole is. `calls` are the calls or
    statements that read it, `at` is when the stage looked.
    """

    stage: str
    of: str
    value: str
    letters: int
    calls: tuple[str, ...] = ()
    at: str = ""


class Judgement(Value):
    """Answer a check: `claim`, `rows` and `asked` override the check's own when it judges several things."""

    verdict: Verdict
    rows: tuple[str, ...] = ()
    detail: str = ""
    way_out: str = ""
    grade: Grade = "read back"
    address: str = ""
    by: str = ""
    claim: str = ""
    warning: bool = False
    asked: tuple[str, ...] = ()


class Unanswered(Exception):
    """Say that a question has no answer here: `verdict` is unknown, owed or broken, `address` names what is missing where one is."""

    def __init__(self, reason: str, verdict: Verdict = "unknown", by: str = "", way_out: str = "", address: str = "") -> None:
        super().__init__(reason)
        self.reason, self.verdict, self.by, self.way_out, self.address = reason, verdict, by, way_out, address


class Inventory(Mapping[Question, Any]):
    """Answer the questions that were asked; a refused one raises `Unanswered` when it is looked up."""

    def __init__(self, answers: Mapping[Question, Any]) -> None:
        self._answers = dict(answers)

    def __getitem__(self, question: Question) -> Any:
        answer = self._answers[question]
        if isinstance(answer, Unanswered):
            raise answer
        return answer

    def __contains__(self, question: object) -> bool:
        """Tell whether a question was asked, also when it was refused."""
        return question in self._answers

    def __iter__(self) -> Any:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)

    def merged(self, other: Inventory) -> Self:
        """Give an inventory that knows the answers of both."""
        return type(self)({**self._answers, **other._answers})
