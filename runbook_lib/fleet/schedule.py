"""Say which environments may begin: pure, so that its laws are held over every order in which they can end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runbook_lib.views.blocks import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    failure. None begins once `max_failures` have failed.
    """

    places: tuple[Place, ...]
    limits: Limits
    halted: str = ""
    running: dict[int, Place] = field(default_factory=dict)
    failed: list[Place] = field(default_factory=list)
    left: list[Place] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.left = list(self.places)

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
            self.failed.append(each)
            if len(self.failed) == self.limits.max_failures:
                self._halt(f"{counted(len(self.failed), 'environment')} failed")
        if not self.running and not any(one.wave == each.wave for one in self.left):
            self._close(each.wave)

    def stop(self, why: str) -> None:
        """Let no more begin; the first reason counts."""
        self.halted = self.halted or why

    def _halt(self, why: str) -> None:
        """Let no more begin, where any are left."""
        if self.left:
            self.stop(why)

    def _close(self, wave: int) -> None:
        if number := sum(each.wave == wave for each in self.failed):
            self._halt(f"wave {wave} ended with {counted(number, 'failure')}")

    def _next(self) -> Place | None:
        if len(self.running) >= self.limits.jobs:
            return None
        wave = min((each.wave for each in (*self.running.values(), *self.left)), default=0)
        return next((each for each in self.left if each.wave == wave and self._has_room(each.account)), None)

    def _has_room(self, account: str) -> bool:
        most = self.limits.per_account
        return not (most and account) or sum(each.account == account for each in self.running.values()) < most
