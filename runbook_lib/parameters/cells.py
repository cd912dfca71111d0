"""Write the one parameters cell that every notebook has, from the schema: `python -m runbook_lib.parameters.cells`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from runbook_lib.parameters.described import default, keys, says
from runbook_lib.parameters.schema import Environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic.fields import FieldInfo

TAG = "parameters"
RESERVED = (
    ("approve", "digest of the approved plan; empty: plan only, write nothing"),
    ("acknowledge", "risky changes that are approved by themselves: addresses with spaces between them; unattended, * stands for any text"),
    ("record", "folder of the run's record; empty: make a new one"),
)
HEAD = "# Written by `make notebooks`; a parameter file fills it in."


def parameters_cell() -> str:
    """Write the cell: every top-level key of a parameter file, then what only a command gives; literals alone."""
    lines = [f"{name} = {_literal(field)}  # {says(field)}" for name, field in keys(Environment).items()]
    return "\n".join((HEAD, *lines, *(f'{name} = ""  # {words}' for name, words in RESERVED)))


def _literal(field: FieldInfo) -> str:
    match default(field):
        case BaseModel():
            return "{}"
        case tuple() | list() as several:
            return json.dumps(list(several))
        case bool() | int() | None as one:
            return repr(one)
        case str() as text:
            return json.dumps(text)
    return '""' if field.annotation is str else "{}"


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
