"""Tell what a run is doing while it runs: stage, change, elapsed time."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Self

from runbook_lib.evidence.journal import FILE, lines_from

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

FEW = 20
"""Changes that are told one by one where they come together."""


class Progress:
    """Hear what happens; this one stays silent."""

    def step(self, text: str) -> None:
        """Hear what is done outside the stages."""

    def stage_begins(self, title: str, number: int, total: int) -> None:
        """Hear that a stage's notebook starts."""

    def change(self, stage: str, verb: str, address: str, outcome: str) -> None:
        """Hear that a change is sent (no outcome yet) or done."""

    def changes(self, stage: str, said: str, number: int) -> None:
        """Hear of many changes at once: what they do, or the outcome that they had."""

    def statements(self, number: int) -> None:
        """Hear how many requests or statements were sent since for what is being written."""

    def stage_ends(self, title: str, seconds: float, message: str) -> None:
        """Hear that a stage's notebook ended, with its error if it had one."""


class Follower:
    """Follow a record's journal while other processes write it."""

    def __init__(self, folder: Path, progress: Progress, interval: float = 0.2) -> None:
        self._path, self._progress, self._interval = folder / FILE, progress, interval
        self._done = threading.Event()
        self._read = 0
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
        new, self._read = lines_from(self._path, self._read)
        told = [each for each in new if "sent" not in each]
        if len(told) > FEW:
            for (stage, said), number in Counter((each["stage"], each.get("end") or each["verb"]) for each in told).items():
                self._progress.changes(stage, said, number)
            return
        for line in told:
            self._progress.change(line["stage"], line.get("verb", ""), line["address"], line.get("end", ""))
        if not told and new:
            self._progress.statements(len(new))
