"""What goes over the wire: what the server says of itself, both protocols, transactions, errors, and TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.sandbox.redshift.clients import HOST, Psql, Psycopg2, RedshiftConnector, refused, shut_out
from tests.sandbox.redshift.door import PASSWORD, Door
from tests.sandbox.redshift.standin import ADMIN, StandIn, started

BANNER = "Redshift 1.0.00000"
ABORTED = "current transaction is aborted"


def test_the_banner_is_a_stand_ins(door: Door) -> None:
    """version(), with its schema and without, is Redshift's, with the build number that no real cluster has."""
    ((plain, qualified),) = door.admin.run("select version(), pg_catalog.version()")
    assert plain == qualified
    assert plain.startswith("PostgreSQL 8.0.2 ")
    assert plain.endswith(BANNER)


def test_the_server_version_is_redshifts(door: Door) -> None:
    """The server reports the version that Redshift reports, and none of the newer server's own settings."""
    client = door.admin
    if isinstance(client, Psycopg2):
        reported = [client.connection.get_parameter_status(name) for name in ("server_version", "scram_iterations", "in_hot_standby")]
        assert (80002, ["8.0.2", None, None]) == (client.connection.server_version, reported)
    elif isinstance(client, RedshiftConnector):
        names = {name for name, _ in client.connection.parameter_statuses}
        assert (b"server_version", b"8.0.2") in client.connection.parameter_statuses
        assert {b"scram_iterations", b"in_hot_standby"}.isdisjoint(names)
    else:
        assert [("8.0.2",)] == client.run(r"\echo :SERVER_VERSION_NAME")


@pytest.mark.parametrize("driver", ["psycopg2", "redshift_connector"])
def test_sqlalchemys_dialect_is_content(standin: StandIn, driver: str) -> None:
    """An engine of the Redshift dialect connects, reads with bound values and commits, through either driver."""
    from sqlalchemy import URL, create_engine, text

    url = URL.create(f"redshift+{driver}", ADMIN, standin.password, HOST, standin.port, "tickit")
    options = {"sslmode": "disable"} if driver == "psycopg2" else {"ssl": False}
    engine = create_engine(url, connect_args=options)
    try:
        with engine.begin() as connection:
            connection.execute(text("create schema from_sqlalchemy"))
        with engine.begin() as connection:
            found = connection.execute(text("select nspname from pg_namespace where nspname = :name"), {"name": "from_sqlalchemy"})
            assert ["from_sqlalchemy"] == list(found.scalars())
            connection.execute(text("drop schema from_sqlalchemy"))
    finally:
        engine.dispose()


def test_both_protocols_are_translated(door: Door) -> None:
    """A statement sent by Parse and Bind is translated like one of the simple protocol: a quoted name folds in both."""
    quoted = f'"{door.schema("protocol").upper()}"'
    assert [("1",)] == door.admin.run(f"select id from {quoted}.t")
    if isinstance(door.admin, Psql):
        assert [("1",)] == door.admin.run(f"select id from {quoted}.t where id = $1 \\bind 1 \\g")


def test_several_statements_go_at_once(door: Door) -> None:
    """A string of statements runs whole, each one translated; AWS's driver cannot send one."""
    user, schema = door.name("several"), door.schema("several")
    if isinstance(door.admin, RedshiftConnector):
        with refused("42601", "multiple commands"):
            door.admin.run("select 1; select 2")
        return
    door.admin.run(f"CREATE USER {user} PASSWORD '{PASSWORD}'; GRANT USAGE, DROP ON SCHEMA {schema} TO {user}; SELECT 1")
    assert [("t",)] == door.admin.run(f"select has_schema_privilege('{user}', '{schema}', 'drop')")


def test_a_refusal_by_the_translator_aborts_the_transaction(door: Door) -> None:
    """A statement that never reached the server's parser aborts the open transaction all the same; ROLLBACK ends that."""
    schema = door.name("aborted")
    for statement, code in (("DO $$begin end$$", "42601"), ("CREATE ROLE x", "0A000"), ("select string_agg('a', 'b')", "42883")):
        door.admin.run("BEGIN")
        door.admin.run(f"CREATE SCHEMA {schema}")
        with refused(code):
            door.admin.run(statement)
        with refused("25P02", ABORTED):
            door.admin.run("select 1")
        door.admin.run("ROLLBACK")
        assert [("0",)] == door.admin.run(f"select count(*) from pg_namespace where nspname = '{schema}'")


def test_grants_and_users_are_transactional(door: Door) -> None:
    """CREATE USER, GRANT DROP and GRANT USAGE roll back together and commit together."""
    schema, user = door.schema("together"), door.name("together")
    for ending, held in (("ROLLBACK", "0"), ("COMMIT", "2")):
        door.admin.run("BEGIN")
        door.admin.run(f"CREATE USER {user} PASSWORD '{PASSWORD}'")
        door.admin.run(f"GRANT USAGE, DROP ON SCHEMA {schema} TO {user}")
        door.admin.run(ending)
        query = f"select count(*) from svv_schema_privileges where namespace_name = '{schema}' and identity_name = '{user}'"
        assert [(held,)] == door.admin.run(query)


def test_errors_speak_redshifts_words(door: Door) -> None:
    """Errors say user and relation where PostgreSQL says role and table, and carry none of its newer fields."""
    schema, user = door.schema("words"), door.add("words")
    door.admin.run(f"GRANT USAGE ON SCHEMA {schema} TO {user}")
    with refused("42501", "permission denied for relation t"):
        door.log_in(user).run(f"select * from {schema}.t")
    with refused("42704", 'user "nobody_here" does not exist'):
        door.admin.run(f"GRANT USAGE ON SCHEMA {schema} TO nobody_here")


def test_translated_statements_keep_their_tag(standin: StandIn) -> None:
    """What runs as a call or a block behind the wire answers with the tag of what was sent."""
    client = Psycopg2(standin.port, "dev", ADMIN, standin.password)
    schema, user = "tagged", "tagged"
    with client.connection.cursor() as cursor:
        for statement, tag in (
            (f"CREATE USER {user} PASSWORD '{PASSWORD}' SYSLOG ACCESS RESTRICTED", "CREATE USER"),
            (f"CREATE SCHEMA {schema}", "CREATE SCHEMA"),
            (f"GRANT DROP ON SCHEMA {schema} TO {user}", "GRANT"),
            (f"GRANT USAGE, DROP ON SCHEMA {schema} TO {user}", "GRANT"),
            (f"REVOKE USAGE, DROP ON SCHEMA {schema} FROM {user}", "REVOKE"),
            (f"DROP SCHEMA {schema}", "DROP SCHEMA"),
            (f"DROP USER {user}", "DROP USER"),
            ("SET enable_case_sensitive_identifier TO true", "SET"),
            ("SELECT 1", "SELECT 1"),
        ):
            cursor.execute(statement)
            assert tag == cursor.statusmessage
    client.close()


def test_a_running_statement_is_cancelled(standin: StandIn) -> None:
    """A cancel request reaches the server: the statement ends with 57014 and the connection lives on."""
    import threading

    client = Psycopg2(standin.port, "tickit", ADMIN, standin.password)
    timer = threading.Timer(0.3, client.connection.cancel)
    timer.start()
    with refused("57014", "cancel"):
        client.run("select count(*) from sales a, sales b, sales c, sales d")
    timer.join()
    assert [("1",)] == client.run("select 1")
    client.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Path, Path]]:
    """Make a certificate authority, and a certificate for the loopback address."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for pem in certificate.cert_chain_pems:
        pem.write_to_path(folder / "cert.pem", append=True)
    return folder / "ca.pem", (folder / "cert.pem", folder / "key.pem")


@pytest.fixture(scope="module")
def encrypted(authority: tuple[Path, tuple[Path, Path]]) -> Iterator[StandIn]:
    """Run a second stand-in that offers TLS."""
    with started(tls=authority[1]) as each:
        yield each


@pytest.mark.filterwarnings("ignore:ssl:DeprecationWarning")
def test_tls_is_verified_in_full(encrypted: StandIn, authority: tuple[Path, tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch) -> None:
    """With its authority known, a driver verifies certificate and name and logs in; with another authority it does not."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[0]))
    good = {"sslmode": "verify-full", "sslrootcert": str(authority[0])}
    for client in (
        Psycopg2(encrypted.port, "dev", ADMIN, encrypted.password, **good),
        RedshiftConnector(encrypted.port, "dev", ADMIN, encrypted.password, ssl=True, sslmode="verify-full"),
    ):
        assert [(ADMIN,)] == client.run("select current_user")
        client.close()
    monkeypatch.delenv("SSL_CERT_FILE")
    with shut_out("certificate"):
        Psycopg2(encrypted.port, "dev", ADMIN, encrypted.password, sslmode="verify-full", sslrootcert=str(authority[1][0]))
    with shut_out("CERTIFICATE_VERIFY_FAILED"):
        RedshiftConnector(encrypted.port, "dev", ADMIN, encrypted.password, ssl=True, sslmode="verify-full")


def test_there_is_no_tls_unless_asked_for(standin: StandIn) -> None:
    """A stand-in without a certificate says that it has no TLS, and a client that insists stays outside."""
    with shut_out("server does not support SSL"):
        Psycopg2(standin.port, "dev", ADMIN, standin.password, sslmode="require")
