"""Carry out steps one after another, remember how each ended, and take back what they made whatever happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from runbook_lib.adapters.aws.retry import patiently
from runbook_lib.errors import Denied, LoginRefused, NotFound, RunbookError, TargetError, Transient, Unreachable
from runbook_lib.resources.rehearsals import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.adapters.aws.retry import Patience
    from runbook_lib.resources.rehearsals import Ended

T = TypeVar("T")
YOUTH = 60.0
"""Seconds, from a role's first call of a service, in which a refusal may mean that IAM's change has not reached that service yet."""
LONG = 10
"""How many times the usual patience services may take for what they were told: a function, a mapping, a first notification."""


class Undecided(TargetError):
    """Tell that a step showed neither that something is allowed nor that it is refused."""


@dataclass
class Played:
    """Hold the steps so far, and what has to be taken back, the last made first.

    `gaps` are actions whose refusal is expected. A refusal that is not is tried again while the role is new to the service.
    """

    patience: Patience
    gaps: tuple[str, ...] = ()
    steps: list[Step] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    _first: dict[tuple[str, str], float] = field(default_factory=dict)
    _made: dict[str, tuple[Callable[[], object], ...]] = field(default_factory=dict)

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
        """Carry out a step and give what it answers; None when it did not succeed, or has nothing to go on from (`after` is None)."""
        step = Step(name=name, principal=principal, permissions=permissions, ended="left out", detail=MISSING, has_to_fail=has_to_fail)
        if after is None:
            self.steps.append(step)
            return None
        result, ended, detail = self._ended(step, work)
        self.steps.append(step.model_copy(update={"ended": ended, "detail": detail}))
        return result

    def _ended(self, step: Step, work: Callable[[], T]) -> tuple[T | None, Ended, str]:
        try:
            return patiently(work, self.patience, self._is_passing(step)), "done", ""
        except Denied as error:
            return None, "refused", error.what
        except (LoginRefused, Transient, Undecided, Unreachable) as error:
            return None, "undecided", f"{error.where}: {error.what}"
        except TargetError as error:
            return None, "failed", f"{error.where}: {error.what}"

    def _is_passing(self, step: Step) -> Callable[[TargetError], bool]:
        """Tell which refusals are tried again: those of a role that is new to a service, unless they are what should come."""
        is_expected = step.has_to_fail or not set(step.actions).isdisjoint(self.gaps)
        services = {each.partition(":")[0] for each in step.actions if ":" in each and ":role/" not in each}
        now = self.patience.clock()
        first = min((self._first.setdefault((step.principal, each), now) for each in services), default=-YOUTH)
        return lambda error: isinstance(error, Denied) and not is_expected and self.patience.clock() - first < YOUTH

    def take_back(self, what: str, *works: Callable[[], object]) -> None:
        """Remember how to remove something, before it is made: who is stopped in between does not know whether it was.

        Who may not remove it leaves it to the next of `works`.
        """
        self._made[what] = works

    def gone(self, what: str) -> None:
        """Forget what a step removed by itself."""
        self._made.pop(what, None)

    @property
    def has_made(self) -> bool:
        """Tell whether there is something to take back."""
        return bool(self._made)

    def end(self) -> None:
        """Remove what is still there, whatever fails on the way; what could not be removed is named."""
        for what, works in reversed(self._made.items()):
            if error := _removal(works):
                self.left.append(f"{what} ({error})")
        self._made.clear()

    def until(self, work: Callable[[], T | None], what: str) -> T:
        """Ask again until there is an answer. Raises Undecided when there is none in time."""
        patience, attempt = self.patience, 0
        wait = patience.deadline * LONG
        end = patience.clock() + wait
        while (answer := work()) is None:
            pause = patience.pause(attempt)
            if patience.clock() + pause > end:
                raise Undecided("rehearsal", f"{what} within {wait:.0f} seconds", "try again later")
            patience.sleep(pause)
            attempt += 1
        return answer


MISSING = "an earlier step did not give what this one needs"


def _removal(works: tuple[Callable[[], object], ...]) -> str:
    """Remove a thing by the first who may; say why it is still there, if it is."""
    said = ""
    for work in works:
        try:
            work()
        except NotFound:
            return ""
        except Denied as error:
            said = said or f"{error.where}: {error.what}"
        except RunbookError as error:
            return str(error)
        except (LookupError, TypeError, ValueError, OSError, RuntimeError) as error:
            # An answer that is not as expected keeps nothing else from being removed.
            return f"{type(error).__name__}: {error}"
        else:
            return ""
    return said
