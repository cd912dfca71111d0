"""What can be made to go wrong, read from a JSON file while the stand-in runs, and the log of statements.

The file `faults.json` holds a list of `{"match": REGEX, "nth": 1, "kind": "latency" | "drop" | "drop after" | "error", "ms": 50,
"code": "XX000", "message": "..."}`. `latency` holds for every match, the others for the n-th alone.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from runbook_lib.sandbox.redshift.secrecy import masked


@dataclass(frozen=True)
class Fault:
    """Hold one fault."""

    match: str
    kind: Literal["latency", "drop", "drop after", "error"]
    nth: int = 1
    ms: float = 0.0
    code: str = "XX000"
    message: str = "injected fault"


class Faults:
    """Tell which fault a statement meets; counts matches per fault since the file last changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = 0.0
        self._faults: list[Fault] = []
        self._counts: list[int] = []

    def meet(self, sql: str) -> list[Fault]:
        """Give the faults that this statement meets."""
        self._reload()
        met = []
        for place, fault in enumerate(self._faults):
            if re.search(fault.match, sql, re.IGNORECASE | re.DOTALL):
                self._counts[place] += 1
                if fault.kind == "latency" or self._counts[place] == fault.nth:
                    met.append(fault)
        return met

    def _reload(self) -> None:
        stamp = self._path.stat().st_mtime_ns if self._path.exists() else 0
        if stamp != self._stamp:
            self._stamp = stamp
            self._faults = [Fault(**each) for each in json.loads(self._path.read_text("utf-8"))] if stamp else []
            self._counts = [0] * len(self._faults)


class StatementLog:
    """Append each statement, masked, as a JSON line."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def append(self, user: str, database: str, sql: str) -> None:
        """Write one statement."""
        line = {"at": time.time(), "user": user, "database": database, "statement": masked(sql)}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
