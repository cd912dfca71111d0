"""Provision kernels by fork, through jupyter_client's own extension point: papermill and JupyterLab can use it as they are."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from runbook_lib.kernels.fork_server import Forked, Gone, shared
from runbook_lib.kernels.requests import request_for

if TYPE_CHECKING:
    from jupyter_client.connect import KernelConnectionInfo

    from runbook_lib.kernels.requests import Request

INSTANT = 0.002
SOON = 500
"""Looks, an instant apart, at a kernel that was killed: jupyter_client itself looks every tenth of a second."""


class ForkProvisioner(LocalProvisioner):
    """Start a kernel by fork where that gives the kernel that was asked for, and as usual where it does not."""

    process: Any = None
    is_brief = False
    """Whether each kernel ends with the one notebook that it executes, and nobody debugs it."""

    async def launch_kernel(self, cmd: list[str], **how: Any) -> KernelConnectionInfo:
        """Start the kernel of a command."""
        request = request_for(cmd, self._scrub_kwargs(how))
        if request is None or not shared(debugs=not self.is_brief).suits(request):
            return await super().launch_kernel(cmd, **how)
        try:
            self.process = await _forked(replace(request, is_brief=self.is_brief))
        except Gone as gone:
            self.log.warning("an ordinary kernel, for %s", gone)
            return await super().launch_kernel(cmd, **how)
        # Signals go through the process that knows which of its kernels still live, not to a group of a number.
        self.pid, self.pgid, self.cwd = self.process.pid, None, request.folder
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002 - the port's own
        """Kill the kernel and see it end."""
        await super().kill(restart)
        for _ in range(SOON if isinstance(self.process, Forked) else 0):
            if self.process.poll() is not None:
                break
            await asyncio.sleep(INSTANT)


async def _forked(request: Request) -> Forked:
    """Ask for a kernel and hear its number, without blocking other kernels of this process."""
    kernel = shared(debugs=not request.is_brief).fork(request)
    await kernel.begins()
    return kernel
