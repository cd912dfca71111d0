"""Turn what pydantic finds wrong into the problem that a person reads: what it is, what is wanted, the way out."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import Problem
from runbook_lib.parameters import described
from runbook_lib.parameters.clear_text import is_secret
from runbook_lib.parameters.reading import dotted

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from runbook_lib.parameters.reading import Path_

LONGEST = 60
KINDS = ((bool, "true or false"), (int, "a number"), (float, "a number"), (list, "a list"), (dict, "a section of keys"), (str, "a text"))


def problem(error: Any, line: int) -> Problem:
    """Word one of pydantic's errors."""
    path: Path_ = tuple(error["loc"])
    if error["type"] == "extra_forbidden":
        return Problem(line, dotted(path), "is not a known key", nearest(path))
    path = path[:-1] if path[-1] == "[key]" else path
    field = described.at(path)
    if error["type"] == "missing" and field is not None:
        return Problem(line, dotted(path), "is missing", f"add {_example(str(path[-1]), field)}")
    return Problem(line, dotted(path), _what(path, field, error["input"]), _way_out(path, field, error["input"]))


def nearest(path: Path_) -> str:
    """Say which key was meant: the one where it belongs, the most alike, or all there are."""
    name, section = str(path[-1]), described.section_at(path[:-1])
    known = list(described.keys(section)) if section else []
    elsewhere = [dotted(there[:-1]) for there, _ in described.everywhere() if there[-1] == name]
    if close := alike(path):
        return f"did you mean {close}?"
    if elsewhere:
        homes = " or ".join(dict.fromkeys(home or "the top level" for home in elsewhere))
        return f"move it to {homes}"
    return f"remove it, or use one of {', '.join(sorted(known))}"


def alike(path: Path_) -> str:
    """Give the known key that is spelt most like this one; empty when none is."""
    section = described.section_at(path[:-1])
    known = described.keys(section) if section else ()
    return next(iter(difflib.get_close_matches(str(path[-1]).lower().replace("-", "_"), known, 1, 0.6)), "")


def _what(path: Path_, field: FieldInfo | None, given: Any) -> str:
    wanted = described.wanted(field, entry=isinstance(path[-1], int)) if field else "a text"
    if given is None or given == "":
        return f"is empty, wanted is {wanted}"
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not isinstance(given, str) and not (is_number and field is not None and isinstance(described.first(field), int)):
        kind = next((words for kind, words in KINDS if isinstance(given, kind)), "a value that no file can hold")
        return f"is {kind}, wanted is {wanted}" + (" (quote it)" if _is_text(wanted) and kind in {"a number", "true or false"} else "")
    return f"{_shown(path, given)} is not {wanted}"


def _way_out(path: Path_, field: FieldInfo | None, given: Any) -> str:
    if "password" in path:
        return f"write {described.REFERENCES}"
    if field is None:
        return 'write KEY: "TEXT"'
    wanted, section, is_entry = described.wanted(field), described.section(field), isinstance(path[-1], int)
    if section is not None:
        return f"write its keys {'below its own dash' if wanted == 'a list' else 'indented below it'}: {', '.join(described.keys(section))}"
    if described.wanted(field, entry=is_entry) == "a section of keys":
        return "write KEY: VALUE, indented below it"
    if wanted == "a list" and not is_entry:
        return f"write one entry a line, each with a dash ({described.says(field)})"
    return f"{_advice(path, field, given)} ({described.says(field)})"


def _advice(path: Path_, field: FieldInfo, given: Any) -> str:
    """Say what to write instead of a scalar."""
    first, words = described.first(field), described.choices(field)
    if words:
        close = difflib.get_close_matches(str(given).lower(), [str(word) for word in words], 1, 0.5)
        return f"write {close[0] if close else words[0]}"
    if isinstance(first, bool):
        return "write true or false"
    if isinstance(first, str) and isinstance(given, int | float):
        return "write it in quotes" + ("" if is_secret(path, given) else f": {json.dumps(str(given).lower())}")
    return f"write for example {described.written(first)}" if described.has_example(field) else "write a text"


def _is_text(wanted: str) -> bool:
    return not wanted.startswith(("a whole number", "true or false", "a list", "a section"))


def _example(name: str, field: FieldInfo) -> str:
    section = described.section(field)
    if section is not None:
        needed = [key for key, each in described.keys(section).items() if each.is_required()]
        return f"the section with {', '.join(needed or described.keys(section))} ({described.says(field)})"
    return f"for example {name}: {described.written(described.first(field))} ({described.says(field)})"


def _shown(path: Path_, given: Any) -> str:
    if is_secret(path, given):
        return "the value"
    text = described.written(given)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
