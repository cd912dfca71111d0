"""What Redshift refuses, and what keeps a connection from reaching it."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
import trustme

from runbook_lib.adapters.redshift import session, writing
from runbook_lib.model import Change
from runbook_lib.resources.warehouse import Database, DatabaseUser, Grants, Ownership
from tests.end_to_end.world import admin
from tests.faults.redshift.doors import closed_port, door, hanging_up, silent, web
from tests.sandbox.causes.place import PASSING, PASSWORD, Place

REFERENCE = f"env:{PASSING}"


def user(place: Place, **more: Any) -> DatabaseUser:
    """Describe a user who is yet to be made."""
    return DatabaseUser(side="source", name=place.name(), password=REFERENCE, **more)


def grant(schema: str, privilege: str = "USAGE", side: Any = "source") -> Grants:
    """Grant something to everybody's user."""
    return Grants(side=side, grantee="awsuser", privilege=privilege, on="schema", objects=((schema,),))


def ordinary(place: Place) -> dict[str, str]:
    """Make an ordinary user, and log in as him."""
    made = place.name()
    place.sql(f"create user {made} password '{PASSWORD}'")
    return {"user": made, "password": REFERENCE}


def met(place: Place, answer: Callable[[socket.socket], None], **side: Any) -> object:
    """Meet something else than a database."""
    with door(answer) as port, pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "CONNECT_SECONDS", 2)
        return place.write(user(place), port=port, **side)


def encrypting(caller: socket.socket) -> None:
    """Offer TLS, and say no more."""
    caller.recv(8)
    caller.sendall(b"S")
    caller.recv(8)


def of_another_name(place: Place) -> object:
    """Meet a server whose certificate is another's."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("another.example").configure_cert(context)

    def shown(caller: socket.socket) -> None:
        caller.recv(8)
        caller.sendall(b"S")
        with context.wrap_socket(caller, server_side=True):
            pass

    with authority.cert_pem.tempfile() as file:
        return met(place, shown, sslmode="verify-full", sslrootcert=file)


def spoiled(place: Place, match: str, kind: str, **more: Any) -> object:
    """Make a user, or grant DROP, while statements meet a fault."""
    with place.spoiled(match, kind, **more):
        return place.write(grant("public", "DROP", "destination") if "DROP" in match else user(place))


def hashed(place: Place) -> object:
    """Log in as somebody whose password is kept in another form."""
    made = place.name()
    place.sql(f"create user {made} password 'sha256|{PASSWORD}'")
    return place.write(user(place), admin={"user": made, "password": REFERENCE})


def owning(place: Place) -> object:
    """Remove a user who owns a schema."""
    made = user(place)
    place.write(made)
    place.sql(f"create schema {made.name}_s authorization {made.name}")
    return place.write(made, is_removal=True)


def held_up(place: Place) -> object:
    """Grant on what somebody's open transaction holds."""
    holder, schema = user(place), place.name()
    place.write(holder)
    place.sql(f"create schema {schema}", f"create table {schema}.t (id int)")
    wanted = Grants(side="source", grantee=holder.name, privilege="SELECT", on="table", objects=((schema, "t"),))
    with pytest.MonkeyPatch.context() as patch, closing(admin(place.state, place.folder)) as other, other.cursor() as cursor:
        patch.setattr(session, "STATEMENT_SECONDS", 1)
        other.autocommit = False
        cursor.execute(f"grant insert on {schema}.t to {holder.name}")
        return place.write(wanted)


def weak(place: Place) -> object:
    """Make a user whose password Redshift would not take."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PASSING, "weak")
        return place.write(user(place))


def twice(place: Place) -> object:
    """Make a user who is there."""
    made = user(place)
    place.write(made)
    return place.write(made)


def owned(place: Place) -> object:
    """Take a schema from its owner as an ordinary user."""
    schema = place.name()
    place.sql(f"create schema {schema}")
    had = Ownership(side="source", on="schema", owners=(((schema,), "awsuser"),))
    login = ordinary(place)
    with place.target(admin=login) as target:
        target.write([Change(before=had, after=had.model_copy(update={"owners": (((schema,), login["user"]),)}))])
    return had


def wrong(place: Place) -> object:
    """Log in with another password."""
    os.environ.setdefault("RUNBOOK_TEST_WRONG", "Quite0Wrong")
    return place.write(user(place), admin={"password": "env:RUNBOOK_TEST_WRONG"})


def shut(place: Place) -> object:
    """Grant on a schema of somebody else as an ordinary user."""
    schema = place.name()
    place.sql(f"create schema {schema}")
    return place.write(grant(schema), admin=ordinary(place))


def contested(place: Place) -> object:
    """Write what others write at the same time, again and again."""
    said = {"code": "XX000", "message": "1023 Serializable isolation violation"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "ATTEMPTS", 1)
        return spoiled(place, "^CREATE USER", "error", **said)


IN_DATABASES: dict[str, Callable[[Place], object]] = {
    "host-unknown": lambda place: place.write(user(place), host=f"{'x' * 64}.example"),
    "port-refused": lambda place: place.write(user(place), port=closed_port()),
    "port-silent": lambda place: met(place, silent),
    "no-redshift": lambda place: met(place, web),
    "ca-unreadable": lambda place: met(place, encrypting, sslmode="verify-full", sslrootcert="/nowhere.pem"),
    "certificate": of_another_name,
    "connection-lost": lambda place: spoiled(place, "^CREATE USER", "drop"),
    "hung-up": lambda place: met(place, hanging_up),
    "login-none": lambda place: place.write(user(place), admin={"login": "none"}),
    "password-typed": lambda place: place.write(user(place), admin={"password": "prompt:nobody"}),
    "password-hash": hashed,
    "password-wrong": wrong,
    "owner-needed": owned,
    "superuser-needed": lambda place: place.write(user(place), admin=ordinary(place)),
    "right-missing": shut,
    "database-missing": lambda place: place.write(user(place), database="none"),
    "gone-meanwhile": lambda place: place.write(grant("no_such_schema")),
    "user-exists": twice,
    "object-exists": lambda place: place.write(Database(side="destination", name="tickit")),
    "drop-unknown": lambda place: spoiled(place, "^GRANT DROP", "error", code="42601", message="syntax error"),
    "locked-out": held_up,
    "password-rules": weak,
    "owns-objects": owning,
    "serialization": contested,
}
