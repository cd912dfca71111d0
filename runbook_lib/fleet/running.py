"""Run a batch: begin what the schedule lets begin, keep what came of each, and stop cleanly when somebody says so."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.fleet.rows import ran
from runbook_lib.runbook.world import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

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

    def run(self) -> tuple[Row, ...]:
        """Run everything; give the rows in order, also of what was never begun. What cannot begin has failed before anything does."""
        refused = [each.number for each in self.schedule.left if each.number not in self.commands]
        for number in refused:
            self.keep(self.rows[number])
            self.progress.ends(self.rows[number])
        self.schedule.refuse(refused)
        asyncio.run(self._run())
        for number in (each.number for each in self.schedule.left):
            self.keep(self.rows[number])
        return tuple(self.rows[number] for number in sorted(self.rows))

    async def _run(self) -> None:
        tasks: set[asyncio.Task[Row]] = set()
        with self._stoppable():
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

    @contextlib.contextmanager
    def _stoppable(self) -> Iterator[None]:
        """Let Ctrl-C, SIGTERM and a terminal that is closed begin no more and stop what runs; said twice, what runs is killed."""
        # Whoever began it under nohup means to close the terminal.
        hung_up = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
        loop, signals = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM, *hung_up)
        for each in signals:
            loop.add_signal_handler(each, self._stop, each.name)
        try:
            yield
        finally:
            for each in signals:
                loop.remove_signal_handler(each)

    def _stop(self, name: str) -> None:
        self.schedule.stop(f"somebody stopped it ({name})")
        self.processes.stop()
        words = "is asked to end its record; once more kills it" if self.processes.stops == 1 else "is killed"
        self.progress.says(f"{name}: no more begin, and what runs {words}")
