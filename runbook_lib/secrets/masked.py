"""The type in which every secret value is held."""

from __future__ import annotations

import re
import secrets as _random
from collections.abc import Callable
from typing import NoReturn, Self

MASK = "********"

Listener = Callable[[str], object]
LISTENERS: list[Listener] = []
"""Who hears of every value that this process comes to hold, before anybody can use it."""


class Masked:
    """Hold a secret value that shows itself nowhere: only `reveal()` gives it out.

    What lists an object's attributes finds a function and not the value.
    """

    __slots__ = ("_give",)

    def __init__(self, value: str) -> None:
        self._give: Callable[[], str] = lambda: value
        for listener in tuple(LISTENERS):
            listener(value)

    def reveal(self) -> str:
        """Give the value to the one call that needs it."""
        return self._give()

    @property
    def is_text(self) -> bool:
        """Tell whether it can be sent: a variable may hold bytes that are no UTF-8, JSON half a character or a NUL."""
        return not re.search("[\0\ud800-\udfff]", self._give())

    def __repr__(self) -> str:
        return f"Masked('{MASK}')"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not serialised")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret is not serialised")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Masked) and _random.compare_digest(octets(self._give()), octets(other.reveal()))

    def __hash__(self) -> int:
        return hash((Masked, len(self._give()) > 0))


def octets(value: str) -> bytes:
    """Give a value as a process's environment holds it, which need not be UTF-8."""
    return value.encode("utf-8", "surrogatepass")
