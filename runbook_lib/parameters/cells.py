"""Write the one parameters cell that every notebook has, from the schema: `python -m runbook_lib.parameters.cells`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from runbook_lib.parameters.schema import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic.fields import FieldInfo

TAG = "parameters"
RESERVED = (
    ("approve", "digest of the approved plan; empty: plan only, write nothing"),
    ("record", "folder of the run's record; empty: make a new one"),
)
HEAD = "# Written from the schema by `make notebooks`. A parameter file or papermill replaces these values; empty ones are defaults."


def parameters_cell() -> str:
    """Write the cell: every top-level key of a parameter file, then what only a command gives; literals alone."""
    fields = ((field.alias or name, field) for name, field in Environment.model_fields.items())
    lines = [f"{name} = {_literal(field)}  # {_words(field)}" for name, field in fields]
    return "\n".join((HEAD, *lines, *(f'{name} = ""  # {words}' for name, words in RESERVED)))


def _literal(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True) if not field.is_required() else PydanticUndefined
    match default:
        case BaseModel():
            return "{}"
        case tuple() | list():
            return json.dumps(list(default))
        case bool() | int() | None:
            return repr(default)
        case str():
            return json.dumps(default)
    return '""' if field.annotation is str else "{}"


def _words(field: FieldInfo) -> str:
    """Say what a key means: its description, or the first line of its section's docstring."""
    if field.description:
        return field.description
    sections = (each for each in _types(field.annotation) if isinstance(each, type) and issubclass(each, BaseModel))
    section = next(sections, None)
    if section is not None and section.__doc__:
        return section.__doc__.strip().splitlines()[0].rstrip(".")
    return _choices(field) or "see the reference of parameters"


def _choices(field: FieldInfo) -> str:
    words = [each for each in _types(field.annotation) if isinstance(each, str)]
    return " or ".join(words) if words else "true or false" if field.annotation is bool else ""


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for each in getattr(annotation, "__args__", ()):
        yield from _types(each)


def rewritten(notebook: dict[str, Any]) -> dict[str, Any]:
    """Give a notebook with its parameters cell written anew. Raises ValueError unless it has exactly one."""
    tagged = [cell for cell in notebook["cells"] if TAG in cell["metadata"].get("tags", ())]
    if len(tagged) != 1:
        raise ValueError(f"{len(tagged)} cells are tagged {TAG}, wanted is one")
    source = parameters_cell().splitlines(keepends=True)
    cells = [{**cell, "source": source} if cell is tagged[0] else cell for cell in notebook["cells"]]
    return {**notebook, "cells": cells}


def encoded(notebook: dict[str, Any]) -> str:
    """Encode a notebook as Jupyter does."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main(arguments: Sequence[str] = ()) -> int:
    """Rewrite the notebooks of a folder (default: `notebooks`); name those that changed."""
    folder = Path(arguments[0] if arguments else "notebooks")
    for path in sorted(folder.glob("*.ipynb")):
        before = path.read_text("utf-8")
        after = encoded(rewritten(json.loads(before)))
        if after != before:
            path.write_text(after, "utf-8")
            sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
