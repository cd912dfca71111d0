"""Give policy documents one form, so that they are compared by meaning and not by text.

`canonical` keeps every word and settles only what carries no meaning at all: scalars against lists, order, duplicates.
`meaning` folds spellings as well: the case of actions and condition keys, `*` against `{"AWS": "*"}`, and an account's id
against the ARN of its root (IAM user guide, "IAM JSON policy elements": Action, Principal, Condition).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Document = Mapping[str, Any]
Statement = Mapping[str, Any]

_ACTIONS = ("Action", "NotAction")
_RESOURCES = ("Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")
_OLD_VERSION = "2008-10-17"
_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root\Z")


def parsed(document: str | Document) -> dict[str, Any]:
    """Read a document or a statement from JSON text. Raises ValueError when it is not a JSON object."""
    value = json.loads(document) if isinstance(document, str) else dict(document)
    match value:
        case dict():
            return value
        case _:
            raise ValueError("a policy is a JSON object")


def statements(document: str | Document) -> tuple[dict[str, Any], ...]:
    """List the statements of a document in their order; a single one need not stand in a list."""
    return tuple(dict(each) for each in _listed(parsed(document).get("Statement", [])))


def canonical(document: str | Document) -> str:
    """Encode a document with lists sorted, scalars as lists, statements by Sid and content; every word stays."""
    return _encoded(_document(parsed(document), _tidy))


def canonical_statement(statement: str | Statement) -> str:
    """Encode one statement as `canonical` does a document."""
    return _encoded(_tidy(parsed(statement)))


def meaning(document: str | Document) -> str:
    """Encode what a document says: equal for two documents exactly when they differ in spelling only."""
    body = _document(parsed(document), _folded)
    return _encoded({key: value for key, value in body.items() if key != "Id"})


def same_meaning(one: str | Document, other: str | Document) -> bool:
    """Tell whether two documents say the same."""
    return meaning(one) == meaning(other)


def same_statement(one: str | Statement, other: str | Statement) -> bool:
    """Tell whether two statements say the same."""
    return _folded(parsed(one)) == _folded(parsed(other))


def statement_by_sid(document: str | Document, sid: str) -> dict[str, Any] | None:
    """Find the statement with a Sid."""
    return next((each for each in statements(document) if each.get("Sid") == sid), None)


def with_statement(document: str | Document, statement: str | Statement) -> dict[str, Any]:
    """Put a statement in the place of the one with its Sid, or at the end; everything else stays as it is written."""
    new = parsed(statement)
    old = statements(document)
    if any(each.get("Sid") == new["Sid"] for each in old):
        merged = [new if each.get("Sid") == new["Sid"] else each for each in old]
    else:
        merged = [*old, new]
    return {**parsed(document), "Statement": merged}


def without_statement(document: str | Document, sid: str) -> dict[str, Any]:
    """Take the statement with a Sid out; everything else stays as it is written."""
    return {**parsed(document), "Statement": [each for each in statements(document) if each.get("Sid") != sid]}


def _encoded(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _words(value: object) -> list[str]:
    words = (_word(each) for each in _listed(value))
    return sorted(set(words))


def _word(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _document(document: Document, form: Callable[[Statement], dict[str, Any]]) -> dict[str, Any]:
    formed = {_encoded(each): each for each in map(form, statements(document))}
    ordered = sorted(formed.values(), key=lambda each: (each.get("Sid", ""), _encoded(each)))
    return {**document, "Version": document.get("Version", _OLD_VERSION), "Statement": ordered}


def _tidy(statement: Statement) -> dict[str, Any]:
    return {key: _element(key, value) for key, value in statement.items() if value not in ("", {})}


def _element(key: str, value: Any) -> Any:
    if key in _ACTIONS or key in _RESOURCES:
        return _words(value)
    if key in _PRINCIPALS and isinstance(value, Mapping):
        return {kind: _words(names) for kind, names in value.items()}
    if key == "Condition":
        return {operator: {name: _words(values) for name, values in keys.items()} for operator, keys in value.items()}
    return value


def _folded(statement: Statement) -> dict[str, Any]:
    return {key: _folded_element(key, value) for key, value in _tidy(statement).items()}


def _folded_element(key: str, value: Any) -> Any:
    if key in _ACTIONS:
        return _words([action.lower() for action in value])
    if key in _PRINCIPALS:
        return _principals(value)
    if key == "Condition":
        return {operator: _merged((name.lower(), values) for name, values in keys.items()) for operator, keys in value.items()}
    return value


def _principals(value: Any) -> dict[str, list[str]]:
    if not isinstance(value, Mapping):
        return {"AWS": _words(value)}
    return {kind: _words([_account(name) if kind == "AWS" else name for name in names]) for kind, names in value.items()}


def _account(principal: str) -> str:
    match = _ROOT.match(principal)
    return match[1] if match else principal


def _merged(pairs: Iterable[tuple[str, list[str]]]) -> dict[str, list[str]]:
    merged: dict[str, list[str]] = {}
    for name, values in pairs:
        merged[name] = sorted({*merged.get(name, []), *values})
    return merged
