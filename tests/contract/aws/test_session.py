"""One session of a process: what of it is made once, and how much it has under way."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.session import Session

from runbook_lib.adapters.aws.session import AwsSession
from runbook_lib.adapters.together import AT_ONCE
from tests.contract.aws.endpoint import ACCOUNT, environment_at

ANSWER = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::{ACCOUNT}:user/any</Arn><UserId>any</UserId><Account>{ACCOUNT}</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>""".encode()
ASKED = ("sts", "get_caller_identity")
PAUSE = 0.3
"""Seconds in which every further request that may be sent has come."""
LONG = 20.0


class Counting(ThreadingHTTPServer):
    """Answer who calls; where it `waits_for` several, when those and others have come. Count connections, and requests at once."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.lock, self.full = threading.Lock(), threading.Event()
        self.waits_for = self.connections = self.under_way = self.most = 0

    @property
    def url(self) -> str:
        """Name the endpoint."""
        return f"http://127.0.0.1:{self.server_port}"

    def get_request(self) -> Any:
        """Take one more connection."""
        self.connections += 1
        return super().get_request()

    def change(self, by: int) -> None:
        """Count a request that comes or goes."""
        with self.lock:
            self.under_way += by
            self.most = max(self.most, self.under_way)
            if self.most >= self.waits_for:
                self.full.set()


class Answering(BaseHTTPRequestHandler):
    """Answer on a connection that stays open."""

    protocol_version = "HTTP/1.1"
    server: Counting

    def do_POST(self) -> None:
        """Answer who calls."""
        self.server.change(1)
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.waits_for:
            self.server.full.wait(LONG)
            time.sleep(PAUSE)
        self.server.change(-1)
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def counting() -> Iterator[Counting]:
    """Serve."""
    server = Counting()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server(credentials: None) -> Iterator[Counting]:
    """Serve somebody who counts."""
    with counting() as made:
        yield made


def asked(session: AwsSession, times: int) -> None:
    """Ask so many times at once, each in a thread of its own."""
    with ThreadPoolExecutor(times) as pool:
        list(pool.map(lambda _: session.read(*ASKED), range(times)))


def waiting(server: Counting, requests: int, sessions: int = 1) -> list[AwsSession]:
    """Make sessions that know who they are, before whom the server waits for so many requests."""
    made = [AwsSession(environment_at(server.url, "t")) for _ in range(sessions)]
    for each in made:
        each.identity()
    server.waits_for = requests
    server.full.clear()
    return made


def test_a_session_has_sixteen_requests_under_way_and_no_more(server: Counting) -> None:
    """However many threads ask."""
    (session,) = waiting(server, AT_ONCE)

    asked(session, 2 * AT_ONCE)

    assert (16, 16) == (AT_ONCE, server.most)
    session.close()


def test_each_session_has_its_own(server: Counting) -> None:
    """What one notebook has under way takes nothing from another one's."""
    sessions = waiting(server, 2 * AT_ONCE, 2)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda each: asked(each, 2 * AT_ONCE), sessions))

    assert 2 * AT_ONCE == server.most
    for each in sessions:
        each.close()


def test_its_connections_are_kept_for_what_is_asked_next(server: Counting) -> None:
    """As many as it has requests under way, in one pool: whatever it asks later, no further one is made."""
    (session,) = waiting(server, AT_ONCE)
    for _ in range(3):
        asked(session, AT_ONCE)

    assert AT_ONCE == server.connections
    session.close()


def test_a_client_is_made_once(server: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of each service to read and one to write, however often and by however many threads it is wanted."""
    made: Counter[str] = Counter()
    create = Session.create_client

    def counted(self: Session, service: str, *words: Any, **options: Any) -> Any:
        made[service] += 1
        return create(self, service, *words, **options)

    monkeypatch.setattr(Session, "create_client", counted)
    (session,) = waiting(server, 0)
    asked(session, AT_ONCE)
    for _ in range(3):
        session.write(*ASKED)
        session.client("s3")

    assert {"sts": 2, "s3": 1} == made
    assert session.client("sts") is session.client("sts")
    session.close()
