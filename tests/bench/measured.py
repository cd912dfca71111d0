"""Run commands, and take what they and all that they start use: `python -m tests.bench.measured` reads an order and answers in JSON.

It is a process of its own between the benchmark and the commands: whatever loses its parent meanwhile becomes its child, so that nothing
is missed, and its own processor time does not count.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
EVERY = 0.1
"""Seconds between two looks at the memory."""
LONGEST = 10.0
"""Seconds that what a command left behind has to end."""
MOST = 24
"""Scripts side by side: each has two connections, and the stand-in takes 60."""
PROC = Path("/proc")
THEIRS = {"Pss_Anon:", "Private_Clean:"}


class Failed(RuntimeError):
    """Tell which command failed, and its last words."""


@dataclass(frozen=True)
class Used:
    """Hold what commands used: seconds on the clock and of the processors, the most bytes of memory at once, and what each printed.

    Memory is what is theirs alone, all together: pages of their own by their shares, which are exact, since only forks share them, and
    of files those that nobody else maps. It is USS for a single process. 0 where there is no /proc.
    """

    wall: float
    cpu: float
    memory: int
    said: tuple[str, ...] = ()


def measure(commands: Sequence[Sequence[str]], folder: Path, variables: Mapping[str, str], *, at_once: bool = False) -> Used:
    """Run commands one after the other, or all at once, as far as the stand-in takes their connections. Raises Failed."""
    order = json.dumps({"commands": [list(each) for each in commands], "folder": str(folder), "at_once": at_once})
    here = Path(__file__).resolve().parents[2]
    words = (sys.executable, "-m", "tests.bench.measured")
    done = subprocess.run(words, cwd=here, env=dict(variables), input=order, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(done.stderr.strip()[-3000:])
    answer = json.loads(done.stdout)
    return Used(**{**answer, "said": tuple(answer["said"])})


def main() -> None:
    """Carry out the order on standard input."""
    order = json.load(sys.stdin)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with _watched() as most:
        begun = time.perf_counter()
        with ThreadPoolExecutor(min(len(order["commands"]), MOST) if order["at_once"] else 1) as pool:
            said = tuple(pool.map(partial(_said, folder=order["folder"]), order["commands"]))
        wall = time.perf_counter() - begun
    _reap()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    json.dump(asdict(Used(wall, used.ru_utime + used.ru_stime, max(most), said)), sys.stdout)


def _said(words: Sequence[str], folder: str) -> str:
    """Run a command and give what it printed. Raises Failed."""
    done = subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    said, complained = (each.decode(errors="replace") for each in (done.stdout, done.stderr))
    if done.returncode:
        raise Failed(f"{' '.join(words)} ended with {done.returncode}: {said[-1500:]}{complained[-1500:]}")
    return said


def _reap() -> None:
    """Wait a while for what outlived its parent, so that its processor time counts."""
    until = time.monotonic() + LONGEST
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < until:
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(EVERY)


@contextlib.contextmanager
def _watched() -> Iterator[list[int]]:
    """Look at the memory of all descendants again and again; what is given grows by each sum."""
    found, is_over = [0], threading.Event()

    def watch() -> None:
        while not is_over.wait(EVERY):
            found.append(sum(map(_memory, _descendants(os.getpid()))))

    watcher = threading.Thread(target=watch)
    if (PROC / "self" / "smaps_rollup").exists():
        watcher.start()
    try:
        yield found
    finally:
        is_over.set()
        if watcher.ident is not None:
            watcher.join()


def _descendants(pid: int) -> Iterator[int]:
    """List what a process started, and what that started."""
    with contextlib.suppress(OSError):
        for children in PROC.joinpath(str(pid), "task").glob("*/children"):
            for each in map(int, children.read_text("ascii").split()):
                yield each
                yield from _descendants(each)


def _memory(pid: int) -> int:
    with contextlib.suppress(OSError):
        rows = (line.split() for line in PROC.joinpath(str(pid), "smaps_rollup").read_text("ascii").splitlines()[1:])
        return 1024 * sum(int(row[1]) for row in rows if row[0] in THEIRS)
    return 0


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(str(failed))
