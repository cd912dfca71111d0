"""Read and write references to secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Source = Literal["env", "secretsmanager", "ssm", "generate", "prompt", "typed"]
SOURCES: tuple[str, ...] = get_args(Source)
_WORDS: dict[str, Source] = {"generate:secretsmanager": "generate", "prompt:secretsmanager": "typed"}
"""What begins a reference whose source has another name: the way to the value, and where it is kept."""
FILLED_HERE = tuple(f"{words}:" for words in _WORDS)
"""What begins the reference to a secret that the runbook itself makes."""
_REFERENCE = re.compile(
    r"(?P<source>env|secretsmanager|ssm|generate:secretsmanager|prompt:secretsmanager|prompt):(?P<name>[^#\s]+)(?:#(?P<key>\S+))?\Z"
)
_NAMED = {"env": re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z"), "prompt": re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}\Z")}


@dataclass(frozen=True)
class Reference:
    """Name a secret without holding it; `key` picks a field of a JSON secret.

    What is prompted for is named by who it belongs to; what is generated or typed once, by the secret in which the runbook keeps it.
    """

    source: Source
    name: str
    key: str = ""

    def __str__(self) -> str:
        prefix = next((words for words, source in _WORDS.items() if source == self.source), self.source)
        return f"{prefix}:{self.name}" + (f"#{self.key}" if self.key else "")

    @property
    def is_filled_here(self) -> bool:
        """Tell whether the runbook itself makes the secret."""
        return str(self).startswith(FILLED_HERE)


def parse_reference(text: str) -> Reference:
    """Read a reference. Raises ValueError that does not quote the text, since it may be a password pasted by mistake."""
    match = _REFERENCE.match(text)
    if match is None or (match["source"] in _NAMED and not _NAMED[match["source"]].match(match["name"])):
        raise ValueError("is not a secret reference")
    source: Source = _WORDS.get(match["source"]) or match["source"]  # type: ignore[assignment]
    return Reference(source, match["name"], match["key"] or "")
