"""Store the journal of a run that goes on in parts, and put the parts together again.

A part is called `START-END-DIGEST`. It holds what the journal gained between two offsets, and behind that the `begin` lines of all that a
stage is going to write. The next part goes on at END: what really became of those changes takes the place of what was announced.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAME = re.compile(r"([0-9]{12})-([0-9]{12})-[0-9a-f]{8}")


def named(start: int, gained: bytes, ahead: bytes) -> str:
    """Name a part by its place and its content, so that no try whose answer was lost is in the way of the next."""
    return f"{start:012d}-{start + len(gained):012d}-{sha256(gained + ahead).hexdigest()[:8]}"


def reached(names: Iterable[str]) -> int:
    """Tell how far a journal is stored without a gap."""
    length = 0
    for name in sorted(names):
        start, end = _span(name)
        if start <= length:
            length = max(length, end)
    return length


def assembled(parts: Mapping[str, bytes]) -> bytes:
    """Put a journal together, and behind it what was announced last: nobody knows its end. What follows a gap is left out."""
    length, whole, ahead = reached(parts), b"", b""
    for name, content in sorted(parts.items()):
        start, end = _span(name)
        if start <= len(whole) < end:
            whole = whole[:start] + content[: end - start]
        if end == length:
            ahead += content[end - start :]
    return whole + ahead


def _span(name: str) -> tuple[int, int]:
    match = NAME.fullmatch(name)
    return (int(match[1]), int(match[2])) if match else (0, 0)
