"""Play the way of the rows: UNLOAD as the source user, transformed by the server, COPY as the destination user.

Both statements name the server role's credentials, as the vendor's product is taken to do; what a cluster's own IAM role may is not
exercised. No row of the source leaves it: what is unloaded is a temporary table of one row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.adapters.rehearsal import files
from runbook_lib.adapters.rehearsal.databases import administrating, drop, speaking
from runbook_lib.documents.rehearsal import SCHEMA, places
from runbook_lib.errors import Rejected
from runbook_lib.secrets import Masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.adapters.connections import Connections
    from runbook_lib.adapters.rehearsal.databases import Speaker
    from runbook_lib.adapters.rehearsal.principals import Actor
    from runbook_lib.adapters.rehearsal.steps import Played
    from runbook_lib.documents.rehearsal import Place

TABLE = f"{SCHEMA}.probe"
AUTHORISED = "access_key_id :key secret_access_key :secret session_token :token"
ONE_ROW = "create temporary table tonic_runbook_probe as select 1 as id, 'rehearsal' as word"


def play(connections: Connections, server: Actor, played: Played) -> None:
    """Play the whole way, and remove what lies on it."""
    source, destination = places(connections.environment)
    unloaded = _unload(connections, server, source, played)
    found = files.lists(source, server, played) if unloaded else None
    rows = files.get(source, server, played, key=found[0]) if found else None
    files.put(destination, rows, server, played)
    _copy(connections, server, destination, played, is_there=rows is not None)
    if found:
        files.remove(source, server, played, keys=found)
    files.remove(destination, server, played)
    for place in (source, destination):
        files.lists(place, server, played, wanted=())


def _unload(connections: Connections, server: Actor, place: Place, played: Played) -> bool | None:
    played.take_back(f"object {place.url}", lambda: _emptied(server, place))
    statement = f"unload ('select id, word from tonic_runbook_probe') to '{place.url}' {AUTHORISED} csv allowoverwrite parallel off"
    permissions = ("SELECT on what is unloaded", *place.permissions("s3:PutObject", "s3:ListBucket", key_action=files.ENCRYPTS))
    with speaking(connections, "source") as user:
        ready = played.do("make a temporary table of one row", user.name, ("TEMPORARY on the database",), user.says(ONE_ROW, "select 1"))
        return played.do(
            f"UNLOAD it to {place.url}", f"{user.name} with {server.name}", permissions, _with_keys(user, statement, server), after=ready
        )


def _copy(connections: Connections, server: Actor, place: Place, played: Played, *, is_there: bool) -> None:
    env = connections.environment
    statement = f"copy {TABLE} from '{place.url}' {AUTHORISED} csv"
    permissions = ("INSERT on the table", *place.permissions("s3:GetObject", "s3:ListBucket", key_action=files.DECRYPTS))
    with administrating(connections, "destination") as admin:
        drop(admin, env.destination.user.name, SCHEMA)
    played.take_back(f"schema {SCHEMA}", lambda: _dropped(connections))
    with speaking(connections, "destination") as user:
        own, made = ("owner of the schema",), (f"create schema {SCHEMA}", f"create table {TABLE} (id int, word varchar(20))", "select 1")
        ready = played.do("make a schema and a table", user.name, ("CREATE on the database",), user.says(*made))
        copied = played.do(
            f"COPY it from {place.url}",
            f"{user.name} with {server.name}",
            permissions,
            _with_keys(user, statement, server),
            after=ready if is_there else None,
        )
        played.do("read the row that came over", user.name, own, lambda: _one(user), after=copied)
        if played.do("drop schema and table", user.name, own, user.says(f"drop schema {SCHEMA} cascade", "select 1"), after=ready):
            played.gone(f"schema {SCHEMA}")


def _with_keys(user: Speaker, statement: str, server: Actor) -> Callable[[], bool]:
    key, secret, token = server.keys
    return user.hands(statement, key=Masked(key), secret=Masked(secret), token=Masked(token))


def _one(user: Speaker) -> int:
    rows = user.says(f"select id from {TABLE}")()
    if rows != [(1,)]:
        raise Rejected("destination", f"{len(rows)} rows came over, not one", "compare the options of UNLOAD and COPY")
    return len(rows)


def _emptied(server: Actor, place: Place) -> None:
    found = server.session.read("s3", "list_objects_v2", Bucket=place.bucket, Prefix=place.prefix).get("Contents", [])
    for each in found:
        server.session.write("s3", "delete_object", Bucket=place.bucket, Key=each["Key"])


def _dropped(connections: Connections) -> None:
    with administrating(connections, "destination") as admin:
        drop(admin, connections.environment.destination.user.name, SCHEMA)
