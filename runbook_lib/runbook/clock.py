"""Add up the time in which something goes on, once where several things go on at the same time."""

from __future__ import annotations

import threading
import time
from typing import Self


class Clock:
    """Run while anybody is within it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._within, self._begun = 0, 0.0
        self.seconds = 0.0

    def __enter__(self) -> Self:
        with self._lock:
            if not self._within:
                self._begun = time.monotonic()
            self._within += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._within -= 1
            if not self._within:
                self.seconds += time.monotonic() - self._begun
