"""Read a parameter file's YAML with line numbers, and refuse whatever two readers could read differently.

ruamel.yaml parses; what the parts mean is decided here, so that no anchor, tag, merge key or directive has any power.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from runbook_lib.errors import InvalidParameters, Problem
from runbook_lib.parameters import described
from runbook_lib.parameters.clear_text import UNQUOTED, comment_looks_like
from runbook_lib.parameters.scalars import ambiguity, meaning
from runbook_lib.parameters.syntax import is_odd, odd_characters, stumble, unguarded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12
LONGEST = 60
UNGUARDED = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What the parser lets through beside its own errors: whatever Python says of an escape or a version that cannot be."""
TEXTS = 64
"""Texts whose parts are kept, some 20 kB each: a file is read several times, and to parse it takes longer than what is decided from it."""
START = "start from one of parameters/example-*.yaml"
Path_ = tuple["str | int", ...]


@dataclass(frozen=True)
class Document:
    """Hold a file's values and the line of each, by path of keys and indexes; `()` is the whole file.

    `problems` are what the YAML itself has; the values are given all the same, so that everything is reported at once.
    """

    values: dict[str, Any]
    lines: dict[Path_, int]
    problems: tuple[Problem, ...] = ()

    def line(self, path: Path_) -> int:
        """Give the line of a value, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(path: Path) -> Document:
    """Read one mapping. Raises InvalidParameters when there is none to read."""
    return parsed(str(path), text_of(path))


def parsed(name: str, text: str) -> Document:
    """Read the text of a file of this name. Raises InvalidParameters when it holds no mapping."""
    try:
        found = _parsed(text)
    except InvalidParameters as error:
        raise InvalidParameters(name, error.problems) from None
    return Document(deepcopy(found.values), dict(found.lines), found.problems)


@lru_cache(maxsize=TEXTS)
def _parsed(text: str) -> Document:
    if odd := tuple(odd_characters(text)):
        raise InvalidParameters("", odd)
    spans: list[tuple[int, int]] = []
    builder = _Builder(_noted(YAML(typ="safe", pure=True).parse(text), spans, text))
    try:
        values = builder.document()
    except YAMLError as error:
        raise InvalidParameters("", {*builder.problems, stumble(error)}) from None
    except _Refused as refused:
        raise InvalidParameters("", {*builder.problems, refused.problem}) from None
    return Document(values, builder.lines, (*builder.problems, *_secrets_in_comments(text, spans)))


def _noted(events: Iterator[Any], spans: list[tuple[int, int]], text: str) -> Iterator[Any]:
    """Pass events on, and note from where to where each scalar stands. Raises _Refused where the parser itself fails."""
    read_to = 0
    try:
        for event in events:
            read_to = event.end_mark.index
            if isinstance(event, ScalarEvent):
                spans.append((event.start_mark.index, read_to))
            yield event
    except UNGUARDED:
        raise _Refused(unguarded(text, read_to)) from None


def _secrets_in_comments(text: str, spans: list[tuple[int, int]]) -> Iterator[Problem]:
    """Refuse secrets that somebody set aside in a comment: what is a comment stands outside of every scalar."""
    pieces, done = [], 0
    for start, end in spans:
        pieces += [text[done:start], "\n" * text.count("\n", start, end)]
        done = max(done, end)
    for number, line in enumerate("".join((*pieces, text[done:])).split("\n"), 1):
        if kind := comment_looks_like(line.partition("#")[2]):
            what = f"has a comment that looks like {kind} in clear text"
            yield Problem(number, "", what, "remove it, and change it: it has been written down")


def text_of(path: Path) -> str:
    """Read a file's text as it is, line ends included. Raises InvalidParameters when there is none to read."""
    name = str(path)
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no such name"
        raise InvalidParameters(name, [Problem(0, "", f"cannot be read ({why})", "name a readable file")]) from error
    if len(content) > MAX_BYTES:
        raise InvalidParameters(name, [Problem(1, "", f"is larger than {MAX_BYTES} bytes", "keep one environment to a file")])
    if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise InvalidParameters(name, [Problem(1, "", "starts with a byte order mark", "save it as plain UTF-8")])
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidParameters(name, [Problem(line, "", "is not UTF-8", "save it as UTF-8")]) from None


class _Refused(Exception):
    """Stop reading: what follows cannot be told."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


@dataclass
class _Builder:
    """Build a document's values from the parser's events."""

    events: Iterator[Any]
    lines: dict[Path_, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Build the only document. Raises _Refused when there is none, or one that is no mapping."""
        next(self.events)
        start = next(self.events)
        if not isinstance(start, DocumentStartEvent):
            raise _Refused(Problem(1, "", "is empty", START))
        if start.version or start.tags:
            self._tell(start, (), "has a YAML directive", "remove the line that begins with %")
        top = next(self.events)
        if not isinstance(top, MappingStartEvent):
            raise _Refused(Problem(_line(top), "", "is not a mapping of keys", START))
        values: dict[str, Any] = self.value(top, (), 0)
        next(self.events)
        after = next(self.events)
        if isinstance(after, DocumentStartEvent):
            self._tell(after, (), "begins a second document", "keep one environment to a file")
        return values

    def _tell(self, event: Any, path: Path_, what: str, way_out: str) -> None:
        self.problems.append(Problem(_line(event), dotted(path), what, way_out))

    def value(self, event: Any, path: Path_, depth: int) -> Any:
        """Build the value that an event begins."""
        self.lines.setdefault(path, _line(event))
        if depth > MAX_DEPTH:
            raise _Refused(Problem(_line(event), "", "is nested too deeply", "write the keys of docs/parameters.md"))
        if isinstance(event, AliasEvent):
            self._tell(event, path, "is an alias of another value", "write the value out where it belongs")
            return None
        self._properties(event, path)
        if isinstance(event, MappingStartEvent):
            return self._mapping(path, depth)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(path, depth)
        return self._scalar(event, path)

    def _properties(self, event: Any, path: Path_) -> None:
        if event.anchor is not None:
            self._tell(event, path, "has an anchor", "remove it, and write values out where they belong")
        if event.tag is not None:
            self._tell(event, path, "has a YAML tag", "write plain values")

    def _sequence(self, path: Path_, depth: int) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            values.append(self.value(event, (*path, len(values)), depth + 1))
        return values

    def _mapping(self, path: Path_, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            if not isinstance(event, ScalarEvent) or (event.value == "<<" and event.style is None):
                self._passed(event, path, depth)
                continue
            key = self._key(event, path, values)
            value = self.value(next(self.events), (*path, key), depth + 1)
            values.setdefault(key, value)
        return values

    def _passed(self, key: Any, path: Path_, depth: int) -> None:
        """Pass over a key that is none, and over its value."""
        if isinstance(key, ScalarEvent):
            self._tell(key, path, "has a merge key", "write the keys out where they belong")
        else:
            self._tell(key, path, "has a key that is no plain word", "write one of the keys of docs/parameters.md")
        aside = _Builder(self.events)
        if not isinstance(key, ScalarEvent):
            aside.value(key, (), depth + 1)
        aside.value(next(self.events), (), depth + 1)

    def _key(self, event: Any, path: Path_, values: dict[str, Any]) -> str:
        # Half a character, by its escape, is told as what it is; as such no program could print or encode the key.
        key = str(event.value).encode("utf-8", "backslashreplace").decode("utf-8")
        whole = (*path, key)
        self._properties(event, whole)
        if key in values:
            self._tell(event, whole, f"stands twice, first in line {self.lines[whole]}", "keep one of them")
        elif event.style is None and not ambiguity(key) and not isinstance(meaning(key), str):
            self._tell(event, path, "has a key that is no plain word", "quote it")
        else:
            self._scalar(event, whole)
        self.lines.setdefault(whole, _line(event))
        return key

    def _scalar(self, event: Any, path: Path_) -> Any:
        text = str(event.value)
        if any(is_odd(each) for each in text):
            self._tell(event, path, "holds an invisible character", "remove the escape")
        if event.style is not None or event.tag is not None:
            return text
        if means := ambiguity(text):
            shown = "the value" if UNQUOTED & set(path) else text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
            self._tell(event, path, f"{shown} is {means}", described.unmistakable(path, shown))
            return text
        return meaning(text)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def dotted(path: Path_) -> str:
    """Write a path as `kms.bucket_keys.source` or `confirmations[0].row`; what lies below a secret is not named."""
    text = ""
    for part in path:
        # A cell of Python may use any key, None too.
        name = part if isinstance(part, int) or (isinstance(part, str) and part.isprintable()) else ascii(part)
        text += f"[{name}]" if isinstance(name, int) else f".{name}" if text else name
        if part in UNQUOTED:
            break
    return text
