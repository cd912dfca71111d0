"""GRANT and REVOKE, proven by the one to whom it happened."""

from __future__ import annotations

import pytest

from tests.sandbox.redshift.clients import refused
from tests.sandbox.redshift.door import Door

HELD = "select privilege_type from svv_schema_privileges where namespace_name = '{}' and identity_name = '{}' order by 1"


def test_reading_needs_both_rights(door: Door) -> None:
    """A table is read with USAGE on its schema and SELECT on itself, not with one of the two; writing stays refused."""
    schema, user = door.schema("read"), door.add("reader")
    own, query = door.log_in(user), f"select id from {schema}.t"
    with refused("42501", "permission denied"):
        own.run(query)
    door.admin.run(f"GRANT SELECT ON {schema}.t TO {user}")
    with refused("42501", f"permission denied for schema {schema}"):
        own.run(query)
    door.admin.run(f"GRANT USAGE ON SCHEMA {schema} TO {user}")
    assert [("1",)] == own.run(query)
    for statement in (f"INSERT INTO {schema}.t VALUES (2)", f"UPDATE {schema}.t SET id = 2", f"DELETE FROM {schema}.t"):
        with refused("42501", "permission denied for relation t"):
            own.run(statement)


def test_every_list_is_taken(door: Door) -> None:
    """Several schemas, tables, privileges and users stand in one statement, for USAGE, SELECT and DROP alike."""
    first, second = door.schema("list_a"), door.schema("list_b")
    users = [door.add("one"), door.add("two")]
    both = ", ".join(users)
    door.admin.run(f"GRANT USAGE, DROP ON SCHEMA {first}, {second} TO {both}")
    door.admin.run(f"GRANT SELECT, INSERT, DROP ON TABLE {first}.t, {second}.t TO {both}")
    for user in users:
        own = door.log_in(user)
        for schema in (first, second):
            assert [("1",)] == own.run(f"select id from {schema}.t")
            query = "select has_schema_privilege(current_user, '{0}', 'drop'), has_table_privilege(current_user, '{0}.t', 'drop')"
            assert [("t", "t")] == own.run(query.format(schema))


def test_all_tables_are_those_that_are_there(door: Door) -> None:
    """ALL TABLES IN SCHEMA reaches the tables and views of each named schema, and none that comes later."""
    first, second, user = door.schema("all_a"), door.schema("all_b"), door.add("reader")
    door.admin.run(f"CREATE VIEW {first}.v AS SELECT id + 1 AS id FROM {first}.t")
    door.admin.run(f"GRANT USAGE ON SCHEMA {first}, {second} TO {user}")
    door.admin.run(f"GRANT SELECT, DROP ON ALL TABLES IN SCHEMA {first}, {second} TO {user}")
    door.admin.run(f"CREATE TABLE {second}.later (id int)")
    own = door.log_in(user)
    assert [("1", "2", "1")] == own.run(f"select a.id, v.id, b.id from {first}.t a, {first}.v v, {second}.t b")
    with refused("42501", "permission denied for relation later"):
        own.run(f"select * from {second}.later")
    query = f"select has_table_privilege(current_user, '{first}.v', 'drop'), has_table_privilege(current_user, '{second}.later', 'drop')"
    assert [("t", "f")] == own.run(query)


def test_future_tables_follow_their_maker(door: Door) -> None:
    """ALTER DEFAULT PRIVILEGES reaches tables that the named user makes later, not those of others."""
    schema, user, maker = door.schema("future"), door.add("reader"), door.add("maker")
    door.admin.run(f"GRANT CREATE, USAGE ON SCHEMA {schema} TO {maker}")
    door.admin.run(f"GRANT USAGE ON SCHEMA {schema} TO {user}")
    door.admin.run(f"ALTER DEFAULT PRIVILEGES FOR USER {maker} IN SCHEMA {schema} GRANT SELECT ON TABLES TO {user}")
    door.log_in(maker).run(f"CREATE TABLE {schema}.his AS SELECT 1 AS id")
    door.admin.run(f"CREATE TABLE {schema}.ours AS SELECT 1 AS id")
    own = door.log_in(user)
    assert [("1",)] == own.run(f"select id from {schema}.his")
    with refused("42501", "relation ours"):
        own.run(f"select id from {schema}.ours")
    query = f"select owner_name, privilege_type, grantee_name from svv_default_privileges where schema_name = '{schema}'"
    assert [(maker, "SELECT", user)] == door.admin.run(query)


def test_what_was_revoked_is_gone(door: Door) -> None:
    """REVOKE takes USAGE, SELECT and DROP back, and the one who had them notices."""
    schema, user = door.schema("revoked"), door.add("reader")
    door.admin.run(f"GRANT USAGE, DROP ON SCHEMA {schema} TO {user}")
    door.admin.run(f"GRANT SELECT, DROP ON ALL TABLES IN SCHEMA {schema} TO {user}")
    own = door.log_in(user)
    assert [("1",)] == own.run(f"select id from {schema}.t")
    door.admin.run(f"REVOKE USAGE, DROP ON SCHEMA {schema} FROM {user}")
    door.admin.run(f"REVOKE SELECT, DROP ON ALL TABLES IN SCHEMA {schema} FROM {user}")
    for statement in (f"select id from {schema}.t", f"DROP TABLE {schema}.t", f"DROP SCHEMA {schema} CASCADE"):
        with refused("42501"):
            own.run(statement)
    assert [] == door.admin.run(HELD.format(schema, user))


def test_a_mixed_list_is_all_or_nothing(door: Door) -> None:
    """Where one grantee or object is unknown, neither half of a mixed list is granted, in no transaction of one's own."""
    schema, user = door.schema("mixed"), door.add("reader")
    with refused("42704", "does not exist"):
        door.admin.run(f"GRANT USAGE, DROP ON SCHEMA {schema} TO {user}, nobody_here")
    with refused("3F000", "does not exist"):
        door.admin.run(f"GRANT USAGE, DROP ON SCHEMA {schema}, nowhere_here TO {user}")
    assert [] == door.admin.run(HELD.format(schema, user))


def test_granting_again_changes_nothing(door: Door) -> None:
    """Every GRANT can be repeated: each right is held once."""
    schema, user = door.schema("again"), door.add("reader")
    for _ in range(2):
        door.admin.run(f"GRANT USAGE, CREATE, ALTER, DROP ON SCHEMA {schema} TO {user}")
    assert [("ALTER",), ("CREATE",), ("DROP",), ("USAGE",)] == door.admin.run(HELD.format(schema, user))


def test_all_is_every_right_of_the_class(door: Door) -> None:
    """GRANT ALL gives what Redshift has for the class, DROP and ALTER included."""
    schema, user = door.schema("all"), door.add("reader")
    door.admin.run(f"GRANT ALL ON SCHEMA {schema} TO {user}")
    door.admin.run(f"GRANT ALL PRIVILEGES ON {schema}.t TO {user}")
    assert [("ALTER",), ("CREATE",), ("DROP",), ("USAGE",)] == door.admin.run(HELD.format(schema, user))
    query = f"select privilege_type from svv_relation_privileges where namespace_name = '{schema}' and identity_name = '{user}' order by 1"
    rights = ("ALTER", "DELETE", "DROP", "INSERT", "REFERENCES", "SELECT", "TRUNCATE", "UPDATE")
    assert [(right,) for right in rights] == door.admin.run(query)


def test_only_those_who_may_grant(door: Door) -> None:
    """A stranger grants neither USAGE nor DROP; the owner does, and so does who has the right with grant option."""
    owner, friend, user = door.add("owner"), door.add("friend"), door.add("reader")
    schema = door.schema("passed_on", owner)
    for right in ("USAGE", "DROP"):
        statement = f"GRANT {right} ON SCHEMA {schema} TO {user}"
        with refused("42501", f"permission denied for schema {schema}"):
            door.log_in(friend).run(statement)
        door.log_in(owner).run(f"GRANT {right} ON SCHEMA {schema} TO {friend} WITH GRANT OPTION")
        door.log_in(friend).run(statement)
    assert [("DROP",), ("USAGE",)] == door.admin.run(HELD.format(schema, user))


def test_the_grant_option_is_taken_back_alone(door: Door) -> None:
    """REVOKE GRANT OPTION FOR leaves the right and takes what allowed to pass it on."""
    schema, friend, user = door.schema("option"), door.add("friend"), door.add("reader")
    door.admin.run(f"GRANT USAGE, DROP ON SCHEMA {schema} TO {friend} WITH GRANT OPTION")
    door.admin.run(f"REVOKE GRANT OPTION FOR USAGE, DROP ON SCHEMA {schema} FROM {friend}")
    assert [("DROP",), ("USAGE",)] == door.admin.run(HELD.format(schema, friend))
    with refused("42501"):
        door.log_in(friend).run(f"GRANT DROP ON SCHEMA {schema} TO {user}")


def test_a_right_of_everybody_is_everybodys(door: Door) -> None:
    """What PUBLIC was granted every user may do, DROP too, and the view names PUBLIC, not the user."""
    schema, user = door.schema("everybody"), door.add("anybody")
    door.admin.run(f"GRANT USAGE, DROP ON SCHEMA {schema} TO PUBLIC")
    assert [("t", "t")] == door.log_in(user).run(
        f"select has_schema_privilege(current_user, '{schema}', 'usage'), has_schema_privilege(current_user, '{schema}', 'drop')"
    )
    assert [("DROP",), ("USAGE",)] == door.admin.run(HELD.format(schema, "public"))
    assert [] == door.admin.run(HELD.format(schema, user))


def test_a_groups_right_is_its_members(door: Door) -> None:
    """DROP granted to a group lets a member drop the schema."""
    schema, group, user = door.schema("group_drop"), door.name("droppers"), door.add("member")
    door.admin.run(f"CREATE GROUP {group} WITH USER {user}")
    door.admin.run(f"GRANT DROP ON SCHEMA {schema} TO GROUP {group}")
    assert [("DROP",)] == door.admin.run(HELD.format(schema, group))
    door.log_in(user).run(f"DROP SCHEMA {schema} CASCADE")
    assert [("0",)] == door.admin.run(f"select count(*) from pg_namespace where nspname = '{schema}'")


def test_rights_on_a_database(door: Door) -> None:
    """TEMP and CREATE on a database are refused before and allowed after their grant; USAGE and ALTER are remembered."""
    database, user = door.name("database"), door.add("worker")
    door.admin.run(f"CREATE DATABASE {database}")
    admin = door.log_in(database=database)
    admin.run(f"REVOKE TEMP ON DATABASE {database} FROM PUBLIC")
    own = door.log_in(user, database=database)
    tries = ("CREATE TEMP TABLE scratch (id int)", "CREATE SCHEMA scratch")
    for statement in tries:
        with refused("42501", "permission denied"):
            own.run(statement)
    admin.run(f"GRANT TEMPORARY, CREATE, USAGE, ALTER ON DATABASE {database} TO {user}")
    for statement in tries:
        assert [] == own.run(statement)
    query = f"select privilege_type from svv_database_privileges where identity_name = '{user}' order by 1"
    assert [("ALTER",), ("CREATE",), ("TEMP",), ("USAGE",)] == admin.run(query)
    admin.run(f"REVOKE ALL ON DATABASE {database} FROM {user}")
    assert [] == admin.run(query)


def test_everybody_uses_temporary_tables_by_default(door: Door) -> None:
    """PUBLIC may use temporary tables and create in public, in every database."""
    own = door.log_in(door.add("anybody"))
    table = door.name("mine")
    for statement in ("CREATE TEMP TABLE scratch (id int)", f"CREATE TABLE public.{table} (id int)", f"DROP TABLE public.{table}"):
        assert [] == own.run(statement)


@pytest.mark.parametrize("right", ["USAGE", "DROP"])
def test_a_right_on_an_external_schema_is_granted_alone(door: Door, right: str) -> None:
    """A grant on an external schema is refused inside a transaction and taken outside of one."""
    schema, user = door.name("external"), door.add("reader")
    door.admin.run(f"CREATE EXTERNAL SCHEMA {schema} FROM DATA CATALOG DATABASE 'glue'")
    statement = f"GRANT {right} ON SCHEMA {schema} TO {user}"
    door.admin.run("BEGIN")
    with refused("25001", "cannot run inside a transaction block"):
        door.admin.run(statement)
    door.admin.run("ROLLBACK")
    door.admin.run(statement)
    assert [(right,)] == door.admin.run(HELD.format(schema, user))


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT SELECT (id) ON {0}.t TO {1}",
        "GRANT USAGE FOR SCHEMAS IN DATABASE dev TO {1}",
        "GRANT SELECT FOR TABLES IN SCHEMA {0} TO {1}",
        "GRANT USAGE ON SCHEMA {0} TO ROLE reader",
        "GRANT ROLE reader TO {1}",
        "GRANT ASSUMEROLE ON 'arn:aws:iam::123456789012:role/r' TO {1} FOR COPY",
        "GRANT EXECUTE ON FUNCTION f(int) TO {1}",
        "GRANT USAGE ON DATASHARE shared TO {1}",
        "GRANT USAGE ON LANGUAGE plpythonu TO {1}",
    ],
)
def test_what_is_missing_says_so(door: Door, statement: str) -> None:
    """Column rights, scoped permissions, roles and rights on other classes are refused as not modelled."""
    with refused("0A000", "not modelled"):
        door.admin.run(statement.format(door.schema("missing"), door.add("reader")))


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("GRANT SELECT ON SCHEMA {0} TO {1}", "0LP01"),
        ("GRANT USAGE ON {0}.t TO {1}", "0LP01"),
        ("GRANT TRIGGER ON {0}.t TO {1}", "0LP01"),
        ("GRANT CONNECT ON DATABASE dev TO {1}", "0LP01"),
        ("GRANT USAGE ON SCHEMA {0} {1}", "42601"),
        ("GRANT USAGE ON SCHEMA {0} TO {1} WITH ADMIN OPTION", "42601"),
        ("REVOKE USAGE ON SCHEMA {0} TO {1}", "42601"),
        ("GRANT SELECT ON {0}.nothing TO {1}", "42P01"),
        ("GRANT DROP ON {0}.nothing TO {1}", "42P01"),
        ("GRANT DROP ON SCHEMA {0}_no TO {1}", "3F000"),
        ("GRANT DROP ON ALL TABLES IN SCHEMA {0}_no TO {1}", "3F000"),
        ("GRANT SELECT ON ALL TABLES IN SCHEMA {0}_no TO {1}", "3F000"),
        ("GRANT USAGE ON DATABASE nowhere TO {1}", "3D000"),
    ],
)
def test_a_wrong_grant_is_refused_with_its_code(door: Door, statement: str, code: str) -> None:
    """A right that the class has not, an unknown object and a broken sentence each have their SQLSTATE."""
    with refused(code):
        door.admin.run(statement.format(door.schema("wrong"), door.add("reader")))


def test_nobody_grants_himself(door: Door) -> None:
    """What carries out a grant behind the wire cannot be called by a client, and what it keeps cannot be read."""
    schema, user = door.schema("behind"), door.add("clever")
    own = door.log_in(user)
    with refused("0A000", "CALL is not modelled"):
        own.run(f"CALL pg_catalog.rs_grant('schema', ARRAY['{schema}'], ARRAY['DROP'], ARRAY['{user}'], false)")
    for view in ("rs_user_option", "rs_acl", "pg_shdescription", "pg_shadow"):
        with refused("42501", "permission denied"):
            own.run(f"select * from pg_catalog.{view}")
