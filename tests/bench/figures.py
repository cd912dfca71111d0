"""Take the time of what a benchmark does, on the clock and of the processors."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """Hold one line: seconds on the clock, seconds of processor time, and a remark."""

    name: str
    wall: float
    cpu: float
    remark: str = ""


def _cpu() -> float:
    """Give the processor time of this process and of the children that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def timed(name: str, action: Callable[[], str]) -> Figure:
    """Time an action with the child processes that end within it; its answer is the remark."""
    cpu, begun = _cpu(), time.perf_counter()
    remark = action()
    return Figure(name, time.perf_counter() - begun, _cpu() - cpu, remark)


def best(figures: Iterable[Figure]) -> Figure:
    """Choose the one that took the least processor time: what else runs on the machine slows a run down, and never speeds one up."""
    return min(figures, key=lambda each: (each.cpu, each.wall))
