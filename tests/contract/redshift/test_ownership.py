"""Databases, owners, and users who cannot be dropped: what only a real catalogue shows."""

from __future__ import annotations

import pytest

from runbook_lib.documents import sql
from runbook_lib.errors import InUse
from runbook_lib.resources.warehouse import (
    Database,
    OwnedAnswer,
    OwnedAsked,
    Ownership,
    RelationsAsked,
    SchemasAsked,
    SessionAsked,
    UsersAsked,
)
from tests.contract.aws.test_life import observed, write
from tests.contract.redshift.cases import AWKWARD, user
from tests.contract.redshift.standin import ADMIN, Standin, environment_on
from tests.contract.redshift.worlds import World, target_on

# The stand-in's proxy models neither, so they are made past it.
FUNCTION = "CREATE FUNCTION {}.one(a int, b text) RETURNS int LANGUAGE sql AS 'SELECT a'"
PROCEDURE = "CREATE PROCEDURE {}.nothing() LANGUAGE sql AS ''"


def test_a_database_lives_and_goes(stood: World, standin: Standin) -> None:
    """A database that does not exist is made, found, refused to go while it holds a table, and then goes."""
    environment = environment_on(standin.port, stood.name, database=f"{stood.name} new")
    database, target = Database(side="destination", name=f"{stood.name} new"), target_on(environment)
    absent = observed(target, database).value
    write(target, None, database)
    present = observed(target, database).value
    target._sessions["destination"].execute(["CREATE TABLE public.kept (id int)"], in_transaction=True)
    with pytest.raises(InUse, match=f"holds table public.kept of {ADMIN}; drop them first") as caught:
        write(target, database, None)
    target._sessions["destination"].execute(["DROP TABLE public.kept"], in_transaction=True)
    write(target, database, None)
    gone = observed(target, database).value
    target.close()
    assert (absent, present, gone) == (None, database, None)
    assert caught.value.artefact.splitlines() == [f"-- table public.kept of {ADMIN}", f'DROP DATABASE "{stood.name} new";']


@pytest.mark.parametrize(
    ("statements", "held"),
    [
        (("CREATE SCHEMA theirs",), ("schema theirs",)),
        (("CREATE SCHEMA theirs", "CREATE VIEW theirs.v AS SELECT 1 AS a"), ("schema theirs", "view theirs.v")),
        (("CREATE VIEW public.v AS SELECT 1 AS a",), ("view public.v",)),
        ((FUNCTION.format("public"),), ("function public.one(integer, text)",)),
        ((PROCEDURE.format("public"),), ("procedure public.nothing()",)),
    ],
)
def test_a_database_that_holds_anything_of_anybody_is_not_dropped(
    stood: World, standin: Standin, statements: tuple[str, ...], held: tuple[str, ...]
) -> None:
    """A schema, a view, a function or a procedure stops DROP DATABASE as much as a table does, and is named with its owner."""
    environment = environment_on(standin.port, stood.name, database=f"{stood.name}_new")
    database, target = Database(side="destination", name=f"{stood.name}_new"), target_on(environment)
    write(target, None, database)
    standin.past(database.name, *statements)
    with pytest.raises(InUse) as caught:
        write(target, database, None)
    still = observed(target, database).value
    target.close()
    standin.past("dev", f"DROP DATABASE {database.name} WITH (FORCE)")
    listed = ", ".join(f"{each} of {ADMIN}" for each in held)
    assert (f"database {database.name} holds {listed}", database) == (caught.value.what, still)


def test_a_user_who_owns_routines_is_not_dropped(stood: World, standin: Standin) -> None:
    """Functions and procedures are found, named with their arguments, and given away by the DDL."""
    owner = user(stood, "destination", end="_maker")
    write(stood.target, None, owner)
    database = stood.environment.destination.database
    routines = ("FUNCTION public.one(integer, text)", "PROCEDURE public.nothing()")
    standin.past(database, FUNCTION.format("public"), PROCEDURE.format("public"))
    standin.past(database, *(f"ALTER {each} OWNER TO {owner.name}" for each in routines))
    with pytest.raises(InUse, match=r"owns public\.nothing\(\), public\.one\(integer, text\); run the DDL") as caught:
        write(stood.target, owner, None)
    question = OwnedAsked(side="destination", user=owner.name)
    owned: OwnedAnswer = stood.target.ask([question])[question]
    standin.past(database, *caught.value.artefact.splitlines())
    assert owned.owned == ("procedure public.nothing()", "function public.one(integer, text)")
    assert caught.value.artefact.splitlines() == [
        f"ALTER PROCEDURE public.nothing() OWNER TO {ADMIN};",
        f"ALTER FUNCTION public.one(integer, text) OWNER TO {ADMIN};",
        f"DROP USER {owner.name};",
    ]
    assert observed(stood.target, owner).value is None


def test_an_absent_database_holds_nothing_but_its_cluster_answers(stood: World, standin: Standin) -> None:
    """While the database does not exist, users and databases are known, and nothing is granted, owned or there."""
    target = target_on(environment_on(standin.port, stood.name, database=f"{stood.name}_new"))
    questions = [SessionAsked(side="source"), UsersAsked(side="source"), SchemasAsked(side="source"), RelationsAsked(side="source")]
    answers = target.ask(questions)
    session, users, schemas, relations = (answers[each] for each in questions)
    owners = Ownership(side="source", on="schema", owners=((("any",), ADMIN),))
    seen = observed(target, owners)
    target.close()
    assert (session.user, session.is_superuser, session.database) == (ADMIN, True, "dev")
    assert f"{stood.name}_new" not in session.databases
    assert ((ADMIN, True) in users, schemas, relations) == (True, (), ())
    assert (seen.value, seen.refusal) == (None, None)


@pytest.mark.parametrize("on", ["schema", "table"])
def test_owners_are_changed_and_given_back(stood: World, on: str) -> None:
    """What exists is given to its wanted owner, what does not is left out, and the old owner gets it back."""
    heir = user(stood, "destination", end=" Heir")
    write(stood.target, None, heir)
    names = [stood.schema("destination", f"{stood.name} {each}", each) for each in AWKWARD]
    objects = names if on == "schema" else [(*name, each) for name, each in zip(names, AWKWARD, strict=True)]
    wanted = Ownership.model_validate(
        {"side": "destination", "on": on, "owners": sorted((name, heir.name) for name in [*objects, (*objects[0][:-1], "absent")])}
    )
    before = observed(stood.target, wanted).value
    after = wanted.model_copy(update={"owners": tuple(pair for pair in wanted.owners if pair[0] in objects)})
    write(stood.target, before, after)
    given = observed(stood.target, wanted).value
    write(stood.target, after, before)
    restored = observed(stood.target, wanted).value
    write(stood.target, heir, None)
    assert before == after.model_copy(update={"owners": tuple((name, ADMIN) for name, _ in after.owners)})
    assert (given, restored) == (after, before)


def entangle(world: World, name: str, creator: str) -> None:
    """Let a user own and hold one of everything in the destination."""
    held, other = sql.user_name(name), sql.user_name(creator)
    schema, given = (sql.identifier(f"{world.name} {each}") for each in ("own", 'giv"en'))
    world.schema("destination", f"{world.name} own", 'tab"le')
    world.schema("destination", f'{world.name} giv"en', "t")
    world.run(
        "destination",
        f'CREATE VIEW {schema}."Some View" AS SELECT 1 AS one',
        f"ALTER SCHEMA {schema} OWNER TO {held}",
        f'ALTER TABLE {schema}."tab""le" OWNER TO {held}',
        f'ALTER TABLE {schema}."Some View" OWNER TO {held}',
        f"GRANT USAGE, DROP ON SCHEMA {given} TO {held}",
        f"GRANT SELECT, INSERT ON {given}.t TO {held}",
        f"GRANT TEMPORARY, CREATE ON DATABASE {world.environment.destination.database} TO {held}",
        f"GRANT SELECT ON pg_catalog.svv_table_info TO {held}",
        f"ALTER DEFAULT PRIVILEGES FOR USER {other} IN SCHEMA {given} GRANT SELECT ON TABLES TO {held}",
        f"ALTER DEFAULT PRIVILEGES FOR USER {other} GRANT SELECT ON TABLES TO {held}",
        f"ALTER DEFAULT PRIVILEGES FOR USER {held} IN SCHEMA {schema} GRANT SELECT ON TABLES TO {other}",
    )


def test_the_ddl_that_frees_a_user_works_in_its_order(stood: World) -> None:
    """A user who owns and holds one of everything is not dropped; the DDL says how, line after line, and then he is gone."""
    name, creator = user(stood, "destination", end=" Ow'ner"), user(stood, "destination", end="_maker")
    for each in (name, creator):
        write(stood.target, None, each)
    entangle(stood, name.name, creator.name)
    with pytest.raises(
        InUse, match=f'owns "{stood.name} own"."Some View", "{stood.name} own"."tab""le", "{stood.name} own"; run'
    ) as caught:
        write(stood.target, name, None)
    question = OwnedAsked(side="destination", user=name.name)
    owned: OwnedAnswer = stood.target.ask([question])[question]
    assert caught.value.artefact.splitlines() == list(owned.ddl)
    for line in owned.ddl:
        stood.run("destination", line)
    assert observed(stood.target, name).value is None
    write(stood.target, creator, None)
