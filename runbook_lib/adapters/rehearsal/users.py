"""Play what the product does as its two database users, and what each has to be refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.adapters.rehearsal.databases import administrating, drop, schemas_there, speaking
from runbook_lib.documents import sql
from runbook_lib.documents.rehearsal import ROWS, schemas

if TYPE_CHECKING:
    from runbook_lib.adapters.connections import Connections
    from runbook_lib.adapters.redshift.session import Session
    from runbook_lib.adapters.rehearsal.databases import Speaker
    from runbook_lib.adapters.rehearsal.steps import Played


@dataclass(frozen=True)
class SourceUser:
    """Use a temporary table as the source user, and be refused a schema: in a transaction that is rolled back."""

    connections: Connections
    played: Played

    def found(self) -> list[str]:
        """Name nothing: nothing is made that outlives the session."""
        return []

    def clear(self) -> None:
        """Remove nothing."""

    def play(self) -> None:
        """Carry out the steps."""
        with speaking(self.connections, "source") as user:
            _temporary(user, self.played)
            _info(user, self.played)
            work = user.tries(f"create schema {sql.identifier(schemas(self.connections.environment)[0])}")
            self.played.do("make a schema in the source", user.name, ("CREATE on the database",), work, has_to_fail=True)


@dataclass(frozen=True)
class DestinationUser:
    """Make, fill and drop a schema as the destination user; drop one that was granted, and be refused one that was not."""

    connections: Connections
    played: Played

    def found(self) -> list[str]:
        """Name the schemas that are there already."""
        return schemas_there(self.connections, schemas(self.connections.environment))

    def clear(self) -> None:
        """Drop them."""
        drop(self.connections, schemas(self.connections.environment))

    def play(self) -> None:
        """Carry out the steps."""
        env = self.connections.environment
        own, granted, others = schemas(env)
        self.played.take_back(f"schemas {own}*", self.clear)
        with administrating(self.connections, "destination") as admin, speaking(self.connections, "destination") as user:
            _temporary(user, self.played)
            _info(user, self.played)
            _own(user, own, self.played)
            _granted(admin, user, granted, env.destination.user.name, self.played)
            if not env.destination.preserve_ownership:
                _others(admin, user, others, self.played)


def _own(user: Speaker, schema: str, played: Played) -> None:
    """Make a schema and a table in it, write, read, and drop both, each from what came before."""
    table = f"{sql.identifier(schema)}.probe"
    done: object = played.do("make a schema", user.name, ("CREATE on the database",), user.says(f"create schema {sql.identifier(schema)}"))
    made = done
    for what, statement in (
        ("make a table in it", f"create table {table} (id int, word varchar(20))"),
        ("write a row", f"insert into {table} values (1, 'rehearsal')"),
        ("read it", f"select id from {table}"),
        ("drop the table", f"drop table {table}"),
    ):
        done = played.do(what, user.name, ("owner of the schema",), user.says(statement), after=done)
    played.do(
        "drop the schema", user.name, ("owner of the schema",), user.says(f"drop schema {sql.identifier(schema)} cascade"), after=made
    )


def _temporary(user: Speaker, played: Played) -> None:
    statements = (f"create temporary table {ROWS} as select 1 as id", f"select id from {ROWS}", f"drop table {ROWS}")
    played.do("use a temporary table", user.name, ("TEMPORARY on the database",), user.says(*statements))


def _info(user: Speaker, played: Played) -> None:
    statement = "select 1 from pg_catalog.svv_table_info limit 1"
    played.do("read svv_table_info", user.name, ("SELECT on svv_table_info",), user.says(statement))


def _granted(admin: Session, user: Speaker, schema: str, name: str, played: Played) -> None:
    """Drop a schema that somebody else made and granted DROP on, as the grants on real schemas do."""
    statements = (
        f"create schema {sql.identifier(schema)}",
        f"grant drop on schema {sql.identifier(schema)} to {sql.user_name(name)}",
    )
    what = "make a schema as the administrator, with DROP granted"
    made = played.do(what, f"{admin.side}/administrator", ("CREATE on the database",), lambda: _made(admin, *statements))
    played.do("drop that schema", user.name, ("DROP on the schema",), user.says(f"drop schema {sql.identifier(schema)}"), after=made)


def _others(admin: Session, user: Speaker, schema: str, played: Played) -> None:
    what = "make a schema as the administrator, with nothing granted"
    work = lambda: _made(admin, f"create schema {sql.identifier(schema)}")  # noqa: E731
    made = played.do(what, f"{admin.side}/administrator", ("CREATE on the database",), work)
    tried = user.tries(f"drop schema {sql.identifier(schema)}")
    played.do("drop that schema too", user.name, ("DROP on the schema",), tried, after=made, has_to_fail=True)


def _made(admin: Session, *statements: str) -> bool:
    admin.execute(statements, in_transaction=True)
    return True
