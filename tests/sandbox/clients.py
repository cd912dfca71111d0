"""Speak to both ends of a sandbox, as its clients do."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import Any, cast

import boto3
import psycopg2
from botocore.config import Config

from runbook_lib.sandbox import state
from tests.sandbox.box import Box


def now(of: Box) -> state.State:
    """Read what runs."""
    found = state.read(of.folder)
    assert found is not None
    return found


def client(of: Box, service: str, seconds: float = 60) -> Any:
    """Make an AWS client that tries once."""
    config = Config(retries={"max_attempts": 0}, read_timeout=seconds)
    known = variables(of)
    keys = {"aws_access_key_id": known["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": known["AWS_SECRET_ACCESS_KEY"]}
    place = {"endpoint_url": f"http://127.0.0.1:{now(of).aws_port}", "region_name": "us-east-1"}
    return cast("Any", boto3).client(service, config=config, **place, **keys)


def variables(of: Box) -> dict[str, str]:
    """Read what clients of a box need, whoever's it is."""
    return dict(line.split("=", 1) for line in (of.folder / "sandbox.env").read_text("utf-8").splitlines())


def warehouse(of: Box, database: str = "dev") -> Any:
    """Log in as the warehouse's administrator."""
    password = variables(of)["RUNBOOK_SANDBOX_ADMIN_PASSWORD"]
    found = now(of)
    return psycopg2.connect(host="127.0.0.1", port=found.redshift_port, user="awsuser", password=password, dbname=database)


def asked(of: Box) -> tuple[str, int]:
    """Ask either end something."""
    with closing(warehouse(of)) as connection, connection.cursor() as cursor:
        cursor.execute("select 41 + 1")
        return client(of, "sts").get_caller_identity()["Account"], cursor.fetchone()[0]


def until_cut(of: Box, statement: str) -> None:
    """State something that does not end before the sandbox does."""
    with suppress(psycopg2.OperationalError):
        stated(of, statement)


def stated(of: Box, statement: str, database: str = "dev") -> None:
    """Carry out a statement in a connection of its own."""
    with closing(warehouse(of, database)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(statement)
