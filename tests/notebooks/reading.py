"""Read the notebooks as plain JSON: what git keeps is what is tested."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[2]
FOLDER = HERE / "notebooks"
START = "00_start"


@dataclass(frozen=True)
class Cell:
    """Hold one cell."""

    kind: str
    id: str
    source: str
    tags: tuple[str, ...]
    raw: dict[str, Any]

    @property
    def is_parameters(self) -> bool:
        """Tell whether it is the generated cell."""
        return "parameters" in self.tags


@dataclass(frozen=True)
class Notebook:
    """Hold one notebook."""

    name: str
    raw: dict[str, Any]
    cells: tuple[Cell, ...]

    @property
    def code(self) -> tuple[Cell, ...]:
        """Give the code cells but the generated one."""
        return tuple(cell for cell in self.cells if cell.kind == "code" and not cell.is_parameters)

    @property
    def title(self) -> str:
        """Give the first cell."""
        return self.cells[0].source

    def under(self, heading: str) -> str:
        """Give the words under a heading."""
        return next(cell.source for cell in self.cells if cell.source.startswith(f"## {heading}\n")).partition("\n")[2].strip()


def read(path: Path) -> Notebook:
    """Read one notebook."""
    raw = json.loads(path.read_text("utf-8"))
    cells = tuple(
        Cell(each["cell_type"], each["id"], "".join(each["source"]), tuple(each["metadata"].get("tags", ())), each) for each in raw["cells"]
    )
    return Notebook(path.stem, raw, cells)


def parsed(source: str) -> ast.Module:
    """Parse a cell; cells may await."""
    tree: ast.Module = compile(source, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return tree


NOTEBOOKS = tuple(read(path) for path in sorted(FOLDER.glob("*.ipynb")))
STAGE_NOTEBOOKS = tuple(each for each in NOTEBOOKS if each.name != START)
