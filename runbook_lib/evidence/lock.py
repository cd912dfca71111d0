"""Let one run at a time write an environment: a lock in the record store that names its owner and its age.

The system gives the lock back when its process ends, however it ends: what a killed run of this machine left is no lock. What a run of
another machine left may be one, since nobody here sees whether that run still goes on: a person takes it away.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from runbook_lib.errors import Locked
from runbook_lib.evidence.owner import Owner
from runbook_lib.evidence.record import private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.evidence.shared_lock import SharedLock

FILE = ".lock"
_HERE: dict[Path, Lock] = {}
"""What this process holds: a notebook that is opened anew takes over from what it was before."""


class Lock:
    """Hold an environment's lock until it is released, or until this process ends."""

    def __init__(self, handle: int, shared: SharedLock | None) -> None:
        self._handle: int | None = handle
        self._shared = shared

    def release(self) -> None:
        """Let others write; a second call does nothing."""
        if self._handle is not None:
            # What could not be given back in the bucket stays named here, so that the next run of this machine knows it for its own.
            if self._shared is None or self._shared.give_back():
                os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None


def acquire(folder: Path, environment: str, verb: str, now: str, shared: SharedLock | None = None) -> Lock:
    """Take the lock of an environment whose records lie in `folder`, and the one in its bucket. Raises Locked while another run has it."""
    if folder in _HERE:
        _HERE.pop(folder).release()
    handle = _opened(folder)
    try:
        before = _taken(handle, environment, now)
        _refuse_other_machines(before, environment, now)
        owner = Owner.here(verb, now)
        _write(handle, owner)
        if shared is not None:
            _claim(shared, handle, owner, before, environment)
    except BaseException:
        os.close(handle)
        raise
    _HERE[folder] = Lock(handle, shared)
    return _HERE[folder]


def _claim(shared: SharedLock, handle: int, owner: Owner, before: Owner | None, environment: str) -> None:
    """Take the lock in the bucket; where another has it, leave this machine's file as it was."""
    try:
        shared.claim(owner, before, environment, owner.since)
    except Locked:
        _write(handle, before)
        raise


@contextlib.contextmanager
def held(folder: Path, environment: str, verb: str, now: str, shared: SharedLock | None = None) -> Iterator[None]:
    """Hold the lock while something is done. Raises Locked while another run has it."""
    lock = acquire(folder, environment, verb, now, shared)
    try:
        yield
    finally:
        lock.release()


def broken(folder: Path, environment: str, now: str, shared: SharedLock | None = None) -> str:
    """Take away what a run left behind, and say whose it was; empty when there is no lock. Raises Locked while that run goes on here."""
    before: Owner | None = None
    if (folder / FILE).exists():
        handle = _opened(folder)
        try:
            before = _taken(handle, environment, now)
            os.ftruncate(handle, 0)
        finally:
            os.close(handle)
    there = shared.broken() if shared is not None else None
    found = there or before
    return found.described(now) if found is not None else ""


def _write(handle: int, owner: Owner | None) -> None:
    os.ftruncate(handle, 0)
    if owner is not None:
        os.pwrite(handle, owner.model_dump_json().encode(), 0)


def _opened(folder: Path) -> int:
    return os.open(private_folder(folder) / FILE, os.O_RDWR | os.O_CREAT, 0o600)


def _taken(handle: int, environment: str, now: str) -> Owner | None:
    """Take the system's lock, and give what the file says of an owner who did not give it back."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = _owner(handle)
        who = owner.described(now) if owner is not None else "it has just begun"
        way_out = f"wait until it ends, or end process {owner.pid}" if owner is not None else "try again"
        raise Locked(environment, f"is written by another run: {who}", way_out) from None
    return _owner(handle)


def _refuse_other_machines(before: Owner | None, environment: str, now: str) -> None:
    if before is not None and before.host != socket.gethostname():
        way_out = f"if that run is over, take its lock away: runbook unlock {environment}"
        raise Locked(environment, f"is written by another run: {before.described(now)}", way_out)


def _owner(handle: int) -> Owner | None:
    try:
        return Owner.model_validate_json(os.pread(handle, 4096, 0))
    except ValidationError:
        return None
