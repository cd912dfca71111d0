"""Stand between boto and an endpoint on loopback, and spoil chosen requests."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Fault:
    """Spoil the next `times` requests of an operation: answer `status` and `body`, or drop the connection.

    With `late` the request reaches the endpoint and only its answer is lost.
    """

    operation: str
    status: int = 0
    body: str = ""
    times: int = 1
    late: bool = False


@dataclass
class Proxy:
    """Hold the faults still to come, and the operations of all requests so far."""

    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, operation: str) -> Fault | None:
        """Note a request and take its fault."""
        with self.lock:
            self.seen.append(operation)
            found = next((each for each in self.faults if each.operation == operation and each.times > 0), None)
            if found is not None:
                found.times -= 1
            return found


def operation_of(path: str, target: str, body: bytes) -> str:
    """Name the operation of a query or JSON request; REST requests are not told apart."""
    return target.rsplit(".", 1)[-1] if target else next(iter(parse_qs(body.decode("latin-1")).get("Action", [path])), path)


@contextmanager
def spoiled(endpoint: str) -> Iterator[Proxy]:
    """Serve a proxy in front of an endpoint."""
    proxy = Proxy()
    upstream = urlsplit(endpoint)

    class Spoiler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_words: object) -> None:
            """Stay silent."""

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fault = proxy.fault(operation_of(self.path, self.headers.get("X-Amz-Target", ""), body))
            if fault is not None and fault.status:
                self._answer(fault.status, fault.body.encode(), {"Content-Type": "text/xml"})
                return
            if fault is None or fault.late:
                connection = http.client.HTTPConnection(str(upstream.hostname), upstream.port, timeout=30)
                connection.request(self.command, self.path, body, dict(self.headers))
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
                if fault is None:
                    self._answer(answer.status, content, dict(answer.getheaders()))
                    return
            self.close_connection = True
            self.connection.close()

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass  # noqa: N815 (http.server names them)

        def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            kept = {"content-length", "transfer-encoding", "connection", "server", "date"}
            for name, value in headers.items():
                if name.lower() not in kept:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Spoiler)
    server.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def query_error(code: str, message: str) -> str:
    """Write the error answer of a query service such as IAM."""
    return (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        "<RequestId>11111111-2222-3333-4444-555555555555</RequestId></ErrorResponse>"
    )
