"""Find among the changes that are acknowledged by themselves those that a person reads next: a page of them, and a box for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = 20
"""Boxes that are shown together: as many as a person ticks without losing the line."""

Grave = tuple[str, str]
"""The address of a change, and its risks."""


def found(grave: Sequence[Grave], words: str) -> tuple[Grave, ...]:
    """Keep the changes whose address or risks hold every word, in their order."""
    wanted = words.lower().split()
    return tuple(each for each in grave if all(word in " ".join(each).lower() for word in wanted))


def last_page(grave: Sequence[Grave]) -> int:
    """Number the last page, counted from 0."""
    return max(0, len(grave) - 1) // PAGE


def page(grave: Sequence[Grave], number: int) -> tuple[Grave, ...]:
    """Give the changes of a page."""
    return tuple(grave[number * PAGE : (number + 1) * PAGE])


def said(grave: Sequence[Grave], number: int, ticked: int, of: int) -> str:
    """Say which of the found changes are shown, and how many of all are acknowledged."""
    done = f"{ticked:,} of {of:,} acknowledged"
    shown = page(grave, number)
    first = number * PAGE + 1
    return f"{first:,} to {first + len(shown) - 1:,} of {len(grave):,} shown, {done}" if shown else f"none of these words, {done}"
