"""Find and stop the processes of one sandbox by what their command lines say, so that nothing has to be remembered to clean up."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from runbook_lib.sandbox.redshift.postgres import command_line, is_server

PROC = Path("/proc")
SEGMENTS = PROC / "sysvipc" / "shm"
OURS = re.compile(r"(?P<interpreter>(?:(?! -).)+) -m runbook_lib\.sandbox\.(?P<part>supervisor|aws|redshift) (?P<rest>.*)")
RANK = {"supervisor": 0, "aws": 1, "redshift": 1, "postgres": 2}
"""Who is asked to end first: the supervisor stops its parts itself, and those their own."""
LOCK_LINE_WITH_PROCESS, LOCK_LINE_WITH_SHARED_MEMORY, IPC_RMID = 0, 6, 0


def of(folder: Path) -> dict[int, str]:
    """Give the processes that belong to the sandbox of a folder: id and part."""
    found = ((pid, part_of(line, folder)) for pid, line in _all())
    return {pid: part for pid, part in found if part and _means(pid, folder)}


def part_of(line: str, folder: Path) -> str:
    """Tell which part of a folder's sandbox has this command line; empty when none."""
    if (ours := OURS.fullmatch(line)) and re.search(rf"[ =]{re.escape(str(folder))}[ /]", f"{ours['rest']} "):
        return ours["part"]
    return "postgres" if is_server(line, folder / "postgres" / "data") else ""


def _means(pid: int, folder: Path) -> bool:
    """Tell whether a process has this very folder under its name: what runs in a container may have another one."""
    try:
        return _identity(PROC / str(pid) / "root" / str(folder).lstrip("/")) == _identity(folder)
    except OSError:
        return True  # no such table on this system, or not ours to look at


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def stop(folder: Path) -> None:
    """Stop all processes of a folder's sandbox, and take the shared memory back that a killed server left."""
    if _until_gone(folder, politely=True, seconds=10.0):
        _until_gone(folder, politely=False, seconds=5.0)
    _free_shared_memory(folder / "postgres" / "data" / "postmaster.pid")


def _until_gone(folder: Path, *, politely: bool, seconds: float) -> bool:
    """Signal again and again, for a process may just have been started; tell whether some are left."""
    until = time.monotonic() + seconds
    told: set[int] = set()
    while left := of(folder):
        first = min(RANK[part] for part in left.values())
        for pid, part in left.items():
            if pid not in told and (RANK[part] == first or not politely):
                number = (signal.SIGQUIT if part == "postgres" else signal.SIGTERM) if politely else signal.SIGKILL
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
                told.add(pid)
        if time.monotonic() > until:
            return True
        time.sleep(0.03)
    return False


def _all() -> Iterator[tuple[int, str]]:
    """List every process that we may see, with its command line, words parted by blanks."""
    if PROC.joinpath("self", "cmdline").exists():
        for entry in PROC.iterdir():
            if entry.name.isdigit():
                yield int(entry.name), command_line(int(entry.name)).replace("\0", " ").strip()
        return
    listed = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        pid, _, words = line.strip().partition(" ")
        yield int(pid), words.strip()


def _free_shared_memory(lock: Path) -> None:
    """Remove the segment that a server's lock file names: a server that was killed could not, and it would outlive everything."""
    try:
        lines = lock.read_text("utf-8").splitlines()
        pid = int(lines[LOCK_LINE_WITH_PROCESS])
        key, segment = map(int, lines[LOCK_LINE_WITH_SHARED_MEMORY].split())
    except (OSError, ValueError, IndexError):
        return  # no server, or one that was stopped in order
    libc = ctypes.CDLL(None)
    if libc.shmget(key, 0, 0) == segment and _is_left(segment, pid):
        libc.shmctl(segment, IPC_RMID, None)


def _is_left(segment: int, pid: int) -> bool:
    """Tell whether this process made a segment and nobody uses it: numbers are given out again, keys with the folders' own."""
    if not SEGMENTS.exists():
        return True
    rows = [line.split() for line in SEGMENTS.read_text("utf-8").splitlines()]
    table = [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]
    return any((str(segment), str(pid), "0") == (row["shmid"], row["cpid"], row["nattch"]) for row in table)
