"""Tell whether a policy document allows more than the one before it; what cannot be decided counts as more."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from runbook_lib.policy.canonical import meaning
from runbook_lib.policy.lint.globs import covers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runbook_lib.policy.canonical import Document, Statement

_EMPTY: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}


class _Part(NamedTuple):
    """Hold the least part of a statement: one action on one resource by one principal, each with its element's name."""

    action: tuple[str, str]
    resource: tuple[str, str]
    principal: tuple[str, str]
    condition: str


def is_wider(before: str | Document | None, after: str | Document | None) -> bool:
    """Tell whether `after` allows something that `before` does not; a missing document allows and denies nothing.

    Parts are compared one by one: two narrower statements that together cover a wider one are not recognised, and count as more.
    """
    was, now = (json.loads(meaning(each if each is not None else _EMPTY)) for each in (before, after))
    if before is not None and after is not None and was["Version"] != now["Version"]:
        return True
    return _exceeds(_parts(now, "Allow"), _parts(was, "Allow")) or _exceeds(_parts(was, "Deny"), _parts(now, "Deny"))


def _exceeds(some: set[_Part], others: set[_Part]) -> bool:
    """Tell whether a part is covered by none of the others."""
    return any(not any(_covers(other, part) for other in others) for part in some - others)


def _parts(document: Document, effect: str) -> set[_Part]:
    return {part for each in document["Statement"] if each.get("Effect") == effect for part in _parts_of(each)}


def _parts_of(statement: Statement) -> Iterator[_Part]:
    condition = json.dumps(statement.get("Condition", {}), sort_keys=True)
    elements = (tuple(_element(statement, name)) for name in ("Action", "Resource", "Principal"))
    for action, resource, principal in product(*elements):
        yield _Part(action, resource, principal, condition)


def _element(statement: Statement, name: str) -> Iterable[tuple[str, str]]:
    """List the values of an element; a negated one is one value, since only the same one covers it."""
    if f"Not{name}" in statement:
        return [(f"Not{name}", json.dumps(statement[f"Not{name}"], sort_keys=True))]
    match statement.get(name, ""):
        case dict() as kinds:
            return [(kind, each) for kind, names in kinds.items() for each in names]
        case list() as values:
            return [(name, each) for each in values]
        case value:
            return [(name, str(value))]


def _covers(wide: _Part, narrow: _Part) -> bool:
    return (
        wide.condition in ("{}", narrow.condition)
        and _reaches(wide.action, narrow.action)
        and _reaches(wide.resource, narrow.resource)
        and (wide.principal == narrow.principal or wide.principal == (narrow.principal[0], "*"))
    )


def _reaches(wide: tuple[str, str], narrow: tuple[str, str]) -> bool:
    is_negated = wide[0].startswith("Not")
    return wide == narrow if is_negated or wide[0] != narrow[0] else covers(wide[1], narrow[1])
