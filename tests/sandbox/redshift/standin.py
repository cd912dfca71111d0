"""Run the Redshift stand-in alone, in a process of its own with a folder of its own, on a free port."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.folders import passable

ADMIN = "awsuser"
ADMIN_PASSWORD = "STANDIN_ADMIN_PASSWORD"
SECONDS = 60.0


@dataclass
class StandIn:
    """Hold one stand-in: where it keeps what it shares, its process, and what it told when it was ready."""

    folder: Path
    tls: tuple[Path, Path] | None = None
    has_sample: bool = False
    aws: Path | None = None
    region: str = "us-east-1"
    id: str = "5b8a7b8c-6f4f-4d39-9f0e-0d7c53a6c001"
    password: str = field(default_factory=lambda: f"Sb1{secrets.token_hex(16)}", repr=False)
    facts: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """Give the port on which clients log in."""
        return int(self.facts["port"])

    def start(self) -> None:
        """Start it and wait until clients may log in."""
        ready = self.folder / "ready.json"
        ready.unlink(missing_ok=True)
        words = ["--folder", f"{self.folder}/postgres", "--ready-file", str(ready), "--id", self.id, "--admin-password-env", ADMIN_PASSWORD]
        words += [] if self.has_sample else ["--no-sample"]
        words += [] if self.tls is None else ["--tls", *map(str, self.tls)]
        words += [] if self.aws is None else ["--aws-ready", str(self.aws), "--region", self.region]
        command = [sys.executable, "-m", "runbook_lib.sandbox.redshift", *words]
        with (self.folder / "redshift.log").open("ab") as log:
            variables = {**os.environ, ADMIN_PASSWORD: self.password}
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=variables)
        until = time.monotonic() + SECONDS
        while not ready.exists():
            assert self.process.poll() is None, (self.folder / "redshift.log").read_text("utf-8", "replace")
            assert time.monotonic() < until, "the stand-in does not come up"
            time.sleep(0.02)
        self.facts = json.loads(ready.read_text("utf-8"))

    def stop(self) -> int:
        """End its standard input, which stops it, and give its exit code."""
        assert self.process is not None
        self.process.communicate(timeout=SECONDS)
        return self.process.returncode

    def log(self) -> list[dict[str, Any]]:
        """Read the statements that clients sent."""
        return [json.loads(line) for line in (self.folder / "statements.jsonl").read_text("utf-8").splitlines()]

    @contextmanager
    def failing(self, *faults: dict[str, Any]) -> Iterator[None]:
        """Let statements meet faults for a while."""
        path = self.folder / "faults.json"
        path.with_suffix(".partial").write_text(json.dumps(faults), "utf-8")
        path.with_suffix(".partial").rename(path)
        try:
            yield
        finally:
            path.unlink()


@contextmanager
def started(**options: Any) -> Iterator[StandIn]:
    """Run a stand-in and leave nothing of it."""
    with passable() as folder:
        standin = StandIn(folder, **options)
        try:
            standin.start()
            yield standin
        finally:
            if standin.process is not None and standin.process.poll() is None:
                standin.stop()
