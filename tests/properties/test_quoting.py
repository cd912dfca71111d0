"""Any name and any text come back as they went in: through the quoting, through SQLAlchemy and the driver, and from the server."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import parse_dsn

from runbook_lib.adapters.redshift import WarehouseTarget
from runbook_lib.documents import scripts, sql
from runbook_lib.model import Change
from runbook_lib.resources.warehouse import (
    DatabaseUser,
    Grants,
    LoginAnswer,
    LoginAsked,
    Name,
    ObjectClass,
    RelationsAsked,
    SchemasAsked,
)
from runbook_lib.sandbox.redshift.lexer import statements
from runbook_lib.sandbox.redshift.parser import Parser
from runbook_lib.stages._schemas import Patterns
from tests.contract.aws.test_life import observed, write
from tests.contract.redshift.conftest import standin
from tests.contract.redshift.standin import Standin
from tests.contract.redshift.worlds import World, on_standin
from tests.properties.strategies import ENVIRONMENT

__all__ = ["standin"]

LONGEST = 63
"""Bytes of the longest name that the stand-in takes."""
AT_SERVER = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
# What some layer might take for its own: SQL, SQLAlchemy's text(), the driver's parameters, psql, the shell.
TRICKY_WORDS = r""":: :name \: \\: %s %% %(name)s $1 $$ -- /* */ '' \' E' ********' :literal "" """
TRICKY = [*"'\"\\:%;$` \n.,(*?_", *TRICKY_WORDS.split()]
letters = st.one_of(st.sampled_from(TRICKY), st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
texts = st.lists(letters, max_size=30).map("".join)
names = st.lists(letters, min_size=1, max_size=20).map("".join).filter(lambda name: len(name.encode()) <= LONGEST)
schema_names = names.filter(lambda name: not name.startswith("pg_") and name not in {"public", "information_schema", "catalog_history"})
user_names = names.filter(lambda name: not name.startswith(("pg_", "IAM")) and name not in {"public", "none", "awsuser", "rdsdb"})


def parser(statement: str) -> Parser:
    """Read one statement as the stand-in does; more than one would be a name that broke out."""
    [one] = statements(statement)
    return Parser(one, case_sensitive=True)


@given(names)
@example("select")
@example("Public")
@example('"; DROP SCHEMA public; --')
def test_a_name_is_one_token_and_itself(name: str) -> None:
    """A reader of SQL finds one name, and it is this one."""
    read = parser(sql.identifier(name))
    assert (read.name(), read.is_done) == (name, True)


@given(texts)
@example("\\")
@example("\\'; DROP SCHEMA public; --")
def test_a_literal_is_one_token_and_itself(text: str) -> None:
    """A reader of SQL finds one string, and it is this one."""
    read = parser(sql.literal(text))
    assert (read.string(), read.is_done) == (text, True)


@given(texts)
def test_a_word_for_the_shell_is_one_word(text: str) -> None:
    """The shell's own rules give it back."""
    assert shlex.split(scripts.shell(text)) == [text]


@given(texts.filter(bool), texts.filter(bool))
def test_a_connection_string_names_what_was_meant(database: str, user: str) -> None:
    """Libpq reads the same database and the same user."""
    assert parse_dsn(scripts.conninfo(dbname=database, user=user, hostaddr="")) == {"dbname": database, "user": user}


objects = st.lists(st.tuples(names), max_size=130, unique=True).map(sorted).map(tuple)


@given(names, st.sampled_from([("USAGE", "schema"), ("TEMPORARY", "database")]), objects, objects)
def test_grants_read_back_are_the_difference(
    who: str, what: tuple[str, ObjectClass], before: tuple[Name, ...], after: tuple[Name, ...]
) -> None:
    """Whatever had been granted, the statements leave exactly what is wanted, and name nothing twice."""
    held = set(before)
    made = [Grants(side="source", grantee=who, privilege=what[0], on=what[1], objects=each) if each else None for each in (before, after)]
    if made == [None, None]:
        return
    for statement in sql.statements(Change(before=made[0], after=made[1])):
        read = parser(statement)
        verb = read.word()
        read.need(*what[0].split(), "ON", what[1].upper())
        listed = [(name,) for name in read.names()]
        read.need("TO" if verb == "GRANT" else "FROM")
        assert (read.name(is_user=True), read.is_done, len(listed) <= 100) == (who, True, True)
        assert held.isdisjoint(listed) if verb == "GRANT" else held.issuperset(listed)
        held ^= set(listed)
    assert held == set(after)


@pytest.fixture(scope="module")
def world(standin: Standin) -> Iterator[World]:
    """Give both databases of a stand-in to all examples."""
    with on_standin(standin) as world:
        yield world


def target_of(world: World) -> WarehouseTarget:
    """Give the adapter."""
    assert isinstance(world.target, WarehouseTarget)
    return world.target


@AT_SERVER
@given(text=texts)
@example(text="".join(TRICKY))
def test_the_server_gives_a_text_back(world: World, text: str) -> None:
    """Written as a literal and bound as a value, alone and beside others, the text arrives as it is."""
    session = target_of(world)._sessions["source"]
    with session.transaction() as connection:
        from runbook_lib.adapters.redshift.session import run

        assert run(connection, f"select {sql.literal(text)} as one, {sql.literal(text)} as two") == [(text, text)]
    assert session.rows("select :value, :other, :value", value=text, other="%s :value") == [(text, "%s :value", text)]


@AT_SERVER
@given(name=schema_names, table=names)
@example(name=":name", table="%(name)s")
@example(name="\\:x", table="\\\\:x")
@example(name="Sales", table="SALES")
def test_the_server_knows_schemas_and_tables_by_their_names(world: World, name: str, table: str) -> None:
    """What is made under a name is listed, granted, observed, given away and dropped under it."""
    target = target_of(world)
    holder = DatabaseUser(side="source", name=f"{world.name}_reader", password=world.password)
    wanted = [
        Grants(side="source", grantee=holder.name, privilege=privilege, on=on, objects=(parts,))
        for privilege, on, parts in (("USAGE", "schema", (name,)), ("DROP", "schema", (name,)), ("SELECT", "table", (name, table)))
    ]
    world.run("source", f"CREATE SCHEMA {sql.identifier(name)}", f"CREATE TABLE {sql.qualified((name, table))} (id int)")
    target.write([Change(before=None, after=each) for each in (holder, *wanted)])
    seen = [observed(target, each).value for each in wanted]
    questions = SchemasAsked(side="source"), RelationsAsked(side="source")
    schemas, relations = (target.ask(questions)[each] for each in questions)
    question = LoginAsked(side="source", user=holder.name, password=world.password, relations=((name, table), (name, f"{table}x")))
    answer: LoginAnswer = target.ask([question])[question]
    target.write([Change(before=each, after=None) for each in (*wanted[::-1], holder)])
    world.run("source", f"DROP SCHEMA {sql.identifier(name)} CASCADE")
    assert seen == wanted
    assert name in {each.name for each in schemas}
    assert table.startswith("mv_tbl__") or (name, table) in {(each.schema_name, each.name) for each in relations}
    assert (answer.read, [each for each, _ in answer.unreadable]) == (1, [(name, f"{table}x")])


@AT_SERVER
@given(name=user_names)
@example(name=":literal")
@example(name=":literal '********'")
@example(name="PASSWORD '********';")
@example(name="Tonic_User")
def test_the_server_knows_users_by_their_names(world: World, name: str) -> None:
    """A user is made with the right password under any name: he is found, changed, logs in and goes."""
    user = DatabaseUser(side="source", name=name, password=world.password)
    power = user.model_copy(update={"superuser": True})
    target = target_of(world)
    write(target, None, user)
    made = observed(target, user).value
    question = LoginAsked(side="source", user=name, password=world.password)
    answer: LoginAnswer = target.ask([question])[question]
    write(target, user, power)
    changed = observed(target, user).value
    write(target, power, None)
    assert (made, answer.user, changed, observed(target, user).value) == (user, name, power, None)


@AT_SERVER
@given(pattern=texts, name=texts)
@example(pattern="a*", name="abc")
@example(pattern="*\\*", name="back\\slash")
@example(pattern="?_%", name="x_%")
@example(pattern="*%*", name="100 percent")
def test_the_server_matches_patterns_as_the_stage_does(world: World, pattern: str, name: str) -> None:
    """The offline script's LIKE and the stage's own matching agree on every pattern and name; `*` alone means all local schemas."""
    assume(pattern != "*")
    chosen = ENVIRONMENT.schemas.model_copy(update={"include": (pattern,), "exclude": ()})
    condition = scripts._patterns(ENVIRONMENT.model_copy(update={"schemas": chosen}))
    session = target_of(world)._sessions["source"]
    with session.transaction() as connection:
        from runbook_lib.adapters.redshift.session import run

        found = run(connection, f"select 1 from (select {sql.literal(name)}::varchar as nspname) named where true{condition}")
    assert (len(found) == 1) == Patterns((pattern,)).match(name)
