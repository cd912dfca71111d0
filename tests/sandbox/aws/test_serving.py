"""What clients do on one connection is answered on it, call after call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest


@pytest.fixture
def connection(endpoint: str) -> Iterator[HTTPConnection]:
    """Connect."""
    place = urlsplit(endpoint)
    with closing(HTTPConnection(str(place.hostname), place.port, timeout=60)) as made:
        yield made


def test_a_connection_is_kept_between_calls(connection: HTTPConnection) -> None:
    """Whatever is asked, with a body or without, in one piece or in chunks, and refused or not: the next call goes the same way."""
    connection.connect()
    first, codes = connection.sock, []
    for method, path, body in (
        ("GET", "/_sandbox/health", None), ("POST", "/_sandbox/faults", b"[]"), ("POST", "/_sandbox/faults", b"{"),
        ("POST", "/_sandbox/faults", iter([b"[", b"]"])), ("PUT", "/bucket/key", b"unsigned"), ("HEAD", "/bucket", None),
        ("DELETE", "/_sandbox/calls", None),
    ):  # fmt: skip
        connection.request(method, path, body)
        answer = connection.getresponse()
        answer.read()
        codes.append(answer.status)

        assert first is connection.sock

    assert [200, 200, 400, 200, 403, 403, 200] == codes


def test_a_body_is_asked_for_where_somebody_waits_with_it(connection: HTTPConnection) -> None:
    """A client that sends its body only when it is told to go on is told so, once."""
    connection.putrequest("POST", "/_sandbox/faults")
    connection.putheader("Content-Length", "2")
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    said = connection.sock.recv(100)
    connection.send(b"[]")

    assert said == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert 200 == connection.getresponse().status


def test_who_asks_for_an_end_gets_it(connection: HTTPConnection) -> None:
    """A call that says that it is the last one is."""
    connection.request("GET", "/_sandbox/health", headers={"Connection": "close"})
    connection.getresponse().read()

    assert b"" == connection.sock.recv(1)
