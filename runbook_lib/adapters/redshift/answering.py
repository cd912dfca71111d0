"""Answer what stages and checks ask of one side's database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.redshift import catalog
from runbook_lib.adapters.redshift.catalog import is_true
from runbook_lib.adapters.redshift.owning import owned_by
from runbook_lib.documents import sql
from runbook_lib.model import Unanswered
from runbook_lib.resources.warehouse import (
    DatabaseUser,
    OwnedAnswer,
    OwnedAsked,
    PrivilegesAnswer,
    PrivilegesAsked,
    RelationAnswer,
    RelationsAsked,
    SchemaAnswer,
    SchemasAsked,
    SessionAnswer,
    SessionAsked,
    UserIdAsked,
    UsersAsked,
)

if TYPE_CHECKING:
    from runbook_lib.adapters.redshift.reading import Asked
    from runbook_lib.model import Question


def answer(session: Asked, question: Question) -> Any:
    """Answer one question. Raises TargetError."""
    match question:
        case SessionAsked():
            return session_answer(session)
        case UsersAsked():
            return tuple((row[0], is_true(row[1])) for row in session.cluster_rows(catalog.USERS))
        case UserIdAsked():
            rows = session.cluster_rows(catalog.USER_ID, user=question.user)
            return "/".join(str(each) for each in rows[0]) if rows else None
        case SchemasAsked():
            return () if session.is_absent else schemas(session)
        case RelationsAsked():
            return () if session.is_absent else relations(session)
        case PrivilegesAsked():
            return privileges(session, question.user)
        case OwnedAsked():
            return owned(session, question.user)
    return Unanswered(f"the databases cannot answer {question.kind}")


def session_answer(session: Asked) -> SessionAnswer:
    """Say who is logged in where."""
    user, is_super, database, namespace, version = session.cluster_rows(catalog.SESSION)[0]
    return SessionAnswer(
        user=user,
        is_superuser=is_true(is_super),
        database=database,
        namespace=str(namespace),
        version=str(version).rpartition(", ")[2],
        databases=tuple(row[0] for row in session.cluster_rows(catalog.DATABASES)),
        tls=session.warehouse.sslmode != "disable",
        host=f"{session.warehouse.host}:{session.warehouse.port}",
    )


def schemas(session: Asked) -> tuple[SchemaAnswer, ...]:
    """List the schemas with owner and kind."""
    local = [
        SchemaAnswer(name=name, owner=owner or "", kind="local" if external is None else "external")
        for name, owner, external in session.rows(catalog.SCHEMAS)
    ]
    known = {each.name for each in local}
    shared = session.rows(catalog.SHARED_SCHEMAS, database=session.warehouse.database)
    return (*local, *(SchemaAnswer(name=row[0], owner="", kind="shared") for row in shared if row[0] not in known))


def relations(session: Asked) -> tuple[RelationAnswer, ...]:
    """List tables and views with their owners."""
    return tuple(
        RelationAnswer(schema_name=schema, name=name, owner=owner or "", kind="view" if kind == "v" else "table")
        for schema, name, owner, kind in session.rows(catalog.RELATIONS)
    )


def privileges(session: Asked, user: str) -> PrivilegesAnswer:
    """Say what a user effectively may. Raises Unanswered when there is no such user."""
    users: dict[str, object] = {row[0]: row[1] for row in session.cluster_rows(catalog.USERS)}
    if user not in users:
        reason = f"there is no user {user} on {session.warehouse.host}"
        raise Unanswered(reason, "broken", way_out="apply the stage that makes it", address=f"{DatabaseUser.kind}/{session.side}/{user}")
    schema_rights = session.rows(catalog.SCHEMA_RIGHTS, user=user)
    relation_rights = session.rows(catalog.RELATION_RIGHTS, user=user)
    create, temporary, table_info = session.rows(catalog.DATABASE_RIGHTS, user=user)[0]
    return PrivilegesAnswer(
        is_superuser=is_true(users[user]),
        schemas_without_usage=tuple(row[0] for row in schema_rights if not is_true(row[1])),
        schemas_with_create=tuple(row[0] for row in schema_rights if is_true(row[2])),
        schemas_with_drop=tuple(row[0] for row in schema_rights if is_true(row[3])),
        relations_without_select=tuple((row[0], row[1]) for row in relation_rights if not is_true(row[2])),
        relations_with_write=tuple((row[0], row[1]) for row in relation_rights if is_true(row[3])),
        database_create=is_true(create),
        database_temporary=is_true(temporary),
        table_info=is_true(table_info),
        public_may_create_in=tuple(row[0] for row in session.rows(catalog.PUBLIC_CREATE)),
    )


def owned(session: Asked, user: str) -> OwnedAnswer:
    """List what keeps a user from being dropped, and the ordered DDL that frees him in this database."""
    heir = session.cluster_rows(catalog.SESSION)[0][0]
    own = owned_by(lambda statement: session.rows(statement, user=user))
    granted = sorted({row[0] for row in session.rows(catalog.SCHEMA_GRANTS, user=user)})
    readable = sorted({(row[0], row[1]) for row in session.rows(catalog.RELATION_GRANTS, user=user)})
    defaults = sorted({tuple(part or "" for part in row) for row in session.rows(catalog.DEFAULTS_OF, user=user)})
    databases = sorted({row[0] for row in session.rows(catalog.DATABASE_GRANTS, user=user)})
    who = sql.user_name(user)
    ddl = [
        *(f"ALTER {kind.upper()} {name} OWNER TO {sql.user_name(heir)};" for kind, name in own),
        *(sql.revoke_default(*row) for row in defaults),
        *(f"REVOKE ALL ON {sql.qualified(name)} FROM {who};" for name in readable),
        *(f"REVOKE ALL ON SCHEMA {sql.identifier(name)} FROM {who};" for name in granted),
        *(f"REVOKE ALL ON DATABASE {sql.identifier(name)} FROM {who};" for name in databases),
        sql.drop_user(user),
    ]  # fmt: skip
    return OwnedAnswer(owned=tuple(f"{kind} {name}" for kind, name in own), ddl=tuple(ddl))
