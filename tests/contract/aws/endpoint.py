"""Serve an AWS endpoint in a process of its own, and describe an environment on it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runbook_lib.parameters import Environment

ACCOUNT = "123456789012"
REGION = "eu-central-1"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Start the endpoint on a free port and give its URL."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    log = folder / "endpoint.log"
    with log.open("w") as output:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        process = subprocess.Popen(command, env={**variables, "PYTHONUNBUFFERED": "1"}, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield _address(log, process)
    finally:
        process.terminate()
        process.wait(10)


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    while process.poll() is None:
        match = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
        if match:
            return match[0]
        time.sleep(0.05)
    raise RuntimeError(log.read_text())


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
