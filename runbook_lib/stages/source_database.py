"""Stage 60: the user that reads the source database, and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model import Check, Part, Stage
from runbook_lib.resources.warehouse import (
    TABLE_INFO,
    DatabaseUser,
    DefaultPrivileges,
    Grants,
    PrivilegesAsked,
    RelationAnswer,
    RelationsAsked,
    SchemaAnswer,
    SchemasAsked,
    SessionAsked,
    UsersAsked,
)
from runbook_lib.stages import _apart, _databases, _source
from runbook_lib.stages._confirmations import asks_today
from runbook_lib.stages._schemas import included

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.model import Inventory, Question, Resource
    from runbook_lib.parameters import Environment

SCHEMAS, RELATIONS = SchemasAsked(side="source"), RelationsAsked(side="source")


def desire_password(env: Environment, _inventory: Inventory) -> Iterator[Resource]:
    """Want the secret of a password that is generated or typed once, before the user that needs it."""
    yield from _databases.own_secret(env, "source")


def desire_user(env: Environment, inventory: Inventory) -> Iterator[Resource]:
    """Want an ordinary user. Raises Unanswered (broken) when source and destination are one database."""
    _apart.refuse_one(env, inventory)
    yield DatabaseUser(side="source", name=env.source.user.name, password=env.source.user.password)
    yield Grants(
        side="source",
        grantee=env.source.user.name,
        privilege="SELECT",
        on="table",
        objects=(TABLE_INFO,),
        label=TABLE_INFO[1],
    )


def schema_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for both sessions, and for the source's schemas and relations."""
    return (*_apart.asks(env), SCHEMAS, RELATIONS)


def desire_grants(env: Environment, inventory: Inventory) -> Iterator[Resource]:
    """Want USAGE on every included schema and SELECT on every relation in it."""
    _apart.refuse_one(env, inventory)
    schemas: tuple[SchemaAnswer, ...] = inventory[SCHEMAS]
    relations: tuple[RelationAnswer, ...] = inventory[RELATIONS]
    chosen, user = included(env, schemas), env.source.user.name
    local = set(chosen.local)
    readable = tuple(sorted((each.schema_name, each.name) for each in relations if each.schema_name in local))
    if chosen.local:
        usable = tuple((name,) for name in chosen.local)
        yield Grants(side="source", grantee=user, privilege="USAGE", on="schema", objects=usable)
    if readable:
        yield Grants(side="source", grantee=user, privilege="SELECT", on="table", objects=readable)


def desire_external(env: Environment, inventory: Inventory) -> Iterator[Resource]:
    """Want USAGE on each external schema by itself: it lets a user read every table, and takes no transaction."""
    _apart.refuse_one(env, inventory)
    for name in included(env, inventory[SCHEMAS]).external:
        yield Grants(
            side="source",
            grantee=env.source.user.name,
            privilege="USAGE",
            on="schema",
            objects=((name,),),
            external=True,
            label=name,
        )


def desire_future(env: Environment, inventory: Inventory) -> Iterator[Resource]:
    """Want SELECT on later tables, per creator that the file names."""
    _apart.refuse_one(env, inventory)
    schemas = included(env, inventory[SCHEMAS]).local if env.source.future_tables_of else ()
    for creator in sorted(set(env.source.future_tables_of)):
        if schemas:
            yield DefaultPrivileges(side="source", creator=creator, grantee=env.source.user.name, schemas=schemas)


def rotation_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for both sessions where the file asks for a rotation."""
    return _apart.asks(env) if env.source.user.rotation else ()


def desire_rotation(env: Environment, inventory: Inventory) -> Iterator[Resource]:
    """Want the version of the password that the file asks for, if it asks for one."""
    for wish in _databases.rotation(env, "source"):
        _apart.refuse_one(env, inventory)
        yield wish


def privilege_asks(env: Environment) -> tuple[Question, ...]:
    """Ask what the user may, and for the schemas."""
    return (PrivilegesAsked(side="source", user=env.source.user.name), SCHEMAS)


def backup_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the date and the session that shows which database is read."""
    return (*asks_today(env), SessionAsked(side="source"))


def user_asks(_env: Environment) -> tuple[Question, ...]:
    """Ask for the users of both clusters."""
    return (UsersAsked(side="source"),)


def schemas_asked(_env: Environment) -> tuple[Question, ...]:
    """Ask for the schemas."""
    return (SCHEMAS,)


def artefacts(env: Environment, desired: tuple[Resource, ...]) -> Mapping[str, str]:
    """Write the SQL script, and the commands that store a password which the runbook would store."""
    return _databases.artefacts(env, desired, "source")


ADMIN = _databases.ADMIN
STAGE = Stage(
    number=60,
    slug="source_database",
    title="Source database",
    rows=("G1", "G2", "G3", "G4", "G5", "G6"),
    summary="Creates the user that reads the source, with grants over every included schema.",
    after=("preflight",),
    keys=("source", "schemas"),
    parts=(
        Part("password", desire_password),
        Part("user", desire_user, _apart.asks, owner=ADMIN),
        Part("grants", desire_grants, schema_asks, owner=ADMIN),
        Part("external schemas", desire_external, schema_asks, owner=ADMIN),
        Part("future tables", desire_future, schema_asks, owner=ADMIN),
        Part("rotation", desire_rotation, rotation_asks, owner=ADMIN),
    ),
    checks=(
        Check(
            ("G1", "G3"),
            "the password is one that Redshift accepts",
            _databases.password_judge("source"),
            _databases.password_asks("source"),
            when="plan",
        ),
        Check(
            ("G1", "H1"),
            "source and destination are two databases",
            _apart.judge,
            _apart.asks,
            when="plan",
        ),
        Check(("G2",), "the source is a backup, or the risk is taken", _source.judge_backup, backup_asks, when="plan"),
        Check(("G4", "G5"), "every pattern matches a schema", _source.judge_patterns, schemas_asked, when="plan"),
        Check(("G3",), "the source user exists and is an ordinary user", _source.judge_user, user_asks),
        Check(("G4",), "the source user may use every included schema", _source.judge_usage, privilege_asks),
        Check(("G5",), "the source user reads every included table", _source.judge_select, privilege_asks),
        Check(("G5",), "tables made later are readable", _source.judge_future),
        Check(("G4",), "the source user writes nowhere", _source.judge_writes, privilege_asks),
        Check(("G6",), "the source user reads svv_table_info", _source.judge_table_info, privilege_asks),
    ),
    artefacts=artefacts,
)
