"""Read and write references to secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Source = Literal["env", "secretsmanager", "ssm", "generate"]
SOURCES: tuple[str, ...] = get_args(Source)
_REFERENCE = re.compile(r"(?P<source>env|secretsmanager|ssm|generate:secretsmanager):(?P<name>[^#\s]+)(?:#(?P<key>\S+))?\Z")
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True)
class Reference:
    """Name a secret without holding it; `key` picks a field of a JSON secret."""

    source: Source
    name: str
    key: str = ""

    def __str__(self) -> str:
        prefix = "generate:secretsmanager" if self.source == "generate" else self.source
        return f"{prefix}:{self.name}" + (f"#{self.key}" if self.key else "")


def parse_reference(text: str) -> Reference:
    """Read a reference. Raises ValueError that does not quote the text, since it may be a password pasted by mistake."""
    match = _REFERENCE.match(text)
    if match is None or (match["source"] == "env" and not _ENVIRONMENT_NAME.match(match["name"])):
        raise ValueError("is not a secret reference")
    source: Source = "generate" if match["source"].startswith("generate") else match["source"]  # type: ignore[assignment]
    return Reference(source, match["name"], match["key"] or "")
