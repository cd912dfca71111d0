"""Say where a browser may break what is no word: a name of a machine between its parts, a time nowhere."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 24
"""Characters of a name that stay together in any column."""
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)")
_NAME = re.compile(rf"\S{{{LONGEST + 1},}}")
_BETWEEN = re.compile(r"(?<=[:/=._,@*-])(?=\w)|(?<=[a-z])(?=[A-Z])")


def wrapped(text: str) -> Markup:
    """Escape a text, with the places where it may be broken."""
    if len(text) < len("2026-01-01T00:00:00Z"):
        return escape(text)
    pieces = _TIME.split(text)
    both = zip_longest(pieces[::2], pieces[1::2])
    return Markup("").join(_names(other) + (Markup("<time>{}</time>").format(time) if time else Markup("")) for other, time in both)


def _names(text: str) -> Markup:
    found, end = Markup(""), 0
    for name in _NAME.finditer(text):
        found += escape(text[end : name.start()]) + Markup("").join(_pieces(name[0]))
        end = name.end()
    return found + escape(text[end:])


def _pieces(name: str) -> Iterator[Markup | str]:
    """Cut a name at as few places as may be; after a hyphen a browser breaks by itself."""
    piece = ""
    for part in _BETWEEN.split(name):
        if piece and len(piece) + len(part) > LONGEST:
            yield piece
            if not piece.endswith("-"):
                yield Markup("<wbr>")
            piece = ""
        piece += part
    yield piece
