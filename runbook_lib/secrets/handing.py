"""Hand secrets from a run to its kernel and back, through a socket that nobody but the two holds.

The run gives the values of the variables that references name, so that they stand in no kernel's environment, which every program of the
same user can read and every child inherits. The kernel tells each value that it comes to hold, before it is used: the run finds it in
the record even when the kernel was killed the moment after. The run holds these values as the kernel does, in memory and masked; digests
of them would have to be compared with every part of every file, in every form, and would leave nothing by which to mask what is found.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from runbook_lib.secrets.masked import LISTENERS, Listener, Masked

VARIABLE = "RUNBOOK_SECRETS"
"""Names the socket's number in a kernel that a run started."""
PATIENCE = 5.0
"""Seconds in which the last words of a kernel that has ended are read."""
_GIVEN: dict[str, Masked] = {}


@dataclass(frozen=True)
class Handed:
    """Start a kernel with this environment and this socket."""

    environ: dict[str, str]
    socket: int


@contextlib.contextmanager
def handing_over(names: Iterable[str], environ: Mapping[str, str]) -> Iterator[Handed]:
    """Give a kernel the variables of these names, and hear of the values that it comes to hold until it ends."""
    given = {name: Masked(environ[name]) for name in names if environ.get(name)}
    ours, theirs = socket.socketpair()
    clerk = threading.Thread(target=_serve, args=(ours, given), name="secrets", daemon=True)
    clerk.start()
    left = {name: value for name, value in environ.items() if name not in given}
    try:
        yield Handed({**left, VARIABLE: str(theirs.fileno())}, theirs.fileno())
    finally:
        theirs.close()
        clerk.join(PATIENCE)
        # A reader that still waits is woken: nothing more is to come.
        with contextlib.suppress(OSError):
            ours.shutdown(socket.SHUT_RDWR)
        clerk.join()
        ours.close()


def take_over() -> None:
    """Take what the run that started this process gives, once; from then on the run hears of every value. A person's kernel has no run."""
    number = os.environ.pop(VARIABLE, "")
    if not number:
        return
    run = socket.socket(fileno=int(number))
    # No child of this process inherits it.
    run.set_inheritable(False)
    with run.makefile("r", encoding="ascii") as lines:
        values: dict[str, str] = json.loads(lines.readline())
    _GIVEN.update({name: Masked(value) for name, value in values.items()})
    LISTENERS.append(_telling(run))


def variable(name: str, environ: Mapping[str, str]) -> Masked | None:
    """Give what a variable holds: the run's, or this process's own where it has no run. None when it holds nothing."""
    if name in _GIVEN:
        return _GIVEN[name]
    return Masked(environ[name]) if environ.get(name) else None


def _serve(ours: socket.socket, given: Mapping[str, Masked]) -> None:
    """Give the values, then hear of others. A kernel that ends, or never asks, ends this."""
    with contextlib.suppress(OSError), ours.makefile("rw", encoding="ascii") as lines:
        lines.write(json.dumps({name: each.reveal() for name, each in given.items()}) + "\n")
        lines.flush()
        for line in lines:
            # A kernel that was killed may leave half a word.
            with contextlib.suppress(ValueError):
                Masked(json.loads(line))


def _telling(run: socket.socket) -> Listener:
    lock, told = threading.Lock(), set[str]()

    def tell(value: str) -> None:
        with lock, contextlib.suppress(OSError):
            if value not in told:
                told.add(value)
                run.sendall(json.dumps(value).encode() + b"\n")

    return tell
