"""Render blocks as plain text: aligned columns, no colour, no markup."""

from __future__ import annotations

import itertools
import textwrap
from typing import TYPE_CHECKING

from runbook_lib.views import prose
from runbook_lib.views.blocks import (
    Beside,
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
    Picture,
    Way,
    counted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runbook_lib.views.blocks import Block, Cell, Inline

SHOWN_LINES = 40
"""Lines of one difference; the HTML form holds them all."""
WIDEST = 52
"""Columns that a sentence may take in a table before it is wrapped; facts, which have one column, take more."""
FACT = 100


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
            yield from _table(tuple(((label,), parts) for label, parts in pairs), FACT)
        case Grid(caption=caption, columns=columns, rows=rows, more=more):
            yield caption
            yield from (f"  {line}" for line in _table((tuple((name,) for name in columns), *rows)))
            yield from (f"  ... {more}",) if more else ()
        case Folded(summary=summary, blocks=blocks):
            yield summary
            yield from textwrap.indent(view(blocks), "  ").splitlines()
        case Picture(twins=twins):
            yield from view(twins).splitlines()
        case Listing(name=name, text=text):
            yield f"  {name} ({counted(text.count(chr(10)) or 1, 'line')})"


def _table(rows: tuple[tuple[Cell, ...], ...], widest: int = WIDEST) -> Iterator[str]:
    """Align columns; a long sentence is wrapped in its own, what people copy is never broken and stands below its row."""
    heads = [[_wrapped(parts, widest) for parts in row] for row in rows]
    widths = [max(len(line) for lines in column for line in lines) for column in zip(*heads, strict=True)]
    for row, head in zip(rows, heads, strict=True):
        for texts in itertools.zip_longest(*head, fillvalue=""):
            yield "  ".join(text.ljust(width) for text, width in zip(texts, widths, strict=True)).rstrip()
        for part in itertools.chain.from_iterable(row):
            if isinstance(part, (Fold, Way)):
                yield from _below(part, "      ")


def _wrapped(parts: Cell, widest: int) -> list[str]:
    """Give a cell's own lines; at least one, so that an empty cell keeps its place."""
    own = [part for part in parts if not isinstance(part, (Fold, Way))]
    return [line for part in own for text in _inline(part).splitlines() for line in _folded(part, text, widest)] or [""]


def _folded(part: Inline, text: str, widest: int) -> list[str]:
    if isinstance(part, Code) or len(text) <= widest:
        return [text]
    return textwrap.wrap(text, widest, break_long_words=False, break_on_hyphens=False)


def _below(part: Inline, indent: str) -> Iterator[str]:
    match part:
        case Fold(summary=summary, is_list=True):
            yield indent + summary
        case Fold(lines=lines):
            yield from (indent + line(each) for each in lines[:SHOWN_LINES])
            if len(lines) > SHOWN_LINES:
                yield f"{indent}... {counted(len(lines) - SHOWN_LINES, 'more line', 'more lines')}"
        case _:
            yield from (indent + line for line in _inline(part).splitlines())


def _inline(part: Inline) -> str:
    match part:
        case str():
            return words(part)
        case Mark(word=word, letter=letter):
            return f"{letter} {word}".strip()
        case Code(text=text):
            return text
        case Way(text=text):
            return f"-> {words(text)}"
        case Link(text=text, href=href):
            return text if text == href else f"{text} ({href})"
        case Beside(links=links):
            return ", ".join(each.text for each in links)
        case Fold(summary=summary):
            return words(summary)


def words(text: str) -> str:
    """Write what is written for people: a time as every page has it, what is typed between its backticks, as terminals show it."""
    return prose.written(text, typed="`{}`".format, plain=str)


def line(line: Line) -> str:
    """Write one line of a difference."""
    return f"{line.sign} {'  ' * line.depth}{line.text}".rstrip()
