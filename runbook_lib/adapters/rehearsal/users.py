"""Play what the product does as its two database users, and what each has to be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.adapters.rehearsal.databases import administrating, drop, speaking
from runbook_lib.documents import sql
from runbook_lib.documents.rehearsal import GRANTED, OTHERS, SCHEMA

if TYPE_CHECKING:
    from runbook_lib.adapters.connections import Connections
    from runbook_lib.adapters.redshift.session import Session
    from runbook_lib.adapters.rehearsal.databases import Speaker
    from runbook_lib.adapters.rehearsal.steps import Played

TABLE = f"{SCHEMA}.probe"


def play_source(connections: Connections, played: Played) -> None:
    """Use a temporary table as the source user, and be refused a schema: in a transaction that is rolled back."""
    with speaking(connections, "source") as user:
        _temporary(user, played)
        _info(user, played)
        played.do(
            "make a schema in the source",
            user.name,
            ("CREATE on the database",),
            user.tries(f"create schema {SCHEMA}"),
            has_to_fail=True,
        )


def play_destination(connections: Connections, played: Played) -> None:
    """Make, fill and drop a schema as the destination user; drop one that was granted, and be refused one that was not."""
    env = connections.environment
    name, is_superuser = env.destination.user.name, env.destination.preserve_ownership
    with administrating(connections, "destination") as admin:
        drop(admin, name, SCHEMA, GRANTED, OTHERS)
        played.take_back(f"schemas {SCHEMA}*", lambda: _dropped(connections, name))
        with speaking(connections, "destination") as user:
            _temporary(user, played)
            _info(user, played)
            own(user, played)
            _granted(admin, user, name, played)
            if not is_superuser:
                _others(admin, user, played)


def own(user: Speaker, played: Played) -> None:
    """Make a schema and a table in it, write, read, and drop both."""
    played.do("make a schema", user.name, ("CREATE on the database",), user.says(f"create schema {SCHEMA}"))
    for what, statement in (
        ("make a table in it", f"create table {TABLE} (id int, word varchar(20))"),
        ("write a row", f"insert into {TABLE} values (1, 'rehearsal')"),
        ("read it", f"select id from {TABLE}"),
        ("drop the table", f"drop table {TABLE}"),
        ("drop the schema", f"drop schema {SCHEMA}"),
    ):
        played.do(what, user.name, ("owner of the schema",), user.says(statement))


def _temporary(user: Speaker, played: Played) -> None:
    statements = (
        "create temporary table tonic_runbook_probe as select 1 as id",
        "select id from tonic_runbook_probe",
        "drop table tonic_runbook_probe",
    )
    played.do("use a temporary table", user.name, ("TEMPORARY on the database",), user.says(*statements))


def _info(user: Speaker, played: Played) -> None:
    statement = "select 1 from pg_catalog.svv_table_info limit 1"
    played.do("read svv_table_info", user.name, ("SELECT on svv_table_info",), user.says(statement))


def _granted(admin: Session, user: Speaker, name: str, played: Played) -> None:
    """Drop a schema that somebody else made and granted DROP on, as the grants on real schemas do."""
    grant = f"grant drop on schema {GRANTED} to {sql.user_name(name)}"
    made = played.do(
        "make a schema as the administrator, with DROP granted",
        f"{admin.side}/administrator",
        ("CREATE on the database",),
        lambda: _made(admin, f"create schema {GRANTED}", grant),
    )
    played.do("drop that schema", user.name, ("DROP on the schema",), user.says(f"drop schema {GRANTED}"), after=made)


def _others(admin: Session, user: Speaker, played: Played) -> None:
    made = played.do(
        "make a schema as the administrator, with nothing granted",
        f"{admin.side}/administrator",
        ("CREATE on the database",),
        lambda: _made(admin, f"create schema {OTHERS}"),
    )
    played.do("drop that schema too", user.name, ("DROP on the schema",), user.tries(f"drop schema {OTHERS}"), after=made, has_to_fail=True)


def _made(admin: Session, *statements: str) -> bool:
    admin.execute(statements, in_transaction=True)
    return True


def _dropped(connections: Connections, name: str) -> None:
    with administrating(connections, "destination") as admin:
        drop(admin, name, SCHEMA, GRANTED, OTHERS)
