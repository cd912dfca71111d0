"""Say of a run that somebody stops by hand what may stay of it, and which command goes on."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runbook_lib import interrupts
from runbook_lib.errors import Stopped
from runbook_lib.evidence.journal import written
from runbook_lib.evidence.resuming import command
from runbook_lib.resources.rehearsals import Rehearsal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.evidence import Record
    from runbook_lib.model import Written

SWEPT = "is removed by that command, and by the next apply or destroy"


@contextmanager
def told(record: Record) -> Iterator[None]:
    """Turn an interrupt into Stopped, with what the run was about and the way on."""
    try:
        with _heeding():
            yield
    except KeyboardInterrupt:
        raise _stopped(record) from None


@contextmanager
def _heeding() -> Iterator[None]:
    """Let SIGTERM, as a scheduler sends it, and a terminal that is closed interrupt as Ctrl-C does, where a process can be told of them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, signal.default_int_handler) for each in interrupts.asking()}
    try:
        yield
    finally:
        for each, former in before.items():
            signal.signal(each, former)


def _stopped(record: Record) -> Stopped:
    if record.approved() is None:
        return Stopped(record.folder.name, "was stopped; it had written nothing", "give the same command again")
    open_ = [_open(each) for each in written(record.folder) if not each.is_certain]
    return Stopped(record.folder.name, "; ".join(("was stopped", *open_)), command(record))


def _open(change: Written) -> str:
    """Say what nobody knows of a change that was begun."""
    match change.change.subject:
        case Rehearsal(touches=touches):
            return f"{change.address} was being played, and what is left of it {SWEPT}: {', '.join(touches)}"
    return f"{change.address} was being written, and live state will tell what became of it"
