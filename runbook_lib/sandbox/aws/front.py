"""What stands before moto: who calls, faults, what he may, rules that moto lacks, the logs, and clean refusals of what is not modelled."""

from __future__ import annotations

import io
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from runbook_lib.sandbox.aws import sessions
from runbook_lib.sandbox.aws.answers import FIRST_ERROR, Answer, not_modelled, status_of
from runbook_lib.sandbox.aws.authentication import authenticated
from runbook_lib.sandbox.aws.authorisation import Authorisation
from runbook_lib.sandbox.aws.callers import Caller
from runbook_lib.sandbox.aws.decisions import Decisions
from runbook_lib.sandbox.aws.faults import Dropped, Faults, Proceed, faults_of
from runbook_lib.sandbox.aws.metadata import Metadata
from runbook_lib.sandbox.aws.requests import UNKNOWN, Call, call_of

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Rule = Callable[[Call, Proceed], Answer]
"""Answers a call itself, or goes on and may change the answer."""
Rules = Mapping[str, Rule]
"""Rules by `service:Operation`; `service:*` holds for the rest of a service."""
PREFIX, INSTANCES = "/_sandbox/", "instances/"
WAITING = "sqs:ReceiveMessage"
"""The call that waits inside moto for what others bring."""
UNSIGNED: Answer = (
    "403 Forbidden",
    [("Content-Type", "application/xml")],
    b"<Error><Code>AccessDenied</Code><Message>Access Denied: unsigned and presigned requests are not modelled</Message></Error>",
)


class Front:
    """Be the WSGI application: each call is authenticated, passes faults, is authorised, then its rule, then moto.

    `find` looks up who has a key, in a partition.
    """

    def __init__(self, inner: Application, identity: Mapping[str, Any], rules: Rules, find: Callable[[str, str], Caller | None]) -> None:
        self._inner, self._identity, self._rules, self._find = inner, identity, rules, find
        self._faults, self._decisions = Faults(), Decisions()
        self._metadata = Metadata(identity["account"], identity["region"])
        self._calls: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        # moto's tables are plain dictionaries, and whoever goes through one fails when another adds to it.
        self._account = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        body = _body(environ)
        if environ["PATH_INFO"].startswith(PREFIX):
            return _sent(environ, start, self._control(environ, body))
        call = call_of(environ, body)
        if call is None:
            return _sent(environ, start, UNSIGNED)
        return _sent(environ, start, self._signed(environ, call))

    def _signed(self, environ: dict[str, Any], call: Call) -> Answer:
        with self._account:
            caller = authenticated(call, environ, self._find)
        if not isinstance(caller, Caller):
            self._log(call, status_of(caller))
            return caller
        known = replace(call, account=caller.account, principal=caller.principal.arn)
        try:
            answer = self._faults.meet(known, lambda: self._authorised(environ, known, caller))
        except Dropped:
            self._log(known, 0)
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise
        except Exception:
            # Whatever fails in here, nothing is let through for it.
            logging.getLogger(__name__).exception("%s cannot be decided", call.name)
            answer = not_modelled(known, "the sandbox itself failed")
        self._log(known, status_of(answer))
        return answer

    def _authorised(self, environ: dict[str, Any], call: Call, caller: Caller) -> Answer:
        if call.operation == UNKNOWN:
            return not_modelled(call)
        with self._account:
            authorisation = Authorisation(call, caller, environ, self._decisions)
            if (refusal := authorisation.refusal()) is not None:
                return refusal
            allowed = replace(call, account=authorisation.place)
            if call.name != WAITING:
                return authorisation.hidden(self._ruled(environ, allowed))
        return self._ruled(environ, allowed)

    def _ruled(self, environ: dict[str, Any], call: Call) -> Answer:
        rule = self._rules.get(call.name) or self._rules.get(f"{call.service}:*")
        if rule is None:
            return self._moto(environ, call)
        return rule(call, lambda: self._moto(environ, call))

    def _moto(self, environ: dict[str, Any], call: Call) -> Answer:
        place = {"CONTENT_LENGTH": str(len(call.body)), "HTTP_X_MOTO_ACCOUNT_ID": call.account}
        environ |= {"wsgi.input": io.BytesIO(call.body), **place}
        seen: list[Any] = []
        try:
            chunks = self._inner(environ, lambda status, headers, _info=None: seen.extend((status, headers)))
            text = b"".join(chunks)
        except NotImplementedError:
            return not_modelled(call)
        except Exception:
            logging.getLogger(__name__).exception("moto failed on %s", call.name)
            return not_modelled(call)
        status, headers = seen
        if int(status.split()[0]) >= FIRST_ERROR and text[:15].lower().startswith(b"<!doctype html"):
            return not_modelled(call)
        return status, _with_request_id(headers, call), text

    def _log(self, call: Call, status: int) -> None:
        entry = {
            "id": call.id, "time": time.time(), "service": call.service, "operation": call.operation,
            "access": "read" if call.is_read else "write", "access_key": call.access_key, "principal": call.principal,
            "account": call.account, "region": call.region, "status": status,
        }  # fmt: skip
        with self._lock:
            self._calls.append(entry)

    def forget(self) -> None:
        """Empty the log of calls and that of decisions."""
        self._forget_calls()
        self._decisions.forget()

    def _forget_calls(self) -> None:
        with self._lock:
            self._calls = []

    def _control(self, environ: Mapping[str, Any], body: bytes) -> Answer:
        path = environ["PATH_INFO"].removeprefix(PREFIX)
        if path.startswith(INSTANCES):
            with self._account:
                return self._metadata.answer(environ, path.removeprefix(INSTANCES))
        match path, environ["REQUEST_METHOD"]:
            case "health", "GET":
                return _json(dict(self._identity))
            case "calls", "GET":
                with self._lock:
                    return _json(self._calls)
            case "calls", "DELETE":
                self._forget_calls()
                return _json([])
            case "decisions", "GET":
                return _json(self._decisions.all())
            case "decisions", "DELETE":
                self._decisions.forget()
                return _json([])
            case "sessions", "DELETE":
                with self._account:
                    return _json({"expired": sessions.expire()})
            case "faults", "GET" | "POST" | "DELETE" as method:
                return self._faults_by(method, body)
        return "404 Not Found", [("Content-Type", "text/plain")], b"known: health, calls, decisions, faults, sessions, instances"

    def _faults_by(self, method: str, body: bytes) -> Answer:
        if method == "GET":
            return _json(self._faults.in_force())
        try:
            faults = faults_of(body if method == "POST" else b"[]")
        except (ValueError, TypeError) as wrong:
            return "400 Bad Request", [("Content-Type", "text/plain")], f"faults: {wrong}".encode()
        self._faults.set(faults)
        return _json([])


def _body(environ: Mapping[str, Any]) -> bytes:
    """Read the body whole, also one sent in chunks: the connection stays open for the next request."""
    length = environ.get("CONTENT_LENGTH")
    if not length and not environ.get("wsgi.input_terminated"):
        return b""
    body: bytes = environ["wsgi.input"].read(int(length)) if length else environ["wsgi.input"].read()
    return body


def _with_request_id(headers: list[tuple[str, str]], call: Call) -> list[tuple[str, str]]:
    names = {name.lower() for name, _ in headers}
    return headers if names & {"x-amzn-requestid", "x-amz-request-id"} else [*headers, ("x-amzn-RequestId", call.id)]


def _json(value: object) -> Answer:
    return "200 OK", [("Content-Type", "application/json")], json.dumps(value).encode()


def _sent(environ: Mapping[str, Any], start: Callable[..., Any], answer: Answer) -> Iterable[bytes]:
    """Send an answer with its length; that of a HEAD is the object's, which the answer already tells."""
    status, headers, body = answer
    if environ["REQUEST_METHOD"] == "HEAD":
        has_length = any(name.lower() == "content-length" for name, _ in headers)
        start(status, headers if has_length else [*headers, ("Content-Length", "0")])
        return [b""]
    start(status, [*(each for each in headers if each[0].lower() != "content-length"), ("Content-Length", str(len(body)))])
    return [body]
