"""Serve an AWS endpoint in a process of its own, and describe an environment on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runbook_lib.parameters import Environment
from runbook_lib.sandbox.state import ACCESS_KEY, SECRET_KEY

ACCOUNT = "123456789012"
REGION = "eu-central-1"
SECRET = "the-operators-secret"
KEYS = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
"""The operator's key, who is the administrator of the account."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Start an empty account on a free port and give its URL; it ends with its standard input."""
    ready = folder / "ready"
    words = ["--no-sample", "--id", "contract", "--account", ACCOUNT, "--region", REGION, "--ready-file", str(ready)]
    command = [sys.executable, "-m", "runbook_lib.sandbox.aws", *words, "--credentials", str(folder / "credentials")]
    with (folder / "endpoint.log").open("w") as log:
        variables = {**os.environ, SECRET_KEY: SECRET}
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, env=variables)
    try:
        while not ready.exists():
            assert process.poll() is None, (folder / "endpoint.log").read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{json.loads(ready.read_text())['port']}"
    finally:
        process.communicate(timeout=10)


def environment_at(endpoint: str, name: str, **aws: Any) -> Environment:
    """Describe an environment whose AWS is the endpoint."""
    user = {"name": "tonic_user", "password": "env:TONIC_PASSWORD"}
    return Environment.model_validate(
        {
            "environment": name,
            "aws": {"account": ACCOUNT, "region": REGION, "endpoint": endpoint, **aws},
            "server": {},
            "buckets": {
                "source": {"name": f"tonic-{name}-source"},
                "destination": {"name": f"tonic-{name}-destination"},
            },
            "source": {"host": "source.example", "database": "dev", "cluster": f"{name}-source", "user": user},
            "destination": {
                "host": "destination.example",
                "database": "dev",
                "user": {**user, "name": "tonic_destination"},
            },
        }
    )
