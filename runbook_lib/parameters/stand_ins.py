"""Values that stand in for wrong ones, so that the rules across fields are asked about the rest of a file all the same.

The rules are asked twice, with values that differ: what they say both times does not come from what stands in.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from runbook_lib.parameters import described
from runbook_lib.parameters.schema import Environment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

    from runbook_lib.parameters.reading import Path_

TURNS = 4
"""Putting a section in may bring to light what is wrong inside it: how often to look again."""


def environments(values: dict[str, Any], doubtful: Iterable[Path_]) -> tuple[Environment, ...]:
    """Give two environments that differ in what is wrong or doubtful; none when that cannot be done."""
    found = []
    for turn in (0, 1):
        one = _environment(copy.deepcopy(values), tuple(doubtful), turn)
        if one is None:
            return ()
        found.append(one)
    return tuple(found)


def _environment(values: dict[str, Any], doubtful: tuple[Path_, ...], turn: int) -> Environment | None:
    for path in doubtful:
        _put(values, path, turn)
    for _ in range(TURNS):
        try:
            return Environment.model_validate(values)
        except ValidationError as error:
            for each in error.errors(include_url=False):
                _put(values, tuple(each["loc"]), turn)
    return None


def _put(values: Any, path: Path_, turn: int) -> None:
    """Put a stand-in at a path; a wrong entry takes its whole list out, an unknown key goes."""
    index = next((place for place, part in enumerate(path) if isinstance(part, int)), None)
    field = described.at(path)
    if index is not None and (index == len(path) - 1 or field is None):
        path = path[:index]
        field = None
    for part in path[:-1]:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return
    if not isinstance(values, dict):
        return
    values.pop(path[-1], None)
    if field is not None:
        value = _value(field, path, turn)
        if value is not None:
            values[path[-1]] = value


def _value(field: FieldInfo, path: Path_, turn: int) -> Any:
    """Give a value that the field takes; None lets the default stand."""
    section = described.section(field)
    if section is not None:
        return _section(section, path, turn) if field.is_required() else None
    if described.is_list(field) or described.wanted(field) == "a section of keys":
        return None
    # the two databases and the two buckets never stand in for each other
    value = described.examples(field)[1 - turn if "destination" in path else turn]
    is_free = isinstance(value, str) and described.wanted(field) in {"a text", "a name of 1 to 127 characters"}
    return f"{value} of {'.'.join(str(part) for part in path)}" if is_free else value


def _section(model: type[BaseModel], path: Path_, turn: int) -> dict[str, Any]:
    needed = {name: field for name, field in described.keys(model).items() if field.is_required()}
    return {name: _value(field, (*path, name), turn) for name, field in needed.items()}
