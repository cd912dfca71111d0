"""Write values as YAML that every reader takes for the same: texts plain only where nobody could mistake them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from runbook_lib.parameters.scalars import ambiguity, meaning

STEP = 2
"""Columns by which a section is indented."""
PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_./:@+=,;()' -]*[A-Za-z0-9_./@+=)-])?")
IN_BRACKETS = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_./@+=-]*[A-Za-z0-9_/@+=-])?")
"""Texts that need no quotes; inside brackets commas and colons have a meaning."""


def scalar(value: Any, style: str | None = None, *, in_brackets: bool = False) -> str:
    """Write a scalar: in the quotation marks that stood there, else plain where that is unmistakable, else in double ones."""
    if not isinstance(value, str):
        return json.dumps(value)
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    is_plain = (IN_BRACKETS if in_brackets else PLAIN).fullmatch(value) and not {": ", " #"} & {value[i : i + 2] for i in range(len(value))}
    if style != '"' and is_plain and not ambiguity(value) and isinstance(meaning(value), str):
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08X}" for each in quoted)


def key(name: str) -> str:
    """Write a key: a plain word as it is; keys of tags and of policies may be anything."""
    is_plain = name.isidentifier() and name.isascii() and not ambiguity(name) and meaning(name) == name
    return name if is_plain else scalar(name, '"')


def flow(value: Any) -> str:
    """Write a value in one line, with brackets."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key(name)}: {flow(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(each) for each in value) + "]"
    return scalar(value, in_brackets=True)


def pair(name: str, value: Any, column: int) -> Iterator[str]:
    """Write a key and its value as lines."""
    start = f"{' ' * column}{key(name)}:"
    if value and isinstance(value, (dict, list)):
        yield start
        yield from block(value, column + STEP)
    else:
        yield f"{start} {flow(value) if isinstance(value, (dict, list)) else scalar(value)}"


def block(value: dict[str, Any] | list[Any], column: int) -> Iterator[str]:
    """Write what stands below a key as lines."""
    if isinstance(value, list):
        for each in value:
            yield from entry(each, column)
    else:
        for name, each in value.items():
            yield from pair(name, each, column)


def entry(value: Any, column: int) -> Iterator[str]:
    """Write one entry of a list as lines, its dash in a column."""
    dash = f"{' ' * column}- "
    if value and isinstance(value, dict):
        first, *rest = block(value, column + STEP)
        yield dash + first.lstrip()
        yield from rest
    else:
        yield dash + (flow(value) if isinstance(value, (dict, list)) else scalar(value))
