"""Log in as a user that the product will log in as, through the same driver, and read."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from runbook_lib.adapters.redshift.failures import failure
from runbook_lib.adapters.redshift.session import make_engine, run
from runbook_lib.documents import sql
from runbook_lib.errors import LoginRefused
from runbook_lib.resources.warehouse import LoginAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from runbook_lib.adapters.aws.recording import Recorder
    from runbook_lib.parameters import Environment
    from runbook_lib.ports import Secrets
    from runbook_lib.resources.warehouse import LoginAsked, Name

BATCH = 50


def log_in(environment: Environment, question: LoginAsked, secrets: Secrets, recorder: Recorder | None = None) -> LoginAnswer:
    """Log in, read each relation, svv_table_info, and use a temporary table when asked to; leave nothing. Raises TargetError."""
    warehouse = environment.side(question.side)
    where = f"{question.side} {warehouse.host}:{warehouse.port}/{warehouse.database} as {question.user}"
    password = secrets.resolve(question.password)
    with _connected(environment, question, password, where, recorder) as connection:
        user, database = run(connection, "select current_user, current_database()")[0]
        unreadable = tuple(_unreadable(connection, question.relations))
        table_info = _tried(connection, "select 1 from pg_catalog.svv_table_info limit 1")
        temporary = ""
        if question.temporary:
            temporary = _tried(connection, "create temporary table tonic_runbook_probe (id int)")
            _ = temporary or _tried(connection, "drop table tonic_runbook_probe")
    return LoginAnswer(
        user=user, database=database, unreadable=unreadable, read=len(question.relations) - len(unreadable),
        table_info=table_info, temporary=temporary,
    )  # fmt: skip


@contextmanager
def _connected(
    environment: Environment, question: LoginAsked, password: object, where: str, recorder: Recorder | None
) -> Iterator[Connection]:
    from sqlalchemy.exc import SQLAlchemyError

    from runbook_lib.secrets import Masked

    assert isinstance(password, Masked)  # noqa: S101 - secrets resolve to nothing else
    heard = _as_reading(recorder) if recorder is not None else None
    engine = make_engine(environment, question.side, question.user, password, environment.side(question.side).database, heard)
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        failed = failure(where, error, password)
        raise _refused(failed, question) if isinstance(failed, LoginRefused) else failed from None
    finally:
        engine.dispose()


def _as_reading(recorder: Recorder) -> Recorder:
    """Count everything that a log-in says as reading: it leaves nothing."""
    return lambda statement: recorder(replace(statement, writes=False))


def _refused(failed: LoginRefused, question: LoginAsked) -> LoginRefused:
    """Say what mends the product's own log-in; the administrator's is not at fault."""
    return LoginRefused(
        failed.where,
        failed.what,
        f"give {question.user} the password that {question.password} names, as an md5 literal (ALTER USER), or correct that reference",
    )


def _unreadable(connection: Connection, relations: tuple[Name, ...]) -> Iterator[tuple[Name, str]]:
    """Read many relations a round trip; where one of them fails, find out which."""
    for start in range(0, len(relations), BATCH):
        batch = relations[start : start + BATCH]
        if _tried(connection, "; ".join(_probe(name) for name in batch)):
            for name in batch:
                if reason := _tried(connection, _probe(name)):
                    yield name, reason


def _probe(name: Name) -> str:
    return f"select 1 from {sql.qualified(name)} limit 0"


def _tried(connection: Connection, statement: str) -> str:
    """Give the reason why a statement fails; empty when it works."""
    from sqlalchemy.exc import DBAPIError

    try:
        run(connection, statement)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return re.sub(r"\s+", " ", str(error.orig).splitlines()[0])
    return ""
