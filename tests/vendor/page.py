"""Take the vendor's page apart: JSON documents, SQL statements, settings, and the sentences that are left."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from runbook_lib.documents.vendor import page

_STATEMENT = re.compile(r"(?:CREATE USER|GRANT)\b[^;]*;")
_COMMENT = re.compile(r"--[^\n]*")
_UNQUOTED = re.compile(r"<[^<>\"]+>")
_SETTING = re.compile(r"((?:^# [^\n]*\n)+)(TONIC_[A-Z_]*?)(?=$|[^A-Z_]|(?<=KEY)[A-Z][a-z])", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """Hold the parts of the page; `rest` is every line that belongs to no other part."""

    documents: tuple[dict[str, Any], ...]
    statements: tuple[str, ...]
    settings: tuple[tuple[str, tuple[str, ...]], ...]
    rest: tuple[str, ...]


def taken_apart() -> Page:
    """Cut the page into its parts; what is cut out is gone, so that nothing is left unread."""
    text, documents = _without_documents(page())
    comments = tuple(each.lstrip("- ") for each in _COMMENT.findall(text))
    text = _COMMENT.sub("\n", text)
    statements = tuple(" ".join(each.split()) for each in _STATEMENT.findall(text))
    text = _STATEMENT.sub("\n", text)
    settings = tuple((name, tuple(notes.replace("# ", "").splitlines())) for notes, name in _SETTING.findall(text))
    text = _SETTING.sub("\n", text)
    rest = tuple(line.strip() for line in text.splitlines() if line.strip())
    return Page(documents, statements, settings, (*rest, *comments))


def _without_documents(text: str) -> tuple[str, tuple[dict[str, Any], ...]]:
    documents: list[dict[str, Any]] = []
    while (start := text.find("{")) >= 0:
        end = _end_of_object(text, start)
        documents.append(json.loads(_quoted(text[start:end])))
        text = f"{text[:start]}\n{text[end:]}"
    return text, tuple(documents)


def _end_of_object(text: str, start: int) -> int:
    """Find the end of a JSON object; braces inside strings do not count."""
    depth, is_string = 0, False
    for place in range(start, len(text)):
        letter = text[place]
        if letter == '"':
            is_string = not is_string
        elif not is_string and letter in "{}":
            depth += 1 if letter == "{" else -1
            if depth == 0:
                return place + 1
    raise AssertionError("an object on the vendor's page does not end")


def _quoted(text: str) -> str:
    """Quote the placeholders that the vendor left bare, leaving those inside strings."""
    parts = re.split(r'("[^"]*")', text)
    return "".join(each if each.startswith('"') else _UNQUOTED.sub(lambda match: f'"{match[0]}"', each) for each in parts)


def filled(node: Any, values: dict[str, str]) -> Any:
    """Put values in for the vendor's placeholders."""
    match node:
        case dict():
            return {key: filled(value, values) for key, value in node.items()}
        case list():
            return [filled(each, values) for each in node]
        case str():
            for placeholder, value in values.items():
                node = node.replace(placeholder, value)
            return node
    return node


def lines(document: dict[str, Any]) -> list[str]:
    """Spell a document out as one line for each action on each resource, sorted; repeated ones stay repeated."""
    return sorted(
        " ".join(
            (
                statement.get("Sid", "-"),
                statement["Effect"],
                json.dumps(statement.get("Principal", "-"), sort_keys=True).replace("[", "").replace("]", ""),
                action,
                resource,
                _condition(statement.get("Condition", {})),
            )
        )
        for statement in many(document.get("Statement", document))
        for action in many(statement["Action"])
        for resource in many(statement.get("Resource", "-"))
    )


def _condition(condition: dict[str, dict[str, Any]]) -> str:
    return ", ".join(f"{operator} {key} {sorted(many(value))}" for operator, keys in condition.items() for key, value in keys.items())


def many(value: Any) -> list[Any]:
    """Read a value that need not stand in a list."""
    return value if isinstance(value, list) else [value]
