"""Say where a browser may break what is no word: a name of a machine between its parts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 24
"""Characters of a name that stay together in any column."""
_NAME = re.compile(rf"\S{{{LONGEST + 1},}}")
_BETWEEN = re.compile(r"(?<=[:/=._,@*-])(?=\w)|(?<=[a-z])(?=[A-Z])")


def wrapped(text: str) -> Markup:
    """Escape a text, with the places where it may be broken."""
    if len(text) <= LONGEST:
        return escape(text)
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
