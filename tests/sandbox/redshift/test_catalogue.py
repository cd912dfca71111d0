"""What the catalogue tells: Redshift's views and functions, to superusers and to everybody else."""

from __future__ import annotations

import pytest

from tests.sandbox.redshift.clients import refused
from tests.sandbox.redshift.door import Door

VIEWS = (
    "svv_all_schemas",
    "svv_all_tables",
    "svv_database_privileges",
    "svv_default_privileges",
    "svv_external_schemas",
    "svv_redshift_schemas",
    "svv_relation_privileges",
    "svv_schema_privileges",
    "svv_user_info",
    "pg_external_schema",
    "pg_proc_info",
    "pg_user_info",
)


@pytest.mark.parametrize("view", VIEWS)
def test_everybody_may_ask_every_view(door: Door, view: str) -> None:
    """Each catalogue view answers a plain user too, with its schema and without."""
    own = door.log_in(door.add("asker"))
    assert [] == own.run(f"select * from {view} limit 0")
    assert [] == own.run(f"select * from pg_catalog.{view} limit 0")


def test_table_sizes_are_for_superusers_until_granted(door: Door) -> None:
    """svv_table_info is refused with 42501, then granted and readable, in that one database alone."""
    user = door.add("sizes")
    here, there = door.log_in(user, database="tickit"), door.log_in(user)
    admin = door.log_in(database="tickit")
    with refused("42501", "svv_table_info"):
        here.run("select count(*) from svv_table_info")
    admin.run(f"GRANT SELECT ON pg_catalog.svv_table_info TO {user}")
    assert [("tickit", "1000")] == here.run(
        'select "database", tbl_rows from svv_table_info where "schema" = \'public\' and "table" = \'users\''
    )
    with refused("42501", "svv_table_info"):
        there.run("select count(*) from svv_table_info")
    admin.run(f"REVOKE SELECT ON svv_table_info FROM {user}")
    with refused("42501", "svv_table_info"):
        here.run("select count(*) from svv_table_info")


def test_table_sizes_are_silent_about_empty_tables(door: Door) -> None:
    """svv_table_info lists a table as soon as it holds a row."""
    schema = door.schema("sizes")
    door.admin.run(f"CREATE TABLE {schema}.nothing (id int)")
    query = f'select "table" from svv_table_info where "schema" = \'{schema}\' order by 1'
    assert [("t",)] == door.admin.run(query)
    door.admin.run(f"INSERT INTO {schema}.nothing VALUES (1)")
    assert [("nothing",), ("t",)] == door.admin.run(query)


def test_a_new_database_has_the_catalogue(door: Door) -> None:
    """A database that a client creates has the banner, the views, svv_table_info as a superuser's and the same cluster id."""
    database, user = door.name("fresh"), door.add("fresh")
    door.admin.run(f"CREATE DATABASE {database}")
    admin, own = door.log_in(database=database), door.log_in(user, database=database)
    query = "select version(), current_namespace"
    assert door.admin.run(query) == admin.run(query)
    assert [("0",)] == admin.run("select count(*) from svv_table_info")
    with refused("42501", "svv_table_info"):
        own.run("select count(*) from svv_table_info")
    admin.run(f"GRANT SELECT ON pg_catalog.svv_table_info TO {user}")
    assert [("0",)] == own.run("select count(*) from svv_table_info")


def test_the_cluster_has_one_id(door: Door) -> None:
    """current_namespace answers every user of every database with the id that the stand-in was started with."""
    user = door.add("asker")
    for database in ("dev", "tickit", "tickit_masked"):
        assert [(door.standin.id, database)] == door.log_in(user, database=database).run("select current_namespace, current_database()")


def test_redshifts_own_schema_is_there(door: Door) -> None:
    """catalog_history is among the schemas, as on a cluster."""
    assert [("1",)] == door.admin.run("select count(*) from pg_namespace where nspname = 'catalog_history'")


def test_public_belongs_to_redshift(door: Door) -> None:
    """The schema public is owned by Redshift's own superuser, not by the administrator."""
    query = "select u.usename, u.usesuper from pg_namespace n join pg_user u on u.usesysid = n.nspowner where n.nspname = 'public'"
    for database in ("dev", "tickit"):
        assert [("rdsdb", "t")] == door.log_in(database=database).run(query)


def test_only_explicit_rights_are_listed(door: Door) -> None:
    """The privilege views list grants, not what owners and superusers may do anyway; the functions tell what is effective."""
    owner = door.add("owner")
    schema = door.schema("owned", owner)
    assert [("0",)] == door.admin.run(f"select count(*) from svv_schema_privileges where namespace_name = '{schema}'")
    for user in (owner, "awsuser"):
        query = "select has_schema_privilege('{0}', '{1}', 'usage'), has_schema_privilege('{0}', '{1}', 'DROP')"
        assert [("t", "t")] == door.admin.run(query.format(user, schema))


def test_rights_are_seen_by_their_holder(door: Door) -> None:
    """A plain user sees his own grants and everybody's, not another one's; a superuser sees all of them."""
    schema, first, second = door.schema("seen"), door.add("first"), door.add("second")
    door.admin.run(f"GRANT USAGE, DROP ON SCHEMA {schema} TO {first}")
    door.admin.run(f"GRANT USAGE ON SCHEMA {schema} TO {second}")
    door.admin.run(f"GRANT CREATE ON SCHEMA {schema} TO PUBLIC")
    query = (
        "select identity_name, identity_type, privilege_type, admin_option, privilege_scope from svv_schema_privileges "
        f"where namespace_name = '{schema}' order by 1, 3"
    )
    firsts = [(first, "user", "DROP", "f", "SCHEMA"), (first, "user", "USAGE", "f", "SCHEMA")]
    publics = [("public", "public", "CREATE", "f", "SCHEMA")]
    seconds = [(second, "user", "USAGE", "f", "SCHEMA")]
    assert firsts + publics == door.log_in(first).run(query)
    assert publics + seconds == door.log_in(second).run(query)
    assert firsts + publics + seconds == door.admin.run(query)


def test_a_whole_warehouse_is_asked_at_once(door: Door) -> None:
    """One set-based query each finds every schema without USAGE and every table without SELECT, by oid and by quoted name."""
    user = door.add("reader")
    admin = door.log_in(database="tickit")
    schemas = (
        "select count(*) from pg_namespace n where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' "
        f"and not has_schema_privilege('{user}', n.nspname, 'usage')"
    )
    tables = (
        "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'v') "
        f"and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and not has_table_privilege('{user}', {{}}, 'select')"
    )
    ((lacking,),) = admin.run(schemas)
    by_oid, by_name = (admin.run(tables.format(each)) for each in ("c.oid", "quote_ident(n.nspname) || '.' || quote_ident(c.relname)"))
    assert by_oid == by_name
    admin.run(f"GRANT USAGE ON SCHEMA crm_raw, crm_core TO {user}")
    admin.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA crm_raw, crm_core TO {user}")
    assert [(str(int(lacking) - 2),)] == admin.run(schemas)
    assert [(str(int(by_oid[0][0]) - 10),)] == admin.run(tables.format("c.oid"))


def test_an_external_schema_is_a_row(door: Door) -> None:
    """CREATE EXTERNAL SCHEMA makes a schema that the external views name, and that is not among the local ones."""
    schema = door.name("external")
    door.admin.run(f"CREATE EXTERNAL SCHEMA {schema} FROM DATA CATALOG DATABASE 'glue'")
    assert [("glue",)] == door.admin.run(f"select databasename from svv_external_schemas where schemaname = '{schema}'")
    query = "select p.esdbname from pg_external_schema p join pg_namespace n on n.oid = p.esoid where n.nspname = '{}'"
    assert [("glue",)] == door.admin.run(query.format(schema))
    assert [("external",)] == door.admin.run(f"select schema_type from svv_all_schemas where schema_name = '{schema}'")
    assert [] == door.admin.run(f"select schema_name from svv_redshift_schemas where schema_name = '{schema}'")
    door.admin.run(f"DROP SCHEMA {schema}")
    assert [] == door.admin.run(f"select databasename from svv_external_schemas where schemaname = '{schema}'")


def test_external_schemas_are_made_by_superusers(door: Door) -> None:
    """A plain user creates no external schema."""
    with refused("42501", "permission denied"):
        door.log_in(door.add("plain")).run(f"CREATE EXTERNAL SCHEMA {door.name('external')} FROM DATA CATALOG DATABASE 'glue'")


def test_a_question_about_an_unknown_name_says_so(door: Door) -> None:
    """has_*_privilege raises for an unknown user, schema, table or database instead of answering no."""
    for question, code in (
        ("has_schema_privilege('nobody_here', 'public', 'drop')", "42704"),
        ("has_schema_privilege('awsuser', 'nowhere', 'drop')", "3F000"),
        ("has_schema_privilege('awsuser', 'nowhere', 'usage')", "3F000"),
        ("has_table_privilege('awsuser', 'nothing', 'drop')", "42P01"),
        ("has_table_privilege('awsuser', 'nothing', 'select')", "42P01"),
        ("has_database_privilege('awsuser', 'nowhere', 'alter')", "3D000"),
        ("has_schema_privilege('awsuser', 'public', 'fly')", "22023"),
    ):
        with refused(code):
            door.admin.run(f"select {question}")
