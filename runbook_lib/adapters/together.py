"""Do at once what does not depend on each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
R = TypeVar("R")
AT_ONCE = 16
"""How many requests of one session are on their way at once, and the connections that a client keeps for them."""


def together(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Do the same for several things at once and give what came of it in their order; an error is raised when all have ended.

    Each call has threads of its own, so that what is done for one thing may do others together as well.
    """
    if len(items) <= 1:
        return [work(each) for each in items]
    with ThreadPoolExecutor(min(len(items), AT_ONCE), "together") as pool:
        return list(pool.map(work, items))


def both(one: Callable[[], T], other: Callable[[], R]) -> tuple[T, R]:
    """Do two things at once; the first error of either is raised when both have ended."""
    with ThreadPoolExecutor(1, "together") as pool:
        second = pool.submit(other)
        first = one()
    return first, second.result()
