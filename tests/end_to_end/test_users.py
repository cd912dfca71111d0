"""What the created users can do, as `psql` tells it: each reads, writes, creates and drops what the ledger says, and no more."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from runbook_lib.documents.sql import qualified
from runbook_lib.headless import Run
from runbook_lib.sandbox.redshift.postgres import binaries
from runbook_lib.sandbox.state import State
from tests.driver import Driver
from tests.end_to_end.world import admin, client

CASE = "SET enable_case_sensitive_identifier TO true"
EVERYTHING = """select n.nspname, c.relname, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'v') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'catalog_history') order by 1, 2"""

DROPPABLE = """select nspname, has_schema_privilege('tonic_destination_user', nspname, 'drop') from pg_namespace
where nspname !~ '^pg_' and nspname not in ('information_schema', 'catalog_history') order by 1"""


@dataclass(frozen=True)
class Psql:
    """Run statements in one psql session, and tell the error of each that fails.

    As Redshift asks of every client, the session says first that quoted names keep their case.
    """

    port: int
    user: str
    database: str
    password: str

    def __call__(self, *statements: str) -> list[str]:
        """Give the errors; none when every statement ran."""
        words = f"host=127.0.0.1 port={self.port} dbname={self.database} user={self.user} sslmode=disable"
        command = [str(binaries() / "psql"), "-X", "-q", "-v", "VERBOSITY=sqlstate", "-o", os.devnull, "-f", "-", words]
        done = subprocess.run(
            command,
            input=";\n".join((CASE, *statements)) + ";\n",
            env={"PGPASSWORD": self.password},
            capture_output=True,
            text=True,
            check=False,
        )
        return [line.partition("ERROR:")[2].strip() for line in done.stderr.splitlines() if "ERROR:" in line]


@pytest.fixture(scope="module")
def applied(sandbox: tuple[State, Path], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Set the environment up."""
    from tests.driver import driver

    return driver(*sandbox, tmp_path_factory.mktemp("run"))("apply")


@pytest.fixture
def source(applied: Run, sandbox: tuple[State, Path]) -> Psql:
    """Log in as the source user with the password that was generated."""
    assert 0 == applied.exit_code
    return Psql(sandbox[0].redshift_port, "tonic_user", "tickit", password(sandbox[0], "source"))


@pytest.fixture
def destination(applied: Run, sandbox: tuple[State, Path]) -> Psql:
    """Log in as the destination user."""
    assert 0 == applied.exit_code
    return Psql(sandbox[0].redshift_port, "tonic_destination_user", "tickit_masked", password(sandbox[0], "destination"))


def password(state: State, side: str) -> str:
    """Fetch a generated password as the product's operator would."""
    secret: str = client("secretsmanager", state).get_secret_value(SecretId=f"tonic-sandbox/{side}-user")["SecretString"]
    return secret


def relations(sandbox: tuple[State, Path], database: str) -> Iterator[tuple[str, str, str]]:
    """List every relation with the administrator's eyes: (schema, name, kind)."""
    with admin(*sandbox, database) as connection, connection.cursor() as cursor:
        cursor.execute(EVERYTHING)
        yield from cursor.fetchall()


def test_the_source_user_reads_every_included_table(source: Psql, sandbox: tuple[State, Path]) -> None:
    """Tables and views of every schema, with any name, and svv_table_info."""
    names = [qualified((schema, name)) for schema, name, _ in relations(sandbox, "tickit")]

    assert 250 < len(names)
    assert [] == source(*(f"select * from {name} limit 1" for name in (*names, "svv_table_info")))


def test_the_source_user_writes_to_none(source: Psql, sandbox: tuple[State, Path]) -> None:
    """INSERT, UPDATE, DELETE, TRUNCATE, ALTER and DROP are refused on every table."""
    names = [qualified((schema, name)) for schema, name, kind in relations(sandbox, "tickit") if kind == "r"]
    attempts = [
        statement
        for name in names
        for statement in (
            f"insert into {name} select * from {name} limit 0",
            f"delete from {name}",
            f"truncate {name}",
            f"alter table {name} add column mine int",
            f"drop table {name}",
        )
    ]

    errors = source(*attempts)

    assert (len(attempts), {"42501"}) == (len(errors), {error[:5] for error in errors})


def test_the_source_user_creates_nothing_but_what_public_allows(source: Psql, applied: Run, sandbox: tuple[State, Path]) -> None:
    """No schema, no database, no table but in `public`, where everybody may; verify says so with the command that ends it."""
    schemas = sorted({schema for schema, _, _ in relations(sandbox, "tickit")} - {"public"})
    attempts = ["create schema mine", "create database mine", *(f"create table {qualified((each, 'mine'))} (a int)" for each in schemas)]

    assert len(attempts) == len(source(*attempts))
    assert [] == source("create temporary table mine (a int)", "create table public.mine (a int)", "drop table public.mine")
    told = [each for each in applied.findings if "everybody may create in public" in each.detail]
    assert ["REVOKE CREATE ON SCHEMA public FROM PUBLIC;"] == [each.way_out.rpartition(": ")[2] for each in told if each.warning]


def test_the_destination_user_creates_and_drops_what_is_his(destination: Psql) -> None:
    """Schemas and tables of his own, and temporary tables; he reads svv_table_info."""
    assert [] == destination(
        "create schema made",
        "create table made.copies (a int)",
        "insert into made.copies values (1)",
        "drop schema made cascade",
        "create temporary table mine (a int)",
        "select * from svv_table_info limit 1",
    )


def test_the_destination_user_drops_just_the_schemas_that_a_job_replaces(destination: Psql, sandbox: tuple[State, Path]) -> None:
    """DROP reaches the schemas that the source has too and that belong to somebody else; no other schema, and no other's table."""
    with admin(*sandbox, "tickit_masked") as connection, connection.cursor() as cursor:
        cursor.execute(DROPPABLE)
        rights = dict(cursor.fetchall())
    his, kept = [name for name, may in rights.items() if may], [name for name, may in rights.items() if not may]
    shared = {schema for schema, _, _ in relations(sandbox, "tickit")}

    assert his
    assert set(his) <= shared
    assert len(kept) == len(destination(*(f"drop schema {qualified((name,))} cascade" for name in kept)))
    assert [] == destination("begin", *(f"drop schema {qualified((name,))} cascade" for name in his), "rollback")


@pytest.fixture(autouse=True, scope="module")
def removed(applied: Run, sandbox: tuple[State, Path]) -> Iterator[None]:
    """Take everything back at the end: the users own nothing by then."""
    yield
    assert 0 == applied.exit_code
    assert 0 == Driver(applied.record.folder.parent.parent.parent / "sandbox.yaml")("destroy").exit_code
    assert sandbox[0].id
