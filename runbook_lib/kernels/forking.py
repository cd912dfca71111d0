"""Be the process that kernels or commands are forked from: one thread, one socket to the process that started it, nothing of anybody's.

A message on the socket asks for a kernel or a command, with the files that it gets, or for a signal to one. The request itself lies in
one of these files, so that no variable and no secret of it comes into this process, from which the next one is made. When the other end
closes, or its process is gone, every kernel is killed; a command is interrupted, as Ctrl-C does, so that it ends its record.

A command has such a process of its own again, forked as its first act: what is imported here is imported once for all of them.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import os
import select
import shutil
import signal
import socket
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib.kernels import cycles
from runbook_lib.kernels.requests import DEBUGS, Request, named

if TYPE_CHECKING:
    from collections.abc import Sequence

WORD = struct.Struct("!i")
"""A report is the kernel's process id and, when it has ended, its exit code."""
INTERRUPT = frozenset({signal.SIGINT})
LONGEST = 8192
MOST_FILES = 64
NONE = -1
"""The number of no process."""
PR_SET_PDEATHSIG = 1
"""Linux's number of the request, as prctl(2) has it."""
LOOK = 1.0
"""Seconds between two looks whether the process that started this one is still there: its end may be held by a child of its own."""


def main() -> None:
    """Import, then serve until nobody needs kernels any more; in each kernel, be that kernel."""
    from runbook_lib.kernels.warming import warm

    control, parent, debugs = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]), sys.argv[3] == DEBUGS
    # Not ignored: an interrupt that reaches a new command before it is one waits until it is.
    signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPT)
    # Nothing of what is imported is ever given back: looking for it meanwhile takes a fifth of the time.
    gc.disable()
    warm(*sys.argv[4:], is_needed=lambda: os.getppid() == parent, debugs=debugs)
    # Nor is it ever looked through for cycles again, so that its pages stay shared.
    gc.freeze()
    gc.enable()
    serve(control, parent)


def serve(control: socket.socket, parent: int) -> None:
    """Serve, and in what was forked be the kernel or the command that was asked for."""
    served_by = os.getpid()
    if (files := Server(control, parent).serve()) is None:
        return
    request = become(files)
    end_with(served_by, request.last)
    if request.calls:
        run_command(request)
    else:
        run_kernel(request)


@dataclass(frozen=True)
class Living:
    """Hold where to report of a process, the signal that it is sent when nobody needs it any more, and the folder that is its own."""

    report: int
    last: int
    meeting: str


class Server:
    """Fork kernels and tell what becomes of them."""

    def __init__(self, control: socket.socket, parent: int) -> None:
        self._control, self._parent = control, parent
        self._living: dict[int, Living] = {}
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
        self._end()
        return None

    def _obeyed(self, message: dict[str, Any], files: list[int]) -> bool:
        """Do as a message says; true in the process of a new kernel."""
        if "signal" in message:
            self._signal(message["pid"], message["signal"])
            return False
        try:
            pid = os.fork() if len(files) == message["files"] else NONE
        except OSError:
            # The system admits no further process, or has no memory for one: whoever asked hears that none begins, and what runs goes on.
            pid = NONE
        if pid == 0:
            # Only the numbers are forgotten here: the files are closed with all others.
            self._control.detach()
            return True
        if pid != NONE:
            report = files.pop(0)
            self._living[pid] = Living(report, message["start"], message["meeting"])
            _tell(report, pid)
        for each in files:
            os.close(each)
        return False

    def _reap(self) -> None:
        os.read(self._woken, LONGEST)
        for pid, each in list(self._living.items()):
            # Until it is waited for nobody else is given its number, by which what it started is found.
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            if each.meeting:
                self._signal(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            del self._living[pid]
            _tell(each.report, os.waitstatus_to_exitcode(status))
            os.close(each.report)

    def _signal(self, pid: int, number: int) -> None:
        """Send a signal to a process and what it has started; one that has ended gets none, whoever has its number now."""
        if pid in self._living:
            try:
                os.killpg(pid, number)
            except ProcessLookupError:
                # It has no session of its own yet.
                os.kill(pid, number)

    def _end(self) -> None:
        for pid, each in self._living.items():
            self._signal(pid, each.last)
        for pid, each in self._living.items():
            # A command that ends its record is not waited for.
            if each.last == signal.SIGKILL:
                os.waitpid(pid, 0)
            if each.meeting:
                # Whoever made it is gone.
                shutil.rmtree(each.meeting, ignore_errors=True)


def end_with(parent: int, number: int) -> None:
    """Have the system send this process a signal when the one that it was forked from ends, before a kernel looks after that itself."""
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(1)


def become(files: Sequence[int]) -> Request:
    """Take on a kernel's session, files, limits, folder and variables; nothing of the process it was forked from stays."""
    os.setsid()
    _, sheet, *given = files
    request = Request.read(_contents(sheet))
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
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
    os.umask(request.mask)
    return request


def run_kernel(request: Request) -> None:
    """Be the kernel that `python -m ipykernel_launcher` would be, without a debugger where that was not imported."""
    import ipykernel_launcher
    from ipykernel import kernelapp

    _heed_interrupts()
    if request.is_brief:
        cycles.leave_alone()
    sys.argv = [str(ipykernel_launcher.__file__), *request.arguments]
    kernelapp.launch_new_instance(argv=[*request.arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])


def run_command(request: Request) -> None:
    """Be the command, with a process of its own that its kernels are forked from. Raises SystemExit with its exit code."""
    from runbook_lib.kernels.fork_server import take_over

    command, (ours, theirs) = os.getpid(), socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if (pid := os.fork()) == 0:
        ours.close()
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        serve(theirs, command)
        return
    theirs.close()
    take_over(ours, pid)
    _heed_interrupts()
    sys.exit(named(request.calls)(list(request.arguments)))


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPT)


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
