"""Turn what psycopg2 says into the runbook's errors: the first layer that fails, by SQLSTATE or by libpq's words."""

from __future__ import annotations

import re
from typing import Any

from runbook_lib.errors import (
    Conflict,
    Denied,
    InUse,
    LoginRefused,
    NotFound,
    Rejected,
    TargetError,
    Transient,
    Unreachable,
)
from runbook_lib.secrets import Masked, hidden

Reading = tuple[str, type[TargetError], str, str]


class Lost(Unreachable):
    """Tell that an open connection broke: whether the last statement took effect is not known."""


# Worth another attempt as a whole transaction: concurrent grants on one object, serialization, deadlock.
TRANSIENT = frozenset({"XX000", "40001", "40P01", "23505", "25P02"})
LOST: Reading = (
    (r"server closed the connection|connection.*(closed|reset)|terminating connection|Connection reset|timed out|SYSCALL error|EOF detected"
    r"|could not (send|receive)|no connection to the server"),
    Lost, "the connection was lost", "run again: what is there is read anew",
)  # fmt: skip
LOST_STATES = ("08", "57P")
LAYERS: tuple[Reading, ...] = (
    (r"could not translate host name|Name or service not known|nodename nor servname", Unreachable, "DNS knows no such host",
     "correct host, or connect from where the name is known"),
    (r"Connection refused", Unreachable, "TCP: the port refuses the connection", "correct host and port, or start the cluster or tunnel"),
    (r"timeout expired|timed out|No route to host|Network is unreachable", Unreachable, "TCP: nothing answers",
     "open the security group or use a tunnel (connect_to); a private cluster is not reachable from here"),
    (r"invalid response to SSL|expected authentication request|wrong version number", Unreachable, "what answers is no Redshift",
     "correct host and port"),
    (r"server does not support SSL", Unreachable, "TLS: the server offers none", "correct host and port: Redshift always offers it"),
    (r"root certificate file", Unreachable, "TLS: the CA file cannot be read", "correct sslrootcert; empty means the bundled AWS roots"),
    (r"server closed the connection|SYSCALL error|EOF detected|Connection reset", Unreachable, "the server hangs up before the log-in",
     "correct host and port, or resume the cluster"),
    (r"certificate|SSL|TLS", Unreachable, "TLS: the server's certificate is not accepted",
     "correct host or sslrootcert; through a tunnel name the cluster as host and the tunnel as connect_to"),
    (r"authentication failed|no password supplied", LoginRefused, "the server refuses user or password",
     "correct the administrator's user or the secret that password refers to"),
    (r"authentication method \d+ not supported", LoginRefused, "the user's password is stored as sha256, which libpq cannot answer",
     "let the administrator log in as another user"),
    (r"database .* does not exist", NotFound, "the database does not exist", "correct database, or create it"),
    (r"too many connections|connection slots|connection limit", Transient, "the server takes no more connections",
     "run again when others have logged out"),
    (r"starting up|shutting down|recovery mode", Transient, "the server is being restarted", "run again in a few minutes"),
)  # fmt: skip
BY_STATE: dict[str, tuple[type[TargetError], str]] = {
    "42501": (Denied, "log in as a superuser or as the object's owner, or hand the SQL to who is"),
    "42710": (Conflict, "choose another name, or adopt it"),
    "42P04": (Conflict, "choose another name"),
    "3D000": (NotFound, "correct database, or create it"),
    "3F000": (NotFound, "plan again: the schema is gone"),
    "42P01": (NotFound, "plan again: the table is gone"),
    "42704": (NotFound, "plan again: the user is gone"),
    "55006": (InUse, "free what depends on it first"),
    "2BP01": (InUse, "free what depends on it first"),
    "28000": (LoginRefused, "correct the administrator's user"),
    "28P01": (LoginRefused, "correct the administrator's user or password"),
    "57014": (Rejected, "find who holds the lock (svv_transactions), and run again: nothing of this step was written"),
}
NAMES = re.compile(r'"[^"]*"')


def failure(where: str, error: Exception, *passwords: Masked) -> TargetError:
    """Name the first failing layer; the text of statements is left out, and neither the passwords nor any hash stand in it."""
    cause: Any = getattr(error, "orig", None) or error
    state = str(getattr(cause, "pgcode", None) or "")
    whole = hidden(str(cause), *passwords).strip()
    said = whole.splitlines()[0] if whole else type(cause).__name__
    if state in TRANSIENT:
        return Transient(where, said, "run again")
    if state in BY_STATE:
        kind, way_out = BY_STATE[state]
        return kind(where, said, way_out)
    # With an SQLSTATE of any other class the server has answered, and its words are about the statement.
    if (not state or state.startswith(LOST_STATES)) and (found := _layer(whole)):
        _, layer, what, way_out = found
        return layer(where, f"{what} ({said})", way_out)
    return Rejected(where, f"{state} {said}".strip(), "read the message; the statement stands in the plan")


def _layer(whole: str) -> Reading | None:
    """Find the layer by libpq's words, whatever hosts, users and databases are called."""
    words = NAMES.sub('""', whole)
    # libpq says first which server it was connecting to; without that, the connection had been made.
    is_connecting = words.startswith(("connection to server", "could not translate"))
    return next((each for each in (LAYERS if is_connecting else (LOST, *LAYERS)) if re.search(each[0], words)), None)


def drop_unsupported(where: str) -> Rejected:
    """Say that an old patch level does not know GRANT DROP."""
    return Rejected(where, "this patch level does not know GRANT DROP ON SCHEMA", "update the cluster's maintenance track")
