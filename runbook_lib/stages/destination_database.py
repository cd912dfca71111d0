"""Stage 70: the destination database and the user that writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model import Check, Part, Stage, Unanswered
from runbook_lib.resources.warehouse import (
    TABLE_INFO,
    Database,
    DatabaseUser,
    Grants,
    Ownership,
    PrivilegesAsked,
    RelationsAsked,
    UsersAsked,
)
from runbook_lib.stages import _apart, _databases, _destination
from runbook_lib.stages._destination import DESTINATION_SCHEMAS, SOURCE_SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.model import Inventory, Question, Resource
    from runbook_lib.parameters import Environment


def desire_password(env: Environment, _inventory: Inventory) -> Iterator[Resource]:
    """Want the secret of a password that is generated or typed once, before the user that needs it."""
    yield from _databases.own_secret(env, "destination")


def desire_database(env: Environment, inventory: Inventory) -> Iterator[Resource]:
    """Want the database where the file says create. Raises Unanswered when it is missing, the source, or perhaps the source."""
    _apart.refuse_undecided(env, inventory)
    if env.destination.create_database:
        yield Database(side="destination", name=env.destination.database)
    elif not _destination.database_exists(env, inventory):
        raise Unanswered(
            f"there is no database {env.destination.database} on {env.destination.host}",
            verdict="broken",
            by=_databases.ADMIN,
            way_out="set destination.create_database: true, or create it",
        )


def desire_user(env: Environment, inventory: Inventory) -> Iterator[Resource]:
    """Want the user: an ordinary one, or a superuser where source ownership is preserved."""
    _refuse(env, inventory)
    user = env.destination.user
    yield DatabaseUser(side="destination", name=user.name, password=user.password, superuser=env.destination.preserve_ownership)


def desire_grants(env: Environment, inventory: Inventory) -> Iterator[Resource]:
    """Want the vendor's three grants; a superuser needs none."""
    _refuse(env, inventory)
    if env.destination.preserve_ownership:
        return
    user, database = env.destination.user.name, ((env.destination.database,),)
    yield Grants(side="destination", grantee=user, privilege="SELECT", on="table", objects=(TABLE_INFO,), label=TABLE_INFO[1])
    yield Grants(side="destination", grantee=user, privilege="TEMPORARY", on="database", objects=database)
    yield Grants(side="destination", grantee=user, privilege="CREATE", on="database", objects=database)


def drop_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for both sessions and both sides' schemas."""
    return (*_apart.asks(env), SOURCE_SCHEMAS, DESTINATION_SCHEMAS)


def desire_drop(env: Environment, inventory: Inventory) -> Iterator[Resource]:
    """Want DROP on exactly the included schemas that exist in the destination and belong to somebody else."""
    _refuse(env, inventory)
    names = () if env.destination.preserve_ownership else _destination.schemas_to_drop(env, inventory)
    if names:
        objects = tuple((name,) for name in names)
        user = env.destination.user.name
        yield Grants(side="destination", grantee=user, privilege="DROP", on="schema", objects=objects)


def ownership_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for both sessions and who owns what in the destination."""
    return (*_apart.asks(env), DESTINATION_SCHEMAS, RelationsAsked(side="destination"))


def desire_ownership(env: Environment, inventory: Inventory) -> Iterator[Resource]:
    """Want everything in the destination to belong to the user, only under `take_ownership`."""
    _refuse(env, inventory)
    if not (env.destination.preserve_ownership and env.destination.take_ownership):
        return
    user = env.destination.user.name
    schemas, tables = _destination.everything(env, inventory)
    if schemas:
        yield Ownership(side="destination", on="schema", owners=tuple((name, user) for name in schemas))
    if tables:
        yield Ownership(side="destination", on="table", owners=tuple((name, user) for name in tables))


def rotation_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for both sessions where the file asks for a rotation."""
    return _apart.asks(env) if env.destination.user.rotation else ()


def desire_rotation(env: Environment, inventory: Inventory) -> Iterator[Resource]:
    """Want the version of the password that the file asks for, if it asks for one."""
    for wish in _databases.rotation(env, "destination"):
        _refuse(env, inventory)
        yield wish


def _refuse(env: Environment, inventory: Inventory) -> None:
    """Want nothing while the database is missing, is the source, or may be it. Raises Unanswered."""
    tuple(desire_database(env, inventory))


def privilege_asks(env: Environment) -> tuple[Question, ...]:
    """Ask what the user may, and whether the database may be the source."""
    return (PrivilegesAsked(side="destination", user=env.destination.user.name), *_apart.asks(env))


def drop_check_asks(env: Environment) -> tuple[Question, ...]:
    """Ask what the user may, and both sides' schemas."""
    return (*privilege_asks(env), *drop_asks(env))


def superuser_asks(env: Environment) -> tuple[Question, ...]:
    """Ask who owns what on both sides, and who exists in the destination's cluster, where ownership is preserved."""
    if not env.destination.preserve_ownership:
        return ()
    relations = (RelationsAsked(side="source"), RelationsAsked(side="destination"))
    return (*drop_asks(env), *relations, UsersAsked(side="destination"))


def user_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the users of the destination's cluster, and whether the database may be the source."""
    return (UsersAsked(side="destination"), *_apart.asks(env))


def reports(env: Environment, inventory: Inventory) -> Mapping[str, str]:
    """Write what others have to run under preserved ownership, where it is much."""
    return _destination.reports(env, inventory) if env.destination.preserve_ownership else {}


def artefacts(env: Environment, desired: tuple[Resource, ...]) -> Mapping[str, str]:
    """Write the SQL script, and the commands that store a password which the runbook would store."""
    return _databases.artefacts(env, desired, "destination")


ADMIN = _databases.ADMIN
STAGE = Stage(
    number=70,
    slug="destination_database",
    title="Destination database",
    rows=("H1", "H2", "H3", "H3a", "H3b", "H3c", "H3d", "H4"),
    summary="Makes sure the destination database exists and creates the user that writes it.",
    after=("preflight",),
    keys=("destination",),
    parts=(
        Part("password", desire_password),
        Part("database", desire_database, _apart.asks, owner=ADMIN),
        Part("user", desire_user, _apart.asks, owner=ADMIN),
        Part("grants", desire_grants, _apart.asks, owner=ADMIN),
        Part("drop", desire_drop, drop_asks, owner=ADMIN),
        Part("ownership", desire_ownership, ownership_asks, owner=ADMIN),
        Part("rotation", desire_rotation, rotation_asks, owner=ADMIN),
    ),
    checks=(
        Check(
            ("H3", "H4"),
            "the password is one that Redshift accepts",
            _databases.password_judge("destination"),
            _databases.password_asks("destination"),
            when="plan",
        ),
        Check(
            ("H1",),
            "source and destination are two databases",
            _apart.judge,
            _apart.asks,
            when="plan",
        ),
        Check(("H2",), "it is chosen whether source ownership is preserved", _destination.judge_choice, when="plan"),
        Check(("H1",), "the destination database exists", _apart.unless_open(_destination.judge_database), _apart.asks),
        Check(
            ("H3",),
            "the destination user exists with the power that the choice asks for",
            _apart.unless_open(_destination.judge_user),
            user_asks,
        ),
        Check(("H3a",), "the destination user reads svv_table_info", _apart.unless_open(_destination.judge_table_info), privilege_asks),
        Check(("H3b",), "the destination user may use temporary tables", _apart.unless_open(_destination.judge_temporary), privilege_asks),
        Check(("H3c",), "the destination user may create schemas", _apart.unless_open(_destination.judge_create), privilege_asks),
        Check(
            ("H3d",),
            "the destination user may drop the schemas that a job replaces",
            _apart.unless_open(_destination.judge_drop),
            drop_check_asks,
        ),
        Check(
            ("H4",),
            "under preserved ownership the superuser owns what is there",
            _apart.unless_open(_destination.judge_superuser),
            superuser_asks,
        ),
    ),
    artefacts=artefacts,
    report_asks=superuser_asks,
    reports=reports,
)
