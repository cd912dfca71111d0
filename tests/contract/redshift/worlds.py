"""What a test of the databases' half works in: a target, its environment, and ways to arrange what others made."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from runbook_lib.adapters.redshift import WarehouseTarget
from runbook_lib.documents import sql
from runbook_lib.errors import Unresolved
from runbook_lib.parameters import Environment
from runbook_lib.ports import Target
from runbook_lib.resources.warehouse import Name, Side
from runbook_lib.secrets import Masked
from tests.contract.redshift.standin import ADMIN, PASSWORD, Standin, environment_on

PRODUCT = "Product-pass-1"


@dataclass(frozen=True)
class Held:
    """Resolve references from what a test holds."""

    values: dict[str, str] = field(default_factory=lambda: {"env:ADMIN": PASSWORD, "env:PRODUCT": PRODUCT})

    def resolve(self, reference: str) -> Masked:
        """Give the value, or say that nothing has it."""
        if reference not in self.values:
            raise Unresolved(reference, "names nothing", "set it")
        return Masked(self.values[reference])


@dataclass
class World:
    """Hold a target and its environment; `name` begins the name of everything that a test makes."""

    target: Target
    environment: Environment
    password: str = "env:PRODUCT"
    name: str = field(default_factory=lambda: f"rb{uuid.uuid4().hex[:8]}")
    made: list[tuple[Side, str]] = field(default_factory=list)

    def schema(self, side: Side, name: str, *tables: str) -> Name:
        """Make a schema with tables, as the administrator."""
        self.run(side, f"CREATE SCHEMA {sql.identifier(name)}")
        self.made.append((side, name))
        self.run(side, *(f"CREATE TABLE {sql.qualified((name, each))} (id int)" for each in tables))
        return (name,)

    def run(self, side: Side, *statements: str) -> None:
        """Run statements as the administrator; the fake has nothing to run them on."""
        if isinstance(self.target, WarehouseTarget):
            self.target._sessions[side].execute(statements, in_transaction=True)

    def look_anew(self) -> None:
        """Let nothing be told again that was read before; the fake reads each time."""
        if isinstance(self.target, WarehouseTarget):
            self.target.forget()

    def tidy(self) -> None:
        """Drop the schemas that were made."""
        for side, name in reversed(self.made):
            self.run(side, f"DROP SCHEMA IF EXISTS {sql.identifier(name)} CASCADE")


@contextmanager
def on_standin(standin: Standin) -> Iterator[World]:
    """Give a world with two new databases of the stand-in, and nothing of other tests."""
    name = f"rb{uuid.uuid4().hex[:8]}"
    environment = environment_on(standin.port, name)
    databases = (environment.source.database, environment.destination.database)
    standin.past("dev", *(f"CREATE DATABASE {each}" for each in databases))
    target = target_on(environment)
    world = World(target, environment, name=name)
    try:
        yield world
        world.tidy()
    finally:
        target.close()
        standin.past("dev", *(f"DROP DATABASE {each} WITH (FORCE)" for each in databases))


def target_on(environment: Environment, secrets: Held | None = None, user: str = ADMIN, password: str = PASSWORD) -> WarehouseTarget:
    """Connect to both databases as a user, the administrator by default."""
    return WarehouseTarget(environment, secrets or Held(), lambda _side: (user, Masked(password)))
