"""Cut Redshift SQL into tokens and statements, and quote for PostgreSQL."""

from __future__ import annotations

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<string>[eE]?'(?:[^'\\]|''|\\.)*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<dollar>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    |(?P<parameter>\$\d+)
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<word>[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*)
    |(?P<operator>::|[^\s\w])""",
    re.VERBOSE | re.DOTALL,
)


class RefusedError(Exception):
    """Refuse a statement with Redshift's SQLSTATE and message."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


def not_modelled(what: str) -> RefusedError:
    """Refuse what Redshift has and the stand-in has not."""
    return RefusedError("0A000", f"stand-in: {what} is not modelled")


@dataclass(frozen=True)
class Token:
    """Hold one token: its kind, text and place in the statement."""

    kind: str
    text: str
    start: int

    @property
    def upper(self) -> str:
        """Give a word or operator in upper case, anything else as empty."""
        return self.text.upper() if self.kind in {"word", "operator"} else ""


@dataclass(frozen=True)
class Statement:
    """Hold one statement: its tokens without white space, and its text."""

    tokens: tuple[Token, ...]
    text: str


def statements(sql: str) -> list[Statement]:
    """Cut a string at its semicolons. Raises RefusedError where no token fits."""
    found: list[Statement] = []
    tokens: list[Token] = []
    start = place = 0
    while place < len(sql):
        match = TOKEN.match(sql, place)
        if match is None:
            # Only the sign: what follows an open quote may be a secret.
            raise RefusedError("42601", f'syntax error at or near "{sql[place]}"')
        kind = "dollar" if match.lastgroup == "tag" else str(match.lastgroup)
        if match.group() == ";" and kind == "operator":
            if tokens:
                found.append(Statement(tuple(tokens), sql[start:place]))
            tokens, start = [], match.end()
        elif kind != "space":
            tokens.append(Token(kind, match.group(), place - start))
        place = match.end()
    if tokens:
        found.append(Statement(tuple(tokens), sql[start:]))
    return found


def literal(text: str) -> str:
    """Quote a text (backslashes escape: standard_conforming_strings is off, as on Redshift)."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Quote a name."""
    return '"' + name.replace('"', '""') + '"'


def array(texts: list[str]) -> str:
    """Write a text array."""
    return "ARRAY[" + ",".join(literal(text) for text in texts) + "]::text[]"


def folded(name: str) -> str:
    """Fold ASCII letters to lower case, as Redshift does with quoted names too."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)
