"""Try again, for a bounded time, what may succeed later."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from runbook_lib.errors import TargetError, Transient

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """Bound the attempts: `deadline`, `first` and `longest` pause are seconds; `jitter` gives a number from 0 to 1."""

    deadline: float = 60.0
    first: float = 0.5
    longest: float = 8.0
    attempts: int = 30
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random

    def pause(self, attempt: int) -> float:
        """Give the seconds to wait after an attempt, counted from 0: doubled each time, the half of it by chance."""
        whole = min(self.longest, self.first * 2.0**attempt)
        return whole / 2 + whole / 2 * self.jitter()


def is_transient(error: TargetError) -> bool:
    """Tell whether another attempt may succeed."""
    return isinstance(error, Transient)


def patiently(attempt: Callable[[], T], patience: Patience, passing: Callable[[TargetError], bool] = is_transient) -> T:
    """Repeat an attempt while its error is passing and the deadline holds; the last error is raised as it is."""
    end = patience.clock() + patience.deadline
    for count in range(patience.attempts - 1):
        try:
            return attempt()
        except TargetError as error:
            pause = patience.pause(count)
            if not passing(error) or patience.clock() + pause > end:
                raise
        patience.sleep(pause)
    return attempt()
