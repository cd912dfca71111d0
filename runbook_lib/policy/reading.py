"""Read a policy document in bounded work, and name everything that is malformed in it.

Whatever is handed in, no more is looked at than the longest policy that AWS takes could hold.
Source: IAM user guide, "Grammar of the IAM JSON policy language" and "IAM and AWS STS quotas"; the quotas of each kind are the lint's.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

LONGEST = 65_536
"""Characters without white space: more than any policy may have, wherever it stands."""
LONGEST_TEXT = 4 * LONGEST
MOST_STATEMENTS = 1_000
MOST_VALUES = 40_000
DEEPEST = 8
VERSIONS = ("2008-10-17", "2012-10-17")
_TOP = frozenset(("Version", "Id", "Statement"))
_EFFECTS = ("Allow", "Deny")
_PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))


class Malformed(ValueError):
    """Say in words what is malformed; `problems` lists them all."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def read(document: str | Mapping[str, Any]) -> tuple[str, tuple[Mapping[str, Any], ...]]:
    """Give the version and the statements of a document. Raises Malformed with all problems."""
    value = _parsed(document) if isinstance(document, str) else document
    _bounded(value)
    if not isinstance(value, Mapping):
        raise Malformed("a policy is a JSON object")
    problems = tuple(_of_document(value))
    if problems:
        raise Malformed(*problems)
    return value.get("Version", VERSIONS[0]), tuple(listed(value["Statement"]))


def listed(value: Any) -> list[Any]:
    """Give a list as it is, and anything else as a list of one."""
    return list(value) if isinstance(value, list | tuple) else [value]


def word(value: object) -> str:
    """Write a scalar as IAM compares it: JSON allows numbers and booleans without quotation marks."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parsed(text: str) -> Any:
    if len(text) > LONGEST_TEXT:
        raise Malformed(f"the text has {len(text)} characters; no policy has more than {LONGEST_TEXT}, white space included")
    try:
        return json.loads(text, object_pairs_hook=_without_repetition, parse_constant=_refused)
    except json.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise Malformed(f"nested more than {DEEPEST} levels deep") from error
    except ValueError as error:
        raise error if isinstance(error, Malformed) else Malformed(f"not JSON: {error}") from error


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Malformed(f"{name} stands twice in one object")
        found[name] = value
    return found


def _refused(name: str) -> Any:
    raise Malformed(f"not JSON: {name} is no value")


def _bounded(document: Any) -> None:
    """Walk through the values without recursion; stop at the first bound that is passed."""
    left: list[tuple[Any, int]] = [(document, 0)]
    values = characters = 0
    while left:
        value, depth = left.pop()
        inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
        values += 1 + len(inner)
        if depth > DEEPEST:
            raise Malformed(f"nested more than {DEEPEST} levels deep")
        if values <= MOST_VALUES:
            characters += _length(value)
        if values > MOST_VALUES or characters > LONGEST:
            raise Malformed(f"over size: no policy has more than {LONGEST} characters or {MOST_VALUES} values")
        left += [(each, depth + 1) for each in inner]


def _length(value: Any) -> int:
    match value:
        case str():
            return len(value)
        case Mapping():
            return sum(len(key) for key in value if isinstance(key, str))
        case _:
            return 1


def _of_document(document: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{_shown(name)} is no element of a policy" for name in document if name not in _TOP)
    if document.get("Version", VERSIONS[0]) not in VERSIONS:
        yield f"Version is {_shown(document['Version'])}; there are {' and '.join(VERSIONS)}"
    statements = listed(document.get("Statement", []))
    if not statements:
        yield "it has no statement"
    if len(statements) > MOST_STATEMENTS:
        yield f"it has {len(statements)} statements; no policy has room for more than {MOST_STATEMENTS}"
        return
    for number, statement in enumerate(statements, 1):
        yield from (f"statement {number}: {problem}" for problem in _of_statement(statement))


def _of_statement(statement: Any) -> Iterator[str]:
    if not isinstance(statement, Mapping):
        yield "it is no JSON object"
        return
    if statement.get("Effect") not in _EFFECTS:
        yield f"Effect is {_shown(statement.get('Effect'))}, neither Allow nor Deny"
    if not isinstance(statement.get("Sid", ""), str):
        yield "Sid is no text"
    if not {"Action", "NotAction"} & statement.keys():
        yield "it has neither Action nor NotAction"
    yield from (f"it has both {one} and {other}" for one, other in _PAIRS if one in statement and other in statement)
    for names, is_right, form in _FORMS:
        yield from (f"{name} is not {form}" for name in names if name in statement and not is_right(statement[name]))


def _is_texts(value: Any) -> bool:
    return all(isinstance(each, str) and each for each in listed(value)) and value != []


def _is_principal(value: Any) -> bool:
    if isinstance(value, Mapping):
        return bool(value) and all(isinstance(kind, str) and _is_texts(names) for kind, names in value.items())
    return bool(value == "*")


def _is_condition(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(operator, str) and _is_keys(keys) for operator, keys in value.items())


def _is_keys(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(key, str) and all(isinstance(each, str | int | float) for each in listed(values)) for key, values in value.items()
    )


def _shown(value: object) -> str:
    """Write a value short enough for a sentence."""
    return reprlib.repr(value)


_FORMS: tuple[tuple[tuple[str, ...], Callable[[Any], bool], str], ...] = (
    ((*_PAIRS[0], *_PAIRS[1]), _is_texts, "a text or a list of texts"),
    (_PAIRS[2], _is_principal, "* or an object of texts"),
    (("Condition",), _is_condition, "an object of operators, each an object of keys with their values"),
)
