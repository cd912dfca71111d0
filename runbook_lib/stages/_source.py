"""What the source user may and may not, as the database tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents.sql import identifier, qualified, user_name
from runbook_lib.model import Unanswered
from runbook_lib.resources.warehouse import TABLE_INFO, Grants, PrivilegesAnswer, PrivilegesAsked, SchemasAsked, SessionAsked
from runbook_lib.stages import _databases
from runbook_lib.stages._confirmations import owed as unconfirmed
from runbook_lib.stages._confirmations import vouched
from runbook_lib.stages._judging import advised, broken, each_or_all, kept, listed, owed
from runbook_lib.stages._schemas import included

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Inventory, Judgement
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.warehouse import Name, ObjectClass
    from runbook_lib.stages._schemas import Included

RERUN = "plan this stage, read the SQL, apply it"


def judge_backup(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Record who says that the source is a backup, as the vendor recommends; show which database is read."""
    try:
        session = inventory[SessionAsked(side="source")]
        place = f"{session.database} on {session.host}"
    except Unanswered:
        place = f"{env.source.database} on {env.source.host}"
    detail = f"{place} is read; the vendor recommends a backup instead of production"
    yield vouched(env, inventory, "G2", unconfirmed("G2", detail, _databases.ADMIN))


def judge_patterns(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Name patterns without a schema, and datashare schemas, which take no grants from here."""
    chosen = included(env, inventory[SchemasAsked(side="source")])
    for pattern in chosen.idle_patterns:
        yield broken(f"`{pattern}` matches no schema of {env.source.database}", "correct schemas: include or exclude")
    for names in each_or_all(chosen.shared):
        come = "comes" if len(names) == 1 else "come"
        detail = f"{listed(names)} {come} from a datashare: grants across databases are not supported"
        user = user_name(env.source.user.name)
        way_out = f"let the datashare's admin GRANT USAGE ON its database and schema TO {user}, or exclude it"
        yield owed(detail, way_out, _databases.ADMIN)
    if not chosen.idle_patterns and not chosen.shared:
        local, external = len(chosen.local), len(chosen.external)
        yield kept(f"{local} local and {external} external schemas are included")


def judge_user(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Judge that the user is there and is no superuser."""
    yield _databases.user_judge("source", superuser=False)(env, inventory)


def judge_usage(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """List included schemas without USAGE."""
    answer, chosen = _answers(env, inventory)
    missing = tuple(sorted(set(answer.schemas_without_usage) & {*chosen.local, *chosen.external}))
    if missing:
        yield broken(f"{len(missing)} without USAGE: {listed(missing)}", RERUN, address=_grants(env, "USAGE", "schema"))
    else:
        yield kept(f"{len(chosen.local) + len(chosen.external)} schemas")


def judge_select(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """List included tables and views without SELECT."""
    answer, chosen = _answers(env, inventory)
    missing = _within(answer.relations_without_select, chosen.local)
    if missing:
        yield broken(f"{len(missing)} without SELECT: {listed(missing)}", RERUN, address=_grants(env, "SELECT", "table"))
    else:
        yield kept("no included table or view is without SELECT; row-level security may still hide rows")


def judge_future(env: Environment, _inventory: Inventory) -> Iterator[Judgement]:
    """Say what becomes of tables that are made later."""
    creators = env.source.future_tables_of
    if creators:
        yield kept(f"those that {listed(creators)} make; others after the next apply", grade="")
    else:
        yield kept("after the next apply; source.future_tables_of lets them be readable at once", grade="")


def judge_writes(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """List what the user could write: by grants, or because PUBLIC may create in a schema."""
    answer, _ = _answers(env, inventory)
    writable = tuple(".".join(name) for name in answer.relations_with_write)
    public = set(answer.public_may_create_in)
    creatable = tuple(name for name in answer.schemas_with_create if name not in public)
    user = user_name(env.source.user.name)
    if writable:
        table = qualified(answer.relations_with_write[0])
        way_out = f"who granted it revokes it, e.g. REVOKE INSERT, UPDATE, DELETE ON {table} FROM {user};"
        yield broken(f"it may write to {listed(writable)}", way_out)
    if creatable:
        yield broken(f"it may create in {listed(creatable)}", f"REVOKE CREATE ON SCHEMA {identifier(creatable[0])} FROM {user};")
    if answer.database_create:
        way_out = f"REVOKE CREATE ON DATABASE {identifier(env.source.database)} FROM {user};"
        yield broken(f"it may create schemas in {env.source.database}", way_out)
    for names in each_or_all(tuple(sorted(public))):
        detail = f"everybody may create in {listed(names)}, the source user too"
        schemas = listed(tuple(map(identifier, names)))
        yield advised(detail, f"if nobody needs it: REVOKE CREATE ON SCHEMA {schemas} FROM PUBLIC;")
    if not (writable or creatable or public or answer.database_create):
        yield kept("it may neither write nor create")


def judge_table_info(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Judge the grant on svv_table_info in this database."""
    answer, _ = _answers(env, inventory)
    if answer.table_info:
        yield kept("granted in the source database")
    else:
        yield broken("it may not read svv_table_info", RERUN, address=_grants(env, "SELECT", "table", TABLE_INFO[1]))


def _grants(env: Environment, privilege: str, on: ObjectClass, label: str = "") -> str:
    return Grants(side="source", grantee=env.source.user.name, privilege=privilege, on=on, objects=(), label=label).address


def _answers(env: Environment, inventory: Inventory) -> tuple[PrivilegesAnswer, Included]:
    asked = PrivilegesAsked(side="source", user=env.source.user.name)
    return inventory[asked], included(env, inventory[SchemasAsked(side="source")])


def _within(names: tuple[Name, ...], schemas: tuple[str, ...]) -> tuple[str, ...]:
    chosen = set(schemas)
    return tuple(sorted(".".join(name) for name in names if name[0] in chosen))
