"""Start the process that kernels are forked from, ask it for kernels, and let it go with this process."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

from runbook_lib.kernels.requests import can_fork, shape

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


@functools.cache
def shared() -> ForkServer:
    """Give this process's one, started with the first call and ended with the process."""
    server = ForkServer()
    atexit.register(server.close)
    return server


def warmed() -> None:
    """Let it make itself ready beside what else is to be done first, where kernels can be forked at all."""
    if can_fork():
        shared()


class ForkServer:
    """Hold the process and the socket to it."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._shape = shape(os.environ)
        self._has_forked = False
        given = {**QUIET, **self._shape, **{name: os.environ[name] for name in KEPT if name in os.environ}}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(theirs.fileno()), str(os.getpid())],
                env=given, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        """Give the process's id."""
        return self._process.pid

    def suits(self, request: Request) -> bool:
        """Tell whether a kernel may take over what was imported: nothing in its variables would have let the imports go otherwise."""
        return shape(request.environ) == self._shape

    def fork(self, request: Request) -> Forked:
        """Ask for a kernel. Raises Gone."""
        ours, theirs = socket.socketpair()
        sheet = os.memfd_create("kernel")
        try:
            os.write(sheet, request.written())
            files = [theirs.fileno(), sheet, 1, 2, *request.descriptors]
            socket.send_fds(self._control, [json.dumps({"start": 1}).encode()], files)
        except OSError as error:
            ours.close()
            raise Gone(str(error)) from error
        finally:
            os.close(sheet)
            theirs.close()
        self._has_forked = True
        return Forked(self, ours)

    def signal(self, pid: int, number: int) -> None:
        """Have a signal sent to a kernel and what it started."""
        # Without the process there are no kernels.
        with contextlib.suppress(OSError):
            self._control.send(json.dumps({"pid": pid, "signal": int(number)}).encode())

    def close(self) -> None:
        """End the process; its kernels end first. One that has none is not waited for until it has imported everything."""
        self._control.close()
        if not self._has_forked:
            self._process.kill()
        self._process.wait()


class Forked:
    """Be to a provisioner what `subprocess.Popen` is for a kernel that was started as usual."""

    stdin = stdout = stderr = None

    def __init__(self, server: ForkServer, report: socket.socket) -> None:
        self._server, self.report = server, report
        self.pid = 0
        self.returncode: int | None = None

    def begun(self, word: bytes) -> None:
        """Take the first word of the report. Raises Gone when there is none."""
        if len(word) < WORD:
            self.report.close()
            raise Gone("the process that kernels are forked from has ended")
        self.pid = int.from_bytes(word, "big", signed=True)

    def poll(self) -> int | None:
        """Give the exit code, or None while it runs."""
        return self._ended(socket.MSG_DONTWAIT)

    def wait(self) -> int:
        """Wait for its end and give the exit code."""
        code = self._ended(0)
        assert code is not None  # noqa: S101 - a blocking read does not come back without
        return code

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

    def _ended(self, flags: int) -> int | None:
        if self.returncode is None:
            try:
                word = self.report.recv(WORD, flags)
            except BlockingIOError:
                return None
            # Nothing is said of a kernel that ended with the process it was forked from.
            self.returncode = int.from_bytes(word, "big", signed=True) if word else -signal.SIGKILL
            self.report.close()
        return self.returncode
