"""The sample warehouse: TICKIT in `public`, some sixty schemas with the names that people really have, and other people's grants.

Source `tickit`, destination `tickit_masked`, both on one cluster. What belongs to others is there so that a destroy can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from importlib import resources
from typing import TYPE_CHECKING

from runbook_lib.sandbox.redshift.lexer import identifier

if TYPE_CHECKING:
    from runbook_lib.sandbox.redshift.postgres import Postgres

SOURCE, DESTINATION = "tickit", "tickit_masked"
OTHERS = "etl_owner"
TEAMS = (
    "analytics",
    "billing",
    "catalog",
    "crm",
    "finance",
    "hr",
    "inventory",
    "legal",
    "logistics",
    "marketing",
    "orders",
    "support",
)
LAYERS = ("raw", "staging", "core", "mart")
# Names that need quoting: reserved, with blanks, quotes and percent signs, beyond ASCII.
AWKWARD = ("select", "user", "my schema", 'quo"ted', "100%_off", "daten_ä", "売上", "semi;colon", "a:b")
SHARED = ("public", "analytics_mart", "select", "finance_mart")
TABLES_EACH = 5


def schemas() -> tuple[str, ...]:
    """List the source's schemas beside `public`."""
    return (*(f"{team}_{layer}" for team in TEAMS for layer in LAYERS), *AWKWARD, "empty_schema", "etl_private")


def load(postgres: Postgres) -> None:
    """Make users, both databases and all they hold."""
    with closing(postgres.connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"CREATE USER {OTHERS} PASSWORD NULL; CREATE USER bi_reader PASSWORD NULL; "
            "CREATE GROUP analysts; ALTER GROUP analysts ADD USER bi_reader"
        )
        cursor.execute(f"CREATE DATABASE {SOURCE}")
        cursor.execute(f"CREATE DATABASE {DESTINATION}")
    for database, statements in ((SOURCE, _source()), (DESTINATION, _destination())):
        with closing(postgres.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute("BEGIN;" + ";\n".join(statements) + "; COMMIT; ANALYZE")


def _source() -> Iterator[str]:
    yield resources.files(__package__).joinpath("sql", "tickit.sql").read_text("utf-8").strip().rstrip(";")
    yield "CREATE VIEW public.top_sellers AS SELECT sellerid, sum(pricepaid) AS total FROM public.sales GROUP BY sellerid"
    yield "CREATE VIEW public.late_binding_sales AS SELECT * FROM public.sales"
    for schema in schemas():
        owner = f" AUTHORIZATION {OTHERS}" if schema == "etl_private" else ""
        yield f"CREATE SCHEMA {identifier(schema)}{owner}"
        if schema != "empty_schema":
            yield from _tables(schema)
    yield f"ALTER TABLE etl_private.t1 OWNER TO {OTHERS}"
    yield 'CREATE TABLE "select"."Order Items ""x""" (id int, "group" varchar(10))'
    yield "GRANT USAGE ON SCHEMA analytics_mart, finance_mart TO GROUP analysts"
    yield "GRANT SELECT ON ALL TABLES IN SCHEMA analytics_mart TO GROUP analysts"
    yield "GRANT SELECT ON public.venue, public.category TO bi_reader"
    yield "CALL pg_catalog.rs_external_schema('spectrum_logs', 'glue_logs')"


def _destination() -> Iterator[str]:
    """Hold what an earlier job or somebody else left: some schemas are there already, two of them somebody else's."""
    for schema in SHARED:
        if schema != "public":
            owner = f" AUTHORIZATION {OTHERS}" if schema in {"analytics_mart", "select"} else ""
            yield f"CREATE SCHEMA {identifier(schema)}{owner}"
            yield from _tables(schema)
    yield "GRANT USAGE ON SCHEMA analytics_mart TO bi_reader"


def _tables(schema: str) -> Iterator[str]:
    for number in range(1, TABLES_EACH + 1):
        yield f"CREATE TABLE {identifier(schema)}.t{number} AS SELECT {number} AS id, 'row'::varchar(20) AS name"
