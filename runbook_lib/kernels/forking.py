"""Be the process that kernels are forked from: one thread, one socket to the process that started it, and nothing of anybody's.

A message on the socket asks for a kernel, with the files that it gets, or for a signal to one. The request itself lies in one of these
files, so that no variable and no secret of a kernel comes into this process, from which the next one is made. When the other end closes,
or its process is gone, every kernel is killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.kernels.requests import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

WORD = struct.Struct("!i")
"""A report is the kernel's process id and, when it has ended, its exit code."""
LONGEST = 4096
MOST_FILES = 64
PR_SET_PDEATHSIG = 1
"""Linux's number of the request, as prctl(2) has it."""
LOOK = 1.0
"""Seconds between two looks whether the process that started this one is still there: its end may be held by a child of its own."""


def main() -> None:
    """Import, then serve until nobody needs kernels any more; in each kernel, be that kernel."""
    from runbook_lib.kernels.warming import warm

    control = socket.socket(fileno=int(sys.argv[1]))
    parent = int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nothing of what is imported is ever given back: looking for it meanwhile takes a fifth of the time.
    gc.disable()
    warm()
    gc.enable()
    # What was imported is never looked through for cycles again, so that its pages stay shared.
    gc.collect()
    gc.freeze()
    served_by = os.getpid()
    if (files := Server(control, parent).serve()) is not None:
        end_with(served_by)
        run_kernel(become(files))


class Server:
    """Fork kernels and tell what becomes of them."""

    def __init__(self, control: socket.socket, parent: int) -> None:
        self._control, self._parent = control, parent
        self._reports: dict[int, int] = {}
        self._woken, wakes = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(wakes, False)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> list[int] | None:
        """Serve until the other end is gone. Gives the files of a kernel in its own process, and None in this one."""
        while os.getppid() == self._parent:
            ready, _, _ = select.select([self._control.fileno(), self._woken], [], [], LOOK)
            if self._woken in ready:
                self._reap()
            if self._control.fileno() in ready:
                message, files, _, _ = socket.recv_fds(self._control, LONGEST, MOST_FILES)
                if not message:
                    break
                if self._obeyed(json.loads(message), files):
                    return files
        self._kill()
        return None

    def _obeyed(self, message: dict[str, int], files: list[int]) -> bool:
        """Do as a message says; true in the process of a new kernel."""
        if "signal" in message:
            self._signal(message["pid"], message["signal"])
            return False
        pid = os.fork()
        if pid == 0:
            # Only the numbers are forgotten here: the files are closed with all others.
            self._control.detach()
            return True
        report, *others = files
        for each in others:
            os.close(each)
        self._reports[pid] = report
        _tell(report, pid)
        return False

    def _reap(self) -> None:
        os.read(self._woken, LONGEST)
        for pid in list(self._reports):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                report = self._reports.pop(pid)
                _tell(report, os.waitstatus_to_exitcode(status))
                os.close(report)

    def _signal(self, pid: int, number: int) -> None:
        """Send a signal to a kernel and what it has started; one that has ended gets none, whoever has its number now."""
        if pid in self._reports:
            try:
                os.killpg(pid, number)
            except ProcessLookupError:
                # It has no session of its own yet.
                os.kill(pid, number)

    def _kill(self) -> None:
        for pid in self._reports:
            self._signal(pid, signal.SIGKILL)
        for pid in self._reports:
            os.waitpid(pid, 0)


def end_with(parent: int) -> None:
    """Have the system end this process with the one that it was forked from, also before a kernel looks after that itself."""
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(1)


def become(files: Sequence[int]) -> Request:
    """Take on a kernel's session, files, limits, folder and variables; nothing of the process it was forked from stays."""
    os.setsid()
    _, sheet, *given = files
    request = Request.read(_contents(sheet))
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _arrange(dict(zip((1, 2, *request.descriptors), given, strict=True)))
    import resource

    for kind, soft, hard in request.limits:
        # Nobody may raise a limit above the one that this process was started with.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (soft, hard))
    os.environ.clear()
    os.environ.update(request.environ, JPY_PARENT_PID=str(os.getppid()))
    time.tzset()
    os.chdir(request.folder)
    return request


def run_kernel(request: Request) -> None:
    """Be the kernel that `python -m ipykernel_launcher` would be."""
    import ipykernel_launcher
    from ipykernel import kernelapp

    sys.argv = [str(ipykernel_launcher.__file__), *request.arguments]
    kernelapp.launch_new_instance(argv=[*request.arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])


def _tell(report: int, word: int) -> None:
    # Who asked may be gone.
    with contextlib.suppress(OSError):
        os.write(report, WORD.pack(word))


def _contents(sheet: int) -> bytes:
    with os.fdopen(os.dup(sheet), "rb") as file:
        file.seek(0)
        return file.read()


def _arrange(wanted: dict[int, int]) -> None:
    """Give each file its number, nothing as input, and close everything else."""
    above = max(wanted) + 1
    moved = {number: fcntl.fcntl(file, fcntl.F_DUPFD, above) for number, file in wanted.items()}
    moved[0] = fcntl.fcntl(os.open(os.devnull, os.O_RDONLY), fcntl.F_DUPFD, above)
    for number, file in moved.items():
        os.dup2(file, number)
    for each in list(Path("/proc/self/fd").iterdir()):
        if int(each.name) not in moved:
            with contextlib.suppress(OSError):
                os.close(int(each.name))
