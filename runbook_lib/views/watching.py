"""Hear what an apply does while it does it, and draw that: how far it is, how long each change takes, and what is tried again."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.documents.sql import statements
from runbook_lib.views import naming
from runbook_lib.views.blocks import Counts, Folded, Grid, Mark, counted
from runbook_lib.views.changes import VERBS
from runbook_lib.views.many import ROWS, first
from runbook_lib.views.plans import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from runbook_lib.model import Change, Entry, Outcome
    from runbook_lib.views.blocks import Block, Cell

RUNNING, WAITING = Mark("running", "open", "\N{BLACK RIGHT-POINTING TRIANGLE}"), Mark("waiting", "quiet", "\N{MIDDLE DOT}")
REFUSED = 400
"""HTTP status from which an answer is a refusal."""
LATEST = 6
"""Changes that are shown beside the running one: what is ahead stands in the plan, what is behind in the receipt."""
AT_ONCE = 40
"""Changes that are shown while something runs."""


@dataclass
class _Step:
    change: Change
    begun: float = 0.0
    seconds: float = 0.0
    tries: int = 0
    refused: int = 0
    outcome: Outcome | None = None

    @property
    def is_running(self) -> bool:
        return bool(self.begun) and self.outcome is None

    @property
    def remark(self) -> str:
        """Say what a change waits for: a refusal of what goes on being tried is AWS not having spread what was made before."""
        if self.is_running and self.refused:
            return f"refused for now (HTTP {self.refused}): waiting until AWS has spread what was just made, or has time"
        return f"tried {self.tries} times" if self.refused and self.outcome == "applied" else ""


class Watch:
    """Hear an apply from the thread that writes, and be asked from the one that draws."""

    def __init__(self, changes: Sequence[Change], clock: Callable[[], float] = time.monotonic) -> None:
        self._steps = {each.address: _Step(each) for each in changes}
        self._running: dict[str, _Step] = {}
        self._due, self._said = 0, 0
        self._clock, self._lock, self._began = clock, threading.Lock(), clock()

    def begins(self, *changes: Change) -> None:
        """Hear that changes are sent together."""
        with self._lock:
            self._due, self._said = sum(len(statements(each)) for each in changes), 0
            for each in changes:
                step = self._running[each.address] = self._steps.setdefault(each.address, _Step(each))
                step.begun = self._clock()

    def sends(self, what: Mapping[str, object]) -> None:
        """Hear of a request or a statement for what has begun."""
        with self._lock:
            status = what.get("status")
            self._said += str(what["sql"]).count(";\n") + 1 if "sql" in what else 0
            if len({each.change.subject.lane for each in self._running.values()}) > 1:
                # Of several that are written at the same time nobody knows whose request it was.
                return
            for each in self._running.values():
                each.tries += 1
                each.refused = status if isinstance(status, int) and status >= REFUSED else each.refused

    def ends(self, *entries: Entry) -> None:
        """Hear what became of changes."""
        with self._lock:
            for each in entries:
                step = self._running.pop(each.change.address, None) or self._steps.setdefault(each.change.address, _Step(each.change))
                step.outcome, step.seconds = each.outcome, self._clock() - step.begun if step.begun else 0.0

    def now(self) -> Iterator[Block]:
        """Draw how far it is."""
        with self._lock:
            steps = list(self._steps.values())
            done = [each for each in steps if each.outcome is not None]
            running = [each for each in steps if each.is_running]
            yield Counts(
                (
                    Mark(f"{len(done):,} of {counted(len(steps), 'change')} done", "good" if done else "quiet"),
                    *((Mark(f"{self._said:,} of {self._due:,} statements sent", "quiet"),) if running and self._due > len(running) else ()),
                    Mark(f"{self._clock() - self._began:.0f} s", "quiet"),
                )
            )
            yield _grid("Now", [*running, *done[: -LATEST - 1 : -1]], self._clock(), "the plan and the receipt", AT_ONCE)

    def whole(self) -> Iterator[Block]:
        """Draw how long each change took, once it is over; nothing where nothing was sent."""
        sent = [each for each in self._steps.values() if each.begun]
        if sent:
            said = f"{counted(len(sent), 'change')} sent in {self._clock() - self._began:.1f} s; how long each took"
            yield Folded(said, (_grid("Time and tries", sent, self._clock(), "journal.jsonl", ROWS),))


def _grid(caption: str, steps: Sequence[_Step], now: float, where: str, limit: int) -> Grid:
    some, more = first(steps, where, limit)
    columns = ("state", "change", "what", "name", "seconds", "remark")
    return Grid(caption, columns, tuple(_row(each, now) for each in some), more=more)


def _row(step: _Step, now: float) -> tuple[Cell, ...]:
    subject, seconds = step.change.subject, now - step.begun if step.is_running else step.seconds
    state = OUTCOMES[step.outcome] if step.outcome is not None else RUNNING if step.is_running else WAITING
    name = (naming.kind(subject),), (naming.name(subject),)
    return ((state,), (VERBS[step.change.verb],), *name, (f"{seconds:.1f}",), (step.remark,))
