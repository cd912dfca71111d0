"""One side's connection: made when it is first needed, kept, and used by one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.quiet import quieten
from runbook_lib.adapters.redshift.failures import Lost, failure
from runbook_lib.adapters.redshift.recording import listen
from runbook_lib.documents import sql
from runbook_lib.errors import LoginRefused, NotFound

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from runbook_lib.adapters.aws.recording import Recorder
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.warehouse import Side
    from runbook_lib.secrets import Masked

LogIn = Callable[[str], tuple[str, "Masked"]]
CONNECT_SECONDS = 5
# A grant waits for whoever holds its table; nothing of ours takes longer than this by itself.
STATEMENT_SECONDS = 600


class Session:
    """Read and write one side's database as its administrator."""

    def __init__(self, environment: Environment, side: Side, log_in: LogIn, recorder: Recorder | None = None) -> None:
        self._environment, self.side, self._log_in, self._recorder = environment, side, log_in, recorder
        self.warehouse = environment.side(side)
        self.where = f"{side} {self.warehouse.host}:{self.warehouse.port}/{self.warehouse.database}"
        self._engines: dict[str, Engine] = {}
        self._credentials: tuple[str, Masked] | None = None
        self._lock = threading.RLock()
        self._is_absent: bool | None = None

    @property
    def user(self) -> str:
        """Name the administrator: as who logged in, or before that as the parameter file names him."""
        return self._credentials[0] if self._credentials is not None else self.warehouse.admin.user

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Run one read and give its rows. Raises TargetError; NotFound while the database does not exist."""
        return self._read(self.warehouse.database, statement, values)

    def cluster_rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Run one read that any database of the cluster answers."""
        database = sql.MAINTENANCE if self.is_absent else self.warehouse.database
        return self._read(database, statement, values)

    @property
    def is_absent(self) -> bool:
        """Tell whether the side's database does not exist. Raises TargetError for every other failure."""
        if self._is_absent is None:
            try:
                self._read(self.warehouse.database, "select 1", {})
                self._is_absent = False
            except NotFound:
                self._is_absent = True
        return self._is_absent

    def execute(self, statements: Sequence[str], *, in_transaction: bool, on_cluster: bool = False) -> None:
        """Run statements, all or none in a transaction, else one by one. Raises TargetError.

        `on_cluster` runs them outside the side's database, which they make or drop: nobody may be logged in there.
        """
        if on_cluster:
            self.close()
        database = sql.MAINTENANCE if on_cluster else self.warehouse.database
        self._read(database, "select 1", {})
        with self._lock, self._connected(database, is_autocommit=not in_transaction) as connection:
            for statement in statements:
                run(connection, statement)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open one transaction for a caller that reads between its writes. Raises TargetError."""
        self._read(self.warehouse.database, "select 1", {})
        with self._lock, self._connected(self.warehouse.database, is_autocommit=False) as connection:
            yield connection

    def _read(self, database: str, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run one read, twice when its connection turns out to be lost: servers and networks cut idle ones."""
        try:
            return self._read_once(database, statement, values)
        except Lost:
            return self._read_once(database, statement, values)

    def _read_once(self, database: str, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        with self._lock, self._connected(database, is_autocommit=True) as connection:
            return run(connection, statement, values)

    @contextmanager
    def _connected(self, database: str, *, is_autocommit: bool) -> Iterator[Connection]:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            engine = self._engine(database)
            options = {} if is_autocommit else {"isolation_level": "SERIALIZABLE"}
            with engine.connect().execution_options(**options) as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise failure(self.where, error, *(self._credentials or ())[1:]) from None

    def _engine(self, database: str) -> Engine:
        if database not in self._engines:
            if self._credentials is None:
                self._credentials = self._log_in(self.side)
            user, password = self._credentials
            self._engines[database] = make_engine(self._environment, self.side, user, password, database, self._recorder)
        return self._engines[database]

    def close(self) -> None:
        """Let the connections go, and forget whether the database was there."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        self._is_absent = None


def make_engine(
    environment: Environment, side: Side, user: str, password: Masked, database: str, recorder: Recorder | None = None
) -> Engine:
    """Make an engine that keeps one connection, in autocommit; the password stands in no URL that is printed and no error.

    Raises LoginRefused when it cannot be sent.
    """
    from sqlalchemy import create_engine, event
    from sqlalchemy.engine import URL

    warehouse = environment.side(side)
    if not password.is_text:
        # Every driver quotes what it cannot encode.
        raise LoginRefused(f"{side} {warehouse.host} as {user}", "the password is no text that can be sent", "correct what holds it")
    url = URL.create(
        "redshift+psycopg2", username=user, password=password.reveal(), host=warehouse.host, port=warehouse.port, database=database
    )
    options: dict[str, Any] = {
        "sslmode": warehouse.sslmode, "connect_timeout": CONNECT_SECONDS, "application_name": "redshift-runbook",
        "keepalives_idle": 30,
        # Said even when empty: PGHOSTADDR and the like of the operator's shell would lead somewhere else.
        "hostaddr": warehouse.connect_to, "options": "", "target_session_attrs": "any",
    }  # fmt: skip
    if warehouse.sslrootcert:
        options["sslrootcert"] = warehouse.sslrootcert
    quieten()
    # Autocommit from the start: changing to it and back costs a statement each time.
    engine = create_engine(
        url, connect_args=options, isolation_level="AUTOCOMMIT", pool_size=1, max_overflow=0, hide_parameters=True,
        pool_reset_on_return="rollback",
    )  # fmt: skip
    event.listen(engine, "connect", _settle)
    if recorder is not None:
        listen(engine, recorder, side)
    return engine


def _settle(connection: Any, _record: object) -> None:
    """Let quoted names keep their case, as the catalogue spells them (else Redshift folds them), and no statement wait for ever."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET enable_case_sensitive_identifier TO true; SET statement_timeout TO {STATEMENT_SECONDS * 1000}")
    connection.commit()


def run(connection: Connection, statement: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Run one statement; without values its colons are no parameters."""
    from sqlalchemy import text

    result = connection.execute(text(statement if values else _plain(statement)), values or {})
    return [tuple(row) for row in result.fetchall()] if result.returns_rows else []


def run_masked(connection: Connection, statement: str, literal: Masked) -> None:
    """Run a statement with a password literal in place of its mask: bound, so that neither SQLAlchemy's log nor its errors hold it."""
    from sqlalchemy import text

    head, _, tail = statement.rpartition(sql.MASKED_LITERAL)
    connection.execute(text(f"{_plain(head)}:literal{_plain(tail)}"), {"literal": literal.reveal()})


def _plain(statement: str) -> str:
    """Escape the colons, so that no word of a name is taken for a parameter."""
    return statement.replace(":", "\\:")
