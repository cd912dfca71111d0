"""Read a parameter file's YAML with line numbers, and refuse what YAML 1.1 and 1.2 read differently.

papermill reads YAML 1.1 and this library 1.2: a plain `012345670123`, `yes`, `15:00`, `1e3` or date would mean two things.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from runbook_lib.errors import InvalidParameters, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12
# Plain scalars whose meaning depends on the YAML version (or on the reader), each with what it looks like.
AMBIGUOUS = (
    (re.compile(r"[-+]?0[0-9_]+\Z"), "an octal number to some readers"),
    (re.compile(r"(?i:y|n|yes|no|on|off)\Z"), "a boolean to some readers"),
    (re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?\Z"), "a base-60 number to some readers"),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+\Z"), "a number to some readers and a text to others"),
    (re.compile(r"\d{4}-\d{1,2}-\d{1,2}([Tt\s].*)?\Z"), "a date to some readers"),
    (re.compile(r"[-+]?(0o[0-7]+|0x[0-9a-fA-F_]+|0b[01_]+)\Z"), "a number to some readers and a text to others"),
    (re.compile(r"[-+]?[0-9][0-9]*_[0-9_]*\Z"), "a number to some readers and a text to others"),
    (re.compile(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z"), "a number"),
)
PLAIN = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool"}
PLAIN |= {"tag:yaml.org,2002:null", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:timestamp"}

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
    text = _text(path)
    name = str(path)
    node = _composed(name, text)
    lines: dict[Path_, int] = {}
    problems = tuple(_problems(node, (), lines, 0))
    if any(each.what.endswith("too deeply") for each in problems):
        raise InvalidParameters(name, problems)
    return Document(_value(node), lines, problems)


def _text(path: Path) -> str:
    name = str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _whole(name, f"cannot be read ({error.strerror})", "name a readable file") from error
    if len(content) > MAX_BYTES:
        raise _whole(name, f"is larger than {MAX_BYTES} bytes", "keep one environment to a file")
    if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise _whole(name, "starts with a byte order mark", "save it as plain UTF-8")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidParameters(name, [Problem(line, "", "is not UTF-8", "save it as UTF-8")]) from None


def _whole(name: str, what: str, way_out: str) -> InvalidParameters:
    return InvalidParameters(name, [Problem(0, "", what, way_out)])


def _composed(name: str, text: str) -> MappingNode:
    if re.search(r"^\s*(?:[^#'\"\n]*:\s+|-\s+)?[&*][\w-]+", text, re.MULTILINE) and (found := _anchor(text)):
        raise InvalidParameters(name, [Problem(found, "", "uses an anchor or alias", "write the value out where it belongs")])
    try:
        nodes = list(YAML(typ="rt", pure=True).compose_all(text)) if text.strip() else []
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        what = getattr(error, "problem", None) or "is not YAML"
        line = mark.line + 1 if mark else 0
        raise InvalidParameters(name, [Problem(line, "", f"is not YAML: {_safe(what)}", "correct the syntax here")]) from None
    except (RecursionError, ValueError):
        raise _whole(name, "is nested too deeply", "write the keys of parameters/schema.json") from None
    if len(nodes) != 1 or not isinstance(nodes[0], MappingNode):
        what = "is empty" if not nodes else "holds several documents" if len(nodes) > 1 else "is not a mapping of keys"
        raise InvalidParameters(name, [Problem(1, "", what, "start from one of parameters/example-*.yaml")])
    return nodes[0]


def _anchor(text: str) -> int:
    """Find the line of an anchor or alias token, 0 when there is none (composing would already expand them)."""
    try:
        for token in YAML(typ="rt", pure=True).scan(text):
            if type(token).__name__ in {"AnchorToken", "AliasToken"}:
                return int(token.start_mark.line) + 1
    except YAMLError:
        return 0
    return 0


def _safe(what: str) -> str:
    """Keep a parser's message from quoting the file, since the mistake may be in a line with a secret."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "...", str(what))


def _problems(node: Node, path: Path_, lines: dict[Path_, int], depth: int) -> Iterator[Problem]:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    field = dotted(path)
    if depth > MAX_DEPTH:
        yield Problem(line, field, "is nested too deeply", "write the keys of parameters/schema.json")
    elif str(node.tag) not in PLAIN:
        yield Problem(line, field, "has a YAML tag of its own", "write plain values")
    elif isinstance(node, ScalarNode):
        yield from _ambiguity(node, line, field)
    elif isinstance(node, SequenceNode):
        for index, each in enumerate(node.value):
            yield from _problems(each, (*path, index), lines, depth + 1)
    else:
        yield from _mapping(node, path, lines, depth)


def _mapping(node: Node, path: Path_, lines: dict[Path_, int], depth: int) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode) or key.value == "<<":
            yield Problem(line, dotted(path), "has a key that is no plain word", "write plain keys, no merge keys")
            continue
        yield from _ambiguity(key, line, dotted((*path, key.value)))
        if key.value in seen:
            yield Problem(line, dotted((*path, key.value)), f"stands twice, first in line {seen[key.value]}", "keep one of them")
        seen.setdefault(key.value, line)
        lines[(*path, key.value)] = line
        yield from _problems(value, (*path, key.value), lines, depth + 1)


def _ambiguity(node: ScalarNode, line: int, field: str) -> Iterator[Problem]:
    if node.style is not None:
        return
    for pattern, means in AMBIGUOUS:
        if pattern.match(node.value):
            yield Problem(line, field, f"{node.value} is {means}", f'quote it: "{node.value}"')
            return


def _value(node: Node) -> Any:
    if isinstance(node, MappingNode):
        return {str(key.value): _value(value) for key, value in node.value if isinstance(key, ScalarNode)}
    if isinstance(node, SequenceNode):
        return [_value(each) for each in node.value]
    return _scalar(node)


def _scalar(node: Node) -> Any:
    text = str(node.value)
    if getattr(node, "style", None) is not None or any(pattern.match(text) for pattern, _ in AMBIGUOUS):
        return text
    match str(node.tag).rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return int(text)
        case "float":
            return float(text)
    return text


def dotted(path: Path_) -> str:
    """Write a path as `kms.bucket_keys.source` or `confirmations[0].row`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
