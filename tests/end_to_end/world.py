"""Reach the sandbox past the runbook, as somebody else would."""

from __future__ import annotations

import json
import os
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any, cast

import boto3
import psycopg2

from runbook_lib.sandbox.state import State
from runbook_lib.sandbox.supervisor import environment

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def client(service: str, state: State) -> Any:
    """Give a client of the sandbox with the keys of now: boto3's default session keeps those of the first sandbox."""
    return made(service, state.aws_port, state.region, tuple(os.environ.get(name, "") for name in KEYS))


@cache
def made(service: str, port: int, region: str, keys: tuple[str, ...]) -> Any:
    """Make a client once: reading what describes a service takes longer than most calls."""
    return _session(keys).client(service, endpoint_url=f"http://127.0.0.1:{port}", region_name=region)


@cache
def _session(keys: tuple[str, ...]) -> Any:
    key, secret, token = (each or None for each in keys)
    return cast("Any", boto3.Session(key, secret, token))


def admin(state: State, folder: Path, database: str = "tickit") -> Any:
    """Log in as the warehouse's administrator."""
    password = environment(folder)["RUNBOOK_SANDBOX_ADMIN_PASSWORD"]
    connection = psycopg2.connect(host="127.0.0.1", port=state.redshift_port, user="awsuser", password=password, dbname=database)
    connection.autocommit = True
    return connection


def writes(state: State) -> list[str]:
    """List the calls since the log was cleared that change something."""
    with urllib.request.urlopen(f"http://127.0.0.1:{state.aws_port}/_sandbox/calls") as answer:
        return [f"{call['service']}:{call['operation']}" for call in json.load(answer) if call["access"] == "write"]


def forget_secrets(state: State) -> None:
    """Delete for good what waits for its deletion: restoring it takes other rights and other calls than making it."""
    secrets = client("secretsmanager", state)
    for each in secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]:
        if each["Name"].startswith("tonic-"):
            secrets.delete_secret(SecretId=each["Name"], ForceDeleteWithoutRecovery=True)


def forget_calls(state: State) -> None:
    """Clear the call log."""
    _delete(state, "calls")


def expire_sessions(state: State) -> None:
    """Let every session that was assumed so far end now."""
    _delete(state, "sessions")


def _delete(state: State, what: str) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{state.aws_port}/_sandbox/{what}", method="DELETE")
    urllib.request.urlopen(request).close()  # noqa: S310 - a fixed address on loopback
