"""Render blocks as Markdown, for reviews and tickets: tables, and differences as `diff` blocks below them."""

from __future__ import annotations

import re
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
    Link,
    Listing,
    Mark,
    Note,
    Picture,
    Way,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runbook_lib.views.blocks import Block, Cell, Inline

_SPECIAL = re.compile(r"([\\`*_\[\]|#~])")
_ENTITIES = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;"})


def view(blocks: Iterable[Block]) -> str:
    """Render blocks, an empty line between them."""
    return "\n\n".join(part for each in blocks for part in block(each))


def escaped(text: str) -> str:
    """Take their meaning from characters that Markdown or HTML would read."""
    return _SPECIAL.sub(r"\\\1", text.translate(_ENTITIES)).replace("\n", "<br>")


def block(value: Block) -> Iterator[str]:
    """Render one block as paragraphs."""
    match value:
        case Heading(text=text, level=level):
            yield f"{'#' * level} {escaped(text)}"
        case Counts(marks=marks):
            yield "**" + ", ".join(escaped(mark.word) for mark in marks) + "**"
        case Note(parts=parts):
            yield _cell(parts)
            yield from _differences(parts)
        case Facts(caption=caption, pairs=pairs):
            yield from _table(("", caption), tuple(((label,), parts) for label, parts in pairs))
        case Grid(caption=caption, columns=columns, rows=rows, more=more):
            yield f"**{escaped(caption)}**"
            yield from _table(columns, rows)
            yield from (escaped(more),) if more else ()
        case Folded(summary=summary, blocks=blocks):
            yield f"<details><summary>{escaped(summary)}</summary>"
            yield view(blocks)
            yield "</details>"
        case Picture(twins=twins):
            yield view(twins)
        case Listing(name=name, text=text):
            yield f"<details><summary>{escaped(name)}</summary>\n\n{_fenced(text, '')}\n\n</details>"


def _table(columns: tuple[str, ...], rows: tuple[tuple[Cell, ...], ...]) -> Iterator[str]:
    lines = [
        [escaped(name) for name in columns],
        ["---"] * len(columns),
        *([_cell(parts) for parts in row] for row in rows),
    ]
    yield "\n".join("| " + " | ".join(line) + " |" for line in lines)
    yield from (found for row in rows for parts in row for found in _differences(parts))


def _cell(parts: Cell) -> str:
    return "<br>".join(_inline(part) for part in parts)


def _inline(part: Inline) -> str:
    match part:
        case str():
            return words(part)
        case Mark(word=word, letter=letter):
            return f"{escaped(letter)} **{escaped(word)}**".strip()
        case Code(text=text):
            return f"<code>{escaped(text)}</code>"
        case Way(text=text):
            return f"→ {words(text)}"
        case Link(text=text, href=href):
            return f"[{words(text)}]({href.translate(_ENTITIES).replace(' ', '%20').replace(')', '%29')})"
        case Beside(links=links):
            return ", ".join(map(_inline, links))
        case Fold(summary=summary):
            return words(summary)


def words(text: str) -> str:
    """Render what is written for people: what is typed as code, a time as every page has it."""
    return prose.written(text, typed=lambda each: f"<code>{escaped(each)}</code>", plain=escaped)


def _differences(parts: Cell) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Fold):
            text = "\n".join(f"{'!' if each.sign == '~' else each.sign} {'  ' * each.depth}{each.text}" for each in part.lines)
            yield _fenced(text, "diff")


def _fenced(text: str, language: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"
