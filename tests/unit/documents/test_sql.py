"""Every statement of the databases: names quoted, many objects a statement, no password, in an order that works."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy_redshift.dialect import RESERVED_WORDS

from runbook_lib.documents import scripts, sql
from runbook_lib.model import Change, Resource
from runbook_lib.parameters import Environment
from runbook_lib.resources.s3 import Bucket
from runbook_lib.resources.warehouse import Database, DatabaseUser, DefaultPrivileges, Grants, Name, ObjectClass, Ownership
from runbook_lib.secrets import Masked, md5_literal

USER = DatabaseUser(side="source", name="tonic_user", password="env:SECRET_REFERENCE")
LITERAL = md5_literal(Masked("Product-pass-1"), USER.name).reveal()


def environment(**given: Any) -> Environment:
    """Describe an environment; `source`, `destination` and `schemas` add to what it says."""
    user = {"name": "tonic_user", "password": "env:READER"}
    place = {"host": "redshift.example", "database": "tickit", "user": user}
    masked = {**place, "database": "tickit_masked", "user": {"name": "tonic_writer", "password": "env:WRITER"}}
    return Environment.model_validate(
        {
            "environment": "staging",
            "aws": {"account": "123456789012", "region": "eu-central-1"},
            "server": {},
            "buckets": {"source": {"name": "tonic-a"}, "destination": {"name": "tonic-b"}},
            "source": {**place, **given.get("source", {})},
            "destination": {**masked, **given.get("destination", {})},
            "schemas": given.get("schemas", {}),
        }
    )


def written(before: Resource | None, after: Resource | None) -> tuple[str, ...]:
    """Write a change."""
    return sql.statements(Change(before=before, after=after))


def grants(privilege: str, on: ObjectClass, *objects: Name, grantee: str = "tonic_user") -> Grants:
    """Describe grants."""
    return Grants(side="source", grantee=grantee, privilege=privilege, on=on, objects=objects)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sales", "sales"),
        ("_x9", "_x9"),
        ("public", "public"),
        ("Sales", '"Sales"'),
        ("9x", '"9x"'),
        ("a b", '"a b"'),
        ("a-b", '"a-b"'),
        ('quo"ted', '"quo""ted"'),
        ("100%_off", '"100%_off"'),
        ("a:b", '"a:b"'),
        ("back\\slash", '"back\\slash"'),
        ("売上", '"売上"'),
        ("dollar$", '"dollar$"'),
        ("sales\n", '"sales\n"'),
        ("select", '"select"'),
        ("", '""'),
    ],
)
def test_a_name_is_quoted_unless_it_is_plain(name: str, expected: str) -> None:
    """Only lower-case ASCII that is no reserved word stands as it is; a quote is doubled."""
    assert (sql.identifier(name), sql.user_name(name)) == (expected, expected)


@pytest.mark.parametrize("word", sorted(RESERVED_WORDS))
def test_every_reserved_word_is_quoted(word: str) -> None:
    """What the dialect knows as reserved is no plain name."""
    assert sql.identifier(word.lower()) == f'"{word.lower()}"'


def test_parts_are_quoted_one_by_one() -> None:
    """A dot in a part is no separator."""
    assert sql.qualified(("a.b", "plain", 'c"')) == '"a.b".plain."c"""'


@pytest.mark.parametrize(("text", "expected"), [("it's", "'it''s'"), ("a\\b", "'a\\\\b'"), ("\\'", "'\\\\'''"), ("", "''"), ('"', "'\"'")])
def test_a_literal_is_quoted_for_a_server_in_which_backslashes_escape(text: str, expected: str) -> None:
    """Quotes and backslashes are doubled."""
    assert sql.literal(text) == expected


def test_a_user_is_made_changed_and_dropped() -> None:
    """CREATEUSER is Redshift's word for a superuser; a name that needs it is quoted each time."""
    odd = USER.model_copy(update={"name": 'O"Neil'})
    power = odd.model_copy(update={"superuser": True})
    assert written(None, USER) == ("CREATE USER tonic_user PASSWORD '********';",)
    assert written(None, power) == ('CREATE USER "O""Neil" CREATEUSER PASSWORD \'********\';',)
    assert written(odd, power) == ('ALTER USER "O""Neil" CREATEUSER;',)
    assert written(power, odd) == ('ALTER USER "O""Neil" NOCREATEUSER;',)
    assert written(odd, None) == ('DROP USER "O""Neil";',)


@pytest.mark.parametrize("name", ["tonic_user", "Tonic User", "売上"])
def test_the_literal_is_md5_of_password_and_name(name: str) -> None:
    """The literal is what Redshift stores, so that clear text is in no statement; by default not even the literal is."""
    literal = md5_literal(Masked("Product-pass-1"), name).reveal()
    user = USER.model_copy(update={"name": name})
    [masked] = written(None, user)
    [statement] = sql.statements(Change(before=None, after=user), sql.literal(literal))
    assert re.fullmatch(r"CREATE USER .+ PASSWORD 'md5[0-9a-f]{32}';", statement)
    assert ("Product-pass-1" in statement, USER.password in statement + masked) == (False, False)
    assert (literal in masked, sql.MASKED_LITERAL in masked) == (False, True)


def test_known_digest() -> None:
    """The digest is the one that the command of the script makes: over the password, then the name."""
    assert md5_literal(Masked("Password1"), "u1").reveal() == "md585e3ea845d5a5d6e8677a7042c3736a3"


def test_many_objects_stand_in_one_statement() -> None:
    """Schemas go by the hundred and tables by five hundred, each named once, in the order of their names."""
    schemas = tuple((f"s{number:04}",) for number in range(250))
    tables = tuple(("s", f"t{number:04}") for number in range(1200))
    usage = written(None, grants("USAGE", "schema", *reversed(schemas)))
    select = written(None, grants("SELECT", "table", *reversed(tables)))
    assert [each.count(",") + 1 for each in usage] == [100, 100, 50]
    assert [each.count(",") + 1 for each in select] == [500, 500, 200]
    assert re.findall(r"s\d{4}", " ".join(usage)) == [name for (name,) in schemas]
    assert re.findall(r"s\.t\d{4}", " ".join(select)) == [f"s.{name}" for _, name in tables]
    assert usage[2] == f"GRANT USAGE ON SCHEMA {', '.join(name for (name,) in schemas[200:])} TO tonic_user;"
    assert select[2] == f"GRANT SELECT ON {', '.join(f's.{name}' for _, name in tables[1000:])} TO tonic_user;"


def test_only_the_difference_is_granted_and_revoked() -> None:
    """What stays is not granted again; what is no longer wanted is revoked, many objects a statement too."""
    before = grants("USAGE", "schema", ("a",), ("b",), ("C",))
    after = grants("USAGE", "schema", ("b",), ("d",), ("e f",))
    assert written(before, after) == (
        'GRANT USAGE ON SCHEMA d, "e f" TO tonic_user;',
        'REVOKE USAGE ON SCHEMA "C", a FROM tonic_user;',
    )
    assert written(after, after) == ()
    assert written(before, None) == ('REVOKE USAGE ON SCHEMA "C", a, b FROM tonic_user;',)


def test_each_class_is_written_in_redshifts_words() -> None:
    """Schemas and databases are named as such, tables by their names alone."""
    odd = 'O"Neil'
    assert written(None, grants("DROP", "schema", ("select",), grantee=odd)) == ('GRANT DROP ON SCHEMA "select" TO "O""Neil";',)
    assert written(None, grants("TEMPORARY", "database", ("my db",))) == ('GRANT TEMPORARY ON DATABASE "my db" TO tonic_user;',)
    info = grants("SELECT", "table", ("pg_catalog", "svv_table_info"))
    assert written(None, info) == ("GRANT SELECT ON pg_catalog.svv_table_info TO tonic_user;",)


def test_default_privileges_follow_the_creator() -> None:
    """What one creator makes later in the schemas is granted or taken back, all schemas in one statement."""
    one = DefaultPrivileges(side="source", creator="ETL owner", grantee="tonic_user", schemas=("a", "b"))
    two = one.model_copy(update={"schemas": ("b", "C")})
    head = 'ALTER DEFAULT PRIVILEGES FOR USER "ETL owner" IN SCHEMA'
    assert written(None, one) == (f"{head} a, b GRANT SELECT ON TABLES TO tonic_user;",)
    assert written(one, two) == (f'{head} "C" GRANT SELECT ON TABLES TO tonic_user;', f"{head} a REVOKE SELECT ON TABLES FROM tonic_user;")
    assert written(two, None) == (f'{head} "C", b REVOKE SELECT ON TABLES FROM tonic_user;',)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("Maker", "s 1", "RELATION", "user", "u"), 'FOR USER "Maker" IN SCHEMA "s 1" REVOKE ALL ON TABLES FROM u;'),
        (("maker", "", "RELATION", "user", "Mr U"), 'FOR USER maker REVOKE ALL ON TABLES FROM "Mr U";'),
        (("maker", "s", "FUNCTION", "group", "g 1"), 'FOR USER maker IN SCHEMA s REVOKE ALL ON FUNCTIONS FROM GROUP "g 1";'),
        (("maker", "s", "PROCEDURE", "role", "r"), "FOR USER maker IN SCHEMA s REVOKE ALL ON PROCEDURES FROM ROLE r;"),
        (("maker", "s", "RELATION", "public", "public"), "FOR USER maker IN SCHEMA s REVOKE ALL ON TABLES FROM PUBLIC;"),
    ],
)
def test_a_default_is_taken_back_from_whom_it_was_granted(row: tuple[str, str, str, str, str], expected: str) -> None:
    """Users, groups, roles and PUBLIC are told apart, and so is what they were granted on."""
    assert sql.revoke_default(*row) == f"ALTER DEFAULT PRIVILEGES {expected}"


def test_owners_are_changed_where_they_differ() -> None:
    """Each object of another owner has a statement of its own, in the order of the wanted value."""
    before = Ownership(side="destination", on="table", owners=((("s", "a"), "x"), (("s", "b"), "heir"), (("s", "C d"), "x")))
    after = before.model_copy(update={"owners": tuple((name, "heir") for name, _ in before.owners)})
    assert written(before, after) == ("ALTER TABLE s.a OWNER TO heir;", 'ALTER TABLE s."C d" OWNER TO heir;')
    assert written(after, before) == ("ALTER TABLE s.a OWNER TO x;", 'ALTER TABLE s."C d" OWNER TO x;')
    schema = Ownership(side="destination", on="schema", owners=((("select",), "Mr X"),))
    assert written(None, schema) == ('ALTER SCHEMA "select" OWNER TO "Mr X";',)


def test_a_database_is_made_and_dropped_and_aws_is_not_ours() -> None:
    """What is no affair of the databases has no SQL."""
    database = Database(side="destination", name="my db")
    assert (written(None, database), written(database, None)) == (('CREATE DATABASE "my db";',), ('DROP DATABASE "my db";',))
    assert written(None, Bucket(name="tonic-a", region="eu-central-1")) == ()


HEAD = """\
-- source database tickit of staging. Run it with psql, connected to tickit.
-- The password never stands here. Make its literal in your shell, where neither logs nor lists of processes show it:
--   read -rs password; export source_password=md5$(printf '%s%s' "$password" 'tonic_user' | md5sum | cut -d' ' -f1)
--   psql -f THIS_FILE 'host=redshift.example port=5439 dbname=tickit user=ADMIN sslmode=verify-full'
-- Once it was run, add to the parameter file, so that the runbook takes the user over: adopt: ["database_user/source/tonic_user"]
\\set ON_ERROR_STOP on
\\set source_password `printf %s "$source_password"`
SET enable_case_sensitive_identifier TO true;
"""


def test_a_script_holds_one_side_in_its_order() -> None:
    """The user comes before what he is granted, as it was desired; the password is a variable, and the other side is not there."""
    mine = [USER, grants("USAGE", "schema", ("Mixed",)), grants("SELECT", "table", ("Mixed", "t"))]
    other = USER.model_copy(update={"side": "destination", "name": "tonic_writer"})
    text = scripts.script([other, *mine], "source", environment())
    assert text == HEAD + (
        "CREATE USER tonic_user PASSWORD :'source_password';\n"
        'GRANT USAGE ON SCHEMA "Mixed" TO tonic_user;\n'
        'GRANT SELECT ON "Mixed".t TO tonic_user;\n'
    )
    assert scripts.script([other], "source", environment()) == ""


def test_a_script_enters_the_database_that_it_makes() -> None:
    """What does not exist is made from another database, and all that follows is done inside it, with case kept."""
    env = environment(destination={"database": "my'db", "create_database": True})
    wanted = [Database(side="destination", name="my'db"), USER.model_copy(update={"side": "destination"})]
    for text in (scripts.script(wanted, "destination", env), scripts.offline_script("destination", env)):
        lines = text.splitlines()
        (command,) = [line for line in lines if line.startswith("--   psql -f")]
        assert "dbname=dev" in command
        start = lines.index('CREATE DATABASE "my\'db";')
        assert lines[start : start + 3] == [
            'CREATE DATABASE "my\'db";',
            "\\connect -reuse-previous=on \"dbname='my\\'db'\"",
            "SET enable_case_sensitive_identifier TO true;",
        ]
        assert lines[start + 3].startswith("CREATE USER")


def test_a_tunnel_and_a_ca_file_stand_in_the_command() -> None:
    """The command to run the script leads where the runbook goes."""
    env = environment(source={"connect_to": "127.0.0.1", "sslrootcert": "my ca.crt", "database": "it's"})
    line = scripts.offline_script("source", env).splitlines()[3]
    expected = "host=redshift.example hostaddr=127.0.0.1 port=5439 dbname='it\\'s' user=ADMIN sslmode=verify-full sslrootcert='my ca.crt'"
    assert line == f"--   psql -f THIS_FILE {scripts.shell(expected)}"


def test_no_name_ends_a_comment() -> None:
    """A line break in a name does not let its rest become a statement."""
    env = environment(source={"database": "x\nDROP TABLE y;"})
    assert not [line for line in scripts.offline_script("source", env).splitlines() if line.startswith("DROP")]


@pytest.mark.parametrize(("text", "expected"), [("plain", "'plain'"), ("it's", "'it'\\''s'"), ("$(rm)`x`", "'$(rm)`x`'"), ('"', "'\"'")])
def test_a_word_is_quoted_for_the_shell(text: str, expected: str) -> None:
    """Nothing of it is run."""
    assert scripts.shell(text) == expected


def test_offline_each_choice_has_its_statements() -> None:
    """A reader asks for schemas, a writer gets the database, a superuser needs nothing more."""
    reader = scripts.offline_script("source", environment(source={"future_tables_of": ("Maker",)}))
    writer = scripts.offline_script("destination", environment())
    power = scripts.offline_script("destination", environment(destination={"preserve_ownership": True}))
    assert [line.split(" ||")[0] for line in reader.splitlines()[10::2]] == [
        "select 'grant usage on schema '",
        "select 'grant select on '",
        "select 'alter default privileges for user \"Maker\" in schema '",
    ]
    assert writer.splitlines()[9:13] == [
        "CREATE USER tonic_writer PASSWORD :'destination_password';",
        "GRANT SELECT ON pg_catalog.svv_table_info TO tonic_writer;",
        "GRANT TEMPORARY ON DATABASE tickit_masked TO tonic_writer;",
        "GRANT CREATE ON DATABASE tickit_masked TO tonic_writer;",
    ]
    assert power.splitlines()[8:] == ["CREATE USER tonic_writer CREATEUSER PASSWORD :'destination_password';"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("sales_*", "'sales\\\\_%'"), ("a?c", "'a_c'"), ("100%", "'100\\\\%'"), ("it's", "'it''s'"), ("back\\slash", "'back\\\\\\\\slash'")],
)
def test_a_pattern_is_asked_for_as_the_stage_matches_it(pattern: str, expected: str) -> None:
    """Only * and ? are special: what LIKE takes for special is escaped, once for LIKE and once for the literal."""
    env = environment(schemas={"include": (pattern,), "exclude": (pattern,)})
    text = scripts.offline_script("source", env)
    assert f"and (nspname like {expected}) and not (nspname like {expected})" in text
