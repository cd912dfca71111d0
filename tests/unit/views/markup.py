"""Read HTML as a browser would: which elements there are, with which attributes, and what text they show."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "meta", "img", "link", "hr", "input", "rect", "wbr"}
OUTSIDE = re.compile(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}|url\(|@import", re.IGNORECASE)
"""What would make a browser ask somebody else, in an attribute or a stylesheet."""


@dataclass
class Reader(HTMLParser):
    """Collect elements, attributes, text and what was never closed."""

    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    astray: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note an end that ends something else."""
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.astray.append(tag)

    def handle_data(self, data: str) -> None:
        """Note text, and apart from it stylesheets."""
        (self.styles if self.open and self.open[-1] == "style" else self.texts).append(data)

    @property
    def text(self) -> str:
        """Give all that is shown."""
        return "".join(self.texts)


def read(html: str) -> Reader:
    """Read a page or a part of one."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def asks_outside(reader: Reader) -> list[str]:
    """List attributes and styles through which a browser would load something."""
    loading = [value for name, value in reader.attributes if name in {"src", "srcset", "data", "action", "xlink:href", "style"}]
    links = [value for name, value in reader.attributes if name == "href" and (":" in value.partition("/")[0] or value.startswith("//"))]
    return [text for text in (*loading, *reader.styles) if OUTSIDE.search(text)] + links
