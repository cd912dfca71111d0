"""A way in at a stand-in, and names that no other test has."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.redshift.clients import DRIVERS, Client
from tests.sandbox.redshift.standin import ADMIN, StandIn

PASSWORD = "Quite0Right"
NUMBERS = itertools.count(1)


@dataclass
class Door:
    """Log in at a stand-in through one driver, and name things that no other test has."""

    standin: StandIn
    driver: str
    opened: list[Client] = field(default_factory=list)
    number: int = field(default_factory=lambda: next(NUMBERS))

    def log_in(self, user: str = ADMIN, password: str = "", database: str = "dev", **options: Any) -> Client:
        """Log in; without a password as the administrator, or as a user that `add` made. Raises RefusedError."""
        password = password or (self.standin.password if user == ADMIN else PASSWORD)
        client: Client = DRIVERS[self.driver](self.standin.port, database, user, password, **options)
        self.opened.append(client)
        return client

    def close(self) -> None:
        """Log out everywhere."""
        for client in self.opened:
            client.close()

    def name(self, stem: str) -> str:
        """Make a name of this test's own."""
        return f"{stem}_{self.number}"

    def add(self, stem: str, options: str = f"PASSWORD '{PASSWORD}'") -> str:
        """Create a user and give its name."""
        name = self.name(stem)
        self.admin.run(f"CREATE USER {name} {options}")
        return name

    def schema(self, stem: str, owner: str = ADMIN) -> str:
        """Create a schema with a table `t` of one row, and give its name."""
        name = self.name(stem)
        self.admin.run(f"CREATE SCHEMA {name} AUTHORIZATION {owner}")
        self.admin.run(f"CREATE TABLE {name}.t AS SELECT 1 AS id")
        return name

    @property
    def admin(self) -> Client:
        """Give the administrator's first connection to `dev`."""
        return self.opened[0] if self.opened else self.log_in()
