"""What is told to be read by a statement is read by it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from runbook_lib.adapters.redshift import catalog
from runbook_lib.adapters.redshift.answering import answer
from runbook_lib.adapters.redshift.observing import observe
from runbook_lib.adapters.redshift.statements import read_by
from runbook_lib.model import Question, Resource
from runbook_lib.resources.warehouse import (
    Database,
    DatabaseUser,
    DefaultPrivileges,
    Grants,
    OwnedAsked,
    Ownership,
    PrivilegesAsked,
    RelationsAsked,
    SchemasAsked,
    SessionAsked,
    UserIdAsked,
    UsersAsked,
)

USES: tuple[Question | Resource, ...] = (
    SessionAsked(side="source"),
    UsersAsked(side="source"),
    UserIdAsked(side="source", user="tonic"),
    SchemasAsked(side="source"),
    RelationsAsked(side="source"),
    PrivilegesAsked(side="source", user="tonic"),
    OwnedAsked(side="source", user="tonic"),
    Database(side="source", name="dev"),
    DatabaseUser(side="source", name="tonic", password="env:X"),
    DefaultPrivileges(side="source", grantee="tonic", creator="etl", schemas=("a",)),
    Grants(side="source", grantee="tonic", privilege="USAGE", on="schema", objects=(("a",),)),
    Grants(side="source", grantee="tonic", privilege="DROP", on="schema", objects=(("a",),)),
    Grants(side="source", grantee="tonic", privilege="SELECT", on="table", objects=(("a", "b"),)),
    Grants(side="source", grantee="tonic", privilege="SELECT", on="table", objects=(("pg_catalog", "svv_table_info"),)),
    Grants(side="source", grantee="tonic", privilege="CREATE", on="database", objects=(("dev",),)),
    Ownership(side="source", on="schema", owners=((("a",), "tonic"),)),
    Ownership(side="source", on="table", owners=((("a", "b"), "tonic"),)),
)
ROWS: dict[str, list[tuple[Any, ...]]] = {
    catalog.SESSION: [("admin", True, "dev", "n", "Redshift 1")],
    catalog.USERS: [("tonic", False)],
    catalog.DATABASE_RIGHTS: [(True, True, True)],
    catalog.EFFECTIVE: [(True,)],
}


class Session:
    """Answer with a row where one is needed, and remember each statement."""

    side, is_absent, warehouse = "source", False, SimpleNamespace(host="h", port=1, sslmode="require", database="dev")

    def __init__(self) -> None:
        self.sent: list[str] = []

    def rows(self, statement: str, **_values: Any) -> list[tuple[Any, ...]]:
        """Run a statement."""
        self.sent.append(statement)
        return ROWS.get(statement, [])

    cluster_rows = rows


@pytest.mark.parametrize("use", USES, ids=lambda use: use.kind)
def test_the_statements_that_are_named_are_sent(use: Question | Resource) -> None:
    """For each question, all that are sent; for a resource, those that read it among what tells that its user is there."""
    session: Any = Session()
    if isinstance(use, Question):
        answer(session, use)
    else:
        observe(session, [use])
    beside = {catalog.USERS} if isinstance(use, Resource) else set()

    assert set(read_by(use)) | beside == set(session.sent) | beside
    assert read_by(use)
