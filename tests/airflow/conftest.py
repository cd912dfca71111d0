"""A real Airflow in an environment of its own, before a sandbox whose account holds the records."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox.files import write_parameters
from runbook_lib.sandbox.state import State
from runbook_lib.sandbox.supervisor import Wanted, environment, running
from tests import machine
from tests.end_to_end.world import client
from tests.folders import passable

BUCKET = "acme-runbook-records"
ANSWER = "ANSWER "
NAMES = ("prod-one", "prod-two")
ODD = "prod-\u00e9tat eu"
"""Name a file as Airflow names no DAG; what it holds makes PyYAML fail, too."""


@dataclass(frozen=True)
class House:
    """Hold what lies below one folder: a runbook, parameter files, a DAG file, and what Airflow keeps; and the sandbox."""

    home: Path
    state: State

    @property
    def runbook(self) -> Path:
        """Name the command."""
        return self.home / ".venv" / "bin" / "runbook"

    @property
    def box(self) -> Path:
        """Name the sandbox's folder."""
        return self.home / "box"

    @property
    def dags(self) -> Path:
        """Name the folder of DAG files."""
        return self.home / "dags"

    def file(self, name: str) -> Path:
        """Name a parameter file."""
        return self.home / "parameters" / f"{name}.yaml"

    def records(self, name: str) -> list[str]:
        """List an environment's records that are whole in the bucket, oldest first."""
        prefix = f"team/{name}/.sealed/"
        found = client("s3", self.state).list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return sorted(each["Key"].removeprefix(prefix) for each in found.get("Contents", ()))

    def type(self, *words: str) -> dict[str, Any]:
        """Type a command as a person does, at another machine."""
        variables = {**os.environ, "XDG_STATE_HOME": str(self.home / "elsewhere")}
        done = subprocess.run([str(self.runbook), *words, "--json"], env=variables, capture_output=True, text=True, check=True)
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


@dataclass(frozen=True)
class Airflow:
    """Have Airflow run a DAG, or describe all of them."""

    process: subprocess.Popen[str]

    def __call__(self, dag_id: str = "", hears: Mapping[str, Callable[[str], object]] | None = None) -> dict[str, Any]:
        """Ask; whoever waits for some words in the log acts when they stand there for the first time, and is given the line."""
        waiting = dict(hears or {})
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{dag_id}\n")
        self.process.stdin.flush()
        said: list[str] = []
        for line in self.process.stdout:
            if line.startswith(ANSWER):
                answer: dict[str, Any] = json.loads(line.removeprefix(ANSWER))
                return answer
            said.append(line)
            for words in [each for each in waiting if each in line]:
                waiting.pop(words)(line)
        raise AssertionError("".join(said[-40:]))


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """Set up two environments of a fleet, and two whose files are broken, with the DAG file that the documentation shows."""
    with passable() as home, pytest.MonkeyPatch.context() as patch, running(home / "box", Wanted()) as state:
        for name, value in environment(home / "box").items():
            patch.setenv(name, value)
        made = House(home, state)
        for folder in (made.runbook.parent, made.dags, home / "parameters"):
            folder.mkdir(parents=True)
        made.runbook.symlink_to(Path(sys.executable).with_name("runbook"))
        for name in NAMES:
            _write(made, name)
        made.file("prod-broken").write_text("version: 1\npipeline: v3\n", "utf-8")
        made.file(ODD).write_text("version: 1\nconfirmations: [{date: 2026-13-01}]\n", "utf-8")
        (made.dags / "runbook.py").write_text(_documented(home), "utf-8")
        client("s3", state).create_bucket(Bucket=BUCKET)
        yield made


@pytest.fixture(scope="session")
def airflow(house: House) -> Iterator[Airflow]:
    """Start Airflow's Python; a machine without Airflow fails the test, and `make test` does not come here."""
    own = {"HOME": str(house.home / "airflow"), "_CORE__LOAD_EXAMPLES": "False", "_CORE__DAGS_FOLDER": str(house.dags)}
    variables = {**os.environ, **{f"AIRFLOW_{name}": value for name, value in own.items()}, "XDG_STATE_HOME": str(house.home / "worker")}
    script = machine.ROOT / "tests" / "airflow" / "requests.py"
    with subprocess.Popen(
        [machine.airflow(), "-P", str(script), str(house.dags)], cwd=house.home, env=variables, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        yield Airflow(process)
        assert process.stdin is not None
        process.stdin.close()


def _write(house: House, name: str) -> None:
    """Write the file of an environment whose plans a person approves, and whose records lie in the bucket."""
    file = house.file(name)
    write_parameters(machine.ROOT / "parameters" / "sandbox.yaml", file, house.state)
    text = file.read_text("utf-8").replace("approval: automatic", "approval: manual").replace("tonic-sandbox-", f"tonic-{name}-")
    text = text.replace("environment: sandbox", f"environment: {name}").replace("records: runs", f"records: s3://{BUCKET}/team")
    file.write_text(text, "utf-8")


def _documented(home: Path) -> str:
    """Take the DAG file of docs/airflow.md as it is, but for its folder, one stage, and no waiting."""
    (text,) = re.findall(r"```python\n(.*?)```", (machine.ROOT / "docs" / "airflow.md").read_text("utf-8"), re.DOTALL)
    changes = {"/opt/runbook": str(home), "minutes=5": "0", 'schedule="@daily",': 'stages=["storage"], poke_interval=1,'}
    for shown, here in changes.items():
        assert shown in text
        text = text.replace(shown, here)
    return str(text)
