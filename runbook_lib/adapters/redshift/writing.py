"""Write changes of the databases: a group in one transaction, the rest one by one; the whole transaction again when it may help."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runbook_lib.adapters.redshift import answering
from runbook_lib.adapters.redshift.failures import drop_unsupported
from runbook_lib.adapters.redshift.owning import held_by, owned_by
from runbook_lib.adapters.redshift.session import run, run_masked
from runbook_lib.documents import sql
from runbook_lib.errors import InUse, Rejected, TargetError, Transient
from runbook_lib.resources.warehouse import Database, DatabaseUser, Grants, Ownership
from runbook_lib.secrets import broken_password_rules, md5_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from runbook_lib.adapters.redshift.session import Session
    from runbook_lib.model import Change
    from runbook_lib.ports import Secrets
    from runbook_lib.secrets import Masked

ATTEMPTS = 5
OWNERS_A_TRIP = 200
SHOWN = 10


def write(session: Session, changes: Sequence[Change], secrets: Secrets, sleep: Callable[[float], None] = time.sleep) -> None:
    """Make the changes of one group. Raises TargetError; InUse with the DDL that frees a user who owns something."""
    _again(lambda: _write(session, changes, secrets), sleep)


def set_password(session: Session, user: str, literal: Masked, sleep: Callable[[float], None] = time.sleep) -> None:
    """Set a user's password to a literal. Raises TargetError."""

    def work() -> None:
        with session.transaction() as connection:
            run_masked(connection, sql.alter_password(user), literal)

    _again(work, sleep)


def _again(work: Callable[[], None], sleep: Callable[[float], None]) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            work()
        except Transient:
            if attempt == ATTEMPTS:
                raise
            sleep(0.1 * 2**attempt)
        else:
            return


def _write(session: Session, changes: Sequence[Change], secrets: Secrets) -> None:
    first = changes[0].subject
    if isinstance(first, Database):
        _database(session, changes[0], first)
    elif not first.group:
        for change in changes:
            session.execute(sql.statements(change), in_transaction=False)
    else:
        passwords = {change.address: _password(change, secrets) for change in changes}
        try:
            with session.transaction() as connection:
                for change in changes:
                    _in_transaction(session, connection, change, passwords[change.address])
        except InUse as error:
            raise _with_ddl(error, session, changes) from None
        except TargetError as error:
            raise _named(error, changes) from None


def _database(session: Session, change: Change, database: Database) -> None:
    """Make or drop a database: an empty one, since DROP DATABASE asks nobody whose schemas, views and procedures go with it."""
    if change.after is None and (held := held_by(session)):
        lines = [*(f"-- {each}" for each in held), f"DROP DATABASE {sql.identifier(database.name)};"]
        what = f"database {database.name} holds {_shown(held)}"
        raise InUse(session.where, what, "drop them first, if nobody needs them any more", "\n".join(lines))
    session.execute(sql.statements(change), in_transaction=False, on_cluster=True)


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _password(change: Change, secrets: Secrets) -> Masked | None:
    """Resolve a new user's password to its md5 literal, after Redshift's rules, which the literal would skip."""
    user = change.after
    if not isinstance(user, DatabaseUser) or change.verb != "create":
        return None
    value = secrets.resolve(user.password)
    if broken := broken_password_rules(value):
        raise Rejected(f"user {user.name}", f"its password lacks: {'; '.join(broken)}", f"change what {user.password} holds")
    return md5_literal(value, user.name)


def _in_transaction(session: Session, connection: Connection, change: Change, password: Masked | None) -> None:
    subject = change.subject
    if isinstance(subject, DatabaseUser) and change.after is None:
        _refuse_owner(session, connection, subject)
    for statement in _trips(change):
        if password is None:
            run(connection, statement)
        else:
            run_masked(connection, statement, password)


def _trips(change: Change) -> Iterator[str]:
    """Give what is sent at once: there is no statement that gives many objects to an owner, so that many of those go together."""
    said = sql.statements(change)
    size = OWNERS_A_TRIP if isinstance(change.subject, Ownership) else 1
    for start in range(0, len(said), size):
        yield "\n".join(said[start : start + size])


def _refuse_owner(session: Session, connection: Connection, user: DatabaseUser) -> None:
    """Refuse to drop a user who owns something; DROP USER would say so too, but not what, nor how to free him."""
    owned = [name for _, name in owned_by(lambda statement: run(connection, statement, {"user": user.name}))]
    if owned:
        raise InUse(session.where, f"user {user.name} owns {_shown(owned)}", "run the DDL under artefacts, in its order")


def _with_ddl(error: InUse, session: Session, changes: Sequence[Change]) -> InUse:
    """Add the DDL that frees the user, read after the roll-back: our own grants on him are in place again."""
    users = [change.subject.name for change in changes if isinstance(change.subject, DatabaseUser) and change.after is None]
    ddl = [line for user in users for line in answering.owned(session, user).ddl]
    return InUse(error.where, error.what, error.way_out, "\n".join(ddl) + "\n" if ddl else "")


def _named(error: TargetError, changes: Sequence[Change]) -> TargetError:
    """Say by name that an old patch level does not know GRANT DROP."""
    is_drop = any(isinstance(change.subject, Grants) and change.subject.privilege == "DROP" for change in changes)
    return drop_unsupported(error.where) if is_drop and error.what.startswith("42601") else error
