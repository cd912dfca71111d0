"""What the destination user may, which schemas a job replaces, and who owns what."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from runbook_lib.documents.sql import alter_owner, user_name
from runbook_lib.model import Unanswered
from runbook_lib.resources.warehouse import (
    TABLE_INFO,
    Grants,
    PrivilegesAnswer,
    PrivilegesAsked,
    RelationAnswer,
    RelationsAsked,
    SchemaAnswer,
    SchemasAsked,
    SessionAnswer,
    SessionAsked,
    UsersAsked,
)
from runbook_lib.stages import _databases
from runbook_lib.stages._judging import FEW, advised, broken, kept, listed, owed, to_run
from runbook_lib.stages._schemas import included, to_drop
from runbook_lib.stages._source import RERUN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.model import Inventory, Judgement
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.warehouse import Name, ObjectClass

SOURCE_SCHEMAS, DESTINATION_SCHEMAS = SchemasAsked(side="source"), SchemasAsked(side="destination")
RELATIONS = RelationsAsked(side="destination")
TAKE_OVER, OWNERS = "take_over.sql", "source_owners.sql"
"""Files for others to run, where there are many statements: who takes over what is there, and which users it belongs to in the source."""
BORN_WITH = (SchemaAnswer(name="public", owner="rdsdb", kind="local"),)
"""The schemas of a database that has just been made: Redshift's own user owns them."""


def database_exists(env: Environment, inventory: Inventory) -> bool:
    """Tell whether the destination database is in its cluster."""
    session: SessionAnswer = inventory[SessionAsked(side="destination")]
    return env.destination.database in session.databases


def schemas_to_drop(env: Environment, inventory: Inventory) -> tuple[str, ...]:
    """Name the schemas that a job replaces and that belong to somebody else, also in a database that is yet to be made."""
    there = inventory[DESTINATION_SCHEMAS] if database_exists(env, inventory) else BORN_WITH
    return to_drop(env, inventory[SOURCE_SCHEMAS], there)


def everything(env: Environment, inventory: Inventory) -> tuple[tuple[Name, ...], tuple[Name, ...]]:
    """List every local schema and every relation in one, sorted; none in a database that is yet to be made."""
    if not database_exists(env, inventory):
        return (), ()
    schemas: tuple[SchemaAnswer, ...] = inventory[DESTINATION_SCHEMAS]
    relations: tuple[RelationAnswer, ...] = inventory[RELATIONS]
    local = {each.name for each in schemas if each.kind == "local"}
    tables = sorted((each.schema_name, each.name) for each in relations if each.schema_name in local)
    return tuple((name,) for name in sorted(local)), tuple(tables)


def judge_choice(env: Environment, _inventory: Inventory) -> Iterator[Judgement]:
    """Record the choice, and what a superuser means."""
    if not env.destination.preserve_ownership:
        yield kept("not preserved, the vendor's default: an ordinary user", grade="")
        return
    detail = f"preserved: {env.destination.user.name} is a superuser in every database of the cluster"
    if env.source.host == env.destination.host and env.source.port == env.destination.port:
        detail += ", the source included"
    yield advised(detail, "use a cluster of its own for the destination", grade="")


def judge_database(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Look the database up in its cluster."""
    name = env.destination.database
    if database_exists(env, inventory):
        yield kept(f"{name} exists")
    else:
        yield broken(f"there is no database {name}", "set destination.create_database: true and apply, or create it")


def judge_user(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Judge that the user is there with the power that the choice asks for."""
    yield _databases.user_judge("destination", superuser=env.destination.preserve_ownership)(env, inventory)


def judge_table_info(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Judge SELECT on svv_table_info in the destination database."""
    yield _granted(env, ("SELECT", "table", TABLE_INFO[1]), "svv_table_info", holds=_privileges(env, inventory).table_info)


def judge_temporary(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Judge TEMPORARY on the database."""
    holds = _privileges(env, inventory).database_temporary
    yield _granted(env, ("TEMPORARY", "database", ""), env.destination.database, holds=holds)


def judge_create(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Judge CREATE on the database."""
    holds = _privileges(env, inventory).database_create
    yield _granted(env, ("CREATE", "database", ""), env.destination.database, holds=holds)


def judge_drop(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Compute the set again; warn of the data that a job will replace."""
    answer, names = _privileges(env, inventory), schemas_to_drop(env, inventory)
    droppable = set(answer.schemas_with_drop)
    missing = tuple(name for name in names if name not in droppable)
    if missing and not answer.is_superuser:
        yield broken(
            f"{len(missing)} without DROP: {listed(missing)}",
            f"{RERUN}; an old patch level may not know DROP ON SCHEMA",
            address=_grants(env, "DROP", "schema"),
        )
    elif names:
        detail = f"a job may drop {listed(names)} of {env.destination.database} and what is in them"
        yield advised(detail, "keep nothing in them that is needed elsewhere")
    else:
        yield kept("no included schema of the destination belongs to somebody else")


def judge_superuser(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """List what others own, and source owners that the destination's cluster does not know."""
    if not env.destination.preserve_ownership:
        yield kept("source ownership is not preserved", grade="")
        return
    yield from _judge_owners(env, inventory)
    others = _others(env, inventory)
    if not others:
        yield kept(f"everything in {env.destination.database} belongs to {env.destination.user.name}")
    elif env.destination.take_ownership:
        yield broken(f"{len(others)} objects belong to others", RERUN)
    else:
        way_out = f"set destination.take_ownership: true, or {to_run(_take_over(env, others), TAKE_OVER)}"
        yield owed(f"{len(others)} objects belong to others", way_out, _databases.ADMIN)


def reports(env: Environment, inventory: Inventory) -> Mapping[str, str]:
    """Write what others have to run for a superuser to own everything, where it is more than a finding holds."""
    texts = {}
    with suppress(Unanswered):
        texts[TAKE_OVER] = () if env.destination.take_ownership else _take_over(env, _others(env, inventory))
        texts[OWNERS] = tuple(map(_create_user, _absent_owners(env, inventory)))
    return {name: "\n".join((*lines, "")) for name, lines in texts.items() if len(lines) > FEW}


def _take_over(env: Environment, objects: tuple[tuple[str, Name], ...]) -> tuple[str, ...]:
    """Write the statements that give objects to the user, schemas first."""
    return tuple(alter_owner(kind, name, env.destination.user.name) for kind, name in objects)


def _others(env: Environment, inventory: Inventory) -> tuple[tuple[str, Name], ...]:
    schemas: tuple[SchemaAnswer, ...] = inventory[DESTINATION_SCHEMAS]
    relations: tuple[RelationAnswer, ...] = inventory[RELATIONS]
    user = env.destination.user.name
    local = {each.name for each in schemas if each.kind == "local"}
    owned: list[tuple[str, Name, str]] = [("schema", (each.name,), each.owner) for each in schemas if each.name in local]
    owned += [("table", (each.schema_name, each.name), each.owner) for each in relations if each.schema_name in local]
    return tuple((kind, name) for kind, name, owner in owned if owner != user)


def _judge_owners(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    absent = _absent_owners(env, inventory)
    if absent:
        detail = f"owners in the source without a user in the destination: {listed(absent)}"
        yield owed(detail, to_run(tuple(map(_create_user, absent)), OWNERS), _databases.ADMIN)
    else:
        yield kept(f"all {len(_owners(env, inventory))} owners in the source exist in the destination's cluster")


def _owners(env: Environment, inventory: Inventory) -> set[str]:
    chosen = set(included(env, inventory[SOURCE_SCHEMAS]).local)
    relations: tuple[RelationAnswer, ...] = inventory[RelationsAsked(side="source")]
    owners = {each.owner for each in relations if each.schema_name in chosen}
    owners |= {each.owner for each in inventory[SOURCE_SCHEMAS] if each.name in chosen}
    return owners - {""}  # what a dropped user left belongs to nobody who could be preserved


def _absent_owners(env: Environment, inventory: Inventory) -> tuple[str, ...]:
    there = {name for name, _ in inventory[UsersAsked(side="destination")]}
    return tuple(sorted(_owners(env, inventory) - there))


def _create_user(name: str) -> str:
    return f"CREATE USER {user_name(name)} PASSWORD DISABLE;"


def _privileges(env: Environment, inventory: Inventory) -> PrivilegesAnswer:
    answer: PrivilegesAnswer = inventory[PrivilegesAsked(side="destination", user=env.destination.user.name)]
    return answer


def _granted(env: Environment, grant: tuple[str, ObjectClass, str], place: str, *, holds: bool) -> Judgement:
    what = f"{grant[0]} on {place}"
    return kept(what) if holds else broken(f"no {what}", RERUN, address=_grants(env, *grant))


def _grants(env: Environment, privilege: str, on: ObjectClass, label: str = "") -> str:
    return Grants(side="destination", grantee=env.destination.user.name, privilege=privilege, on=on, objects=(), label=label).address
