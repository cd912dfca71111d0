"""Ask for what has to be acknowledged: each change by itself, unless there are more than a person ticks one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BOXES = 40


@dataclass(frozen=True)
class Asked:
    """Hold the changes that one box is for: `what` is the address of one, or the pattern of all of one kind that carry the same risks."""

    what: str
    words: str
    addresses: tuple[str, ...]

    @property
    def name(self) -> str:
        """Tell it from every other."""
        return self.what if len(self.addresses) == 1 else f"{self.words}: {self.what}"


def asked(grave: Sequence[tuple[str, str]]) -> tuple[Asked, ...]:
    """Give the boxes for addresses with their risks, in their order."""
    if len(grave) <= BOXES:
        return tuple(Asked(address, words, (address,)) for address, words in grave)
    return tuple(_together(grave))


def _together(grave: Sequence[tuple[str, str]]) -> Iterator[Asked]:
    groups: dict[tuple[str, str], list[str]] = {}
    for address, words in grave:
        groups.setdefault((address.rpartition("/")[0], words), []).append(address)
    for (kind, words), addresses in groups.items():
        one = addresses[0] if len(addresses) == 1 else f"{kind}/* ({len(addresses):,} changes)"
        yield Asked(one, words, tuple(addresses))
