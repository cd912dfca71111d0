"""Render blocks as HTML; every text is escaped by its type, nothing is loaded, nothing runs."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

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
)
from runbook_lib.views.style import stylesheet
from runbook_lib.views.wrapping import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runbook_lib.views.blocks import Block, Cell, Inline

STYLE = Markup("<style>{}</style>").format(Markup(stylesheet()))  # noqa: S704 - our own
_TAGS = {"+": "ins", "-": "del", "~": "i"}


def view(blocks: Iterable[Block]) -> str:
    """Wrap blocks with their stylesheet, so that they can stand alone in a cell's output."""
    return str(Markup('<div class="rb">{}\n{}</div>').format(STYLE, body(blocks)))


def body(blocks: Iterable[Block]) -> Markup:
    """Render blocks one after the other."""
    return Markup("\n").join(block(each) for each in blocks)


def block(value: Block) -> Markup:
    """Render one block."""
    match value:
        case Heading(text=text, level=level):
            return Markup("<h{0}>{1}</h{0}>").format(level, text)
        case Counts(marks=marks):
            # The commas are for readers without the stylesheet: JupyterLab takes it from a notebook it does not trust.
            items = (Markup('<b class="{}">{}</b>').format(each.tone, _said(each)) for each in marks)
            return Markup('<p class="counts">{}</p>').format(Markup("<span>, </span>").join(items))
        case Note(parts=parts, tone="plain"):
            return Markup("<p>{}</p>").format(cell(parts))
        case Note(parts=parts, tone=tone):
            return Markup('<p class="note {}">{}</p>').format(tone, cell(parts))
        case Facts():
            return _facts(value)
        case Grid():
            return _grid(value)
        case Folded(summary=summary, blocks=blocks):
            return Markup("<details><summary>{}</summary>{}</details>").format(summary, body(blocks))
        case Picture(caption=caption, drawing=drawing, twins=twins):
            said = Markup("<details><summary>{}, as tables</summary>{}</details>").format(caption, body(twins))
            return Markup("<figure><figcaption>{}</figcaption>{}</figure>{}").format(caption, drawing, said)
        case Listing(name=name, text=text):
            return Markup('<details class="listing"><summary>{}</summary><pre tabindex="0">{}</pre></details>').format(name, text)


def cell(parts: Cell) -> Markup:
    """Render what stands in a cell, a line each; a way out and a fold bring their own line."""
    shown = Markup("")
    for place, part in enumerate(parts):
        if place and not isinstance(part, (Way, Fold)):
            shown += Markup("<br>")
        shown += _inline(part)
    return shown


def _inline(part: Inline) -> Markup:
    match part:
        case str():
            return words(part)
        case Mark(tone="plain"):
            return escape(_said(part))
        case Mark(tone=tone):
            return Markup('<b class="%s">%s</b>') % (tone, _said(part))
        case Code(text=text):
            return Markup("<code>") + wrapped(text) + Markup("</code>")
        case Way(text=text):
            return Markup('<span class="way">{}</span>').format(words(text))
        case Link(text=text, href=href):
            return Markup('<a href="{}">{}</a>').format(href, words(text))
        case Beside(links=links):
            return Markup(", ").join(map(_inline, links))
        case Fold(summary=summary, lines=lines):
            return Markup('<details><summary>{}</summary><pre tabindex="0">{}</pre></details>').format(words(summary), _lines(lines))


def words(text: str) -> Markup:
    """Render what is written for people: what is typed as code, a time on one line."""
    return Markup("").join(map(_word, prose.parts(text)))


def _word(part: str | prose.Typed | prose.Time) -> Markup:
    match part:
        case prose.Typed(text=text):
            return Markup("<code>") + wrapped(text) + Markup("</code>")
        case prose.Time(stamp=stamp):
            return Markup('<time datetime="{}">{}</time>').format(stamp, prose.shown_time(stamp))
        case str():
            return wrapped(part)


def _said(mark: Mark) -> str:
    return f"{mark.letter} {mark.word}".strip()


def _lines(lines: tuple[Line, ...]) -> Markup:
    """Render the lines of a difference; neighbours without a sign are escaped together, for there are many of them."""
    runs = groupby(lines, key=lambda line: _TAGS.get(line.sign, ""))
    return Markup("").join(_run(tag, (f"{each.sign} {'  ' * each.depth}{each.text}" for each in run)) for tag, run in runs)


def _run(tag: str, texts: Iterable[str]) -> Markup:
    if not tag:
        return escape("".join(f"{text}\n" for text in texts))
    begin, end = Markup(f"<{tag}>"), Markup(f"</{tag}>")  # noqa: S704 - our own
    return Markup("").join(begin + text + end for text in texts)


def _facts(facts: Facts) -> Markup:
    rows = (Markup('<tr><th scope="row">{}</th><td>{}</td></tr>').format(label, cell(parts)) for label, parts in facts.pairs)
    kind = "facts sheet" if facts.is_sheet else "facts"
    return Markup('<table class="{}"><caption>{}</caption>{}</table>').format(kind, facts.caption, Markup("").join(rows))


def _grid(grid: Grid) -> Markup:
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in grid.columns)
    rows = Markup("\n").join(_row(row) for row in grid.rows)
    caption = Markup("<caption>{}</caption>").format(grid.caption)
    kind = Markup(' class="{}"').format(grid.kind) if grid.kind else ""
    table = Markup("<table{}>{}<thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(kind, caption, head, rows)
    return scrolling("table", table) + (Markup('<p class="more">{}</p>').format(grid.more) if grid.more else Markup(""))


def scrolling(what: str, inside: Markup) -> Markup:
    """Let something wide scroll by itself, also by keyboard, with a shadow on the side where more is."""
    return Markup('<div class="scroll" role="group" tabindex="0" aria-label="{}">{}</div>').format(what, inside)


def _row(row: tuple[Cell, ...]) -> Markup:
    # A plan has thousands of cells: adding is several times faster than formatting.
    return Markup("<tr>") + Markup("").join(Markup("<td>") + cell(parts) + Markup("</td>") for parts in row) + Markup("</tr>")
