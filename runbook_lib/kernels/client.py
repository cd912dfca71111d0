"""Wait for a kernel no longer than it takes."""

from __future__ import annotations

import asyncio
import time
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient

PATIENCE = 1.0
"""Seconds for an answer, before the kernel is looked after and asked again."""


class PromptClient(AsyncKernelClient):
    """Take a kernel for ready once it says that it is idle; the base class waits a fixed time for nothing else to be said."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the base class has it so
        """Wait until the kernel answers on both channels. Raises RuntimeError when it has died or takes too long."""
        begun = time.monotonic()
        while not await self._is_ready():
            if not await self._async_is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if timeout is not None and time.monotonic() - begun > timeout:
                message = f"Kernel didn't respond in {timeout} seconds"
                raise RuntimeError(message)

    async def _is_ready(self) -> bool:
        """Hear the kernel's greeting to who subscribes, then its answer, then that it is idle again: nothing is on its way any more."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.get_iopub_msg()
                asked = self.kernel_info()
                reply = await self._of(asked, self.get_shell_msg)
                while (await self._of(asked, self.get_iopub_msg))["content"].get("execution_state") != "idle":
                    pass
        except (TimeoutError, Empty):
            return False
        self._handle_kernel_info_reply(reply)
        return True

    async def _of(self, asked: str, listen: Any) -> dict[str, Any]:
        """Give the next message that answers a question."""
        while True:
            message: dict[str, Any] = await listen()
            if message["parent_header"].get("msg_id") == asked:
                return message
