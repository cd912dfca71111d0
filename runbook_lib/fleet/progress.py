"""Tell how far a batch is: a line for whatever happens, and at a terminal one more, written anew, that says what runs now."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from typing import TYPE_CHECKING

from runbook_lib.headless.outcome import MEANINGS

if TYPE_CHECKING:
    from typing import TextIO

    from runbook_lib.model.fleets import Row

CLEAR = "\r\x1b[K"
NARROW = 80


class FleetProgress:
    """Hear what happens; this one stays silent."""

    def begins(self, row: Row) -> None:
        """Hear that an environment's process starts."""

    def reaches(self, row: Row, place: str, title: str) -> None:
        """Hear that an environment comes to a stage, and which of how many it is."""

    def ends(self, row: Row) -> None:
        """Hear what came of an environment."""

    def says(self, text: str) -> None:
        """Hear what concerns all of them."""

    def over(self) -> None:
        """Hear that nothing more follows."""


class FleetLines(FleetProgress):
    """Write it down, with the time since the start and how many of all have ended; where nobody can read it any more, go on without."""

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._total, self._stream, self._begun = total, stream or sys.stderr, time.monotonic()
        self._ended = self._failed = 0
        self._running: dict[str, str] = {}

    def begins(self, row: Row) -> None:
        """Write that it starts, and in which wave."""
        self._running[row.name] = ""
        self._line(f"{row.name}  begins, wave {row.wave}")

    def reaches(self, row: Row, place: str, title: str) -> None:
        """Write the stage."""
        self._running[row.name] = place
        self._line(f"{row.name}  [{place}] {title}")

    def ends(self, row: Row) -> None:
        """Write the exit code, what it means, and what went wrong."""
        self._running.pop(row.name, None)
        self._ended += 1
        self._failed += row.is_failed
        meaning = MEANINGS[row.exit_code] if row.exit_code is not None else row.state
        said = f": {row.said.splitlines()[0]}" if row.said else ""
        self._line(f"{row.name}  {'stopped' if row.state == 'stopped' else 'ends'} with {row.exit_code}, {meaning}{said}")

    def says(self, text: str) -> None:
        """Write a line by itself."""
        self._line(text)

    def over(self) -> None:
        """Take the line away that is written anew."""
        if self._stream.isatty():
            self._write(CLEAR)

    def _line(self, text: str) -> None:
        is_terminal = self._stream.isatty()
        failed = f", {self._failed} failed" if self._failed else ""
        line = f"{time.monotonic() - self._begun:6.1f} s  {self._ended}/{self._total}{failed}  {text}\n"
        self._write(f"{CLEAR}{line}{self._now()}" if is_terminal else line)

    def _write(self, text: str) -> None:
        # A terminal that is closed refuses it, and the batch is still to be filed.
        with contextlib.suppress(OSError):
            self._stream.write(text)
            self._stream.flush()

    def _now(self) -> str:
        """Say what runs, as much as fits into one line."""
        said = "  ".join(f"{name} {place}".rstrip() for name, place in self._running.items())
        return f"  now: {said}"[: shutil.get_terminal_size((NARROW, 1)).columns - 1] if said else ""
