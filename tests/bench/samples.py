"""What was measured in one round, and what becomes of all rounds: medians, and ratios to the straight script."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

STRAIGHT = "straight script"


@dataclass(frozen=True)
class Case:
    """Name a line of the table: what is done by which tool, with milliseconds added to each AWS call, on so many units of its part."""

    part: str
    what: str
    tool: str
    ms: int = 0
    size: int = 1
    against: str = ""
    """What the straight script does that this is compared with; empty: nothing is."""

    @property
    def rival(self) -> Case | None:
        """Give the line of the straight script that this is compared with."""
        return Case(self.part, self.against, STRAIGHT, self.ms, self.size, self.against) if self.against else None


@dataclass(frozen=True)
class Sample:
    """Hold one measurement; `memory` is bytes at the peak, `standins` the processor seconds of the emulated AWS and the databases."""

    case: Case
    turn: int
    wall: float
    cpu: float
    memory: int
    calls: int
    statements: int
    standins: float = 0.0


@dataclass(frozen=True)
class Line:
    """Hold one line of the table: medians over the rounds, and the median of the ratios that each round gives."""

    case: Case
    rounds: int
    wall: float
    least: float
    most: float
    cpu: float
    memory: float
    calls: int
    statements: int
    standins: float
    ratio: float | None


def lines_of(samples: Sequence[Sample]) -> tuple[Line, ...]:
    """Make a line of each case, in the order in which they were first measured."""
    walls = {(each.case, each.turn): each.wall for each in samples}
    return tuple(_line([each for each in samples if each.case == case], walls) for case in dict.fromkeys(each.case for each in samples))


def _line(samples: Sequence[Sample], walls: dict[tuple[Case, int], float]) -> Line:
    case = samples[0].case

    def median(of: Callable[[Sample], float]) -> float:
        return statistics.median(map(of, samples))

    return Line(
        case, len(samples), median(lambda each: each.wall), min(each.wall for each in samples), max(each.wall for each in samples),
        median(lambda each: each.cpu), median(lambda each: each.memory), round(median(lambda each: each.calls)),
        round(median(lambda each: each.statements)), median(lambda each: each.standins), _ratio(samples, walls),
    )  # fmt: skip


def _ratio(samples: Iterable[Sample], walls: dict[tuple[Case, int], float]) -> float | None:
    """Compare round by round: what slows the machine for a while slows both."""
    pairs = [(each.wall, walls.get((each.case.rival, each.turn))) for each in samples if each.case.rival is not None]
    ratios = [wall / rival for wall, rival in pairs if rival]
    return statistics.median(ratios) if ratios else None


def line(lines: Iterable[Line], what: str, tool: str, ms: int, size: int = 1) -> Line | None:
    """Find a line; None where it was not measured."""
    return next((each for each in lines if (each.case.what, each.case.tool, each.case.ms, each.case.size) == (what, tool, ms, size)), None)
