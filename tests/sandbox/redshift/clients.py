"""Log in with three drivers and speak to each in the same words: psycopg2, redshift_connector and psql."""

from __future__ import annotations

import gc
import os
import subprocess
import uuid
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import pytest

from runbook_lib.sandbox.redshift.postgres import binaries

HOST = "127.0.0.1"
TRUTHS = {True: "t", False: "f"}


class RefusedError(Exception):
    """Hold what the server said: an SQLSTATE (empty when a driver tells none) and a message."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(f"{code}: {message}")


class Client(Protocol):
    """Run statements one by one on one connection; nothing opens a transaction but BEGIN."""

    def run(self, statement: str) -> list[tuple[str, ...]]:
        """Run a statement and give its rows as texts. Raises RefusedError."""

    def close(self) -> None:
        """Log out."""


def texts(rows: Sequence[Sequence[Any]]) -> list[tuple[str, ...]]:
    """Write rows as psql does: nothing for NULL, a letter for a truth value."""
    return [tuple("" if value is None else TRUTHS[value] if isinstance(value, bool) else str(value) for value in row) for row in rows]


class Psycopg2:
    """Speak through libpq: the simple protocol."""

    def __init__(self, port: int, database: str, user: str, password: str, **options: Any) -> None:
        import psycopg2

        self._failure: type[Exception] = psycopg2.Error
        words = {"host": HOST, "sslmode": "disable", **options}
        try:
            self.connection = psycopg2.connect(port=port, dbname=database, user=user, password=password, **words)
        except psycopg2.Error as error:
            raise RefusedError("", str(error)) from None
        self.connection.autocommit = True

    def run(self, statement: str) -> list[tuple[str, ...]]:
        """Run a statement and give its rows as texts. Raises RefusedError."""
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(statement)
                return texts(cursor.fetchall()) if cursor.description else []
        except self._failure as error:
            raise RefusedError(getattr(error, "pgcode", None) or "", str(error)) from None

    def close(self) -> None:
        """Log out."""
        self.connection.close()


class RedshiftConnector:
    """Speak through AWS's own driver: the extended protocol, and start-up keys that PostgreSQL does not know."""

    def __init__(self, port: int, database: str, user: str, password: str, **options: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the driver, about itself; and it leaves the socket of a failed log-in to the collector
            import redshift_connector
            from redshift_connector.error import Error

            refusal: RefusedError | None = None
            words = {"host": HOST, "ssl": False, "timeout": 30, **options}
            try:
                self.connection = redshift_connector.connect(port=port, database=database, user=user, password=password, **words)
            except (Error, OSError) as error:
                refusal = _as_refusal(error)
                refusal.__context__ = None
            gc.collect()
        if refusal is not None:
            raise refusal
        self._failures = (Error, OSError)
        self.connection.autocommit = True

    def run(self, statement: str) -> list[tuple[str, ...]]:
        """Run a statement and give its rows as texts. Raises RefusedError."""
        cursor = self.connection.cursor()
        try:
            cursor.execute(statement)
            return texts(cursor.fetchall()) if cursor.description else []
        except self._failures as error:
            raise _as_refusal(error) from None

    def close(self) -> None:
        """Log out."""
        self.connection.close()


def _as_refusal(error: Exception) -> RefusedError:
    said = error.args[0] if error.args else ""
    return RefusedError(said.get("C", ""), said.get("M", "")) if isinstance(said, dict) else RefusedError("", str(error))


class Psql:
    """Speak through psql, by pipes: the program of the wheel that carries the server."""

    def __init__(self, port: int, database: str, user: str, password: str, **options: Any) -> None:
        environment = {**os.environ, "PGPASSWORD": password, "PGSSLMODE": "disable", "PGCLIENTENCODING": "UTF8"}
        environment |= {f"PG{name.upper()}": str(value) for name, value in options.items()}
        command = [str(binaries() / "psql"), "-X", "-q", "-A", "-t", "-w", "-F", "\x1f", "-R", "\x1e"]
        command += ["-h", HOST, "-p", str(port), "-U", user, "-d", database]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, encoding="utf-8", bufsize=1
        )
        self.run("")

    def run(self, statement: str) -> list[tuple[str, ...]]:
        """Run a statement, or one of psql's own commands, and give its rows as texts. Raises RefusedError."""
        ending = f"end {uuid.uuid4()} "
        is_own = not statement or statement.startswith("\\") or statement.endswith("\\g")
        words = f"{statement}{'' if is_own else ';'}\n\\echo {ending}:ERROR :SQLSTATE\n\\echo :LAST_ERROR_MESSAGE\n"
        said: list[str] = []
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(words)
            self.process.stdin.flush()
        except BrokenPipeError:
            self._give_up("")
        for line in self.process.stdout:
            body, found, status = line.partition(ending)
            said.append(body)
            if found:
                message = self.process.stdout.readline().strip()
                return self._rows("".join(said), status.split(), message)
        return self._give_up("".join(said))

    def _rows(self, said: str, status: list[str], message: str) -> list[tuple[str, ...]]:
        if status[0] == "true":
            raise RefusedError(status[1], message)
        body = said.removesuffix("\n")
        return [tuple(row.split("\x1f")) for row in body.split("\x1e")] if body else []

    def _give_up(self, said: str) -> list[tuple[str, ...]]:
        """Say why psql ended."""
        assert self.process.stdout is not None
        message = said + self.process.stdout.read()
        self.close()
        raise RefusedError("", message)

    def close(self) -> None:
        """Log out."""
        try:
            self.process.communicate(timeout=30)
        except (BrokenPipeError, ValueError):
            self.process.wait(30)


DRIVERS: dict[str, Any] = {"psycopg2": Psycopg2, "redshift_connector": RedshiftConnector, "psql": Psql}


@contextmanager
def refused(code: str, message: str = "") -> Iterator[pytest.ExceptionInfo[RefusedError]]:
    """Expect the server to refuse with an SQLSTATE and a message that holds a text."""
    with pytest.raises(RefusedError) as caught:
        yield caught
    assert code == caught.value.code, caught.value
    assert message in caught.value.message


@contextmanager
def shut_out(message: str) -> Iterator[None]:
    """Expect a log-in to fail with a message that holds a text; libpq tells no SQLSTATE of it."""
    with pytest.raises(RefusedError) as caught:
        yield
    assert message in caught.value.message
