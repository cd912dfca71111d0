"""Tell records that a process of this machine still writes from those that nobody will write any more.

The system gives a lock on a file back when its process ends, however it ends. A record that begins is made under a gate, so that nobody
sees it before it is held.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

from runbook_lib.evidence.record import Record, private_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from runbook_lib.evidence.record import RunFacts

GATE = ".gate"


class Held:
    """Hold a record until it is let go, or until this process ends."""

    def __init__(self, record: Record) -> None:
        self._handle: int | None = os.open(record.folder / "run.json", os.O_RDONLY)
        fcntl.flock(self._handle, fcntl.LOCK_SH)

    def let_go(self) -> None:
        """Say that nothing more is written; a second call does nothing."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def create(store: Path, facts: RunFacts) -> tuple[Record, Held]:
    """Make a record that is held from its first moment."""
    with _gate(store / facts.environment, fcntl.LOCK_SH):
        record = Record.create(store, facts)
        return record, Held(record)


def idle(folder: Path, records: Iterable[Path]) -> tuple[Path, ...]:
    """Keep the records of an environment's folder that nobody writes any more."""
    with _gate(folder, fcntl.LOCK_EX):
        return tuple(each for each in records if not _is_held(each))


@contextlib.contextmanager
def _gate(folder: Path, mode: int) -> Iterator[None]:
    handle = os.open(private_folder(folder) / GATE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, mode)
        yield
    finally:
        os.close(handle)


def _is_held(record: Path) -> bool:
    handle = os.open(record / "run.json", os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
