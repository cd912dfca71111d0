"""DROP SCHEMA, DROP TABLE and DROP USER: who may, and what stands in the way."""

from __future__ import annotations

import pytest

from tests.sandbox.redshift.clients import refused
from tests.sandbox.redshift.door import PASSWORD, Door

IN_THE_WAY = "cannot be dropped"


def is_there(door: Door, schema: str) -> bool:
    """Tell whether a schema exists."""
    return [("1",)] == door.admin.run(f"select count(*) from pg_namespace where nspname = '{schema}'")


def test_somebody_elses_schema_needs_the_right(door: Door) -> None:
    """A schema of another owner is dropped after GRANT DROP and not before; any other schema and its table stay refused."""
    schema, other, user = door.schema("granted"), door.schema("kept"), door.add("dropper")
    own = door.log_in(user)
    with refused("42501", f"must be owner of schema {schema}"):
        own.run(f"DROP SCHEMA {schema} CASCADE")
    door.admin.run(f"GRANT USAGE, DROP ON SCHEMA {schema} TO {user}")
    own.run(f"DROP SCHEMA {schema} CASCADE")
    assert not is_there(door, schema)
    with refused("42501", f"must be owner of schema {other}"):
        own.run(f"DROP SCHEMA {other} CASCADE")
    with refused("42501", "must be owner of relation"):
        own.run(f"DROP TABLE {other}.t")
    assert is_there(door, other)


def test_the_right_on_a_schema_is_none_on_its_tables(door: Door) -> None:
    """DROP on a schema lets its holder drop the schema, not a single table in it."""
    schema, user = door.schema("whole"), door.add("dropper")
    door.admin.run(f"GRANT USAGE, DROP ON SCHEMA {schema} TO {user}")
    with refused("42501", "must be owner of relation"):
        door.log_in(user).run(f"DROP TABLE {schema}.t")


def test_somebody_elses_table_needs_the_right(door: Door) -> None:
    """A table or view of another owner is dropped after GRANT DROP on it and not before."""
    schema, user = door.schema("tables"), door.add("dropper")
    door.admin.run(f"CREATE VIEW {schema}.v AS SELECT 1 AS id")
    door.admin.run(f"GRANT USAGE ON SCHEMA {schema} TO {user}")
    own = door.log_in(user)
    for kind, name in (("TABLE", "t"), ("VIEW", "v")):
        with refused("42501", "must be owner of relation"):
            own.run(f"DROP {kind} {schema}.{name}")
        door.admin.run(f"GRANT DROP ON {schema}.{name} TO {user}")
        own.run(f"DROP {kind} {schema}.{name}")
    assert [("0",)] == door.admin.run(f"select count(*) from svv_all_tables where schema_name = '{schema}'")


def test_owners_and_superusers_drop_without_a_grant(door: Door) -> None:
    """Who made a schema drops it; a superuser drops everybody's."""
    owner, chief = door.add("owner"), door.add("chief", f"PASSWORD '{PASSWORD}' CREATEUSER")
    for user in (owner, chief):
        schema = door.name(f"of_owner_{user}")
        door.admin.run(f"CREATE SCHEMA {schema} AUTHORIZATION {owner}")
        door.log_in(user).run(f"DROP SCHEMA {schema}")
        assert not is_there(door, schema)


def test_a_drop_is_undone(door: Door) -> None:
    """DROP SCHEMA is part of its transaction: rolled back, the schema, its table and the rights on it are there again."""
    schema, user = door.schema("undone"), door.add("dropper")
    door.admin.run(f"GRANT USAGE, DROP ON SCHEMA {schema} TO {user}")
    door.admin.run(f"GRANT SELECT ON {schema}.t TO {user}")
    own = door.log_in(user)
    own.run("BEGIN")
    own.run(f"DROP SCHEMA {schema} CASCADE")
    own.run("ROLLBACK")
    assert [("1",)] == own.run(f"select id from {schema}.t")
    assert [("t",)] == own.run(f"select has_schema_privilege(current_user, '{schema}', 'drop')")


def test_rights_do_not_outlive_their_object(door: Door) -> None:
    """A schema made again under its old name has none of the rights that the dropped one had."""
    schema, user = door.schema("again"), door.add("dropper")
    door.admin.run(f"GRANT DROP ON SCHEMA {schema} TO {user}")
    door.admin.run(f"GRANT DROP ON {schema}.t TO {user}")
    door.admin.run(f"DROP SCHEMA {schema} CASCADE")
    door.schema("again")
    query = f"select has_schema_privilege('{user}', '{schema}', 'drop'), has_table_privilege('{user}', '{schema}.t', 'drop')"
    assert [("f", "f")] == door.admin.run(query)
    door.admin.run(f"DROP USER {user}")


def test_what_is_in_it_stands_in_the_way(door: Door) -> None:
    """Without CASCADE a schema with a table, and a table with a view, are not dropped: 2BP01."""
    schema = door.schema("full")
    door.admin.run(f"CREATE VIEW {schema}.v AS SELECT id FROM {schema}.t")
    for statement in (f"DROP SCHEMA {schema}", f"DROP SCHEMA {schema} RESTRICT", f"DROP TABLE {schema}.t"):
        with refused("2BP01", "depend on it"):
            door.admin.run(statement)
    door.admin.run(f"DROP TABLE {schema}.t CASCADE")
    door.admin.run(f"DROP SCHEMA {schema}")


def test_what_is_not_there_is_named_or_passed_over(door: Door) -> None:
    """A missing schema or table is an error, and with IF EXISTS none; lists are taken."""
    first, second = door.schema("listed_a"), door.schema("listed_b")
    with refused("3F000", "does not exist"):
        door.admin.run(f"DROP SCHEMA {door.name('missing')}")
    with refused("42P01", "does not exist"):
        door.admin.run(f"DROP TABLE {first}.missing")
    door.admin.run(f"DROP TABLE IF EXISTS {first}.missing, {first}.t")
    door.admin.run(f"DROP SCHEMA IF EXISTS {first}, {door.name('missing')}, {second} CASCADE")
    assert not is_there(door, first)
    assert not is_there(door, second)


@pytest.mark.parametrize(
    ("give", "take"),
    [
        ("GRANT USAGE ON SCHEMA {0} TO {1}", "REVOKE USAGE ON SCHEMA {0} FROM {1}"),
        ("GRANT SELECT ON {0}.t TO {1}", "REVOKE SELECT ON {0}.t FROM {1}"),
        ("GRANT DROP ON SCHEMA {0} TO {1}", "REVOKE DROP ON SCHEMA {0} FROM {1}"),
        ("GRANT DROP ON {0}.t TO {1}", "REVOKE DROP ON {0}.t FROM {1}"),
        ("GRANT USAGE ON DATABASE dev TO {1}", "REVOKE USAGE ON DATABASE dev FROM {1}"),
        ("GRANT SELECT ON pg_catalog.svv_table_info TO {1}", "REVOKE SELECT ON pg_catalog.svv_table_info FROM {1}"),
        ("ALTER SCHEMA {0} OWNER TO {1}", "ALTER SCHEMA {0} OWNER TO awsuser"),
        ("ALTER TABLE {0}.t OWNER TO {1}", "ALTER TABLE {0}.t OWNER TO awsuser"),
        (
            "ALTER DEFAULT PRIVILEGES IN SCHEMA {0} GRANT SELECT ON TABLES TO {1}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA {0} REVOKE SELECT ON TABLES FROM {1}",
        ),
    ],
)
def test_a_user_who_holds_or_owns_stays(door: Door, give: str, take: str) -> None:
    """DROP USER is refused with 55006 while the user owns or holds anything in this database, and goes when he does not."""
    schema, user = door.schema("held"), door.add("holder")
    door.admin.run(give.format(schema, user))
    with refused("55006", IN_THE_WAY):
        door.admin.run(f"DROP USER {user}")
    door.admin.run(take.format(schema, user))
    door.admin.run(f"DROP USER {user}")
    assert [("0",)] == door.admin.run(f"select count(*) from pg_user where usename = '{user}'")


def test_users_are_dropped_by_superusers_one_by_one_or_many(door: Door) -> None:
    """A plain user drops nobody; a list drops all or none; IF EXISTS passes over who is not there."""
    first, second, third = door.add("first"), door.add("second"), door.name("third")
    with refused("42501", "permission denied"):
        door.log_in(first).run(f"DROP USER {second}")
    with refused("42704", "does not exist"):
        door.admin.run(f"DROP USER {second}, {third}")
    assert [("1",)] == door.admin.run(f"select count(*) from pg_user where usename = '{second}'")
    door.admin.run(f"DROP USER IF EXISTS {second}, {third}")
    assert [("0",)] == door.admin.run(f"select count(*) from pg_user where usename = '{second}'")


def test_rights_elsewhere_keep_a_user_too(door: Door) -> None:
    """Stricter than Redshift, which looks at the current database only: a right held in another one keeps the user as well."""
    user = door.add("elsewhere")
    other = door.log_in(database="tickit")
    other.run(f"GRANT USAGE ON SCHEMA empty_schema TO {user}")
    with refused("55006", IN_THE_WAY):
        door.admin.run(f"DROP USER {user}")
    other.run(f"REVOKE USAGE ON SCHEMA empty_schema FROM {user}")
    door.admin.run(f"DROP USER {user}")
