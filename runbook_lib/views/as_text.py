"""Render blocks as plain text: aligned columns, no colour, no markup."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from runbook_lib.views.blocks import (
    Code,
    Counts,
    Facts,
    Fold,
    Folded,
    Grid,
    Heading,
    Line,
    Link,
    Listing,
    Mark,
    Note,
    Way,
    counted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runbook_lib.views.blocks import Block, Cell, Inline

SHOWN_LINES = 40
"""Lines of one difference; the HTML form holds them all."""
WIDEST = 60
"""Columns that one cell may take; what is longer stands below its row."""
LAST = 100
"""Columns that the last cell of a row may take: nothing has to be aligned after it."""


def view(blocks: Iterable[Block]) -> str:
    """Render blocks, an empty line between them."""
    return "\n\n".join(filter(None, ("\n".join(block(each)) for each in blocks)))


def block(value: Block) -> Iterator[str]:
    """Render one block as lines."""
    match value:
        case Heading(text=text):
            yield text
            yield "-" * len(text)
        case Counts(marks=marks):
            yield ", ".join(mark.word for mark in marks)
        case Note(parts=parts):
            yield from (line for part in parts for line in _below(part, ""))
        case Facts(pairs=pairs):
            yield from _table(tuple(((label,), parts) for label, parts in pairs))
        case Grid(caption=caption, columns=columns, rows=rows):
            yield caption
            yield from (f"  {line}" for line in _table((tuple((name,) for name in columns), *rows)))
        case Folded(summary=summary, blocks=blocks):
            yield summary
            yield from textwrap.indent(view(blocks), "  ").splitlines()
        case Listing(name=name, text=text):
            yield f"  {name} ({counted(text.count(chr(10)) or 1, 'line')})"


def _table(rows: tuple[tuple[Cell, ...], ...]) -> Iterator[str]:
    heads = [[*(_head(parts, WIDEST) for parts in row[:-1]), _head(row[-1], LAST)] for row in rows]
    widths = [max(len(head) for head in column) for column in zip(*heads, strict=True)]
    for row, head in zip(rows, heads, strict=True):
        yield "  ".join(text.ljust(width) for text, width in zip(head, widths, strict=True)).rstrip()
        for parts, text in zip(row, head, strict=True):
            if parts:
                rest = parts[1:] if text else parts
                yield from (line for part in rest for line in _below(part, "      "))


def _head(parts: Cell, limit: int) -> str:
    """Give what stands in the row itself; the rest stands below."""
    if not parts or isinstance(parts[0], (Fold, Way)):
        return ""
    text = _inline(parts[0])
    return "" if len(text) > limit or "\n" in text else text


def _below(part: Inline, indent: str) -> Iterator[str]:
    match part:
        case Fold(summary=summary, is_list=True):
            yield indent + summary
        case Fold(lines=lines):
            yield from (indent + _line(each) for each in lines[:SHOWN_LINES])
            if len(lines) > SHOWN_LINES:
                yield f"{indent}... {counted(len(lines) - SHOWN_LINES, 'more line', 'more lines')}"
        case _:
            yield from (indent + line for line in _inline(part).splitlines())


def _inline(part: Inline) -> str:
    match part:
        case str():
            return part
        case Mark(word=word, letter=letter):
            return f"{letter} {word}".strip()
        case Code(text=text):
            return text
        case Way(text=text):
            return f"-> {text}"
        case Link(text=text, href=href):
            return text if text == href else f"{text} ({href})"
        case Fold(summary=summary):
            return summary


def _line(line: Line) -> str:
    return f"{line.sign} {'  ' * line.depth}{line.text}".rstrip()
