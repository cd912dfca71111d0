"""Read what is there in place of wanted users, grants, owners and databases: a constant number of statements a side."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from runbook_lib.adapters.redshift import catalog
from runbook_lib.adapters.redshift.catalog import is_true
from runbook_lib.ports import Observation
from runbook_lib.resources.warehouse import Database, DatabaseUser, DefaultPrivileges, Grants, Ownership

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.adapters.redshift.reading import Asked
    from runbook_lib.model import Resource
    from runbook_lib.resources.warehouse import Name


class Held:
    """Hold what one user has been granted or owns, read when it is first asked for."""

    def __init__(self, session: Asked, user: str) -> None:
        self._session, self._user = session, user

    def objects(self, wanted: Grants) -> set[Name]:
        """Give the objects of a class on which the privilege is granted, or which the user owns."""
        if any(name[0] == "pg_catalog" for name in wanted.objects):
            return self._catalog(wanted)
        match wanted.on:
            case "schema" if wanted.privilege == "DROP":
                return self._droppable
            case "schema":
                return {(name,) for name, privilege in self._schemas if privilege == wanted.privilege} | self._own_schemas
            case "table":
                granted = {(schema, name) for schema, name, privilege in self._relations if privilege == wanted.privilege}
                return granted | self._own_relations
        names = {"TEMPORARY": "TEMP"}
        return {(name,) for name, privilege in self._databases if privilege == names.get(wanted.privilege, wanted.privilege)}

    def _catalog(self, wanted: Grants) -> set[Name]:
        """Ask for the effective right: whether SVV views list grants on the system catalogue is not documented."""
        found = set()
        for name in wanted.objects:
            answer = self._session.rows(catalog.EFFECTIVE, user=self._user, name=".".join(name),
                                        privilege=wanted.privilege.lower())  # fmt: skip
            found |= {name} if is_true(answer[0][0]) else set()
        return found

    @cached_property
    def _schemas(self) -> list[tuple[str, str]]:
        return [(row[0], row[1]) for row in self._session.rows(catalog.SCHEMA_GRANTS, user=self._user)]

    @cached_property
    def _relations(self) -> list[tuple[str, str, str]]:
        return [(row[0], row[1], row[2]) for row in self._session.rows(catalog.RELATION_GRANTS, user=self._user)]

    @cached_property
    def _databases(self) -> list[tuple[str, str]]:
        return [(row[0], row[1]) for row in self._session.rows(catalog.DATABASE_GRANTS, user=self._user)]

    @cached_property
    def _droppable(self) -> set[Name]:
        return {(row[0],) for row in self._session.rows(catalog.SCHEMA_RIGHTS, user=self._user) if is_true(row[3])}

    @cached_property
    def _own_schemas(self) -> set[Name]:
        return {(row[0],) for row in self._session.rows(catalog.OWNED_SCHEMAS, user=self._user)}

    @cached_property
    def _own_relations(self) -> set[Name]:
        return {(row[0], row[1]) for row in self._session.rows(catalog.OWNED_RELATIONS, user=self._user)}

    @cached_property
    def defaults(self) -> set[tuple[str, str]]:
        """Give (creator, schema) of the default privileges that the user has."""
        return {(row[0], row[1]) for row in self._session.rows(catalog.DEFAULT_PRIVILEGES, user=self._user)}


def observe(session: Asked, wanted: Sequence[Resource]) -> dict[str, Observation]:
    """Read one side. Raises TargetError."""
    users: dict[str, object] = {row[0]: row[1] for row in session.cluster_rows(catalog.USERS)}
    held: dict[str, Held] = {}
    found: dict[str, Observation] = {}
    for resource in wanted:
        match resource:
            case Database():
                names = {row[0] for row in session.cluster_rows(catalog.DATABASES)}
                found[resource.address] = Observation(resource if resource.name in names else None)
            case DatabaseUser():
                found[resource.address] = Observation(_user(resource, users))
            case Grants() | DefaultPrivileges() if resource.grantee not in users or session.is_absent:
                found[resource.address] = Observation(None)
            case Grants():
                holder = held.setdefault(resource.grantee, Held(session, resource.grantee))
                found[resource.address] = Observation(_granted(resource, holder))
            case DefaultPrivileges():
                holder = held.setdefault(resource.grantee, Held(session, resource.grantee))
                found[resource.address] = Observation(_defaults(resource, holder))
            case Ownership() if session.is_absent:
                found[resource.address] = Observation(None)
            case Ownership():
                found[resource.address] = Observation(_owners(resource, session))
    return found


def _user(wanted: DatabaseUser, users: dict[str, object]) -> DatabaseUser | None:
    return wanted.model_copy(update={"superuser": is_true(users[wanted.name])}) if wanted.name in users else None


def _granted(wanted: Grants, held: Held) -> Grants | None:
    there = held.objects(wanted)
    objects = tuple(name for name in wanted.objects if name in there)
    if len(objects) == len(wanted.objects):
        return wanted
    return wanted.model_copy(update={"objects": objects}) if objects else None


def _defaults(wanted: DefaultPrivileges, held: Held) -> DefaultPrivileges | None:
    schemas = tuple(schema for schema in wanted.schemas if (wanted.creator, schema) in held.defaults)
    return wanted.model_copy(update={"schemas": schemas}) if schemas else None


def _owners(wanted: Ownership, session: Asked) -> Ownership | None:
    if wanted.on == "schema":
        owners: dict[Name, str] = {(row[0],): row[1] or "" for row in session.rows(catalog.SCHEMAS)}
    else:
        owners = {(row[0], row[1]): row[2] or "" for row in session.rows(catalog.RELATIONS)}
    present = tuple((name, owners[name]) for name, _ in wanted.owners if name in owners)
    return wanted.model_copy(update={"owners": present}) if present else None
