"""Count how many calls follow on each other, without a clock: what is asked together counts as one, the longest of its chains.

Each thread knows how long the chain is that led to where it is. A call makes it longer by one; who waits for others goes on behind the
longest of their chains, also where they only tell what they have asked already.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from runbook_lib.adapters import together
from runbook_lib.adapters.aws.reading import Reader
from runbook_lib.adapters.aws.session import AwsSession


class Chain(threading.local):
    """Hold the length of the chain that led a thread to where it is."""

    length = 0


CHAIN = Chain()


class Pool(ThreadPoolExecutor):
    """Let threads begin where their maker is, and let him go on behind the last of them."""

    def __init__(self, *how: Any) -> None:
        super().__init__(*how)
        self._longest = 0

    def submit(self, work: Callable[..., Any], /, *what: Any, **more: Any) -> Future[Any]:
        """Do something in a thread."""
        begun = CHAIN.length

        def followed() -> Any:
            CHAIN.length = begun
            try:
                return work(*what, **more)
            finally:
                self._longest = max(self._longest, CHAIN.length)

        return super().submit(followed)

    def shutdown(self, *how: Any, **more: Any) -> None:
        """Wait for all, and go on behind them."""
        super().shutdown(*how, **more)
        CHAIN.length = max(CHAIN.length, self._longest)


@contextmanager
def counted() -> Iterator[Chain]:
    """Count the calls to AWS that follow on each other in this thread, and in those that it asks with."""
    raw, once, in_thread = AwsSession._raw, Reader._once, asyncio.to_thread

    def sent(session: AwsSession, *what: Any, **more: Any) -> Any:
        CHAIN.length += 1
        return raw(session, *what, **more)

    def told(reader: Any, key: object, ask: Callable[[], Any]) -> Any:
        lengths: dict[str, int] = reader.__dict__.setdefault("lengths", {})

        def asked() -> Any:
            try:
                return ask()
            finally:
                lengths[repr(key)] = CHAIN.length

        try:
            return once(reader, key, asked)
        finally:
            CHAIN.length = max(CHAIN.length, lengths[repr(key)])

    async def written(work: Callable[[], Any]) -> Any:
        begun, ended = CHAIN.length, [0]

        def followed() -> Any:
            CHAIN.length = begun
            try:
                return work()
            finally:
                ended.append(CHAIN.length)

        try:
            return await in_thread(followed)
        finally:
            CHAIN.length = max(ended)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "to_thread", written)
        patch.setattr(AwsSession, "_raw", sent)
        patch.setattr(Reader, "_once", told)
        patch.setattr(together, "ThreadPoolExecutor", Pool)
        CHAIN.length = 0
        yield CHAIN
