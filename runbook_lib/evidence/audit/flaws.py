"""What an audit found: every flaw with its place, and what was checked."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Weight = Literal["broken", "unknown", "note"]
"""`note` is worth reading and changes no exit code."""


@dataclass(frozen=True)
class Flaw:
    """State what is wrong, in which file and line (0: none)."""

    file: str
    line: int
    what: str
    weight: Weight = "broken"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{self.weight}: {place}: {self.what}"


@dataclass
class Audit:
    """Hold what was checked, and every flaw, in order."""

    folder: str
    checked: list[str] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    def add(self, file: str, line: int, what: str, weight: Weight = "broken") -> None:
        """Note a flaw; file names that cannot be shown are escaped."""
        self.flaws.append(Flaw(shown(file), line, shown(what), weight))

    @property
    def exit_code(self) -> int:
        """Give 4 when something is broken, 6 when something is only not known, else 0."""
        weights = {each.weight for each in self.flaws}
        return 4 if "broken" in weights else 6 if "unknown" in weights else 0

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON."""
        facts = {name: shown(value) for name, value in self.facts.items()}
        return {**facts, "folder": self.folder, "checked": self.checked, "flaws": [asdict(each) for each in self.flaws]}

    def as_text(self) -> str:
        """Give everything as text, the verdict last."""
        verdict = {0: "fine", 4: "broken", 6: "nothing broken, but not everything is known"}[self.exit_code]
        facts = (f"{name}: {shown(value)}" for name, value in self.facts.items() if value)
        return "\n".join((*facts, *(f"checked: {each}" for each in self.checked), *map(str, self.flaws), f"{self.folder}: {verdict}"))


def shown(text: str) -> str:
    """Escape what is no text: names of files may hold any byte, and a terminal obeys some."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
