"""The tables that a benchmark ends with, as text and as Markdown, and the goals below them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
        """Write it in one line; a difference that is no figure above zero was not measured, and is not judged."""
        if self.found <= 0:
            return f"{self.what}: not measurable in so few rounds; at most {self.most:.2f} {self.unit}"
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


def rows(lines: Iterable[Line]) -> list[tuple[str, ...]]:
    """Give the table's rows, its heads first."""
    return [HEADS, *map(cells, lines)]


def text(table: Sequence[Sequence[str]], words: int = WORDS) -> str:
    """Write a table for a terminal; its first columns hold words."""
    widths = [max(len(row[place]) for row in table) for place in range(len(table[0]))]
    return "\n".join(
        "  ".join(_set(cell, width, place < words) for place, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in table
    )


def markdown(table: Sequence[Sequence[str]], words: int = WORDS) -> str:
    """Write a table for a page; its first columns hold words."""
    heads, *others = table
    rule = ["--" if place < words else "--:" for place in range(len(heads))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, rule, *others))


def _set(cell: str, width: int, is_word: bool) -> str:
    return cell.ljust(width) if is_word else cell.rjust(width)
