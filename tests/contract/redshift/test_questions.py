"""What stages and checks ask of a database is answered from its catalogue, and everybody is told apart from everybody else."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.documents import sql
from runbook_lib.model import Question, Unanswered
from runbook_lib.resources.warehouse import (
    LoginAnswer,
    LoginAsked,
    PrivilegesAnswer,
    PrivilegesAsked,
    RelationAnswer,
    RelationsAsked,
    SchemaAnswer,
    SchemasAsked,
    SessionAsked,
    UsersAsked,
)
from tests.contract.aws.test_life import observed, write
from tests.contract.redshift.cases import AWKWARD, grants, user
from tests.contract.redshift.standin import ADMIN, Standin
from tests.contract.redshift.worlds import World


def answer(world: World, question: Question) -> Any:
    """Ask one question."""
    return world.target.ask([question])[question]


def test_a_session_says_who_is_where(stood: World) -> None:
    """The answer names user, power, database, cluster and version, and every database."""
    found = answer(stood, SessionAsked(side="source"))
    here = stood.environment.source
    assert (found.user, found.is_superuser, found.database, found.namespace) == (ADMIN, True, here.database, "contract")
    assert (found.version, found.tls, found.host) == ("Redshift 1.0.00000", False, f"127.0.0.1:{here.port}")
    assert {here.database, stood.environment.destination.database, "dev"} <= set(found.databases)


def test_both_sides_of_one_server_are_told_apart(stood: World) -> None:
    """The cluster is the same, the database is not."""
    source, destination = (answer(stood, SessionAsked(side=side)) for side in ("source", "destination"))
    assert (source.namespace == destination.namespace, source.database == destination.database) == (True, False)


def test_schemas_have_owner_and_kind(stood: World, standin: Standin) -> None:
    """Local, external and datashare schemas are told apart, names come as they are, and the system's are left out."""
    for each in AWKWARD:
        stood.schema("source", f"{stood.name} {each}")
    stood.run("source", f"CREATE EXTERNAL SCHEMA {stood.name}_ext FROM DATA CATALOG DATABASE 'logs'")
    share(standin, stood.environment.source.database, f"{stood.name}_shared")
    found = answer(stood, SchemasAsked(side="source"))
    mine = {each for each in found if each.name.startswith(stood.name)}
    assert mine == {
        *(SchemaAnswer(name=f"{stood.name} {each}", owner=ADMIN, kind="local") for each in AWKWARD),
        SchemaAnswer(name=f"{stood.name}_ext", owner=ADMIN, kind="external"),
        SchemaAnswer(name=f"{stood.name}_shared", owner="", kind="shared"),
    }
    assert {each.name for each in found} - {each.name for each in mine} == {"public"}


def share(standin: Standin, database: str, schema: str) -> None:
    """Let a database show a schema of a datashare: the stand-in has none, so its view is widened."""
    name = "pg_catalog.svv_all_schemas"
    columns = "schema_owner, 'shared'::varchar(128), schema_acl, source_database, schema_option"
    text = standin.past(database, f"SELECT pg_get_viewdef('{name}'::regclass)")[0][0].rstrip(";")
    row = f"SELECT '{database}'::varchar(128), '{schema}'::varchar(128), {columns} FROM ({text}) kept WHERE schema_name = 'public'"
    standin.past(database, "SET allow_system_table_mods = on", f"CREATE OR REPLACE VIEW {name} AS {text} UNION ALL {row}")


def test_relations_have_owner_and_kind(stood: World) -> None:
    """Tables and views are listed with empty ones; what stands behind materialized views and external schemas is not."""
    name = f"{stood.name} :s"
    stood.schema("source", name, *AWKWARD, "mv_tbl__hidden__0", "mvxtblxxshown")
    stood.run("source", f'CREATE VIEW {sql.identifier(name)}."A View" AS SELECT 1 AS one')
    found = [each for each in answer(stood, RelationsAsked(side="source")) if each.schema_name == name]
    tables = (*AWKWARD, "mvxtblxxshown")
    expected = {RelationAnswer(schema_name=name, name=each, owner=ADMIN, kind="table") for each in tables}
    assert set(found) == {*expected, RelationAnswer(schema_name=name, name="A View", owner=ADMIN, kind="view")}
    assert len(found) == len(set(found))


def test_users_are_told_apart_from_groups(stood: World) -> None:
    """A group is no user: it is not listed, holds nothing as one, and what it was granted is not the member's own."""
    member, group, schema = user(stood), f"{stood.name}_group", f"{stood.name}_s"
    stood.schema("source", schema)
    write(stood.target, None, member)
    stood.run("source", f"CREATE GROUP {group} WITH USER {member.name}", f"GRANT USAGE ON SCHEMA {schema} TO GROUP {group}")
    own = grants(member, "USAGE", "schema", (schema,))
    held_by_group = own.model_copy(update={"grantee": group})
    seen = [observed(stood.target, each).value for each in (own, held_by_group)]
    effective: PrivilegesAnswer = answer(stood, PrivilegesAsked(side="source", user=member.name))
    users = dict(answer(stood, UsersAsked(side="source")))
    with pytest.raises(Unanswered, match=f"there is no user {group}"):
        answer(stood, PrivilegesAsked(side="source", user=group))
    write(stood.target, None, own)
    granted = observed(stood.target, own).value
    write(stood.target, own, None)
    stood.run("source", f"REVOKE ALL ON SCHEMA {schema} FROM GROUP {group}", f"DROP GROUP {group}")
    write(stood.target, member, None)
    assert (seen, granted) == ([None, None], own)
    assert schema not in effective.schemas_without_usage
    assert (users[member.name], users[ADMIN], group in users) == (False, True, False)


def test_privileges_are_the_effective_ones(stood: World) -> None:
    """A new user lacks everything; each grant takes one lack away; PUBLIC's share is named."""
    holder, schema = user(stood), f'{stood.name} "s"'
    stood.schema("source", schema, *AWKWARD)
    write(stood.target, None, holder)
    question = PrivilegesAsked(side="source", user=holder.name)
    before: PrivilegesAnswer = answer(stood, question)
    granted = [grants(holder, "USAGE", "schema", (schema,)), grants(holder, "DROP", "schema", (schema,))]
    granted += [grants(holder, "SELECT", "table", *((schema, each) for each in AWKWARD[1:]))]
    for each in granted:
        write(stood.target, None, each)
    after: PrivilegesAnswer = answer(stood, question)
    for each in granted:
        write(stood.target, each, None)
    write(stood.target, holder, None)
    assert (before.schemas_without_usage, after.schemas_without_usage) == ((schema,), ())
    assert (before.schemas_with_drop, after.schemas_with_drop) == ((), (schema,))
    assert {name for _, name in before.relations_without_select} == set(AWKWARD)
    assert (after.relations_without_select, after.relations_with_write) == (((schema, AWKWARD[0]),), ())
    assert (before.public_may_create_in, before.database_create, before.database_temporary) == (("public",), False, True)
    assert (before.table_info, before.is_superuser) == (False, False)


def test_an_external_schema_is_granted_outside_a_transaction(stood: World) -> None:
    """USAGE on an external schema is granted by a statement of its own, since Redshift refuses it in a block."""
    holder, schema = user(stood), f"{stood.name}_ext"
    stood.run("source", f"CREATE EXTERNAL SCHEMA {schema} FROM DATA CATALOG DATABASE 'logs'")
    wanted = grants(holder, "USAGE", "schema", (schema,), label=schema).model_copy(update={"external": True})
    write(stood.target, None, holder)
    write(stood.target, None, wanted)
    seen = observed(stood.target, wanted).value
    write(stood.target, wanted, None)
    gone = observed(stood.target, wanted).value
    write(stood.target, holder, None)
    assert (seen, gone) == (wanted, None)


def test_a_log_in_reads_what_it_may_and_says_what_not(stood: World) -> None:
    """Of more relations than one round trip takes, exactly the unreadable ones are named, each with the server's reason."""
    holder, schema = user(stood, end=" Log:in %"), f"{stood.name} :s"
    tables = [*AWKWARD, *(f"t{number}" for number in range(70))]
    stood.schema("source", schema, *tables)
    write(stood.target, None, holder)
    closed = {"t3", "t60", AWKWARD[0]}
    granted = [
        grants(holder, "USAGE", "schema", (schema,)),
        grants(holder, "SELECT", "table", *((schema, each) for each in tables if each not in closed)),
    ]
    for each in granted:
        write(stood.target, None, each)
    names = tuple((schema, each) for each in (*tables, "absent"))
    found: LoginAnswer = answer(stood, LoginAsked(side="source", user=holder.name, password=stood.password, relations=names))
    for each in granted:
        write(stood.target, each, None)
    write(stood.target, holder, None)
    reasons = {name: reason for (_, name), reason in found.unreadable}
    assert (found.user, found.database, found.read) == (holder.name, stood.environment.source.database, len(names) - 4)
    assert reasons == {
        **{each: f"permission denied for relation {each}" for each in closed},
        "absent": f'relation "{schema}.absent" does not exist',
    }
    assert (found.table_info, found.temporary) == ("permission denied for relation svv_table_info", "")


def test_reads_do_not_grow_with_the_warehouse(stood: World, standin: Standin) -> None:
    """Sixty more schemas cost no statement more: every read is set-based, and none is SQLAlchemy's own inspection of tables."""
    holder = user(stood)
    write(stood.target, None, holder)
    few = statements_of_a_look(stood, standin, ("one",))
    names = tuple(f"s{number}" for number in range(60))
    many = statements_of_a_look(stood, standin, names)
    write(stood.target, holder, None)
    assert (few, len(few) < 20) == (many, True)
    assert not [each for each in few if "pg_table_def" in each or "svv_columns" in each or "reldiststyle" in each]


def statements_of_a_look(world: World, standin: Standin, ends: tuple[str, ...]) -> list[str]:
    """Make schemas, observe and ask everything about them, and give the statements that this took."""
    holder = user(world)
    names = [f"{world.name}_{each}" for each in ends]
    for each in names:
        world.schema("source", each, "t")
    wanted = [
        grants(holder, "USAGE", "schema", *((each,) for each in names)),
        grants(holder, "DROP", "schema", *((each,) for each in names)),
    ]
    wanted += [grants(holder, "SELECT", "table", *((each, "t") for each in names))]
    answer(world, UsersAsked(side="source"))
    world.look_anew()
    before = len(standin.statements())
    world.target.observe(wanted)
    world.target.ask([SchemasAsked(side="source"), RelationsAsked(side="source"), PrivilegesAsked(side="source", user=holder.name)])
    return standin.statements()[before:]
