"""Play the way of the rows: UNLOAD as the source user, transformed by the server, COPY as the destination user.

Both statements name the server role's credentials, as the vendor's product is taken to do; what a cluster's own IAM role may is not
exercised. No row of the source leaves it: what is unloaded is a temporary table of one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.adapters.rehearsal import files
from runbook_lib.adapters.rehearsal.databases import drop, schemas_there, speaking
from runbook_lib.adapters.rehearsal.job import named_key
from runbook_lib.documents import sql
from runbook_lib.documents.keys import bucket_key
from runbook_lib.documents.rehearsal import ROWS, places, schemas
from runbook_lib.errors import Rejected
from runbook_lib.secrets import Masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.adapters.connections import Connections
    from runbook_lib.adapters.rehearsal.databases import Speaker
    from runbook_lib.adapters.rehearsal.principals import Actor
    from runbook_lib.adapters.rehearsal.steps import Played
    from runbook_lib.documents.rehearsal import Place

AUTHORISED = "access_key_id :key secret_access_key :secret session_token :token"


@dataclass(frozen=True)
class Transfer:
    """Play the whole way, and remove what lies on it."""

    connections: Connections
    server: Actor
    played: Played

    @property
    def _schema(self) -> str:
        return schemas(self.connections.environment)[0]

    def found(self) -> list[str]:
        """Name the objects and the schema that are there already."""
        return [*files.objects(self.connections.environment, self.server, self.played), *schemas_there(self.connections, (self._schema,))]

    def clear(self) -> None:
        """Remove them."""
        for place in places(self.connections.environment):
            files.empty(place, self.server.session)
        drop(self.connections, (self._schema,))

    def play(self) -> None:
        """Carry out the steps."""
        source, destination = places(self.connections.environment)
        server, played = self.server, self.played
        unloaded = self._unload(source)
        found = files.lists(source, server, played) if unloaded else None
        rows = files.get(source, server, played, after=found or None, key=found[0] if found else "")
        is_put = files.put(destination, rows, server, played, self.connections.session())
        self._copy(destination, is_put)
        if found:
            files.remove(source, server, played, keys=found)
        files.remove(destination, server, played)
        for place in (source, destination):
            files.lists(place, server, played, wanted=())

    def _unload(self, place: Place) -> bool | None:
        session = self.connections.session()
        works = [lambda each=each: files.empty(place, each) for each in (self.server.session, session)]
        self.played.take_back(f"object {place.url}", *works)
        options = f"csv allowoverwrite parallel off{self._encrypted()}"
        statement = f"unload ('select id, word from {ROWS}') to {_text(place.url)} {AUTHORISED} {options}"
        permissions = ("SELECT on what is unloaded", *place.permissions("s3:PutObject", "s3:ListBucket", key_action=files.ENCRYPTS))
        make = (f"create temporary table {ROWS} as select 1 as id, 'rehearsal' as word", "select 1")
        with speaking(self.connections, "source") as user:
            ready = self.played.do("make a temporary table of one row", user.name, ("TEMPORARY on the database",), user.says(*make))
            work = self._with_keys(user, statement)
            return self.played.do(f"UNLOAD it to {place.url}", self._both(user), permissions, work, after=ready)

    def _encrypted(self) -> str:
        """Name the bucket's key: without it UNLOAD asks for encryption with S3's own keys, whatever the bucket's default."""
        reference = bucket_key(self.connections.environment, "source")
        return f" kms_key_id {_text(named_key(reference, self.connections.session()))} encrypted" if reference else ""

    def _copy(self, place: Place, is_there: object | None) -> None:
        schema = sql.identifier(self._schema)
        statement = f"copy {schema}.probe from {_text(place.url)} {AUTHORISED} csv"
        permissions = ("INSERT on the table", *place.permissions("s3:GetObject", "s3:ListBucket", key_action=files.DECRYPTS))
        self.played.take_back(f"schema {self._schema}", lambda: drop(self.connections, (self._schema,)))
        with speaking(self.connections, "destination") as user:
            own, made = ("owner of the schema",), (f"create schema {schema}", f"create table {schema}.probe (id int, word varchar(20))")
            do = self.played.do
            ready = do("make a schema and a table", user.name, ("CREATE on the database",), user.says(*made, "select 1"), after=is_there)
            work = self._with_keys(user, statement)
            copied = do(f"COPY it from {place.url}", self._both(user), permissions, work, after=ready)
            do("read the row that came over", user.name, own, lambda: _one(user, schema), after=copied)
            if do("drop schema and table", user.name, own, user.says(f"drop schema {schema} cascade", "select 1"), after=ready):
                self.played.gone(f"schema {self._schema}")

    def _both(self, user: Speaker) -> str:
        return f"{user.name} with {self.server.name}"

    def _with_keys(self, user: Speaker, statement: str) -> Callable[[], bool]:
        key, secret, token = self.server.keys
        return user.hands(statement, key=Masked(key), secret=secret, token=token)


def _text(text: str) -> str:
    """Write a text literal into a statement with parameters: its colons are none."""
    return sql.literal(text).replace(":", "\\:")


def _one(user: Speaker, schema: str) -> int:
    rows = user.says(f"select id from {schema}.probe")()
    if rows != [(1,)]:
        raise Rejected("destination", f"{len(rows)} rows came over, not one", "compare the options of UNLOAD and COPY")
    return len(rows)
