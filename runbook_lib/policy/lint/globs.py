"""Compare patterns of `*` and `?` in one pass over their characters, whatever they are.

A pattern is a machine whose states are the bits of one number: bit n stands for n elements read. No pattern makes it go back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_STARS = re.compile(r"\*+")


@dataclass(frozen=True)
class Glob:
    """Hold from which states a character, any character, and a `*` lead on; `end` is the state that accepts."""

    letters: dict[str, int]
    any_letter: int
    stars: int
    end: int

    def covers(self, narrow: str) -> bool:
        """Tell whether this matches everything that `narrow` matches; it may itself hold `*` and `?`."""
        states = 1
        for letter in narrow:
            states = states & self.stars if letter == "*" else self.after(states, letter)
            if not states:
                return False
        return bool(states & self.end)

    def after(self, states: int, letter: str) -> int:
        """Give the states that a character leads on to, from 1 at the beginning of a text."""
        return ((states & (self.any_letter | self.letters.get(letter, 0))) << 1) | (states & self.stars)

    def overlaps(self, other: str) -> bool:
        """Tell whether some text is matched by this and by `other`."""
        everything = (self.end << 1) - 1
        states = 1
        for letter in other:
            if letter == "*":
                states = everything & ~((states & -states) - 1)
            else:
                step = everything if letter == "?" else self.any_letter | self.letters.get(letter, 0)
                states = (((states & step) << 1) & everything) | (states & self.stars)
            if not states:
                return False
        return bool(states & self.end)


@lru_cache(maxsize=8192)
def glob(pattern: str) -> Glob:
    """Read a pattern."""
    letters: dict[str, int] = {}
    any_letter = stars = 0
    place = 1
    for letter in _STARS.sub("*", pattern):
        if letter == "*":
            stars |= place
            continue
        if letter == "?":
            any_letter |= place
        else:
            letters[letter] = letters.get(letter, 0) | place
        place <<= 1
    return Glob(letters, any_letter, stars, place)


@lru_cache(maxsize=8192)
def matcher(pattern: str) -> re.Pattern[str]:
    """Compile a pattern to be held against many texts."""
    return re.compile(expression(pattern), re.DOTALL)


def expression(pattern: str) -> str:
    """Write a pattern as a regular expression; what stands between two stars is looked for once and never again.

    Otherwise a few stars take as many steps as a text can be cut in ways.
    """
    head, *rest = ["".join("." if letter == "?" else re.escape(letter) for letter in part) for part in pattern.split("*")]
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1] if part)
    tail = f".*{rest[-1]}" if rest else ""
    return f"{head}{middle}{tail}"


def is_pattern(text: str) -> bool:
    """Tell whether a text holds a wildcard."""
    return "*" in text or "?" in text


def covers(wide: str, narrow: str) -> bool:
    """Tell whether everything that one pattern matches is matched by another."""
    if wide == narrow or not is_pattern(wide):
        return wide == narrow
    # The quick question first: read as a text, `narrow` is matched by whatever covers it.
    return matcher(wide).fullmatch(narrow) is not None and glob(wide).covers(narrow)


def overlap(one: str, other: str) -> bool:
    """Tell whether two patterns match a text together."""
    return one == other or glob(one).overlaps(other)
