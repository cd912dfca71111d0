"""Match texts against patterns with `*` and `?` in bounded work: at most one look at each letter for each letter of the pattern.

A pattern is split at its asterisks, and each piece is taken at the first place where it fits: nothing is ever tried again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

ANY = "*"
ONE = "?"
Part: TypeAlias = tuple[str, bool]
"""A piece of a pattern, and whether its asterisks and question marks are wildcards."""
_Piece: TypeAlias = str | tuple[str | None, ...]
"""What stands between two asterisks: a text, or letters of which None stands for any one."""


@dataclass(frozen=True)
class Pattern:
    """Hold a pattern ready to match: a head, a tail, and between them pieces in their order; `is_exact` when it has no asterisk.

    `lead` is the head where it is a text, and `is_lead` tells that nothing but an asterisk follows: most texts are decided by these.
    """

    text: str
    is_exact: bool
    head: _Piece
    middle: tuple[_Piece, ...] = ()
    tail: _Piece = ""
    shortest: int = field(default=0, compare=False)
    lead: str = field(default="", compare=False)
    is_lead: bool = field(default=False, compare=False)

    def matches(self, text: str) -> bool:
        """Tell whether the whole text matches."""
        if not text.startswith(self.lead):
            return False
        if self.is_lead:
            return True
        if self.is_exact:
            return len(text) == self.shortest and _fits(self.head, text, 0)
        end = len(text) - len(self.tail)
        if len(text) < self.shortest or not (_fits(self.head, text, 0) and _fits(self.tail, text, end)):
            return False
        at = len(self.head)
        for piece in self.middle:
            found = _found(piece, text, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return True


def pattern(text: str) -> Pattern:
    """Compile a pattern in which every `*` and `?` is a wildcard."""
    return pattern_of(((text, True),), text)


@lru_cache(maxsize=1024)
def pattern_of(parts: tuple[Part, ...], text: str = "") -> Pattern:
    """Compile a pattern from pieces of which some are to be taken letter by letter."""
    pieces: list[list[str | None]] = [[]]
    for part, has_wildcards in parts:
        for letter in part:
            if has_wildcards and letter == ANY:
                pieces.append([])
            else:
                pieces[-1].append(None if has_wildcards and letter == ONE else letter)
    head, *rest = (_piece(each) for each in pieces)
    shortest = sum(map(len, pieces))
    lead = head if isinstance(head, str) else ""
    if not rest:
        return Pattern(text, is_exact=True, head=head, shortest=shortest, lead=lead)
    middle, tail = tuple(each for each in rest[:-1] if each), rest[-1]
    is_lead = isinstance(head, str) and not middle and not tail
    return Pattern(text, is_exact=False, head=head, middle=middle, tail=tail, shortest=shortest, lead=lead, is_lead=is_lead)


def _piece(letters: list[str | None]) -> _Piece:
    return tuple(letters) if None in letters else "".join(letter or "" for letter in letters)


def _fits(piece: _Piece, text: str, at: int) -> bool:
    """Tell whether a piece stands at this place."""
    if isinstance(piece, str):
        return text.startswith(piece, at)
    return all(letter is None or text[at + place] == letter for place, letter in enumerate(piece))


def _found(piece: _Piece, text: str, begin: int, end: int) -> int:
    """Find the first place of a piece between two others; -1 without."""
    if isinstance(piece, str):
        return text.find(piece, begin, end)
    return next((at for at in range(begin, end - len(piece) + 1) if _fits(piece, text, at)), -1)
