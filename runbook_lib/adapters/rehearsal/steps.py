"""Carry out steps one after another, remember how each ended, and take back what they made whatever happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from runbook_lib.adapters.aws.retry import Patience, patiently
from runbook_lib.errors import Denied, LoginRefused, NotFound, Rejected, TargetError
from runbook_lib.resources.rehearsals import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.resources.rehearsals import Ended

T = TypeVar("T")
YOUTH = 30.0
"""Seconds in which a refusal may mean that IAM's change has not reached the service yet."""
WAIT = 120.0
"""Seconds in which a service does what it was told a moment ago: make a function, settle a mapping, deliver a message."""


@dataclass
class Played:
    """Hold the steps so far, and what has to be taken back, the last made first.

    A role whose policies were written a moment ago may be refused for a while (IAM is eventually consistent): a refusal that should not be
    is tried again until one of its steps succeeds, for a bounded time from its arrival.
    """

    patience: Patience
    steps: list[Step] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    _arrivals: dict[str, float] = field(default_factory=dict)
    _made: dict[str, Callable[[], object]] = field(default_factory=dict)

    def arrives(self, principal: str) -> None:
        """Remember since when a role acts."""
        self._arrivals[principal] = self.patience.clock()

    def do(
        self,
        name: str,
        principal: str,
        permissions: tuple[str, ...],
        work: Callable[[], T],
        *,
        after: object = True,
        has_to_fail: bool = False,
    ) -> T | None:
        """Carry out a step and give what it answers; None when it was refused, failed, or has nothing to go on from (`after` is None)."""
        result, ended, detail = None, "left out", "an earlier step did not give what this one needs"
        if after is not None:
            result, ended, detail = self._ended(principal, work, has_to_fail=has_to_fail)
        step = Step(name=name, principal=principal, permissions=permissions, ended=ended, detail=detail, has_to_fail=has_to_fail)
        self.steps.append(step)
        return result

    def _ended(self, principal: str, work: Callable[[], T], *, has_to_fail: bool) -> tuple[T | None, Ended, str]:
        is_passing = lambda error: not has_to_fail and isinstance(error, Denied) and self._is_young(principal)  # noqa: E731
        try:
            result = patiently(work, self.patience, is_passing)
        except (Denied, LoginRefused) as error:
            return None, "refused", error.what
        except TargetError as error:
            return None, "failed", f"{error.where}: {error.what}"
        self._arrivals.pop(principal, None)
        return result, "done", ""

    def _is_young(self, principal: str) -> bool:
        return principal in self._arrivals and self.patience.clock() - self._arrivals[principal] < YOUTH

    def take_back(self, what: str, work: Callable[[], object]) -> None:
        """Remember how to remove something, before it is made: who is stopped in between does not know whether it was."""
        self._made[what] = work

    def gone(self, what: str) -> None:
        """Forget what a step removed by itself."""
        self._made.pop(what, None)

    def end(self) -> None:
        """Remove what is still there, whatever fails on the way; what could not be removed is named."""
        for what, work in reversed(self._made.items()):
            try:
                work()
            except NotFound:
                continue
            except TargetError as error:
                self.left.append(f"{what} ({error.where}: {error.what})")
        self._made.clear()

    def until(self, work: Callable[[], T | None], what: str) -> T:
        """Ask again until there is an answer. Raises Rejected when there is none in time."""
        patience = self.patience
        end = patience.clock() + WAIT
        attempt = 0
        while (answer := work()) is None:
            pause = patience.pause(attempt)
            if patience.clock() + pause > end:
                raise Rejected("rehearsal", f"{what} within {WAIT:.0f} seconds", "try again later")
            patience.sleep(pause)
            attempt += 1
        return answer
