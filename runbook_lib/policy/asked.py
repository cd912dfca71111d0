"""List what a document asks of a request: its condition keys, and the keys that fill its policy variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from runbook_lib.policy.reading import Malformed, listed, read, word
from runbook_lib.policy.truth import Unknown
from runbook_lib.policy.variables import template
from runbook_lib.policy.wildcards import pattern


@lru_cache(maxsize=4096)
def keys_asked(document: str, action: str = "") -> frozenset[str]:
    """List the keys that a document asks for, or with an action those that its statements about that action do.

    Condition keys are spelt as the document spells them, those of variables in lower case. A malformed document asks for none.
    """
    try:
        version, statements = read(document)
    except Malformed:
        return frozenset()
    about = (each for each in statements if not action or _is_about(each, action.lower()))
    return frozenset(key for each in about for key in (*_conditions(each), *_variables(each, version)))


def _is_about(statement: Mapping[str, Any], lowered: str) -> bool:
    is_not = "NotAction" in statement
    named = listed(statement["NotAction" if is_not else "Action"])
    return any(pattern(each.lower()).matches(lowered) for each in named) is not is_not


def _conditions(statement: Mapping[str, Any]) -> Iterator[str]:
    return (key for keys in statement.get("Condition", {}).values() for key in keys)


def _variables(statement: Mapping[str, Any], version: str) -> Iterator[str]:
    conditions = (value for keys in statement.get("Condition", {}).values() for values in keys.values() for value in listed(values))
    resources = (each for name in ("Resource", "NotResource") for each in listed(statement.get(name, [])))
    for each in (*resources, *conditions):
        found = template(word(each), version)
        if not isinstance(found, Unknown):
            yield from (variable.key for variable in found.variables)
