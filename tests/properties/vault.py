"""A world with secrets in it: the real resolving, hashing and writing code, on services in memory that answer failures with all they know.

What AWS and psycopg2 are sent is accepted, or refused in a message that quotes the whole request.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import psycopg2
import pytest
from botocore.exceptions import ClientError

from runbook_lib.adapters import redshift
from runbook_lib.adapters.aws import secretsmanager
from runbook_lib.adapters.aws.errors import Request, translated
from runbook_lib.adapters.aws.log_ins import log_in
from runbook_lib.adapters.aws.secret_store import AwsSecrets, answer_reference
from runbook_lib.errors import NotFound
from runbook_lib.model import Change, Inventory, Question
from runbook_lib.parameters import Environment
from runbook_lib.resources.secretsmanager import ReferenceAsked, Secret
from runbook_lib.resources.warehouse import Database, DatabaseUser, DefaultPrivileges, Grants, LoginAsked, Ownership
from tests.fakes import FakeTarget

OF_WAREHOUSE = (Database, DatabaseUser, DefaultPrivileges, Grants, Ownership)
STATES = {"refused": "22023", "denied": "42501", "conflict": "42710", "lost": None, "log-in": None}
"""Ways in which the database fails, with their SQLSTATE."""
AWS_CODES = {"aws refused": "InvalidParameterException", "aws denied": "AccessDeniedException"}
FAILURES = ("", *STATES, *AWS_CODES)


@dataclass
class Failure:
    """Say what goes wrong at the n-th statement or call that changes something; `met` tells that it did."""

    kind: str = ""
    number: int = 1
    met: bool = False
    seen: int = 0

    def is_now(self, kinds: Sequence[str] | Mapping[str, Any]) -> bool:
        """Count one, and tell whether it fails."""
        if self.kind not in kinds:
            return False
        self.seen += 1
        self.met = self.met or self.seen >= self.number
        return self.seen >= self.number


@dataclass
class Account:
    """Stand for AwsSession: hold secrets and parameters."""

    environment: Environment
    failure: Failure
    secrets: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)

    def read(self, service: str, operation: str, young: str = "", /, **given: Any) -> dict[str, Any]:
        """Give a secret or a parameter."""
        del service, young
        match operation:
            case "get_secret_value" if given["SecretId"] in self.secrets:
                return {"SecretString": self.secrets[given["SecretId"]]}
            case "get_parameter" if given["Name"] in self.parameters:
                return {"Parameter": {"Value": self.parameters[given["Name"]]}}
            case "get_cluster_credentials":
                return {"DbUser": f"IAM:{given['DbUser']}", "DbPassword": self.secrets[f"credentials/{given['DbName']}"]}
        raise NotFound(operation, "is not there")

    def write(self, service: str, operation: str, young: str = "", /, **given: Any) -> dict[str, Any]:
        """Keep a secret, or refuse it and quote everything."""
        del young
        is_secret = operation == "create_secret"
        if self.failure.is_now(AWS_CODES):
            self.refused += [(given["Name"], given["SecretString"])] if is_secret else []
            code = AWS_CODES[self.failure.kind]
            answer: Any = {"Error": {"Code": code, "Message": f"cannot be done: {given!r} {json.dumps(given)}"}}
            name = "".join(map(str.title, operation.split("_")))
            raise translated(ClientError(answer, name), Request(service, name)) from None
        if is_secret:
            self.secrets[given["Name"]] = given["SecretString"]
        return {}

    def born(self, address: str) -> None:
        """Forget it at once."""


@dataclass
class Driver:
    """Stand for psycopg2's connect: remember every statement and log-in, and fail in words that quote all of it."""

    failure: Failure
    statements: list[str] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)

    def connect(self, *_: Any, **options: Any) -> Connection:
        """Log in."""
        self.passwords.append(options["password"])
        # As psycopg2 does, which sends UTF-8.
        options["password"].encode()
        if self.failure.is_now(("log-in",)):
            url = f"postgresql://{options['user']}:{options['password']}@{options['host']}"
            raise _Lost(f'connection to server at "x" failed: FATAL:  password authentication failed: {url} {options!r}')
        return Connection(self)


class _Lost(psycopg2.OperationalError):
    pgcode = None


class Connection:
    """Stand for psycopg2's connection."""

    closed, isolation_level, autocommit, encoding = 0, 1, False, "UTF8"

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.notices: list[str] = []

    def cursor(self, *_: Any, **__: Any) -> Cursor:
        """Give a cursor."""
        return Cursor(self)

    def nothing(self, *_: Any, **__: Any) -> None:
        """Do nothing."""

    commit = rollback = close = set_isolation_level = nothing


class Cursor:
    """Stand for psycopg2's cursor: take a statement, or refuse it and quote it whole."""

    rowcount, arraysize = -1, 1

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.description: Any = None
        self.is_asking_who = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Keep nothing open."""

    def execute(self, statement: str, values: Mapping[str, Any] | None = None) -> None:
        """Take one statement."""
        sent = statement % {name: f"'{value}'" for name, value in values.items()} if values else statement
        driver = self.connection.driver
        driver.statements.append(sent)
        self.is_asking_who = sent.startswith("select current_user")
        self.description = [(name, *[None] * 6) for name in "ab"] if sent.lower().startswith("select") else None
        if sent.startswith(("CREATE", "GRANT")) and driver.failure.is_now(STATES):
            _fail(driver.failure.kind, sent)

    def fetchall(self) -> list[tuple[str, str]]:
        """Tell who is logged in where; know nothing else."""
        return [("somebody", "something")] if self.is_asking_who else []

    def close(self) -> None:
        """Do nothing."""


def _fail(kind: str, sent: str) -> None:
    class Refused(psycopg2.OperationalError if kind == "lost" else psycopg2.ProgrammingError):  # type: ignore[misc]
        pgcode = STATES[kind]

    words = "server closed the connection unexpectedly" if kind == "lost" else "cannot be done"
    raise Refused(f'{words}: {sent} near "{sent}" ({sent!r})\nLINE 1: {sent}\n        ^')


class SecretiveTarget(FakeTarget):
    """Hold a world in memory, and let the real adapters do everything that has to do with secrets."""

    def open(self, environment: Environment, account: Account, environ: Mapping[str, str]) -> None:
        """Connect; the driver is what `psycopg2.connect` is at that time."""
        session: Any = account
        self.account = account
        self.secrets = AwsSecrets(lambda: session, environ)
        self.warehouse = redshift.connect(environment, self.secrets, lambda side: log_in(environment, side, self.secrets, lambda: session))
        self.raised: list[str] = []

    def ask(self, questions: Sequence[Question]) -> Inventory:
        """Log in and resolve as the adapters do; know the rest."""
        logins = [each for each in questions if isinstance(each, LoginAsked)]
        references: dict[Question, Any] = {
            each: answer_reference(each.reference, self.secrets) for each in questions if isinstance(each, ReferenceAsked)
        }
        with self._overheard():
            return super().ask(questions).merged(self.warehouse.ask(logins)).merged(Inventory(references))

    def write(self, changes: Sequence[Change]) -> None:
        """Let the adapters write, and remember what they wrote."""
        with self._overheard():
            if isinstance(changes[0].subject, OF_WAREHOUSE):
                self.warehouse.write(changes)
            elif isinstance(changes[0].subject, Secret):
                session: Any = self.account
                secretsmanager.write(changes[0], session)
        super().write(changes)

    @contextmanager
    def _overheard(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.raised += [str(error), repr(error), repr(vars(error)), traceback.format_exc()]
            raise


@contextmanager
def driven(driver: Driver) -> Iterator[None]:
    """Put a driver in psycopg2's place; SQLAlchemy's first questions about the server are left out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg2, "connect", driver.connect)
        patch.setattr("sqlalchemy.dialects.postgresql.psycopg2.PGDialect_psycopg2.on_connect", Connection.nothing)
        patch.setattr("sqlalchemy.dialects.postgresql.psycopg2.PGDialect_psycopg2.initialize", Connection.nothing)
        yield
