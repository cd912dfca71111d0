"""Compare one value of a request's key with one value of a condition, as each condition operator does.

Source: IAM user guide, "IAM JSON policy elements: Condition operators". Policy variables stand in string and ARN operators only. A value
that is not of the operator's type is not modelled: AWS refuses some such policies, and does not say what the others come to.
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from runbook_lib.policy.arns import arn_pattern, is_arn
from runbook_lib.policy.truth import Truth, Unknown
from runbook_lib.policy.variables import Template, filled, template
from runbook_lib.policy.wildcards import Part, pattern_of

if TYPE_CHECKING:
    from runbook_lib.policy.request import Request

Test: TypeAlias = "Callable[[str, Request], Truth]"
"""Tell whether a value of the request matches the condition's value for which the test was made."""
_Compare: TypeAlias = Callable[[Any, Any], bool]
_Build: TypeAlias = Callable[[tuple[Part, ...]], Callable[[str], Truth]]

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?\Z", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?\Z", re.ASCII)
_BOOLEANS = {"true": True, "false": False}
_ORDERS: dict[str, _Compare] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}


def _number(text: str) -> Decimal:
    if not _NUMBER.match(text):
        raise ValueError("no number")
    return Decimal(text)


def _date(text: str) -> datetime:
    if text.isascii() and text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    if not _DATE.match(text):
        raise ValueError("no date of ISO 8601 and no seconds since 1970")
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ValueError("neither true nor false")
    return _BOOLEANS[text.lower()]


def _within(address: Any, network: Any) -> bool:
    return address in network


def _typed(
    name: str, read: Callable[[str], Any], compare: _Compare, read_own: Callable[[str], Any] | None = None
) -> Callable[[str], Test | Unknown]:
    """Make tests of values that are read first; those of the condition by `read_own` where they have another type."""

    def test_of(text: str) -> Test | Unknown:
        try:
            own = (read_own or read)(text)
        except (ValueError, OverflowError, OSError):
            return Unknown(f"{text!r} is no value for {name}")

        def test(value: str, _request: Request) -> Truth:
            try:
                return compare(read(value), own)
            except (ValueError, OverflowError, OSError):
                return Unknown(f"the request's value {value!r} is no value for {name}")

        return test

    return test_of


def _letters(parts: tuple[Part, ...]) -> str:
    return "".join(part for part, _ in parts)


def _exactly(parts: tuple[Part, ...]) -> Callable[[str], Truth]:
    return _letters(parts).__eq__


def _without_case(parts: tuple[Part, ...]) -> Callable[[str], Truth]:
    own = _letters(parts).lower()
    return lambda value: value.lower() == own


def _like(parts: tuple[Part, ...]) -> Callable[[str], Truth]:
    return pattern_of(parts).matches


def _arn_like(parts: tuple[Part, ...]) -> Callable[[str], Truth]:
    text = _letters(parts)
    if not is_arn(text):
        return lambda _value: Unknown(f"{text!r} is no ARN")
    found = arn_pattern(parts)
    return lambda value: found.matches(value) if is_arn(value) else Unknown(f"the request's value {value!r} is no ARN")


_TEXTUAL: dict[str, _Build] = {
    "StringEquals": _exactly,
    "StringEqualsIgnoreCase": _without_case,
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
}
_TYPED: dict[str, Callable[[str], Test | Unknown]] = {
    **{f"Numeric{order}": _typed(f"Numeric{order}", _number, compare) for order, compare in _ORDERS.items()},
    **{f"Date{order}": _typed(f"Date{order}", _date, compare) for order, compare in _ORDERS.items()},
    "Bool": _typed("Bool", _boolean, operator.eq),
    "BinaryEquals": _typed("BinaryEquals", str, operator.eq),
    "IpAddress": _typed("IpAddress", ipaddress.ip_address, _within, ipaddress.ip_network),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
}
OPERATORS = frozenset((*_TEXTUAL, *_TYPED, *_NEGATED))
"""The operators that compare values; `Null` asks for presence and stands apart."""


def is_negated(name: str) -> bool:
    """Tell whether an operator asks that no value matches."""
    return name in _NEGATED


def test_of(name: str, text: str, version: str) -> Test | Unknown:
    """Make the test for one value of a condition; a negated operator has the test of its positive, whose answer is turned round."""
    positive = _NEGATED.get(name, name)
    if positive not in _TEXTUAL:
        return _TYPED[positive](text)
    found = template(text, version)
    if isinstance(found, Unknown):
        return found
    # What a statement comes to whose variable nothing fills is documented as "might be invalid": only what cannot widen it is decided.
    unfilled = Unknown(f"nothing fills a policy variable of {text!r}") if is_negated(name) else False
    return _textual(_TEXTUAL[positive], found, unfilled=unfilled)


def _textual(build: _Build, found: Template, *, unfilled: Truth) -> Test:
    if not found.variables:
        fixed = build(tuple(each for each in found.pieces if isinstance(each, tuple)))
        return lambda value, _request: fixed(value)

    def test(value: str, request: Request) -> Truth:
        parts = filled(found, request)
        if isinstance(parts, Unknown):
            return parts
        return unfilled if parts is None else build(parts)(value)

    return test
