"""Divide environments into waves: the first few are the canaries of those that follow."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from runbook_lib.errors import InvalidParameters, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SIZE = re.compile(r"(?P<number>[1-9][0-9]{0,4})(?P<share>%?)")
WHOLE = 100


def sizes(text: str) -> tuple[str, ...]:
    """Read what `--waves` says. Raises InvalidParameters with all that is wrong."""
    found = tuple(each.strip() for each in text.split(",")) if text else ()
    wrong = [each for each in found if (match := SIZE.fullmatch(each)) is None or (match["share"] and int(match["number"]) > WHOLE)]
    if wrong:
        way_out = "write numbers of environments or shares of all, such as 1,25%"
        raise InvalidParameters("command line", [Problem(0, "--waves", f"{each!r} is no size of a wave", way_out) for each in wrong])
    return found


def waves(total: int, given: Sequence[str]) -> tuple[int, ...]:
    """Give each environment's wave, counted from 1; what is left over is the last wave."""
    return tuple(_numbered(total, [_size(each, total) for each in given]))


def _size(text: str, total: int) -> int:
    number = int(text.removesuffix("%"))
    return math.ceil(total * number / WHOLE) if text.endswith("%") else number


def _numbered(total: int, given: list[int]) -> Iterator[int]:
    left = total
    for number, size in enumerate((*given, total), 1):
        yield from [number] * min(size, left)
        left -= min(size, left)
