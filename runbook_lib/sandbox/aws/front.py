"""What stands before moto: health, call log, faults, the gaps that are filled, and clean refusals of what is not modelled."""

from __future__ import annotations

import io
import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from runbook_lib.sandbox.aws.requests import Call, call_of, error

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Answer = tuple[str, list[tuple[str, str]], bytes]
Gap = Callable[[Call], "Answer | None"]
PREFIX = "/_sandbox/"


@dataclass
class Fault:
    """Make calls go wrong: `operation` is a regex over `service:Operation`, `count` how often (-1: always)."""

    operation: str
    kind: str
    count: int = -1
    ms: float = 0.0
    code: str = ""
    status: int = 400
    message: str = "injected fault"


FAULTS = {
    "throttle": (400, "Throttling", "Rate exceeded"),
    "deny": (403, "AccessDenied", "User: arn:aws:iam::000000000000:user/injected is not authorized to perform: {action} on resource: *"),
    "expired": (403, "ExpiredToken", "The security token included in the request is expired"),
}


class Front:
    """Be the WSGI application."""

    def __init__(self, inner: Application, identity: dict[str, Any], gaps: tuple[Gap, ...]) -> None:
        self._inner, self._identity, self._gaps = inner, identity, gaps
        self._calls: list[dict[str, Any]] = []
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        if environ["PATH_INFO"].startswith(PREFIX):
            return _sent(start, self._control(environ))
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        call = call_of(environ, body)
        if call is None:
            return _sent(start, ("403 Forbidden", [("Content-Type", "text/plain")], b"unsigned requests are not modelled"))
        answer = self._faulty(call) or self._filled(call) or self._moto(environ, body, call)
        with self._lock:
            self._calls.append(
                {"at": time.time(), "service": call.service, "operation": call.operation, "is_read": call.is_read,
                 "access_key": call.access_key, "status": int(answer[0].split()[0])}
            )  # fmt: skip
        return _sent(start, answer)

    def _control(self, environ: dict[str, Any]) -> Answer:
        what, method = environ["PATH_INFO"].removeprefix(PREFIX), environ["REQUEST_METHOD"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        with self._lock:
            match what, method:
                case "health", "GET":
                    return _json(self._identity)
                case "calls", "GET":
                    return _json(self._calls)
                case "calls", "DELETE":
                    self._calls.clear()
                    return _json([])
                case "faults", "POST":
                    self._faults = [Fault(**each) for each in json.loads(body)]
                    return _json([])
        return "404 Not Found", [], b""

    def _faulty(self, call: Call) -> Answer | None:
        name = f"{call.service}:{call.operation}"
        for fault in self._faults:
            if fault.count == 0 or not re.search(fault.operation, name):
                continue
            fault.count -= 1
            if fault.kind == "latency":
                time.sleep(fault.ms / 1000)
            elif fault.kind == "drop":
                raise ConnectionAbortedError(name)
            else:
                status, code, message = FAULTS.get(fault.kind, (fault.status, fault.code, fault.message))
                return error(call, status, code, message.format(action=name))
        return None

    def _filled(self, call: Call) -> Answer | None:
        return next((answer for gap in self._gaps if (answer := gap(call)) is not None), None)

    def _moto(self, environ: dict[str, Any], body: bytes, call: Call) -> Answer:
        environ["wsgi.input"] = io.BytesIO(body)
        seen: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], _info: object = None) -> None:
            seen["status"], seen["headers"] = status, headers

        try:
            chunks = self._inner(environ, start)
            text = b"".join(chunks)
        except NotImplementedError:
            return _refused(call)
        except Exception as failure:  # noqa: BLE001 - moto raises anything where it is incomplete; the client gets a clean refusal
            return error(
                call, 501, "NotImplemented", f"not modelled by the sandbox: {call.service}:{call.operation}: {type(failure).__name__}"
            )
        if hasattr(chunks, "close"):
            chunks.close()
        kind = dict(seen["headers"]).get("Content-Type", "")
        if seen["status"].startswith("5") and "html" in kind:
            return _refused(call)
        return seen["status"], _with_request_id(seen["headers"]), text


def _refused(call: Call) -> Answer:
    return error(call, 501, "NotImplemented", f"not modelled by the sandbox: {call.service}:{call.operation}")


def _with_request_id(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    names = {name.lower() for name, _ in headers}
    return headers if names & {"x-amzn-requestid", "x-amz-request-id"} else [*headers, ("x-amzn-RequestId", str(uuid.uuid4()))]


def _json(value: object) -> Answer:
    return "200 OK", [("Content-Type", "application/json")], json.dumps(value).encode()


def _sent(start: Callable[..., Any], answer: Answer) -> Iterable[bytes]:
    status, headers, body = answer
    kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
    start(status, [*kept, ("Content-Length", str(len(body)))])
    return [body]
