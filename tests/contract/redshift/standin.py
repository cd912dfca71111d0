"""Start the Redshift stand-in alone, in a process and a folder of its own, and describe environments on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from runbook_lib.parameters import Environment
from tests.folders import passable

ADMIN, PASSWORD = "awsuser", "Stand-in1"


@dataclass(frozen=True)
class Standin:
    """Say where a stand-in listens: clients at `port`, PostgreSQL itself at `postgres_port`; its files lie in `folder`."""

    port: int
    postgres_port: int
    folder: Path
    password: str = PASSWORD

    def past(self, database: str, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements past the proxy, as its own superuser, and give the rows of the last."""
        place: dict[str, Any] = {"host": "127.0.0.1", "port": self.postgres_port, "user": ADMIN, "password": self.password}
        with closing(psycopg2.connect(**place, dbname=database)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def statements(self) -> list[str]:
        """Give the log of every statement that clients sent, secrets masked."""
        path = self.folder / "statements.jsonl"
        return [json.loads(line)["statement"] for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def inject(self, *faults: dict[str, Any]) -> None:
        """Let statements meet faults from now on; none clears them."""
        partial = self.folder / "faults.partial"
        partial.write_text(json.dumps(faults), "utf-8")
        partial.rename(self.folder / "faults.json")


@contextmanager
def standing_in(*, tls: tuple[Path, Path] | None = None) -> Iterator[Standin]:
    """Run an empty stand-in on free ports, in a folder that goes with it; it ends with its standard input."""
    with passable() as folder, _started(folder, tls) as facts:
        yield Standin(facts["port"], facts["postgres_port"], folder)


@contextmanager
def _started(folder: Path, tls: tuple[Path, Path] | None) -> Iterator[dict[str, int]]:
    ready, log = folder / "ready.json", folder / "standin.log"
    words = ["--folder", str(folder / "data"), "--ready-file", str(ready), "--id", "contract", "--admin-password-env", "ADMIN"]
    words += ["--no-sample", *(["--tls", *map(str, tls)] if tls else [])]
    command = [sys.executable, "-m", "runbook_lib.sandbox.redshift", *words]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, "ADMIN": PASSWORD}
        )
    try:
        while not ready.exists():
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        yield json.loads(ready.read_text())
    finally:
        process.communicate(timeout=20)


def environment_on(port: int, name: str, **side: Any) -> Environment:
    """Describe an environment with both sides on one server, in databases of their own."""

    def reached(which: str) -> dict[str, Any]:
        place: dict[str, Any] = {"host": "127.0.0.1", "port": port, "database": f"{name}_{which}", "sslmode": "disable"}
        admin = {"user": ADMIN, "password": "env:ADMIN"}
        return {**place, "admin": admin, **side, "user": {"name": f"{name}_{which[0]}", "password": "env:PRODUCT"}}

    return Environment.model_validate(
        {
            "environment": name,
            "aws": {"account": "123456789012", "region": "eu-central-1"},
            "server": {},
            "buckets": {"source": {"name": "tonic-a"}, "destination": {"name": "tonic-b"}},
            "source": reached("source"),
            "destination": reached("destination"),
        }
    )
