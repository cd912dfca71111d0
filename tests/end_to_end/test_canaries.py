"""Law 10 with real processes: secrets from every source, through every way to fail, are in no byte that anybody could read afterwards.

While the commands run, the environments and the argument lists of all processes of this machine are read again and again.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from runbook_lib.sandbox.state import State
from runbook_lib.sandbox.supervisor import environment
from tests.checkout import Checkout
from tests.driver import HERE, driver
from tests.end_to_end.conftest import sandboxed
from tests.end_to_end.test_killed import faults, group, wait_for
from tests.end_to_end.world import admin, client
from tests.secrecy import CORE, Hunted, files, found

STAGES = ("--stage", "source_database", "--stage", "destination_database")
SOURCE, DESTINATION = STAGES[:2], STAGES[2:]
FAULTS = (
    {"match": "ssm:GetParameter", "kind": "deny"},
    {"match": "^CREATE USER", "kind": "error", "code": "42601", "message": "syntax error"},
    {"match": "^CREATE USER", "kind": "drop after"},
)
"""A call that is refused, bad SQL, a lost connection."""
READER, WRITER, ADMIN = "tonic_user", "tonic_destination_user", "canary_admin"


def password() -> str:
    """Make a password that Redshift accepts and that looks otherwise in JSON, HTML and URLs."""
    return f"{secrets.token_hex(6)}<{CORE}&%+{secrets.token_hex(6)}"


MOMENT, LOOKS = 0.05, 5
"""Seconds between looks at a process that holds a secret, and how many have to find it there: a kernel lives longer than all of them."""


@dataclass
class Watch:
    """Read environments and argument lists of all processes until it ends; `allowed` are those that were started with a secret."""

    needles: list[bytes]
    allowed: set[int] = field(default_factory=lambda: {os.getpid()})
    hits: set[str] = field(default_factory=set)
    seen: set[tuple[str, bytes]] = field(default_factory=set)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch beside what is done."""
        over = threading.Event()
        thread = threading.Thread(target=self._watch, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _watch(self, over: threading.Event) -> None:
        while not over.wait(0.05):
            for each in (path for path in Path("/proc").iterdir() if path.name.isdigit() and int(path.name) not in self.allowed):
                words = _read(each / "cmdline")
                if (each.name, words) not in self.seen and words:
                    # Between fork and exec a child still has its parent's, and what was just started may not be named as allowed yet.
                    looks = (self._has_secret(each) and not over.wait(MOMENT) for _ in range(LOOKS))
                    if all(looks) and int(each.name) not in self.allowed:
                        self.hits.add(words.decode(errors="replace"))
                    self.seen.add((each.name, words))

    def _has_secret(self, process: Path) -> bool:
        text = _read(process / "cmdline") + _read(process / "environ")
        return any(needle in text for needle in self.needles)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@dataclass
class Office:
    """Give commands on one parameter file, and keep everything that is said."""

    checkout: Checkout
    file: Path
    watch: Watch
    said: dict[str, str] = field(default_factory=dict)

    def __call__(self, *words: str, kills: bool = False) -> dict[str, Any]:
        """Give a command, and kill its kernel where that is asked for."""
        before = set(self.file.parent.rglob("journal.jsonl"))
        process = self.checkout.start(words[0], str(self.file), *words[1:])
        self.watch.allowed.add(process.pid)
        if kills:
            wait_for(lambda: before < set(self.file.parent.rglob("journal.jsonl")), process)
            for kernel in group(process.pid):
                if kernel != process.pid:
                    os.kill(kernel, signal.SIGKILL)
        out, err = process.communicate()
        self.said[f"{len(self.said)} {words[0]}"] = out + err
        answer: dict[str, Any] = json.loads(out)
        return answer


@pytest.fixture(scope="module")
def sandbox() -> Iterator[tuple[State, Path]]:
    """Run a sandbox of these tests' own, whose logs hold nothing else."""
    with sandboxed() as box:
        yield box


@pytest.fixture
def hunted(sandbox: tuple[State, Path]) -> Iterator[dict[str, Hunted]]:
    """Put a random secret into each place that a reference can name."""
    made = {
        "admin": Hunted("admin", password(), (ADMIN,)),
        "reader": Hunted("reader", password(), (READER,)),
        "writer": Hunted("writer", password(), (WRITER,)),
    }
    state, folder = sandbox
    os.environ.update(environment(folder))
    with admin(state, folder) as connection, connection.cursor() as cursor:
        cursor.execute(f"create user {ADMIN} createuser password '{made['admin'].value}'")
    aws = client("secretsmanager", state)
    aws.create_secret(Name="canary/admin", SecretString=json.dumps({"username": ADMIN, "password": made["admin"].value}))
    aws.create_secret(Name="canary/writer", SecretString=json.dumps({"pass": 1, "other": made["writer"].value}))
    client("ssm", state).put_parameter(Name="/canary/reader", Value=made["reader"].value, Type="SecureString")
    yield made
    aws.delete_secret(SecretId="canary/admin", ForceDeleteWithoutRecovery=True)


@pytest.fixture
def office(sandbox: tuple[State, Path], hunted: dict[str, Hunted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Write a file whose secrets come from a variable, Parameter Store, a managed secret and a key of a JSON secret."""
    state, folder = sandbox
    file = driver(state, folder, tmp_path).file
    values = YAML(typ="safe").load(file.read_text("utf-8"))
    values["source"]["admin"] = {"user": ADMIN, "password": "env:CANARY"}
    values["source"]["user"]["password"] = "ssm:/canary/reader"
    values["destination"]["admin"] = {"login": "managed_secret", "secret": "canary/admin"}
    values["destination"]["user"]["password"] = "secretsmanager:canary/writer#pass"
    values["approval"] = "manual"
    file.write_text(json.dumps(values), "utf-8")
    monkeypatch.setenv("CANARY", hunted["admin"].value)
    needles = [form.encode() for each in hunted.values() for _, form in each.forms()]
    return Office(Checkout(HERE, folder), file, Watch(needles))


def spoil(state: State, folder: Path, fault: dict[str, Any] | None) -> None:
    """Let calls or statements meet a fault from now on, and nothing else."""
    given = [] if fault is None else [fault]
    faults(state, [each for each in given if ":" in str(each["match"])])
    (folder / "faults.partial").write_text(json.dumps([each for each in given if ":" not in str(each["match"])]), "utf-8")
    (folder / "faults.partial").rename(folder / "faults.json")


def everything(office: Office, sandbox: tuple[State, Path]) -> dict[str, str]:
    """Collect records, what was said, the sandbox's logs of statements and of calls, and all else it wrote but the server's own data."""
    state, folder = sandbox
    box = {f"box/{name}": text for name, text in files(folder).items() if not name.startswith("postgres/data")}
    with urllib.request.urlopen(f"http://127.0.0.1:{state.aws_port}/_sandbox/calls") as answer:
        calls = answer.read().decode()
    return {**files(office.file.parent), **office.said, **box, "calls": calls}


def test_the_watch_sees_what_is_there() -> None:
    """A process that has a secret in its environment, or among its arguments, is named."""
    watch = Watch([b"Qz7~canary"])
    command = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"]
    with watch.watching(), ExitStack() as stack:
        for words, variables in (((), {"X": "Qz7~canary"}), (("Qz7~canary",), {})):
            made = subprocess.Popen([*command, *words], env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            process = stack.enter_context(made)
            assert process.stdout is not None
            process.stdout.readline()
            while not any(each == str(process.pid) for each, _ in watch.seen):
                time.sleep(0.02)

    assert 2 == len(watch.hits)


@pytest.mark.slow
def test_no_secret_is_left_anywhere(office: Office, hunted: dict[str, Hunted], sandbox: tuple[State, Path]) -> None:
    """Bad SQL, a lost connection, a refused call, a killed kernel, a secret of the wrong type, and the way that works: no hit."""
    state, folder = sandbox
    with office.watch.watching():
        digest = office("plan", *STAGES)["digest"]
        codes = []
        for fault in FAULTS:
            spoil(state, folder, fault)
            codes.append(office("apply", *SOURCE, "--approve", digest, "--acknowledge", "*")["exit_code"])
        spoil(state, folder, {"match": "^GRANT", "kind": "latency", "ms": 5000})
        killed = office("apply", *SOURCE, "--approve", digest, "--acknowledge", "*", kills=True)
        spoil(state, folder, None)
        wrong = office("apply", *DESTINATION, "--approve", digest, "--acknowledge", "*")
        text = json.dumps({"pass": hunted["writer"].value})
        client("secretsmanager", state).put_secret_value(SecretId="canary/writer", SecretString=text)
        done = office("apply", "--approve", digest, "--acknowledge", "*")

    assert ([4, 1, 1], [1, "KernelFailed"], 4) == (codes, [killed["exit_code"], killed["errors"][0]["error"]], wrong["exit_code"])
    assert [] == done["errors"]
    assert set() == office.watch.hits
    # Seven commands and the most of their nine kernels, which bear the name of what they were forked from.
    assert 7 + 6 <= len({each for each, words in office.watch.seen if b"kernels.forking" in words})
    texts = everything(office, sandbox)
    assert [True, True, True] == ["PASSWORD '***'" in texts["box/statements.jsonl"], "GetSecretValue" in texts["calls"], len(texts) > 100]
    assert [] == found(hunted.values(), texts)
