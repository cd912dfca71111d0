"""Each thing that libpq or the server may say becomes one error of the runbook's tree, with a way out."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from runbook_lib.adapters.redshift.failures import BY_STATE, LAYERS, LOST, TRANSIENT, Lost, failure
from runbook_lib.errors import Conflict, Denied, InUse, LoginRefused, NotFound, Rejected, TargetError, Transient, Unreachable

AT = 'connection to server at "redshift.example" (10.0.0.1), port 5439 failed: '
HINT = "\n\tThis probably means the server terminated abnormally\n\tbefore or while processing the request."


@dataclass
class Said:
    """Stand for an error of psycopg2."""

    text: str
    pgcode: str | None = None

    def __str__(self) -> str:
        return self.text


def read(text: str, state: str | None = None) -> TargetError:
    """Turn what was said into an error."""
    error = Exception("SQLAlchemy's own words")
    error.orig = Said(text, state)  # type: ignore[attr-defined]
    return failure("source h:5439/d", error)


SAID = [
    ('could not translate host name "no.example" to address: Name or service not known', Unreachable, "DNS"),
    ('could not translate host name "no.example" to address: Temporary failure in name resolution', Unreachable, "DNS"),
    (AT + "Connection refused\n\tIs the server running on that host?", Unreachable, "TCP: the port refuses"),
    (AT + "timeout expired", Unreachable, "TCP: nothing answers"),
    (AT + "Connection timed out\n\tIs the server running on that host?", Unreachable, "TCP: nothing answers"),
    (AT + "No route to host", Unreachable, "TCP: nothing answers"),
    (AT + "Network is unreachable", Unreachable, "TCP: nothing answers"),
    (AT + "received invalid response to SSL negotiation: H", Unreachable, "no Redshift"),
    (AT + "expected authentication request from server, but received H", Unreachable, "no Redshift"),
    (AT + "SSL error: wrong version number", Unreachable, "no Redshift"),
    (AT + "server does not support SSL, but SSL was required", Unreachable, "TLS: the server offers none"),
    (AT + 'root certificate file "ca.crt" does not exist\nEither provide the file', Unreachable, "TLS: the CA file"),
    (AT + "SSL error: certificate verify failed", Unreachable, "TLS: the server's certificate"),
    (AT + 'server certificate for "a" does not match host name "b"', Unreachable, "TLS: the server's certificate"),
    (AT + "server closed the connection unexpectedly" + HINT, Unreachable, "hangs up before the log-in"),
    (AT + "SSL SYSCALL error: EOF detected", Unreachable, "hangs up before the log-in"),
    (AT + 'FATAL:  password authentication failed for user "u"', LoginRefused, "refuses user or password"),
    (AT + "fe_sendauth: no password supplied", LoginRefused, "refuses user or password"),
    (AT + "authentication method 13 not supported", LoginRefused, "sha256"),
    (AT + 'FATAL:  database "d" does not exist', NotFound, "the database does not exist"),
    (AT + 'FATAL:  database "a "b" c" does not exist', NotFound, "the database does not exist"),
    (AT + 'FATAL:  too many connections for role "u"', Transient, "no more connections"),
    (AT + 'FATAL:  connection limit "500" exceeded for non-bootstrap users', Transient, "no more connections"),
    (AT + "FATAL:  remaining connection slots are reserved", Transient, "no more connections"),
    (AT + "FATAL:  the database system is starting up", Transient, "restarted"),
    (AT + "FATAL:  the database system is shutting down", Transient, "restarted"),
    ("server closed the connection unexpectedly" + HINT, Lost, "lost"),
    ("SSL connection has been closed unexpectedly", Lost, "lost"),
    ("SSL SYSCALL error: EOF detected", Lost, "lost"),
    ("SSL SYSCALL error: Connection timed out", Lost, "lost"),
    ("could not receive data from server: Connection timed out", Lost, "lost"),
    ("could not send data to server: Broken pipe", Lost, "lost"),
    ("connection already closed", Lost, "lost"),
    ("terminating connection due to administrator command", Lost, "lost"),
]


@pytest.mark.parametrize(("text", "kind", "what"), SAID)
def test_what_libpq_says_names_the_first_layer_that_fails(text: str, kind: type[TargetError], what: str) -> None:
    """DNS, TCP, TLS, log-in, database and a connection that broke are told apart, each with its way out."""
    error = read(text)
    assert (type(error), what in error.what, text.splitlines()[0] in error.what, bool(error.way_out)) == (kind, True, True, True)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("42501", Denied),
        ("42710", Conflict),
        ("42P04", Conflict),
        ("3D000", NotFound),
        ("3F000", NotFound),
        ("42P01", NotFound),
        ("42704", NotFound),
        ("55006", InUse),
        ("2BP01", InUse),
        ("28000", LoginRefused),
        ("28P01", LoginRefused),
        ("57014", Rejected),
        *((each, Transient) for each in ("XX000", "40001", "40P01", "23505", "25P02")),
        ("57P01", Lost),
        ("08006", Lost),
        ("42601", Rejected),
    ],
)
def test_an_sqlstate_says_more_than_words(state: str, kind: type[TargetError]) -> None:
    """A code of the server decides, whatever the message."""
    error = read("the server closed the connection over certificate, TLS and password authentication failed", state)
    assert (type(error), bool(error.way_out)) == (kind, True)


def test_every_reading_is_held_here() -> None:
    """No layer and no code is known that these tests do not."""
    texts = [text for text, _, _ in SAID]
    seen = {(type(read(text)), read(text).what.split(" (")[0]) for text in texts}
    assert {(kind, what) for _, kind, what, _ in (LOST, *LAYERS)} == seen
    assert {*BY_STATE, *TRANSIENT} == {
        *("42501", "42710", "42P04", "3D000", "3F000", "42P01", "42704", "55006", "2BP01", "28000", "28P01", "57014"),
        *("XX000", "40001", "40P01", "23505", "25P02"),
    }


@pytest.mark.parametrize(
    "name", ["certificate", "SSL-TLS", "connection closed", "timed out", "Connection refused", "authentication failed"]
)
def test_names_do_not_mislead(name: str) -> None:
    """Hosts, users, databases and tables may be called as they like."""
    at = f'connection to server at "{name}" (10.0.0.1), port 5439 failed: '
    assert type(read(at + f'FATAL:  database "{name}" does not exist')) is NotFound
    assert type(read(at + f'FATAL:  password authentication failed for user "{name}"')) is LoginRefused
    assert type(read(f'syntax error at or near "{name}"', "42601")) is Rejected
    assert type(read(f"relation {name} is not a table", "42809")) is Rejected


@pytest.mark.parametrize("literal", ["md5" + "0" * 32, "sha256|aa|bb", "MD5abc"])
def test_a_literal_that_the_server_quotes_is_masked(literal: str) -> None:
    """A server that repeats the password's literal in its message does not bring it into the error."""
    error = read(f"syntax error at or near \"'{literal}'\"\nLINE 1: CREATE USER u PASSWORD '{literal}'", "42601")
    assert (literal in str(error), "********" in str(error)) == (False, True)


def test_silence_has_a_name() -> None:
    """An error without words is named after its class."""
    assert read("", None).what == "Said"
