"""Run one environment in a process of its own, and hear how far it is. Only what it said last is kept in memory."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runbook_lib.fleet.answers import answered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbook_lib.fleet.starting import Process, Start

TOLD = r"^\s*[0-9.]+ s  "
PROGRESS = re.compile(TOLD)
"""How a line begins that says how far a run is."""
STAGE = re.compile(rf"{TOLD}\[(?P<place>\d+/\d+)\] (?P<title>.+)$")
"""The line that a run writes when a stage begins."""
LAST = 5
"""Lines that are kept of what a process says besides its answer: where it dies, they tell why."""


@dataclass(frozen=True)
class Ended:
    """Hold how a process ended: its exit code, negative where a signal ended it, its answer, and its last words besides."""

    code: int
    answer: dict[str, Any]
    last: tuple[str, ...]


@dataclass
class Processes:
    """Hold the processes that run, to stop all of them: first as Ctrl-C does, so that each ends its record; then at once."""

    start: Start
    stops: int = 0
    running: set[Process] = field(default_factory=set)

    async def run(self, words: Sequence[str], heard: Callable[[str, str], None]) -> Ended:
        """Run a command to its end; `heard` is told each stage's place and title."""
        with tempfile.TemporaryFile() as answer:
            process = await self.start(words, answer.fileno())
            self.running.add(process)
            try:
                if self.stops:
                    self._stop(process)
                last = await _listened(process.stderr, heard)
                code = await process.wait()
            finally:
                self.running.discard(process)
            return Ended(code, answered(answer), last)

    def stop(self) -> None:
        """Ask all that runs to stop; asked again, end it at once."""
        self.stops += 1
        for each in tuple(self.running):
            self._stop(each)

    def _stop(self, process: Process) -> None:
        if self.stops > 1:
            process.kill()
        else:
            process.interrupt()


async def _listened(stream: asyncio.StreamReader, heard: Callable[[str, str], None]) -> tuple[str, ...]:
    """Hear every line; give the last that are no progress."""
    last: deque[str] = deque(maxlen=LAST)
    while octets := await _line(stream):
        line = octets.decode(errors="replace").rstrip()
        if match := STAGE.match(line):
            heard(match["place"], match["title"])
        elif line and not PROGRESS.match(line):
            last.append(line)
    return tuple(last)


async def _line(stream: asyncio.StreamReader) -> bytes:
    """Read a line; one that is too long to be one of ours is passed over."""
    while True:
        try:
            return await stream.readline()
        except ValueError:
            continue
