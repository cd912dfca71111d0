"""Store the journal of a run that goes on in parts, and put the parts together again.

A part is called `START-END-DIGEST`. It holds what the journal gained between two offsets, and behind that the `begin` lines of all that a
stage is going to write. Several stages write at a time, each in a process that stores parts of its own: what they gained may overlap, and
what one announced counts until the journal, from END on, holds that stage's own `begin` in its place. Who reads chains what is left anew.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from runbook_lib.evidence.journal import chained

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Announced = tuple[int, dict[str, Any]]
"""How far the journal had come, and the line that was going to follow."""

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
    """Put a journal together, and behind it what was announced and has not begun: nobody knows its end. What follows a gap is left out."""
    length, whole = reached(parts), b""
    announced: list[Announced] = []
    for name, content in sorted(parts.items()):
        start, end = _span(name)
        if start <= len(whole) < end:
            whole = whole[:start] + content[: end - start]
        if end <= length:
            announced += [(end, json.loads(line)) for line in content[end - start :].splitlines()]
    whole = whole[: whole.rfind(b"\n") + 1]
    ahead = _not_begun(sorted(announced, key=lambda each: each[0]), whole)
    return whole + chained(ahead, _last(whole) or (ahead[0]["previous"] if ahead else ""))


def _not_begun(announced: Sequence[Announced], whole: bytes) -> list[dict[str, Any]]:
    """List what each stage announced last and has not begun since. Other stages may have gone on meanwhile: that says nothing of it."""
    begun: dict[tuple[str, str], int] = {}
    place = 0
    for octets in whole.splitlines(keepends=True):
        line = json.loads(octets)
        if "begin" in line:
            begun[line["stage"], line["address"]] = place
        place += len(octets)
    newest = {line["stage"]: place for place, line in announced}
    return [
        line
        for place, line in announced
        if place == newest[line["stage"]] and begun.get((line["stage"], line["address"]), -1) < place
    ]  # fmt: skip


def _last(whole: bytes) -> str:
    """Give the digest of the last line; empty when there is none."""
    return sha256(whole[:-1].rpartition(b"\n")[2]).hexdigest() if whole else ""


def _span(name: str) -> tuple[int, int]:
    match = NAME.fullmatch(name)
    return (int(match[1]), int(match[2])) if match else (0, 0)
