"""A home with a parameter file, the world that its commands reach, and the command line that somebody types at."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import cli
from runbook_lib.errors import GuardRefused
from runbook_lib.model import Inventory, Question
from runbook_lib.resources.ec2 import InstanceAsked
from runbook_lib.resources.s3 import Bucket
from tests.fakes import FakeTarget
from tests.objects import FakeObjects
from tests.stages.worlds import environment, world

ENVIRONMENT = environment(**{side: {"admin": {"user": "admin", "password": "env:ADMIN"}} for side in ("source", "destination")})
FIRST: dict[str, Any] = ENVIRONMENT.model_dump(mode="json", by_alias=True, exclude_unset=True)
BUCKET = Bucket(name="tonic-src", region="us-east-1").address
SECOND = 2
NOW = "2026-01-02T03:04:05.678Z"


class World(FakeTarget):
    """Hold a world in memory that refuses to be asked about the instance, when told to."""

    guarded = False

    def ask(self, questions: Any) -> Inventory:
        """Answer, unless the guard stops it."""
        if self.guarded and any(isinstance(each, InstanceAsked) for each in questions):
            raise GuardRefused("aws", "is another account", "log in to the right one")
        return super().ask(questions)


@dataclass
class Once:
    """Keep what the first case made of an untouched home for all that begin with the same: to make it takes longer than a case."""

    folder: Path
    known: dict[str, tuple[World, str]] = field(default_factory=dict)

    def made(self, what: str, desk: Desk, make: Callable[[], None]) -> None:
        """Make it, or put it there again."""
        if what in self.known:
            shutil.copytree(self.folder / what, desk.home, symlinks=True, dirs_exist_ok=True)
            desk.target, desk.digest = deepcopy(self.known[what])
            return
        make()
        shutil.copytree(desk.home, self.folder / what, symlinks=True)
        self.known[what] = deepcopy((desk.target, desk.digest))


@dataclass
class Desk:
    """Hold a home with a parameter file, and the world that its commands reach."""

    home: Path
    once: Once
    capsys: pytest.CaptureFixture[str]
    values: dict[str, Any] = field(default_factory=lambda: deepcopy(FIRST))
    target: World = field(default_factory=lambda: World(answers=dict[Question, Any](world(ENVIRONMENT))))
    objects: FakeObjects = field(default_factory=FakeObjects)
    held: ExitStack = field(default_factory=ExitStack)
    digest: str = ""
    newest: int = -1

    @property
    def file(self) -> Path:
        """Name the parameter file."""
        return self.home / "parameters" / "any.yaml"

    @property
    def records(self) -> list[Path]:
        """List the records, oldest first."""
        return sorted((self.home / "runs" / "staging").glob("*-*"), key=lambda path: path.stat().st_mtime_ns)

    @property
    def record(self) -> Path:
        """Give the record that a command means: the newest, if nothing else was said."""
        return self.records[self.newest]

    def write(self) -> None:
        """Write the parameter file."""
        self.file.write_text(json.dumps(self.values), "utf-8")

    def type(self, *words: str) -> tuple[int, str, str]:
        """Type a command; give its exit code and what it says where."""
        names = {"FILE": str(self.file), "DIGEST": self.digest, "TAKEN": str(self.home / "taken"), "OUT": str(self.home / "rendered")}
        names |= {
            "NAME": self.record.name if self.records else "",
            "EXPORT": str(self.home / "export.json"),
            "PUBLIC": str(self.home / "house" / "audit.pub.pem"),
        }
        names["BATCH"] = str(next((self.home / "runs" / "_batches").glob("*"), ""))
        if "RECORD" in words and self.records:
            names |= {"RECORD": str(self.record), "OWN": sha256((self.record / "statement.json").read_bytes()).hexdigest()}
        code = cli.main([names.get(word, word) for word in words])
        said = self.capsys.readouterr()
        return code, said.out, said.err

    @property
    def is_untouched(self) -> bool:
        """Tell whether nothing was run here, and the file is the first one."""
        return self.values == FIRST and not (self.home / "runs").exists()

    def plan(self, *words: str) -> None:
        """Plan, and remember the digest."""
        if not words and self.is_untouched:
            self.once.made("planned", self, lambda: self._plan("plan", "FILE", *STORAGE))
        else:
            self._plan(*(words or ("plan", "FILE", *STORAGE)))

    def apply(self) -> None:
        """Set the storage up."""
        if self.is_untouched:
            self.once.made("applied", self, self._apply)
        else:
            self._apply()

    def _plan(self, *words: str) -> None:
        _, out, _ = self.type(*words, "--json")
        self.digest = json.loads(out)["digest"]

    def _apply(self) -> None:
        self.plan()
        self.type("apply", "FILE", "--approve", "DIGEST")


STORAGE = ("--stage", "storage")
BOTH = (*STORAGE, "--stage", "server_role")
