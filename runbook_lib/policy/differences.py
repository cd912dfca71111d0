"""Say how two policy documents differ, statement by statement, in actions and resources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from runbook_lib.policy.canonical import (
    Document,
    Statement,
    canonical_statement,
    parsed,
    same_statement,
    statements,
)

_EMPTY: dict[str, Any] = {"Statement": []}
_LISTED = ("Action", "Resource")


@dataclass(frozen=True)
class StatementDifference:
    """Hold what changed in one statement; `label` is its Sid or its place, counted from 1.

    `other` lists the remaining elements that differ: name, before and after as JSON text, empty when absent.
    """

    label: str
    change: Literal["added", "removed", "changed"]
    added_actions: tuple[str, ...] = ()
    removed_actions: tuple[str, ...] = ()
    added_resources: tuple[str, ...] = ()
    removed_resources: tuple[str, ...] = ()
    other: tuple[tuple[str, str, str], ...] = ()


def differences(before: str | Document | None, after: str | Document | None) -> tuple[StatementDifference, ...]:
    """Compare two documents by meaning; a missing one counts as empty. Equal meaning gives nothing.

    Statements are paired by Sid, then by what they share; the result follows `after`, removed statements last.
    """
    old = list(enumerate(statements(before if before is not None else _EMPTY), 1))
    new = list(enumerate(statements(after if after is not None else _EMPTY), 1))
    pairs = _paired(old, new)
    taken = {id(was) for was in pairs.values()}
    changed = [_difference(_label(*each), pairs.get(each[0]), each[1]) for each in new]
    removed = [_difference(_label(*each), each[1], None) for each in old if id(each[1]) not in taken]
    return (*_of_document(before, after), *(each for each in (*changed, *removed) if each is not None))


def _of_document(before: str | Document | None, after: str | Document | None) -> tuple[StatementDifference, ...]:
    if before is None or after is None:
        return ()
    was, now = (parsed(each).get("Version", "2008-10-17") for each in (before, after))
    if was == now:
        return ()
    return (StatementDifference("document", "changed", other=(("Version", json.dumps(was), json.dumps(now)),)),)


def _label(place: int, statement: Statement) -> str:
    return str(statement.get("Sid") or f"statement {place}")


def _paired(old: list[tuple[int, dict[str, Any]]], new: list[tuple[int, dict[str, Any]]]) -> dict[int, dict[str, Any]]:
    """Give each new statement's place the old statement it continues."""
    free = [statement for _, statement in old]
    pairs: dict[int, dict[str, Any]] = {}
    for likeness in (_is_equal, _has_same_sid, _share):
        for place, statement in new:
            rest = [each for each in free if likeness(each, statement) > 0] if place not in pairs else []
            if rest:
                pairs[place] = max(rest, key=lambda each: likeness(each, statement))
                free = [each for each in free if each is not pairs[place]]
    return pairs


def _is_equal(one: Statement, other: Statement) -> float:
    return float(same_statement(one, other))


def _has_same_sid(one: Statement, other: Statement) -> float:
    return float(bool(one.get("Sid")) and one.get("Sid") == other.get("Sid"))


def _share(one: Statement, other: Statement) -> float:
    """Measure from 0 to 1 how much of their actions and resources two statements share."""
    if one.get("Effect") != other.get("Effect"):
        return 0.0
    was, now = _terms(one), _terms(other)
    return len(was & now) / len(was | now) if was & now else 0.0


def _terms(statement: Statement) -> set[str]:
    tidy = json.loads(canonical_statement(statement))
    actions = (each.lower() for key in ("Action", "NotAction") for each in tidy.get(key, []))
    return {*actions, *(each for key in ("Resource", "NotResource") for each in tidy.get(key, []))}


def _difference(label: str, before: Statement | None, after: Statement | None) -> StatementDifference | None:
    if before is not None and after is not None and same_statement(before, after):
        return None
    was, now = (json.loads(canonical_statement(each if each is not None else {})) for each in (before, after))
    added_actions, removed_actions = _added_removed(was.get("Action", []), now.get("Action", []))
    added_resources, removed_resources = _added_removed(was.get("Resource", []), now.get("Resource", []), str)
    return StatementDifference(
        label,
        "added" if before is None else "removed" if after is None else "changed",
        added_actions,
        removed_actions,
        added_resources,
        removed_resources,
        _others(was, now),
    )


def _added_removed(was: list[str], now: list[str], fold: Any = str.lower) -> tuple[tuple[str, ...], tuple[str, ...]]:
    had, has = {fold(each) for each in was}, {fold(each) for each in now}
    return tuple(each for each in now if fold(each) not in had), tuple(each for each in was if fold(each) not in has)


def _others(was: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    names = sorted({*was, *now} - set(_LISTED))
    return tuple((name, _text(was.get(name)), _text(now.get(name))) for name in names if was.get(name) != now.get(name))


def _text(value: object) -> str:
    return "" if value is None else json.dumps(value, sort_keys=True, ensure_ascii=False)
