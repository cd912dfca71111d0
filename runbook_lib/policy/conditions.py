"""Decide the conditions of a statement: all of them must hold.

Sources: IAM user guide, "IAM JSON policy elements: Condition operators" and "Set operators for multivalued context keys".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from runbook_lib.policy.operators import OPERATORS, Test, is_negated, test_of
from runbook_lib.policy.truth import Truth, Unknown, all_of, any_of, negated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.policy.request import Request

Set: TypeAlias = Literal["", "ForAllValues", "ForAnyValue"]
_NAME = re.compile(r"(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?\Z")
_NULL = "Null"
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True)
class Condition:
    """Hold one key under one operator: it holds when the request's values match one of the tests, or for a negated operator none."""

    key: str
    tests: tuple[Test | Unknown, ...]
    over: Set = ""
    if_exists: bool = False
    is_negated: bool = False

    def holds(self, request: Request) -> Truth:
        """Tell whether the condition holds."""
        values = request.values(self.key)
        if isinstance(values, Unknown):
            return values
        if not values:
            return self._of_absent()
        match self.over:
            case "ForAllValues":
                return not any(values) or all_of(self._matches(value, request) for value in values)
            case "ForAnyValue":
                return any(values) and any_of(self._matches(value, request) for value in values)
        if len(values) > 1:
            return Unknown(f"{self.key} has several values, and the condition has neither ForAllValues nor ForAnyValue")
        return self._matches(values[0], request)

    def _of_absent(self) -> bool:
        return self.if_exists or self.over == "ForAllValues" or (self.is_negated and self.over == "")

    def _matches(self, value: str, request: Request) -> Truth:
        found = any_of(test if isinstance(test, Unknown) else test(value, request) for test in self.tests)
        return negated(found) if self.is_negated else found


@dataclass(frozen=True)
class Presence:
    """Hold a `Null` condition: `true` asks that the key is absent, `false` that it is there with a value."""

    key: str
    absent: tuple[bool, ...]

    def holds(self, request: Request) -> Truth:
        """Tell whether the key is there, or is not, as asked."""
        values = request.values(self.key)
        if isinstance(values, Unknown):
            return values
        if values and not any(values):
            return Unknown(f"whether an empty {self.key} counts as null is not documented")
        return (not values) in self.absent


Asked: TypeAlias = Condition | Presence | Unknown


def condition(operator: str, key: str, texts: Sequence[str], version: str) -> Asked:
    """Compile one key under one operator; what is no operator is not modelled."""
    over, name, if_exists = _split(operator)
    lowered = key.lower()
    if name == _NULL and not over and not if_exists:
        absent = tuple(_BOOLEANS[text.lower()] for text in texts if text.lower() in _BOOLEANS)
        return Presence(lowered, absent) if len(absent) == len(texts) else Unknown(f"Null of {key} is neither true nor false")
    if not texts:
        return Unknown(f"{operator} of {key} has no value")
    if name not in OPERATORS:
        return Unknown(f"the condition operator {operator} is not modelled")
    tests = tuple(test_of(name, text, version) for text in texts)
    return Condition(lowered, tests, over, if_exists, is_negated(name))


def _split(operator: str) -> tuple[Set, str, bool]:
    found = _NAME.match(operator)
    if not found:
        return "", "", False
    over: Set = "ForAllValues" if found[1] == "ForAllValues" else "ForAnyValue" if found[1] else ""
    return over, found[2], bool(found[3])


def holds(asked: Asked, request: Request) -> Truth:
    """Tell whether one condition holds."""
    return asked if isinstance(asked, Unknown) else asked.holds(request)
