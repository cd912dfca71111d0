"""Log in as one of the product's database users, and carry out statements of which some have to be refused."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from runbook_lib.adapters.quiet import bare
from runbook_lib.adapters.redshift.failures import failure
from runbook_lib.adapters.redshift.session import Session, make_engine, run
from runbook_lib.documents import sql
from runbook_lib.errors import Conflict, Denied, LoginRefused, Rejected, TargetError, Unresolved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from runbook_lib.adapters.connections import Connections
    from runbook_lib.resources.warehouse import Side
    from runbook_lib.secrets import Masked

OWNER = "select u.usename from pg_namespace n join pg_user u on u.usesysid = n.nspowner where n.nspname = :name"


class Speaker:
    """Speak SQL as one of the product's users: one connection, each statement by itself unless it is said otherwise."""

    def __init__(self, name: str, connection: Connection, where: str, password: Masked) -> None:
        self.name, self._connection, self._where, self._password = name, connection, where, password

    def says(self, *statements: str) -> Callable[[], list[tuple[object, ...]]]:
        """Give the work of saying statements and reading the last one's rows. It raises TargetError."""
        return lambda: [self._said(each) for each in statements][-1]

    def tries(self, *statements: str) -> Callable[[], bool]:
        """Give the work of saying statements in a transaction that is rolled back, so that nothing stays even of what is allowed."""

        def work() -> bool:
            self._said("begin")
            try:
                for each in statements:
                    self._said(each)
            finally:
                self._said("rollback")
            return True

        return work

    def hands(self, statement: str, **secrets: Masked) -> Callable[[], bool]:
        """Give the work of saying a statement that carries secrets: bound, so that no log of ours and no error holds them."""

        def work() -> bool:
            self._said(statement, **secrets)
            return True

        return work

    def _said(self, statement: str, **secrets: Masked) -> list[tuple[object, ...]]:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return run(self._connection, statement, {name: each.reveal() for name, each in secrets.items()})
        except SQLAlchemyError as error:
            failed = failure(self._where, error, self._password, *secrets.values())
        raise bare(_of_s3(failed))


def _of_s3(error: TargetError) -> TargetError:
    """Tell S3's refusal from the database's own passing errors: they share an SQLSTATE."""
    if "S3ServiceException" not in error.what:
        return error
    return (Denied if "AccessDenied" in error.what else Rejected)(error.where, error.what, "see which permission the role lacks")


@contextmanager
def speaking(connections: Connections, side: Side) -> Iterator[Speaker]:
    """Log in as a side's user. Raises TargetError; Unresolved while he may not log in, as before the stage that makes him."""
    from sqlalchemy.exc import SQLAlchemyError

    env = connections.environment
    warehouse, user = env.side(side), env.side(side).user
    where = f"{side} {warehouse.host}:{warehouse.port}/{warehouse.database} as {user.name}"
    password = connections.secrets.resolve(user.password)
    engine = make_engine(env, side, user.name, password, warehouse.database, connections.recorder)
    try:
        with engine.connect() as connection:
            yield Speaker(f"{side}/{user.name}", connection, where, password)
    except SQLAlchemyError as error:
        raise bare(_waiting(failure(where, error, password))) from None
    finally:
        engine.dispose()


def _waiting(error: TargetError) -> TargetError:
    """Have a rehearsal wait for its user: whether his log-in should work is judged by the log-in itself."""
    if not isinstance(error, LoginRefused):
        return error
    return Unresolved(error.where, error.what, "apply the stage that makes the user, or correct his password; then apply again")


@contextmanager
def administrating(connections: Connections, side: Side) -> Iterator[Session]:
    """Log in as a side's administrator, to make what a user is to be refused, and to remove what is left."""
    session = Session(connections.environment, side, connections.log_in, connections.recorder)
    try:
        yield session
    finally:
        session.close()


def schemas_there(connections: Connections, names: Sequence[str]) -> list[str]:
    """Name those schemas of the destination that are there. Raises TargetError."""
    with administrating(connections, "destination") as admin:
        return [f"schema {name}" for name in names if admin.rows(OWNER, name=name)]


def drop(connections: Connections, names: Sequence[str]) -> None:
    """Drop the rehearsal's schemas, and look that they are gone.

    Raises Conflict when one is somebody else's than the administrator's or the user's.
    """
    user = connections.environment.destination.user.name
    with administrating(connections, "destination") as admin:
        caller = str(admin.rows("select current_user")[0][0])
        for name in names:
            owners = [str(row[0]) for row in admin.rows(OWNER, name=name)]
            if owners and owners[0] not in {caller, user}:
                raise Conflict(f"schema {name}", f"belongs to {owners[0]}", "look whose it is, and rename it")
            if owners:
                admin.execute([f"drop schema {sql.identifier(name)} cascade"], in_transaction=False)
            if admin.rows(OWNER, name=name):
                raise Conflict(f"schema {name}", "is still there after it was dropped", "drop it by hand")
