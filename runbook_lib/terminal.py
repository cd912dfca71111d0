"""Show a run's progress in the terminal, on standard error, so that standard output holds the answer alone."""

from __future__ import annotations

import contextlib
import sys
import time

from runbook_lib.progress import FEW, Progress

SECONDS = 2.0
"""Between two lines about the statements of one change."""


def progress(*, is_quiet: bool) -> Progress:
    """Give a silent listener, or one that writes a line for each stage and change."""
    return Progress() if is_quiet else Lines()


class Lines(Progress):
    """Write a line for each stage and for each change, with the time since the start."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._sent, self._quiet_until = 0, 0.0

    def step(self, text: str) -> None:
        """Write what is done outside the stages."""
        self._line(text)

    def stage_begins(self, title: str, number: int, total: int) -> None:
        """Write that a stage starts."""
        self._line(f"[{number}/{total}] {title}")

    def change(self, stage: str, verb: str, address: str, outcome: str) -> None:
        """Write what was sent and what became of it."""
        del stage
        self._sent = 0
        self._line(f"       {verb or '':6} {address}" if not outcome else f"       {outcome:6} {address}")

    def changes(self, stage: str, said: str, number: int) -> None:
        """Write how many changes were sent, or what became of them."""
        del stage
        self._sent = 0
        self._line(f"       {said:6} {number:,} changes")

    def statements(self, number: int) -> None:
        """Write how many were sent, once there are many, and not more often than somebody reads it."""
        self._sent += number
        if self._sent > FEW and time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + SECONDS
            self._line(f"       sent   {self._sent:,} statements so far")

    def stage_ends(self, title: str, seconds: float, message: str) -> None:
        """Write how long a stage took, and its error."""
        self._line(f"       {title}: {'failed' if message else 'done'} in {seconds:.1f} s{': ' + message if message else ''}")

    def _line(self, text: str) -> None:
        # Whoever watched may be gone; the run goes on, and its record says the same.
        with contextlib.suppress(BrokenPipeError):
            sys.stderr.write(f"{time.monotonic() - self._begun:6.1f} s  {text}\n")
            sys.stderr.flush()
