"""Start the kernels of a run: each is handed its secrets, and the next is ready while the current one runs."""

from __future__ import annotations

import asyncio
import os
import tempfile
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self

from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from traitlets.config import Config

from runbook_lib import place, secrets
from runbook_lib.kernels.client import PromptClient
from runbook_lib.kernels.provisioner import ForkProvisioner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_client.asynchronous.client import AsyncKernelClient

LONGEST = 80
"""Characters of a folder in which a socket can have a name: the system takes 104 for both."""
ARGUMENTS = ("--HistoryManager.hist_file=:memory:",)
"""A run leaves nothing in its user's history."""


class KernelOfRun(AsyncKernelManager):
    """Keep the client with which papermill listens, to let it go with the kernel."""

    listening: AsyncKernelClient | None = None

    def client(self, **options: Any) -> Any:
        """Give the client that listens to the kernel."""
        self.listening = PromptClient(**self.get_connection_info(session=True), parent=self, **options)
        return self.listening

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


class Kernels:
    """Give as many kernels as a run has notebooks, each a moment before it is needed."""

    def __init__(self, variables: Sequence[str], number: int) -> None:
        self._variables, self._left = variables, number
        self._ready: tuple[KernelOfRun, ExitStack] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ready is not None:
            self._ready[1].close()

    @contextmanager
    def one(self) -> Iterator[KernelOfRun]:
        """Give the kernel that is ready, end it afterwards, and start the next meanwhile."""
        kernel, resources = self._ready or self._started()
        self._ready = None
        with resources:
            if self._left:
                self._ready = self._started()
            yield kernel

    def _started(self) -> tuple[KernelOfRun, ExitStack]:
        self._left -= 1
        with ExitStack() as resources:
            kernel = resources.enter_context(started(self._variables))
            return kernel, resources.pop_all()


@contextmanager
def started(variables: Sequence[str]) -> Iterator[KernelOfRun]:
    """Start a kernel that is handed the variables of these names; no other process inherits the socket."""
    # Whoever looks at a notebook that starts a run does not look at those of the run.
    environ = {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"}
    with tempfile.TemporaryDirectory(prefix="runbook-") as folder, secrets.handing_over(variables, environ) as handed:
        kernel = KernelOfRun(kernel_name="python3", config=Config({"KernelManager": connection(folder)}))
        kernel.provisioner = ForkProvisioner(kernel_spec=kernel.kernel_spec, parent=kernel)
        start = run_sync(kernel.start_kernel)
        start(cwd=str(place.home()), env=handed.environ, pass_fds=(handed.socket,), extra_arguments=list(ARGUMENTS))
        try:
            yield kernel
        finally:
            run_sync(kernel.end)()


def connection(folder: str) -> dict[str, str]:
    """Let kernel and runner talk through sockets in a folder that nobody else sees; where its name is too long, through free ports."""
    return {"transport": "ipc", "ip": f"{folder}/kernel"} if len(folder) <= LONGEST else {"transport": "tcp"}
