"""An object store in memory that keeps the contract of `ports.ObjectStore`, and can be dropped at a chosen call."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from runbook_lib.errors import Conflict, Unreachable
from runbook_lib.ports import Hold, StoredObject


@dataclass
class FakeObjects:
    """Hold objects by key. `left` counts the stores that still succeed; the next one is lost, before or after it took effect."""

    things: dict[str, tuple[bytes, datetime, Hold | None]] = field(default_factory=dict)
    left: int | None = None
    takes_effect: bool = False
    puts: list[str] = field(default_factory=list)

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """List by prefix."""
        return {key: len(content) for key, (content, _, _) in sorted(self.things.items()) if key.startswith(prefix)}

    def read(self, key: str) -> tuple[bytes, str] | None:
        """Read an object."""
        return (self.things[key][0], _etag(self.things[key][0])) if key in self.things else None

    def put(self, key: str, content: bytes, *, over: str = "", hold: Hold | None = None) -> str:
        """Store an object."""
        if self.left is not None:
            self.left -= 1
            if self.left < 0 and not self.takes_effect:
                raise Unreachable(key, "the connection was dropped")
        there = self.things.get(key)
        if (there is None) != (not over) or (there is not None and _etag(there[0]) != over):
            raise Conflict(key, "another is there")
        self.things[key] = (content, datetime.now(UTC), hold)
        self.puts.append(key)
        if self.left is not None and self.left < 0:
            raise Unreachable(key, "the answer was lost")
        return _etag(content)

    def look(self, key: str) -> StoredObject | None:
        """State what is stored."""
        if key not in self.things:
            return None
        content, stored, _ = self.things[key]
        return StoredObject(len(content), _etag(content), hashlib.sha256(content).hexdigest(), stored)

    def hold(self, key: str) -> Hold | None:
        """Read back what holds an object."""
        return self.things[key][2] if key in self.things else None


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
