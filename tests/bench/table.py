"""The table that a benchmark ends with, as text and as Markdown, and the goals below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.samples import Line

HEADS = ("part", "units", "ms a call", "what", "tool", "wall s", "min-max", "CPU s", "MB", "AWS calls", "SQL", "x straight")
WORDS = 5
"""Columns that hold words, to the left; figures stand to the right."""


@dataclass(frozen=True)
class Goal:
    """State a goal of the issues: what was found, and the most that it may be."""

    what: str
    found: float
    most: float
    unit: str = "s"

    @property
    def is_reached(self) -> bool:
        """Tell whether what was found is no more than that."""
        return self.found <= self.most

    def __str__(self) -> str:
        """Write it in one line."""
        verdict = "reached" if self.is_reached else "NOT reached"
        return f"{self.what}: {self.found:.2f} {self.unit}, {verdict}: at most {self.most:.2f} {self.unit}"


def cells(line: Line) -> tuple[str, ...]:
    """Write a line's cells; a figure that was not taken is a dash."""
    case = line.case
    memory = f"{line.memory / 1e6:.0f}" if line.memory else "-"
    ratio = "-" if line.ratio is None else f"{line.ratio:.2f}"
    return (
        case.part, f"{case.size:,}", f"{case.ms}", case.what, case.tool, f"{line.wall:.2f}", f"{line.least:.2f}-{line.most:.2f}",
        f"{line.cpu:.2f}", memory, f"{line.calls:,}", f"{line.statements:,}", ratio,
    )  # fmt: skip


def text(lines: Sequence[Line]) -> str:
    """Write the table for a terminal."""
    rows = [HEADS, *map(cells, lines)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADS))]
    return "\n".join(
        "  ".join(_set(cell, width, place) for place, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip() for row in rows
    )


def markdown(lines: Sequence[Line]) -> str:
    """Write the table for a page."""
    rule = ["--" if place < WORDS else "--:" for place in range(len(HEADS))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (HEADS, rule, *map(cells, lines)))


def _set(cell: str, width: int, place: int) -> str:
    return cell.ljust(width) if place < WORDS else cell.rjust(width)
