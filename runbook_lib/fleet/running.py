"""Run a batch: begin what the schedule lets begin, keep what came of each, and stop cleanly when somebody says so."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runbook_lib.fleet.rows import ran
from runbook_lib.runbook.world import now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runbook_lib.fleet.processes import Processes
    from runbook_lib.fleet.progress import FleetProgress
    from runbook_lib.fleet.schedule import Schedule
    from runbook_lib.model.fleets import Row


@dataclass
class Fleet:
    """Hold what runs: the rows by number, the command of each (a row that has none has ended), and whoever hears of it.

    `seen` adds to a row what its record knows.
    """

    rows: dict[int, Row]
    commands: Mapping[int, Sequence[str]]
    schedule: Schedule
    keep: Callable[[Row], None]
    progress: FleetProgress
    processes: Processes
    seen: Callable[[Row], Row]
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def run(self) -> tuple[Row, ...]:
        """Run everything; give the rows in order, also of what was never begun. What cannot begin has failed before anything does."""
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._run())
        for number in (each.number for each in self.schedule.left):
            self.keep(self.rows[number])
        return tuple(self.rows[number] for number in sorted(self.rows))

    async def _run(self) -> None:
        self._refuse()
        tasks: set[asyncio.Task[Row]] = set()
        try:
            while True:
                tasks |= {asyncio.create_task(self._one(number)) for number in self.schedule.due()}
                if not tasks:
                    return
                done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    self._ended(each.result())
        finally:
            if tasks:
                # Something failed here, as a full disk does: what runs elsewhere ends its records before we say so.
                self.processes.stop()
                await asyncio.wait(tasks)

    def _refuse(self) -> None:
        refused = [each.number for each in self.schedule.left if each.number not in self.commands]
        for number in refused:
            self.keep(self.rows[number])
            self.progress.ends(self.rows[number])
        self.schedule.refuse(refused)

    async def _one(self, number: int) -> Row:
        row, words = self.rows[number], self.commands[number]
        started, begun = now(), time.monotonic()
        self.progress.begins(row)
        ended = await self.processes.run(words, lambda place, title: self.progress.reaches(row, place, title))
        return self.seen(ran(row.model_copy(update={"started": started}), ended, time.monotonic() - begun))

    def _ended(self, row: Row) -> None:
        self.rows[row.number] = row
        self.keep(row)
        self.progress.ends(row)
        self.schedule.ended(row.number, is_failed=row.is_failed)

    def stop(self, name: str) -> None:
        """Hear of a signal: begin no more and stop what runs; said twice, what runs is killed. What comes after the last end stops nothing.

        It may be called between any two steps of this process, so it leaves the rest to the loop.
        """
        with contextlib.suppress(RuntimeError):
            # The loop is closed: everything has ended, and the record is being filed.
            self.loop.call_soon_threadsafe(self._stop, name)

    def _stop(self, name: str) -> None:
        if not (self.schedule.left or self.schedule.running):
            return
        self.schedule.stop(f"somebody stopped it ({name})")
        self.processes.stop()
        words = "is asked to end its record; once more kills it" if self.processes.stops == 1 else "is killed"
        self.progress.says(f"{name}: no more begin, and what runs {words}")
