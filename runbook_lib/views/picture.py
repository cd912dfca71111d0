"""Draw the set-up as a picture: what there is, in which state, and which permission joins it. A table says the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from runbook_lib.views.blocks import Grid, Picture
from runbook_lib.views.board import STATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.views.blocks import Block
    from runbook_lib.views.board import State

WIDTH, COLUMN, ROW, BOX_WIDTH, BOX_HEIGHT, MARGIN = 926, 266, 144, 196, 76, 6
"""Pixels: the whole, from one column or row to the next, a part's box, and the edge."""
NARROW = 80
"""Pixels between two boxes in which no words fit: they stand below."""
UNDER = 22
"""Pixels below a row's boxes where an arrow runs that leads past a box."""
AWAY = 0.55
"""How far along a line its words stand: past the middle, where lines that begin together are further apart."""
FITTING, LONGEST = 22, 28
"""Characters of a name that fit its box, and that fit it drawn closer; of a longer one it shows both ends, and the table the whole."""


@dataclass(frozen=True)
class Piece:
    """Hold one part of the set-up and where it stands: columns and rows count from 0, halves are between."""

    id: str
    kind: str
    name: str
    column: float
    row: float
    state: State = "not planned"


@dataclass(frozen=True)
class Arrow:
    """Join two parts: `short` says by which permission in the picture, `long` in the table.

    `actions` are those of AWS that it takes, and `role` the part whose policies have to allow them; `is_under` leads past what is between.
    """

    start: str
    end: str
    short: str
    long: str
    role: str = ""
    actions: tuple[str, ...] = ()
    is_under: bool = False


@dataclass(frozen=True)
class SetUp:
    """Hold the parts of an environment's set-up and what joins them."""

    environment: str
    pieces: tuple[Piece, ...]
    arrows: tuple[Arrow, ...]


def set_up(value: SetUp) -> Iterator[Block]:
    """Draw the picture with its tables."""
    names = {each.id: f"{each.kind} {each.name}" for each in value.pieces}
    states = tuple((((each.kind,), (each.name,), (STATES[each.state],))) for each in value.pieces)
    joins = tuple(((names[each.start],), (each.long,), (names[each.end],), (names.get(each.role, ""),)) for each in value.arrows)
    twins = (
        Grid("Parts and their states", ("what", "name", "state"), states),
        Grid("What joins them", ("from", "permission", "to", "allowed by the policies of"), joins),
    )
    yield Picture(f"The set-up of {value.environment}", _svg(value), twins)


def _svg(value: SetUp) -> Markup:
    height = int(max(_top(each) for each in value.pieces) + BOX_HEIGHT + MARGIN)
    said = "; ".join(f"{each.kind} {each.name}: {STATES[each.state].word}" for each in value.pieces)
    places = {each.id: each for each in value.pieces}
    arrows = Markup("").join(_arrow(places[each.start], places[each.end], each) for each in value.arrows)
    boxes = Markup("").join(map(_box, value.pieces))
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" class="setup"><title>The set-up of {}</title><desc>{}</desc>'
        '<defs><marker id="rb-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
        '<path d="M0 0 8 4 0 8z"/></marker></defs>{}{}</svg>'
    ).format(WIDTH, height, value.environment, said, arrows, boxes)


def _left(piece: Piece) -> float:
    return MARGIN + piece.column * COLUMN


def _top(piece: Piece) -> float:
    return MARGIN + piece.row * ROW


def _box(piece: Piece) -> Markup:
    mark, left, top = STATES[piece.state], _left(piece), _top(piece)
    half = LONGEST // 2
    name = piece.name if len(piece.name) <= LONGEST else f"{piece.name[:half]}\N{HORIZONTAL ELLIPSIS}{piece.name[1 - half :]}"
    closer = Markup(' textLength="{}" lengthAdjust="spacingAndGlyphs"').format(BOX_WIDTH - 24) if len(name) > FITTING else ""
    return Markup(
        '<g class="{}"><title>{} {}: {}</title><rect x="{:.0f}" y="{:.0f}" width="{}" height="{}" rx="8"/>'
        '<text x="{:.0f}" y="{:.0f}" class="kind">{}</text><text x="{:.0f}" y="{:.0f}" class="named"{}>{}</text>'
        '<text x="{:.0f}" y="{:.0f}" class="stands">{} {}</text></g>'
    ).format(
        mark.tone, piece.kind, piece.name, mark.word, left, top, BOX_WIDTH, BOX_HEIGHT,
        left + 12, top + 22, piece.kind, left + 12, top + 42, closer, name, left + 12, top + 63, mark.letter, mark.word,
    )  # fmt: skip


def _arrow(start: Piece, end: Piece, arrow: Arrow) -> Markup:
    """Join two boxes, with the permission beside the line."""
    line, x, y = _under(start, end) if arrow.is_under else _straight(start, end, arrow.short.count("\n"))
    words = Markup("").join(
        Markup('<tspan x="{:.0f}" dy="{}">{}</tspan>').format(x, "0" if place == 0 else "1.2em", line)
        for place, line in enumerate(arrow.short.splitlines())
    )
    return Markup(
        '<g class="arrow"><title>{}</title><path d="{}" marker-end="url(#rb-tip)"/><text x="{:.0f}" y="{:.0f}">{}</text></g>'
    ).format(arrow.long, line, x, y, words)


def _straight(start: Piece, end: Piece, breaks: int) -> tuple[str, float, float]:
    """Lead from one facing edge to the other; the words stand about the middle, or below where there is no room."""
    begin, finish = _edge(start, end), _edge(end, start)
    x, y = (each + (other - each) * AWAY for each, other in zip(begin, finish, strict=True))
    is_narrow = start.row == end.row and abs(_left(start) - _left(end)) < BOX_WIDTH + NARROW
    lift = -BOX_HEIGHT / 2 - 14 if is_narrow else 7.2 * breaks - 4
    return f"M{begin[0]:.0f} {begin[1]:.0f}L{finish[0]:.0f} {finish[1]:.0f}", x, y - lift


def _under(start: Piece, end: Piece) -> tuple[str, float, float]:
    """Lead below the row from one box to another one to its left; the words stand under the line."""
    floor, away = _top(start) + BOX_HEIGHT, BOX_WIDTH / 4
    begin, finish = _left(start) + away, _left(end) + BOX_WIDTH - away
    path = f"M{begin:.0f} {floor:.0f}V{floor + UNDER:.0f}H{finish:.0f}V{floor:.0f}"
    return path, finish + (_left(start) - finish) / 4, floor + UNDER + 14


def _edge(piece: Piece, other: Piece) -> tuple[float, float]:
    """Find where the line to another box leaves this one."""
    x, y = _left(piece) + BOX_WIDTH / 2, _top(piece) + BOX_HEIGHT / 2
    across, down = _left(other) - _left(piece), _top(other) - _top(piece)
    if not across and not down:
        return x, y
    scale = min(BOX_WIDTH / 2 / abs(across) if across else 9e9, BOX_HEIGHT / 2 / abs(down) if down else 9e9)
    return x + across * scale, y + down * scale
