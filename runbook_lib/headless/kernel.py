"""Start the kernels of a run: each is handed its secrets, and works for the thread that started it."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop, run_sync
from traitlets.config import Config

from runbook_lib import place, secrets
from runbook_lib.headless.line import Abandoned
from runbook_lib.kernels.client import PromptClient
from runbook_lib.kernels.provisioner import ForkProvisioner
from runbook_lib.kernels.requests import LAUNCHER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_client.asynchronous.client import AsyncKernelClient

LONGEST = 80
"""Characters of a folder in which a socket can have a name: the system takes 104 for both."""
ARGUMENTS = ("--HistoryManager.hist_file=:memory:",)
"""A run leaves nothing in its user's history."""


SPEC = KernelSpec(argv=[*LAUNCHER, "-f", "{connection_file}"], display_name="Python 3", language="python")
"""The kernel of this interpreter. Jupyter's own way to find it imports IPython, which nothing else of a run does outside its kernels."""


class Provisioner(ForkProvisioner):
    """Start kernels by fork that end with their notebook."""

    is_brief = True


class KernelOfRun(AsyncKernelManager):
    """Keep the client with which papermill listens, to let it go with the kernel."""

    kernel_spec = SPEC

    listening: AsyncKernelClient | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _is_abandoned = False

    def client(self, **options: Any) -> Any:
        """Give the client that listens to the kernel. Raises Abandoned when the run was given up before."""
        self._loop = ensure_event_loop()
        # In this order: whoever gives the run up from here on finds the loop.
        if self._is_abandoned:
            raise Abandoned(self.kernel_id)
        self.listening = PromptClient(**self.get_connection_info(session=True), parent=self, **options)
        return self.listening

    def abandon(self) -> None:
        """Let whoever waits for a cell, or is about to, wait no longer; called from another thread than that."""
        self._is_abandoned = True
        if (loop := self._loop) is not None:
            loop.call_soon_threadsafe(self._cancel, loop)

    def let_go(self) -> None:
        """Hear of no abandonment any more: what was asked of the loop while nothing ran in it would cancel the end itself."""
        self._loop = None

    async def end(self) -> None:
        """Kill the kernel, if it still lives, and let go of all that belongs to it; whoever waits for a cell of it waits no longer."""
        # After an interrupt somebody still does, and would complain of the kernel's death when the command has said its last word.
        waiting = asyncio.all_tasks() - {asyncio.current_task()}
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        if await self.is_alive():
            await self.shutdown_kernel(now=True)
        else:
            await self._async_cleanup_resources()
        if self.listening is not None:
            self.listening.stop_channels()

    def _cancel(self, loop: asyncio.AbstractEventLoop) -> None:
        for each in asyncio.all_tasks(loop) if self._loop is not None else ():
            each.cancel()


class Kernels:
    """Give the kernels of a run, each to the thread that uses it."""

    def __init__(self, variables: Sequence[str]) -> None:
        self._variables = variables
        self._living: set[KernelOfRun] = set()

    @contextmanager
    def one(self) -> Iterator[KernelOfRun]:
        """Start a kernel, and end it afterwards."""
        with started(self._variables) as kernel:
            self._living.add(kernel)
            try:
                yield kernel
            finally:
                self._living.discard(kernel)

    def abandon(self) -> None:
        """Let nobody wait for a cell any longer, in whichever thread."""
        for each in tuple(self._living):
            each.abandon()


@contextmanager
def started(variables: Sequence[str]) -> Iterator[KernelOfRun]:
    """Start a kernel that is handed the variables of these names; no other process inherits the socket."""
    # Whoever looks at a notebook that starts a run does not look at those of the run.
    environ = {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"}
    with tempfile.TemporaryDirectory(prefix="runbook-") as folder, secrets.handing_over(variables, environ) as handed:
        meeting = {"connection_file": f"{folder}/kernel.json", **connection(folder)}
        kernel = KernelOfRun(kernel_name="python3", config=Config({"KernelManager": meeting}))
        kernel.provisioner = Provisioner(kernel_spec=kernel.kernel_spec, parent=kernel)
        start = run_sync(kernel.start_kernel)
        try:
            start(cwd=str(place.home()), env=handed.environ, pass_fds=(handed.socket,), extra_arguments=list(ARGUMENTS))
            yield kernel
        finally:
            kernel.let_go()
            run_sync(kernel.end)()
            if threading.current_thread() is not threading.main_thread():
                ensure_event_loop().close()


def connection(folder: str) -> dict[str, str]:
    """Let kernel and runner talk through sockets in a folder that nobody else sees; where its name is too long, through free ports."""
    return {"transport": "ipc", "ip": f"{folder}/kernel"} if len(folder) <= LONGEST else {"transport": "tcp"}
