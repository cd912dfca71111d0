"""Speak HTTP to clients, and keep their connections open between calls, as AWS does: werkzeug's own handler closes each after one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer


class Handler(MotoRequestHandler):
    """Answer one request after the other: the front reads each body whole, and tells the length of each answer."""

    protocol_version = "HTTP/1.1"
    # An answer is sent in one piece, at once.
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_request(self, *_: object) -> None:
        """Write no line a request: the front keeps the log."""

    def handle_expect_100(self) -> bool:
        """Let a client that waits for it send its body."""
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def run_wsgi(self) -> None:
        """Have the front answer; whatever fails in it ends the connection."""
        self.close_connection |= not self._answered()

    def _answered(self) -> bool:
        try:
            for chunk in self.server.app(self.make_environ(), self._start):
                self.wfile.write(chunk)
            self.wfile.flush()
        except ConnectionError:
            return False
        except Exception:
            logging.getLogger(__name__).exception("%s cannot be answered", self.requestline)
            return False
        return True

    def _start(self, status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        return self.wfile.write


class Server(ThreadedWSGIServer):
    """Serve each connection in a thread that ends with the process."""

    daemon_threads = True


def server(host: str, port: int, front: Any) -> Server:
    """Listen."""
    return Server(host, port, front, Handler)
