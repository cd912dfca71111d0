"""Read and write references to secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Source = Literal["env", "secretsmanager", "ssm", "generate", "prompt"]
SOURCES: tuple[str, ...] = get_args(Source)
_REFERENCE = re.compile(r"(?P<source>env|secretsmanager|ssm|generate:secretsmanager|prompt):(?P<name>[^#\s]+)(?:#(?P<key>\S+))?\Z")
_NAMED = {"env": re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z"), "prompt": re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}\Z")}


@dataclass(frozen=True)
class Reference:
    """Name a secret without holding it; `key` picks a field of a JSON secret. What is prompted for is named by who it belongs to."""

    source: Source
    name: str
    key: str = ""

    def __str__(self) -> str:
        prefix = "generate:secretsmanager" if self.source == "generate" else self.source
        return f"{prefix}:{self.name}" + (f"#{self.key}" if self.key else "")


def parse_reference(text: str) -> Reference:
    """Read a reference. Raises ValueError that does not quote the text, since it may be a password pasted by mistake."""
    match = _REFERENCE.match(text)
    if match is None or (match["source"] in _NAMED and not _NAMED[match["source"]].match(match["name"])):
        raise ValueError("is not a secret reference")
    source: Source = "generate" if match["source"].startswith("generate") else match["source"]  # type: ignore[assignment]
    return Reference(source, match["name"], match["key"] or "")
