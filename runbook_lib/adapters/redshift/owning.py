"""Tell what a user owns and what a database holds: neither goes while somebody's work would go with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.redshift import catalog
from runbook_lib.documents import sql

if TYPE_CHECKING:
    from runbook_lib.adapters.redshift.session import Session

Rows = Callable[[str], list[tuple[Any, ...]]]
Named = tuple[str, str]
"""An object's class as SQL calls it, and its name as a statement spells it."""

BORN_WITH = "public"


def owned_by(rows: Rows) -> tuple[Named, ...]:
    """List what a user owns in one database, schemas last: what is in them is given away first. `rows` reads for that user."""
    relations = [("table", sql.qualified((row[0], row[1]))) for row in rows(catalog.OWNED_RELATIONS)]
    routines = [_routine(row) for row in rows(catalog.OWNED_ROUTINES)]
    return (*relations, *routines, *(("schema", sql.identifier(row[0])) for row in rows(catalog.OWNED_SCHEMAS)))


def held_by(session: Session) -> tuple[str, ...]:
    """List what a database holds that it was not made with, each with its owner: schemas, tables, views and routines."""
    schemas = [(("schema", sql.identifier(name)), owner) for name, owner, _ in session.rows(catalog.SCHEMAS) if name != BORN_WITH]
    relations = [
        (("view" if kind == "v" else "table", sql.qualified((schema, name))), owner)
        for schema, name, owner, kind in session.rows(catalog.RELATIONS)
    ]
    routines = [(_routine(row), row[4]) for row in session.rows(catalog.ROUTINES)]
    return tuple(f"{kind} {name} of {sql.user_name(owner or '?')}" for (kind, name), owner in (*schemas, *relations, *routines))


def _routine(row: tuple[Any, ...]) -> Named:
    schema, name, arguments, kind = row[:4]
    return "procedure" if kind == "p" else "function", f"{sql.qualified((schema, name))}({arguments})"
