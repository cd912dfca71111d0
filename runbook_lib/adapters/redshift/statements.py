"""Name the statements by which one side answers a question, or what is there in place of a resource is read; asks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.adapters.redshift import catalog
from runbook_lib.resources.warehouse import (
    Database,
    DatabaseUser,
    DefaultPrivileges,
    Grants,
    LoginAsked,
    OwnedAsked,
    Ownership,
    PrivilegesAsked,
    RelationsAsked,
    SchemasAsked,
    SessionAsked,
    UserIdAsked,
    UsersAsked,
)

if TYPE_CHECKING:
    from runbook_lib.model import Question, Resource

LOG_IN = "a log-in of that user"
_RIGHTS = (catalog.SCHEMA_RIGHTS, catalog.RELATION_RIGHTS, catalog.DATABASE_RIGHTS, catalog.PUBLIC_CREATE)
_OWNED = (catalog.OWNED_SCHEMAS, catalog.OWNED_RELATIONS, catalog.OWNED_ROUTINES)
_GRANTED = (catalog.SCHEMA_GRANTS, catalog.RELATION_GRANTS, catalog.DEFAULTS_OF, catalog.DATABASE_GRANTS)
READ_BY: dict[type[Question | Resource], tuple[str, ...]] = {
    SessionAsked: (catalog.SESSION, catalog.DATABASES),
    UsersAsked: (catalog.USERS,),
    UserIdAsked: (catalog.USER_ID,),
    SchemasAsked: (catalog.SCHEMAS, catalog.SHARED_SCHEMAS),
    RelationsAsked: (catalog.RELATIONS,),
    PrivilegesAsked: (catalog.USERS, *_RIGHTS),
    OwnedAsked: (catalog.SESSION, *_OWNED, *_GRANTED),
    LoginAsked: (LOG_IN,),
    Database: (catalog.DATABASES,),
    DatabaseUser: (catalog.USERS,),
    DefaultPrivileges: (catalog.DEFAULT_PRIVILEGES,),
}


def read_by(use: Question | Resource) -> tuple[str, ...]:
    """List the statements of a use in the order in which they are sent."""
    match use:
        case Grants(objects=names) if any(name[0] == "pg_catalog" for name in names):
            return (catalog.EFFECTIVE,)
        case Grants(on="schema", privilege="DROP"):
            return (catalog.SCHEMA_RIGHTS,)
        case Grants(on="schema"):
            return (catalog.SCHEMA_GRANTS, catalog.OWNED_SCHEMAS)
        case Grants(on="table"):
            return (catalog.RELATION_GRANTS, catalog.OWNED_RELATIONS)
        case Grants():
            return (catalog.DATABASE_GRANTS,)
        case Ownership(on="schema"):
            return (catalog.SCHEMAS,)
        case Ownership():
            return (catalog.RELATIONS,)
    return READ_BY.get(type(use), ())
