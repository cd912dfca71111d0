"""Write in a thread while somebody watches: what is journalled is told, and what interrupts stops it between two writes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from runbook_lib.model import Owed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runbook_lib.engine.apply import Journal
    from runbook_lib.evidence import FileJournal
    from runbook_lib.model import Change, Entry, Plan, Receipt
    from runbook_lib.views.watching import Watch

T = TypeVar("T")
INTERVAL = 0.25
"""Seconds between two looks."""


class Watched:
    """Be a run's journal, and tell a watch what goes into it."""

    def __init__(self, journal: Journal, own: FileJournal, watch: Watch) -> None:
        self._journal, self._own, self._watch = journal, own, watch

    def announce(self, stage: str, changes: Sequence[Change]) -> None:
        """Make known what a stage is going to write."""
        self._journal.announce(stage, changes)

    def begin(self, stage: str, *changes: Change) -> None:
        """Record changes before they are sent together."""
        self._watch.begins(*changes)
        self._journal.begin(stage, *changes)

    def sent(self, what: Mapping[str, Any]) -> None:
        """Record a request or a statement that was sent."""
        self._own.sent(what)
        self._watch.sends(what)

    def end(self, stage: str, *entries: Entry) -> None:
        """Record what became of them."""
        self._journal.end(stage, *entries)
        self._watch.ends(*entries)


async def in_thread(work: Callable[[], T], look: Callable[[], None], stop: Callable[[], None]) -> T:
    """Work in a thread and look at it until it ends. Who interrupts asks it to stop: what is being written is written to its end."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    while not task.done():
        try:
            await asyncio.wait({task}, timeout=INTERVAL)
        except (asyncio.CancelledError, KeyboardInterrupt):
            stop()
        look()
    return task.result()


def without_owed(fresh: Plan, receipt: Receipt | None, ways: Mapping[str, str]) -> Plan:
    """Turn changes that a run left to someone else from drift into what is owed, with the way out of each."""
    left = {entry.change.address: entry for entry in (receipt.entries if receipt else ()) if entry.outcome == "owed"}
    owed = tuple(
        Owed(address=each.address, by=left[each.address].by, reason=left[each.address].detail, way_out=ways[each.address])
        for each in fresh.changes
        if each.address in left
    )
    changes = tuple(each for each in fresh.changes if each.address not in left)
    return fresh.model_copy(update={"changes": changes, "owed": (*fresh.owed, *owed)})
