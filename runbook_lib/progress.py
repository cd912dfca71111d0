"""Tell what a run is doing while it runs: stage, change, elapsed time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from runbook_lib.evidence.journal import FILE, lines

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class Progress:
    """Hear what happens; this one stays silent."""

    def step(self, text: str) -> None:
        """Hear what is done outside the stages."""

    def stage_begins(self, title: str, number: int, total: int) -> None:
        """Hear that a stage's notebook starts."""

    def change(self, stage: str, verb: str, address: str, outcome: str) -> None:
        """Hear that a change is sent (no outcome yet) or done."""

    def stage_ends(self, title: str, seconds: float, message: str) -> None:
        """Hear that a stage's notebook ended, with its error if it had one."""


class Follower:
    """Follow a record's journal while other processes write it."""

    def __init__(self, folder: Path, progress: Progress, interval: float = 0.2) -> None:
        self._path, self._progress, self._interval = folder / FILE, progress, interval
        self._done = threading.Event()
        self._seen = 0
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        """Start following."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Tell what is left and stop."""
        self._done.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._done.wait(self._interval):
            self._tell()
        self._tell()

    def _tell(self) -> None:
        new = list(lines(self._path))[self._seen :]
        self._seen += len(new)
        for line in (each for each in new if "sent" not in each):
            self._progress.change(line["stage"], line.get("verb", ""), line["address"], line.get("end", ""))
