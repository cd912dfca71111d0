"""What a view is made of before it becomes HTML, text or Markdown: drawn once, rendered three ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from markupsafe import Markup

Tone = Literal["plain", "good", "change", "bad", "owed", "open", "quiet"]
Sign = Literal["+", "~", "-", " "]


@dataclass(frozen=True)
class Mark:
    """Show a word in a tone; the letter says the same to whoever sees no colour."""

    word: str
    tone: Tone
    letter: str = ""


@dataclass(frozen=True)
class Code:
    """Show text that is meant for a machine: a digest, an address, a command."""

    text: str


@dataclass(frozen=True)
class Way:
    """Show the way out of something that does not hold."""

    text: str


@dataclass(frozen=True)
class Link:
    """Lead to a file of the record; `href` is relative."""

    text: str
    href: str


@dataclass(frozen=True)
class Beside:
    """Lead to several places, on one line."""

    links: tuple[Link, ...]


@dataclass(frozen=True)
class Line:
    """Show one line of a difference: what is added, changed or removed, indented by `depth`."""

    text: str
    sign: Sign = " "
    depth: int = 0


@dataclass(frozen=True)
class Fold:
    """Hide lines behind a summary until somebody opens it; of a mere list, the summary is enough as text."""

    summary: str
    lines: tuple[Line, ...]
    is_list: bool = False


Inline = str | Mark | Code | Way | Link | Beside | Fold
Cell = tuple[Inline, ...]
"""What stands in a table's cell, one below the other."""


@dataclass(frozen=True)
class Heading:
    """Head what follows; level 1 is the page's own."""

    text: str
    level: int = 3


@dataclass(frozen=True)
class Counts:
    """Show how many there are of each kind, the first thing to read."""

    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Note:
    """Say something in a sentence."""

    parts: Cell
    tone: Tone = "plain"


@dataclass(frozen=True)
class Facts:
    """Pair labels with values; those of a sheet are there to be copied."""

    caption: str
    pairs: tuple[tuple[str, Cell], ...]
    is_sheet: bool = False


@dataclass(frozen=True)
class Grid:
    """Hold a table; the first column names the row, `kind` is the class by which a live part finds it.

    `more` says which rows are not shown, and where they are.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    kind: str = ""
    more: str = ""


@dataclass(frozen=True)
class Folded:
    """Hide blocks behind a summary."""

    summary: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Listing:
    """Hold a named text as it is: a policy, a script."""

    name: str
    text: str


@dataclass(frozen=True)
class Picture:
    """Show a drawing, and tables that say the same for whoever does not see it; as text there are the tables alone."""

    caption: str
    drawing: Markup
    twins: tuple[Grid, ...]


Block = Heading | Counts | Note | Facts | Grid | Folded | Listing | Picture


def counted(number: int, noun: str, plural: str = "") -> str:
    """Count a noun: `1 change`, `2 changes`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
