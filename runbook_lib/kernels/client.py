"""Wait for a kernel no longer than it takes."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from jupyter_client.asynchronous.client import AsyncKernelClient

if TYPE_CHECKING:
    from collections.abc import Awaitable

LOOK = 1.0
"""Seconds between two looks whether the kernel still lives."""


class PromptClient(AsyncKernelClient):
    """Take a kernel for ready once it says that it is idle; the base class waits a fixed time for nothing else to be said."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the base class has it so
        """Wait until the kernel answers on both channels. Raises RuntimeError when it has died or takes too long.

        First it greets who subscribes, then it answers, then it is idle again: nothing is on its way any more.
        """
        until = time.monotonic() + timeout if timeout is not None else None
        await self._heard(self.get_iopub_msg(), until)
        asked = self.kernel_info()
        reply = await self._heard(self._of(asked, self.get_shell_msg), until)
        while (await self._heard(self._of(asked, self.get_iopub_msg), until))["content"].get("execution_state") != "idle":
            pass
        self._handle_kernel_info_reply(reply)

    async def _heard(self, message: Awaitable[dict[str, Any]], until: float | None) -> dict[str, Any]:
        """Wait for a message, and look after the kernel meanwhile; who stopped listening in order to look might lose it."""
        listening = asyncio.ensure_future(message)
        try:
            while not (await asyncio.wait({listening}, timeout=LOOK))[0]:
                if not await self._async_is_alive():
                    raise RuntimeError("Kernel died before replying to kernel_info")
                if until is not None and time.monotonic() > until:
                    raise RuntimeError("Kernel didn't respond in time")
            return listening.result()
        finally:
            listening.cancel()

    async def _of(self, asked: str, listen: Any) -> dict[str, Any]:
        """Give the next message that answers a question."""
        while True:
            message: dict[str, Any] = await listen()
            if message["parent_header"].get("msg_id") == asked:
                return message
