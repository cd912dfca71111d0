"""Doors that lead nowhere: servers on loopback that answer something else than Redshift, or nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def door(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen on a free port and let each caller meet an answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        callers: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                callers.append(caller)
                try:
                    answer(caller)
                except OSError:
                    continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for caller in callers:
                caller.close()


def silent(_caller: socket.socket) -> None:
    """Take the call and say nothing."""


def hanging_up(caller: socket.socket) -> None:
    """Take the call and hang up."""
    caller.recv(8)
    caller.close()


def web(caller: socket.socket) -> None:
    """Answer as a web server."""
    caller.recv(8)
    caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    caller.close()


def closed_port() -> int:
    """Give a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
