"""Say which environments may begin: pure, so that its laws are held over every order in which they can end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runbook_lib.views.blocks import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from runbook_lib.model.fleets import Limits


@dataclass(frozen=True)
class Place:
    """Hold what the order goes by: an environment's number, wave and account."""

    number: int
    wave: int = 1
    account: str = ""


@dataclass
class Schedule:
    """Let environments begin in their order, within the limits, until all have or something halts it: `halted` says what.

    No more run at once than `jobs`, of one account no more than `per_account`. A wave begins when the one before has ended without a
    failure. None begins once `max_failures` have failed, what is refused before anything begins among them.
    """

    places: tuple[Place, ...]
    limits: Limits
    halted: str = ""
    running: dict[int, Place] = field(default_factory=dict)
    failed: list[Place] = field(default_factory=list)
    left: list[Place] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.left = list(self.places)

    def refuse(self, numbers: Collection[int]) -> None:
        """Count what is known to fail as failed in its wave, before anything begins."""
        refused = [each for each in self.left if each.number in numbers]
        self.left = [each for each in self.left if each.number not in numbers]
        self._fail(*refused)

    def due(self) -> Iterator[int]:
        """Begin as many as may; give their numbers."""
        while not self.halted and (each := self._next()) is not None:
            self.left.remove(each)
            self.running[each.number] = each
            yield each.number

    def ended(self, number: int, *, is_failed: bool) -> None:
        """Take note that one has ended."""
        each = self.running.pop(number)
        if is_failed:
            self._fail(each)

    def stop(self, why: str) -> None:
        """Let no more begin; the first reason counts."""
        self.halted = self.halted or why

    def _fail(self, *places: Place) -> None:
        self.failed += places
        if places and self.left and 0 < self.limits.max_failures <= len(self.failed):
            self.stop(f"no more began after {counted(len(self.failed), 'failure')}")

    def _next(self) -> Place | None:
        if len(self.running) >= self.limits.jobs:
            return None
        wave = min((each.wave for each in (*self.running.values(), *self.left)), default=0)
        if earlier := [each.wave for each in self.failed if each.wave < wave]:
            self.stop(f"wave {earlier[0]} ended with {counted(len(earlier), 'failure')}")
            return None
        return next((each for each in self.left if each.wave == wave and self._has_room(each.account)), None)

    def _has_room(self, account: str) -> bool:
        most = self.limits.per_account
        return not (most and account) or sum(each.account == account for each in self.running.values()) < most
