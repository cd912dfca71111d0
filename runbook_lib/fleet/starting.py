"""Start the process of an environment: by fork from one that has imported everything once, or as any other program."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from runbook_lib.kernels import at_once
from runbook_lib.kernels.fork_server import Forked, ForkServer, Gone
from runbook_lib.kernels.requests import Request, can_fork, mask

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    Start = Callable[[Sequence[str], int], Awaitable["Process"]]
    """Start a command of these words, which writes its answer into this file."""

Started = TypeVar("Started")
RUNBOOK = (sys.executable, "-P", "-m", "runbook_lib")
CALLED, IMPORTED = "runbook_lib.cli:main", "runbook_lib.fleet.warming:import_all"
LONGEST = 1 << 16


class Process(Protocol):
    """Be a process that was started, in a session of its own: Ctrl-C at the terminal reaches it through us alone, once."""

    stderr: asyncio.StreamReader

    async def wait(self) -> int:
        """Wait for its end and give its exit code, negative where a signal ended it."""

    def interrupt(self) -> None:
        """Ask it to stop, as Ctrl-C does."""

    def kill(self) -> None:
        """End it and what it started."""


@contextlib.contextmanager
def starting(runs: int, program: Sequence[str] = ()) -> Iterator[Start]:
    """Give the way to start environments, of which so many run at once; `program` stands in for `runbook`."""
    environ = {**os.environ, at_once.NOTEBOOKS: str(at_once.notebooks(runs))}
    if program or not can_fork():
        yield lambda words, answer: executed((*(program or RUNBOOK), *words), answer, environ)
        return
    with contextlib.closing(ForkServer.started(IMPORTED, debugs=False)) as server:
        yield lambda words, answer: forked(server, words, answer, environ)


async def forked(server: ForkServer, words: Sequence[str], answer: int, environ: dict[str, str]) -> Process:
    """Start a command of ours by fork; as a program where that is not to be had any more."""
    request = Request(tuple(words), environ, str(Path.cwd()), (), (), mask(), CALLED)

    async def start(said: int) -> Forked:
        process = server.fork(request, answer, said)
        await process.begins()
        return process

    try:
        return _ForkedProcess(*await _heard(start))
    except Gone:
        return await executed((*RUNBOOK, *words), answer, environ)


async def executed(command: Sequence[str], answer: int, environ: dict[str, str]) -> Process:
    """Start a program."""

    async def start(said: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=answer, stderr=said, env=environ, start_new_session=True
        )

    return _Executed(*await _heard(start))


async def _heard(start: Callable[[int], Awaitable[Started]]) -> tuple[Started, asyncio.StreamReader]:
    """Start what is given a pipe to write to, and listen to it."""
    ours, theirs = os.pipe()
    reader, pipe = asyncio.StreamReader(LONGEST), os.fdopen(ours, "rb", buffering=0)
    try:
        started = await start(theirs)
    except BaseException:
        pipe.close()
        raise
    finally:
        os.close(theirs)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return started, reader


class _ForkedProcess:
    def __init__(self, process: Forked, stderr: asyncio.StreamReader) -> None:
        self._process, self.stderr = process, stderr

    async def wait(self) -> int:
        return await self._process.ends()

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        self._process.kill()


class _Executed:
    def __init__(self, process: asyncio.subprocess.Process, stderr: asyncio.StreamReader) -> None:
        self._process, self.stderr = process, stderr

    async def wait(self) -> int:
        return await self._process.wait()

    def interrupt(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
