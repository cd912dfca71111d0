"""Show of many things what a person reads: the first ones, how many are not shown, and in which file of the record all are."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T")
ROWS = 600
"""Rows of a table that are read, searched or scrolled through."""
NAMES = 500
"""Names of one list, of each sign."""
LETTERS = 12_000
"""Characters of what is sent for one change, or of a text to hand over."""


def first(found: Sequence[T], where: str, limit: int = ROWS) -> tuple[Sequence[T], str]:
    """Keep the first of many, and say how many are not shown; what is empty is said of nothing left out."""
    rest = len(found) - limit
    return (found, "") if rest <= 0 else (found[:limit], f"{rest:,} more not shown; all {len(found):,} are in {where}")


def begun(texts: Iterable[str], letters: int = LETTERS) -> tuple[str, ...]:
    """Keep the first texts that together are short enough; a first one that alone is too long is cut, and says so."""
    kept: list[str] = []
    for each in texts:
        letters -= len(each)
        if letters < 0:
            return tuple(kept) or (f"{each[:letters]} ... and {-letters:,} characters more",)
        kept.append(each)
    return tuple(kept)
