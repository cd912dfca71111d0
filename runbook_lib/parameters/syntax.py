"""Say in plain words what a YAML parser stumbled over, without quoting the file: the line may hold a secret."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from runbook_lib.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruamel.yaml.error import YAMLError

STUMBLES = (
    (
        "mapping values are not allowed",
        "holds a second colon, or is indented too deeply",
        "quote a text that holds a colon; align the keys",
    ),
    ("could not find expected ':'", "has a key without a colon", "write KEY: VALUE"),
    ("unexpected end of stream", "opens a quotation mark that is never closed", "close it"),
    ("unknown escape character", "holds a backslash that begins no known escape", "use single quotes, or write two backslashes"),
    ("escape sequence", "holds a backslash that begins no known escape", "use single quotes, or write two backslashes"),
    ("cannot start any token", "begins with a character that YAML keeps for itself", "quote the text"),
    ("undefined tag handle", "has a YAML tag", "write plain values"),
    (
        "sequence entries are not allowed",
        "has a list's dash where no list can be",
        "put the list below its key, each entry in a line of its own",
    ),
    ("expected ',' or", "opens a bracket that is never closed, or lacks a comma", "close it, or write one entry a line"),
    ("expected <block end>", "is indented unlike its neighbours", "align the keys of a section by spaces"),
    ("expected alphabetic or numeric", "has a sign where a value is wanted", "quote the text"),
    ("expected the node content", "has a sign where a value is wanted", "quote the text"),
)
"""Part of the parser's message, what it means, and the way out."""
BEGUN = ("could not find expected ':'", "unexpected end of stream", "expected ',' or")
"""What the parser notices too late: the line is where it began."""
UNGUARDED = (
    (re.compile(r"^%", re.MULTILINE), "has a YAML directive", "remove the line that begins with %"),
    (
        re.compile(r"\\U(?!00(?:0[0-9a-fA-F]|10))[0-9a-fA-F]{8}"),
        "holds an escape that stands for no character",
        "write the character itself; the last one is \\U0010FFFF",
    ),
)
"""What the parser takes as it comes and then fails at, what it means, and the way out."""
ALLOWED = {"\n", "\t"}


def stumble(error: YAMLError) -> Problem:
    """Give the problem that a parser's error stands for."""
    told = f"{getattr(error, 'problem', '')}"
    here, begun = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    mark = begun or here if any(part in told for part in BEGUN) else here or begun
    line = int(mark.line) + 1 if mark else 1
    for part, what, way_out in STUMBLES:
        if part in told:
            return Problem(line, "", what, way_out)
    return Problem(line, "", "is not YAML", "compare with one of parameters/example-*.yaml")


def unguarded(text: str, read_to: int) -> Problem:
    """Give the problem of a text at which the parser failed without an error of its own, behind what it had read by then."""
    found = [(match.start(), what, way_out) for pattern, what, way_out in UNGUARDED if (match := pattern.search(text, read_to))]
    place, what, way_out = min(found, default=(read_to, "is not YAML", "compare with one of parameters/example-*.yaml"))
    return Problem(text.count("\n", 0, place) + 1, "", what, way_out)


def odd_characters(text: str) -> Iterator[Problem]:
    """Find what readers take differently or people do not see: tabs, and control, format and separator characters."""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if "\t" in line:
            yield Problem(number, "", "holds a tab", 'write spaces; "\\t" in double quotes where a value needs one')
        found = next((each for each in line if each != "\t" and is_odd(each)), "")
        if found:
            yield Problem(number, "", f"holds the invisible character U+{ord(found):04X}", "remove it")


def is_odd(character: str) -> bool:
    """Tell whether nobody would see a character: control, format, separators of lines, half characters, unassigned."""
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"} and character not in ALLOWED
