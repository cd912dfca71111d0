"""Start the process that kernels or commands are forked from, ask it for them, and let it go with this process."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.kernels.requests import DEBUGS, can_fork, shape

if TYPE_CHECKING:
    from runbook_lib.kernels.requests import Request

PROGRAM = "import sys; del sys.path[0]; from runbook_lib.kernels.forking import main; main()"
"""The working directory is no place to import from, as `ipykernel_launcher` holds it too."""
KEPT = ("PATH", "TMPDIR", "TZ")
"""What the process is given beside what shapes its imports: no credentials, nor anything else that is somebody's."""
QUIET = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
"""The debugger that a kernel loads would say something of frozen modules, for which nobody has asked."""
WORD = 4
"""Bytes of a word of a report: a number of a process, or an exit code."""


class Gone(Exception):
    """Say that no kernel can be had by fork any more."""


_own: dict[bool, ForkServer] = {}
"""This process's one, once it has one, for kernels that somebody may debug and for others."""


def shared(*, debugs: bool = True) -> ForkServer:
    """Give this process's one, started with the first call and ended with the process."""
    return _own[debugs] if debugs in _own else _kept(ForkServer.started(debugs=debugs), debugs=debugs)


def take_over(control: socket.socket, pid: int) -> None:
    """Take for this process's one what it has forked of itself, when there was nothing in it but what was imported."""
    _kept(ForkServer(control, Child(pid)), debugs=False)


def _kept(server: ForkServer, *, debugs: bool) -> ForkServer:
    _own[debugs] = server
    atexit.register(server.close)
    return server


def warmed(*, debugs: bool = True) -> None:
    """Let it make itself ready beside what else is to be done first, where kernels can be forked at all."""
    if can_fork():
        shared(debugs=debugs)


class ForkServer:
    """Hold the process and the socket to it."""

    def __init__(self, control: socket.socket, process: Child | subprocess.Popen[bytes]) -> None:
        self._control, self._process = control, process
        self._shape = shape(os.environ)
        self._has_forked = False

    @classmethod
    def started(cls, *others: str, debugs: bool = True) -> ForkServer:
        """Start the process; beside what kernels need, it calls what is named as `module:function` to make itself ready.

        In kernels that somebody may debug, `debugs`.
        """
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        given = {**QUIET, **shape(os.environ), **{name: os.environ[name] for name in KEPT if name in os.environ}}
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(theirs.fileno()), str(os.getpid()), DEBUGS if debugs else "", *others],
                env=given, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        return cls(control, process)

    @property
    def pid(self) -> int:
        """Give the process's id."""
        return self._process.pid

    def suits(self, request: Request) -> bool:
        """Tell whether a kernel may take over what was imported: nothing in its variables would have let the imports go otherwise."""
        return shape(request.environ) == self._shape

    def fork(self, request: Request, out: int = 1, err: int = 2) -> Forked:
        """Ask for a kernel or a command that writes to these files. Raises Gone."""
        ours, theirs = socket.socketpair()
        sheet = os.memfd_create("kernel")
        try:
            os.write(sheet, request.written())
            files = [theirs.fileno(), sheet, out, err, *request.descriptors]
            message = {"start": request.last, "files": len(files), "meeting": request.meeting}
            socket.send_fds(self._control, [json.dumps(message).encode()], files)
        except OSError as error:
            ours.close()
            raise Gone(str(error)) from error
        finally:
            os.close(sheet)
            theirs.close()
        self._has_forked = True
        return Forked(self, ours)

    def signal(self, pid: int, number: int) -> None:
        """Have a signal sent to a kernel or a command, and what it started."""
        # Without the process there are no kernels.
        with contextlib.suppress(OSError):
            self._control.send(json.dumps({"pid": pid, "signal": int(number)}).encode())

    def close(self) -> None:
        """End the process; its kernels end first. One that has none is not waited for until it has imported everything."""
        self._control.close()
        if not self._has_forked:
            self._process.kill()
        self._process.wait()


@dataclass(frozen=True)
class Child:
    """Be to a server what `subprocess.Popen` is for one that was started as usual."""

    pid: int

    def kill(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> None:
        """Wait for its end."""
        os.waitpid(self.pid, 0)


class Forked:
    """Be to a provisioner what `subprocess.Popen` is for a kernel that was started as usual."""

    stdin = stdout = stderr = None

    def __init__(self, server: ForkServer, report: socket.socket) -> None:
        self._server, self.report = server, report
        self.pid = 0
        self.returncode: int | None = None

    async def begins(self) -> None:
        """Hear its number, without blocking what else this process does. Raises Gone when it does not begin."""
        word = await self._heard()
        self.report.setblocking(True)
        if len(word) < WORD:
            self.report.close()
            raise Gone("the process that kernels are forked from has ended, or the system admits no further process")
        self.pid = int.from_bytes(word, "big", signed=True)

    def poll(self) -> int | None:
        """Give the exit code, or None while it runs."""
        return self._ended(socket.MSG_DONTWAIT)

    def wait(self) -> int:
        """Wait for its end and give the exit code."""
        code = self._ended(0)
        assert code is not None  # noqa: S101 - a blocking read does not come back without
        return code

    async def ends(self) -> int:
        """Wait for its end, without blocking what else this process does, and give the exit code."""
        return self._take(await self._heard())

    def send_signal(self, number: int) -> None:
        """Send a signal to it and what it started."""
        if self.returncode is None:
            self._server.signal(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    async def _heard(self) -> bytes:
        # Imported only now, so that the process begins before.
        import asyncio

        self.report.setblocking(False)
        return await asyncio.get_running_loop().sock_recv(self.report, WORD)

    def _ended(self, flags: int) -> int | None:
        if self.returncode is None:
            try:
                word = self.report.recv(WORD, flags)
            except BlockingIOError:
                return None
            self._take(word)
        return self.returncode

    def _take(self, word: bytes) -> int:
        # Nothing is said of one that ended with the process it was forked from.
        self.returncode = int.from_bytes(word, "big", signed=True) if word else -signal.SIGKILL
        self.report.close()
        return self.returncode
