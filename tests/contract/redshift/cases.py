"""One case for each kind of resource of the databases: what it sits on, what it is, and what it becomes."""

from __future__ import annotations

from collections.abc import Callable

from runbook_lib.resources.warehouse import TABLE_INFO, DatabaseUser, DefaultPrivileges, Grants, Name, ObjectClass, Side
from tests.contract.aws.cases import Case
from tests.contract.redshift.worlds import World

AWKWARD = ("Mixed Case", 'quo"ted', "100%_off", "a:b", "back\\slash", "semi;colon", "it's", "売上", "select")
"""Ends of names that have to be quoted, and that a driver may take for parameters."""


def user(world: World, side: Side = "source", *, superuser: bool = False, end: str = "") -> DatabaseUser:
    """Describe a user."""
    return DatabaseUser(side=side, name=f"{world.name}{end}", password=world.password, superuser=superuser)


def grants(holder: DatabaseUser, privilege: str, on: ObjectClass, *objects: Name, label: str = "") -> Grants:
    """Describe a privilege of a user."""
    return Grants(side=holder.side, grantee=holder.name, privilege=privilege, on=on, objects=tuple(sorted(objects)), label=label)


def of_user(world: World) -> Case:
    """Give a user more power."""
    return Case((), user(world), user(world, superuser=True))


def of_awkward_user(world: World) -> Case:
    """Make a user whose name has to be quoted."""
    end = ' O\'Neil "50%" :x \\ ü'
    return Case((), user(world, end=end), user(world, end=end, superuser=True))


def of_usage(world: World) -> Case:
    """Grant USAGE on more schemas and on other ones."""
    holder = user(world)
    one, two, three = (world.schema("source", f"{world.name}_{each}") for each in "abc")
    return Case((holder,), grants(holder, "USAGE", "schema", one, two), grants(holder, "USAGE", "schema", one, two, three))


def of_awkward_schemas(world: World) -> Case:
    """Grant USAGE on schemas whose names have to be quoted."""
    holder = user(world)
    names = [world.schema("source", f"{world.name} {each}") for each in AWKWARD]
    return Case((holder,), grants(holder, "USAGE", "schema", *names[:4]), grants(holder, "USAGE", "schema", *names))


def of_drop(world: World) -> Case:
    """Grant DROP on schemas of the destination."""
    holder = user(world, "destination")
    one, two = (world.schema("destination", f"{world.name}_{each}") for each in "ab")
    return Case((holder,), grants(holder, "DROP", "schema", one), grants(holder, "DROP", "schema", one, two))


def of_create(world: World) -> Case:
    """Grant CREATE on schemas."""
    holder = user(world, "destination")
    one, two = (world.schema("destination", f"{world.name}_{each}") for each in "ab")
    return Case((holder,), grants(holder, "CREATE", "schema", one), grants(holder, "CREATE", "schema", one, two))


def of_select(world: World) -> Case:
    """Grant SELECT on tables, of which two differ in case alone."""
    holder = user(world)
    name = f"{world.name}_t"
    world.schema("source", name, "orders", "Orders", *AWKWARD)
    tables = [(name, each) for each in ("orders", "Orders", *AWKWARD)]
    return Case((holder,), grants(holder, "SELECT", "table", *tables[:1]), grants(holder, "SELECT", "table", *tables))


def of_table_info(world: World) -> Case:
    """Grant SELECT on a view of the system catalogue."""
    holder = user(world)
    return Case((holder,), grants(holder, "SELECT", "table", TABLE_INFO, label="table_info"))


def of_database(privilege: str) -> Callable[[World], Case]:
    """Grant a privilege on the side's database."""

    def make(world: World) -> Case:
        holder = user(world, "destination")
        return Case((holder,), grants(holder, privilege, "database", (world.environment.destination.database,)))

    return make


def of_defaults(world: World) -> Case:
    """Let a user read what another makes later, in more schemas."""
    holder, creator = user(world), user(world, end="_Maker")
    names = [world.schema("source", f"{world.name}_{each}")[0] for each in ("a", "Mixed :x")]
    value = DefaultPrivileges(side="source", creator=creator.name, grantee=holder.name, schemas=tuple(sorted(names[:1])))
    return Case((creator, holder), value, value.model_copy(update={"schemas": tuple(sorted(names))}))


CASES: dict[str, Callable[[World], Case]] = {
    "user": of_user,
    "awkward user": of_awkward_user,
    "USAGE": of_usage,
    "awkward schemas": of_awkward_schemas,
    "DROP": of_drop,
    "CREATE": of_create,
    "SELECT": of_select,
    "svv_table_info": of_table_info,
    "TEMPORARY": of_database("TEMPORARY"),
    "CREATE on database": of_database("CREATE"),
    "default privileges": of_defaults,
}
