"""A sandbox to measure in: each tool gets an environment that nobody has touched, with an instance and databases of its own."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import psycopg2
import yaml

from runbook_lib.sandbox.injection import Fault, inject
from runbook_lib.sandbox.state import State
from runbook_lib.sandbox.supervisor import PASSWORD, Wanted, environment, running
from tests.bench.measured import measure
from tests.bench.runs import HERE
from tests.bench.samples import Case, Sample
from tests.folders import passable

RUNBOOK = (sys.executable, "-P", "-m", "runbook_lib.cli")
TEMPLATES = ("tickit", "tickit_masked")


@dataclass
class Bed:
    """Hold the sandbox, the folder that stands for a checkout, and what was measured so far."""

    folder: Path
    box: Path
    state: State
    rounds: int
    latencies: tuple[int, ...]
    samples: list[Sample] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """What was not measured, and why."""
    begun: float = field(default_factory=time.monotonic)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def turns(self) -> Iterator[tuple[int, int]]:
        """Number the rounds, and give the milliseconds by which calls are slowed down in each."""
        return ((turn, ms) for turn in range(self.rounds) for ms in self.latencies)

    def environments(self, number: int, templates: tuple[str, str] = TEMPLATES, **changes: Any) -> list[Path]:
        """Make files of environments that are not set up: databases copied from templates, and an instance each."""
        return [self._environment(f"bench-{next(self._numbers)}", templates, changes) for _ in range(number)]

    def take(self, case: Case, turn: int, commands: Sequence[Sequence[str]], *, at_once: bool = False) -> tuple[str, ...]:
        """Measure commands as one sample, and give what they printed. Raises measured.Failed."""
        self._slow_down(case.ms)
        self._ask("DELETE", "calls")
        statements, standins = self._statements(), self._standins()
        try:
            used = measure(commands, self.folder, self.variables, at_once=at_once)
        finally:
            self._slow_down(0)
        sent, standing = self._statements() - statements, self._standins() - standins
        self.samples.append(Sample(case, turn, used.wall, used.cpu, used.memory, len(self._ask("GET", "calls")), sent, standing))
        place = f"{case.part} {case.size:,}, {case.ms} ms, round {turn + 1}: {case.tool}, {case.what}"
        print(f"{time.monotonic() - self.begun:7.1f} s  {place}: {used.wall:.2f} s", file=sys.stderr, flush=True)
        return used.said

    def remark(self, text: str, said: str = "") -> None:
        """Tell what is not measured, with what was said on this machine, which is not kept."""
        self.remarks.append(text)
        print(" ".join(f"{text}: {said}".split()).removesuffix(":"), file=sys.stderr, flush=True)

    def run(self, *commands: Sequence[str]) -> tuple[str, ...]:
        """Run commands without measuring them, and give what they printed. Raises measured.Failed."""
        return measure(commands, self.folder, self.variables).said

    def past(self, database: str, *statements: str) -> None:
        """Run statements past the stand-in, as the server's own superuser."""
        port = json.loads((self.box / "redshift.json").read_text("utf-8"))["postgres_port"]
        place = {"host": "127.0.0.1", "port": port, "user": "awsuser", "password": environment(self.box)[PASSWORD], "dbname": database}
        with contextlib.closing(psycopg2.connect(**place)) as connection:
            connection.autocommit = True
            for statement in statements:
                with connection.cursor() as cursor:
                    cursor.execute(statement)

    def copy(self, template: str, name: str) -> None:
        """Make a database as a copy of another, file by file."""
        self.past("dev", f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')

    def drop(self, *files: Path) -> None:
        """Drop the databases of environments; what else they hold is small and goes with the sandbox."""
        for each in files:
            self.past("dev", *(f'DROP DATABASE "{each.stem}-{side}" WITH (FORCE)' for side in ("source", "destination")))

    @cached_property
    def variables(self) -> dict[str, str]:
        """Give the variables of a measured command: the sandbox's keys; modules are compiled once, as for its users; none asks for news."""
        there = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE" and not name.startswith("AWS_")}
        there |= {"CHECKPOINT_DISABLE": "1"}
        return {**there, **environment(self.box), "RUNBOOK_HOME": str(self.folder), "RUNBOOK_SANDBOX_DIR": str(self.box)}

    def _environment(self, name: str, templates: tuple[str, str], changes: dict[str, Any]) -> Path:
        given = yaml.safe_load((HERE / "parameters" / "sandbox.yaml").read_text("utf-8"))
        endpoint = f"http://127.0.0.1:{self.state.aws_port}"
        instance = self._instance(endpoint)
        given |= {"environment": name, "signing": {"key": str(self.folder / "audit.pem")}, "rehearsal": "evaluate"}
        given |= {"approval": "manual", **changes}
        given["aws"]["endpoint"] = endpoint
        given["server"] |= {"instance_id": instance, "metadata": f"{endpoint}/_sandbox/instances/{instance}"}
        for side, template in zip(("source", "destination"), templates, strict=True):
            database = f"{name}-{side}"
            self.copy(template, database)
            given["buckets"][side]["name"] = f"tonic-{name}-{side}"
            given[side] |= {"port": self.state.redshift_port, "database": database}
            given[side]["user"] = {"name": f"{name}_{side}", "password": f"generate:secretsmanager:{name}/{side}-user"}
        path = self.folder / "parameters" / f"{name}.yaml"
        path.write_text(yaml.safe_dump(given, sort_keys=False), "utf-8")
        return path

    def _instance(self, endpoint: str) -> str:
        import boto3

        keys = environment(self.box)
        session = cast("Any", boto3.Session(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], region_name=self.state.region))
        made = session.client("ec2", endpoint_url=endpoint).run_instances(
            ImageId="ami-12c6146b", InstanceType="m6i.large", MinCount=1, MaxCount=1,
            MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        )  # fmt: skip
        return str(made["Instances"][0]["InstanceId"])

    def _slow_down(self, ms: int) -> None:
        inject(self.state, self.box, Fault("latency", ms=ms) if ms else None, on="aws")

    def _ask(self, method: str, what: str) -> Any:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.state.aws_port)) as endpoint:
            endpoint.request(method, f"/_sandbox/{what}")
            return json.load(endpoint.getresponse())

    def _statements(self) -> int:
        path = self.box / "statements.jsonl"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def _standins(self) -> float:
        """Give the processor time that the sandbox used so far; its server's sessions count once they have ended."""
        files = [Path(f"/proc/{pid}/stat") for pid in self.state.pids.values()]
        ticks = [each.read_text("utf-8").rpartition(")")[2].split()[11:15] for each in files if each.exists()]
        return sum(int(tick) for each in ticks for tick in each) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def bed(rounds: int, latencies: tuple[int, ...]) -> Iterator[Bed]:
    """Start a sandbox with a folder like a checkout beside it; both go with the context."""
    with passable() as folder:
        (folder / "notebooks").symlink_to(HERE / "notebooks")
        (folder / "parameters").mkdir()
        _make_key(folder / "audit.pem")
        with running(folder / "box", Wanted()) as state:
            yield Bed(folder, folder / "box", state, rounds, latencies)


def _make_key(path: Path) -> None:
    """Make the key that signs the records."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    path.touch(mode=0o600)
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
