"""Write values into a parameter file's text: what differs is written where it stands, every other character stays as it is.

Comments, order, quotation marks and line ends are kept because nothing rewrites them. A comment goes only with the key in whose line or
section it stands, or with the brackets around it. What comes out is read again, and refused unless it means exactly what was asked for.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from runbook_lib.errors import InvalidParameters, Problem
from runbook_lib.parameters import described, emitting
from runbook_lib.parameters.reading import Path_, parsed

document = lru_cache(maxsize=8)(parsed)
"""Read a text once, however often it is asked about while somebody types."""


@lru_cache(maxsize=2)
def _composed(text: str) -> Any:
    return YAML(typ="safe", pure=True).compose(text)


@dataclass(frozen=True)
class Edit:
    """Put a text in the place of the characters from `start` to `end`."""

    start: int
    end: int
    text: str


def rewritten(name: str, text: str, values: Mapping[str, Any]) -> str:
    """Give a file's text with these values in it. Raises InvalidParameters when it cannot be read, or cannot be edited line by line."""
    before = document(name, text).values
    try:
        after = _edited(text, before, dict(values))
    except (YAMLError, ValueError):
        # An alias of nothing, a second document, a key without an end: the file is read around them, and nothing is put where they stand.
        after = text
    if not same(document(name, after).values, values):
        raise InvalidParameters(name, [Problem(1, "", "is written in a way that cannot be edited here", "edit the file itself")])
    return after if not same(before, values) else text


def _edited(text: str, before: dict[str, Any], values: dict[str, Any]) -> str:
    lines = _Lines(text if text.endswith("\n") else text + _line_end(text))
    return lines.edited(_Comparison(lines).mapping(_composed(lines.text), before, values, ()))


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are one to every reader: true is not 1."""
    return _frozen(one) == _frozen(other)


def _frozen(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


class _Lines:
    """Know a text's lines: where one begins and ends, and how it ends."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.end_sign = _line_end(text)

    def start(self, index: int) -> int:
        """Give where the line of a character begins."""
        return self.text.rfind("\n", 0, index) + 1

    def end(self, index: int) -> int:
        """Give where the line of a character ends, its end sign included."""
        return self.text.index("\n", index) + 1

    def joined(self, lines: Iterable[str]) -> str:
        """Write lines with the file's own ends."""
        return "".join(f"{line}{self.end_sign}" for line in lines)

    def colon(self, key: Node) -> int:
        """Give the place behind a key's colon."""
        return self.text.index(":", key.end_mark.index) + 1

    def last(self, key: Node | None, value: Node) -> int:
        """Give the place behind the last character of a value, or of its key where there is no value."""
        start, end = value.start_mark.index, value.end_mark.index
        if isinstance(value, MappingNode) and not value.flow_style:
            return self.last(*value.value[-1])
        if isinstance(value, SequenceNode) and not value.flow_style:
            return self.last(None, value.value[-1])
        return start + len(self.text[start:end].rstrip()) if end > start or key is None else self.colon(key)

    def edited(self, edits: Iterable[Edit]) -> str:
        """Make edits that do not overlap; of several at one place, in their order."""
        pieces, done = [], 0
        for edit in sorted(edits, key=lambda each: each.start):
            pieces += [self.text[done : edit.start], edit.text]
            done = max(done, edit.end)
        return "".join((*pieces, self.text[done:]))


class _Comparison:
    """Hold a file's nodes against values, and yield the edits that make them agree."""

    def __init__(self, lines: _Lines) -> None:
        self.lines = lines

    def mapping(self, node: MappingNode, old: dict[str, Any], new: dict[str, Any], path: Path_) -> Iterator[Edit]:
        """Compare key by key; a new key goes behind the one that the schema has before it."""
        pairs = {str(key.value): (key, value) for key, value in reversed(node.value)}
        for name, (key, value) in reversed(pairs.items()):
            if name not in new:
                yield Edit(self.lines.start(key.start_mark.index), self.lines.end(self.lines.last(key, value)), "")
            else:
                yield from self._value(key, value, old.get(name), new[name], (*path, name), is_flow=bool(node.flow_style))
        order = _order(path)
        for name in sorted((each for each in new if each not in pairs), key=lambda each: order.get(each, len(order))):
            before = [each for each in pairs if order.get(each, 0) < order.get(name, len(order))] or list(pairs)
            place = max(self.lines.end(self.lines.last(*pairs[each])) for each in before)
            yield Edit(place, place, self.lines.joined(emitting.pair(name, new[name], node.start_mark.column)))

    def _value(self, key: Node, node: Node, old: Any, new: Any, path: Path_, *, is_flow: bool) -> Iterator[Edit]:
        if same(old, new):
            return
        inside = self._inside(node, old, new, path)
        yield from self._replaced(key, node, new, is_flow=is_flow) if inside is None else inside

    def _inside(self, node: Node, old: Any, new: Any, path: Path_) -> Iterator[Edit] | None:
        """Compare what is inside both; None where a value is replaced as a whole."""
        if not new:
            return None
        if isinstance(node, MappingNode) and isinstance(old, dict) and isinstance(new, dict):
            return self.mapping(node, old, new, path) if not node.flow_style or set(old) == set(new) else None
        if isinstance(node, SequenceNode) and isinstance(old, list) and isinstance(new, list) and not node.flow_style:
            return self._sequence(node, old, new, path)
        return None

    def _replaced(self, key: Node, node: Node, new: Any, *, is_flow: bool) -> Iterator[Edit]:
        colon, last = self.lines.colon(key), self.lines.last(key, node)
        is_block, is_empty = _is_block(node), last == self.lines.colon(key)
        if is_block:
            yield Edit(self.lines.end(colon), self.lines.end(last), "")
        if new and isinstance(new, (dict, list)) and not (is_flow or _is_bracketed(node)):
            yield Edit(colon, colon if is_block else last, "")
            place = self.lines.end(last)
            yield Edit(place, place, self.lines.joined(emitting.block(new, key.start_mark.column + emitting.STEP)))
        else:
            text = emitting.flow(new) if isinstance(new, (dict, list)) else emitting.scalar(new, _quotes(node), in_brackets=is_flow)
            yield Edit(colon, colon, f" {text}") if is_block or is_empty else Edit(node.start_mark.index, last, text)

    def _sequence(self, node: SequenceNode, old: list[Any], new: list[Any], path: Path_) -> Iterator[Edit]:
        """Compare entry by entry, each with the one that it most likely was."""
        column = node.start_mark.column
        alike = difflib.SequenceMatcher(None, [_frozen(each) for each in old], [_frozen(each) for each in new], autojunk=False)
        for _, first, last, begin, end in alike.get_opcodes():
            both = min(last - first, end - begin)
            for index in range(both):
                if not same(old[first + index], new[begin + index]):
                    yield from self._entry(node.value[first + index], old[first + index], new[begin + index], path, column)
            for entry in node.value[first + both : last]:
                yield Edit(self.lines.start(entry.start_mark.index), self.lines.end(self.lines.last(None, entry)), "")
            added = self.lines.joined(line for each in new[begin + both : end] for line in emitting.entry(each, column))
            behind = first + both
            place = self.lines.end(self.lines.last(None, node.value[behind - 1])) if behind else self.lines.start(node.start_mark.index)
            yield Edit(place, place, added)

    def _entry(self, node: Node, old: Any, new: Any, path: Path_, column: int) -> Iterator[Edit]:
        last = self.lines.last(None, node)
        if isinstance(node, ScalarNode) and not isinstance(new, (dict, list)):
            yield Edit(node.start_mark.index, last, emitting.scalar(new, _quotes(node)))
        elif (
            isinstance(node, MappingNode)
            and not node.flow_style
            and isinstance(old, dict)
            and isinstance(new, dict)
            and str(node.value[0][0].value) in new
        ):
            yield from self.mapping(node, old, new, path)
        else:
            yield Edit(self.lines.start(node.start_mark.index), self.lines.end(last), self.lines.joined(emitting.entry(new, column)))


def _order(path: Path_) -> dict[str, int]:
    section = described.section_at(path)
    return {name: place for place, name in enumerate(described.keys(section))} if section is not None else {}


def _is_block(node: Node) -> bool:
    return isinstance(node, (MappingNode, SequenceNode)) and not node.flow_style


def _is_bracketed(node: Node) -> bool:
    return isinstance(node, (MappingNode, SequenceNode)) and bool(node.flow_style) and bool(node.value)


def _quotes(node: Node) -> str | None:
    return node.style if isinstance(node, ScalarNode) and node.style in {"'", '"'} else None
