"""Read what is written for people: a time in one form, and what stands between backticks as what is typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"
# A backtick within a name is part of it: what is typed begins after a space or a bracket, and no letter follows its end.
_PARTS = re.compile(rf"(?<![^\s(])`(?P<typed>[^`\s](?:[^`\n]*[^`\s])?)`(?![\w`*])|(?P<stamp>{_STAMP})")


@dataclass(frozen=True)
class Typed:
    """Hold what somebody types."""

    text: str


@dataclass(frozen=True)
class Time:
    """Hold a time, ISO 8601 in UTC."""

    stamp: str


def parts(text: str) -> Iterator[str | Typed | Time]:
    """Part a text into its words, what is typed, and times."""
    end = 0
    for match in _PARTS.finditer(text):
        if words := text[end : match.start()]:
            yield words
        end = match.end()
        yield Typed(match["typed"]) if match["typed"] else Time(match["stamp"])
    if words := text[end:]:
        yield words


def written(text: str, typed: Callable[[str], str], plain: Callable[[str], str]) -> str:
    """Write a text where a time is text as well: what is typed in one way, words in another."""
    return "".join(_written(part, typed, plain) for part in parts(text))


def _written(part: str | Typed | Time, typed: Callable[[str], str], plain: Callable[[str], str]) -> str:
    match part:
        case Typed(text=text):
            return typed(text)
        case Time(stamp=stamp):
            return shown_time(stamp)
        case str():
            return plain(part)


def shown_time(stamp: str) -> str:
    """Write a time for people, in UTC: to the second, as each page does."""
    return f"{stamp[:10]} {stamp[11:19]} UTC"
