"""One sandbox in which everything is made to go wrong, and the ways in which the runbook itself reaches it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from runbook_lib.adapters.aws.retry import Patience
from runbook_lib.adapters.aws.session import AwsSession
from runbook_lib.adapters.connections import Connections
from runbook_lib.adapters.target import CompositeTarget
from runbook_lib.model import Change, Resource
from runbook_lib.parameters import Environment
from runbook_lib.parameters.load import load
from runbook_lib.sandbox.state import State
from runbook_lib.secrets import Masked
from tests.driver import Driver
from tests.end_to_end.test_killed import faults
from tests.end_to_end.world import admin
from tests.sandbox.aws.account import ADMIN, Account, Keys, policy

PASSWORD = "Sesame-0pen"
PASSING = "RUNBOOK_TEST_PASSWORD"


@dataclass(frozen=True)
class Reached(Account):
    """Reach the sandbox's AWS: its operator has a secret of its own, and it lies in a region of its own."""

    region: str = ""

    def client(self, service: str, keys: Keys = ADMIN, region: str = "") -> Any:
        """Make a client of the operator, or of whoever has the keys."""
        return super().client(service, operator() if keys is ADMIN else keys, region or self.region)

    def arn(self, service: str, resource: str, region: str = "") -> str:
        """Build an ARN of the account."""
        return super().arn(service, resource, region or self.region)


def operator() -> Keys:
    """Give the operator's keys."""
    return {name: os.environ[name.upper()] for name in ADMIN}


@dataclass(frozen=True)
class Place:
    """Hold a running sandbox and a parameter file that leads to it."""

    state: State
    folder: Path
    drive: Driver
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def account(self) -> Reached:
        """Reach AWS past the runbook."""
        return Reached(f"http://127.0.0.1:{self.state.aws_port}", f"c{next(self.numbers)}", self.state.region)

    def environment(self, **aws: str) -> Environment:
        """Read the file, with another AWS section."""
        made = load(self.drive.file)
        return made.model_copy(update={"aws": made.aws.model_copy(update=aws)})

    def session(self, keys: dict[str, str] | None = None, **aws: str) -> AwsSession:
        """Reach AWS as the runbook does, with the file's own credentials or as somebody else; no pause passes."""
        given = keys or {}
        told = [Masked(given.get(each, "")) for each in ("aws_secret_access_key", "aws_session_token")]
        made = (given["aws_access_key_id"], told[0], told[1]) if keys else None
        return AwsSession(self.environment(**aws), patience=_patience(), keys=made)

    def somebody(self, *statements: dict[str, Any], **more: str) -> AwsSession:
        """Be in a role with these rights."""
        return self.session(self.account.holder(policy(*statements), **more))

    @contextmanager
    def target(self, *, admin: dict[str, Any] | None = None, **side: Any) -> Iterator[CompositeTarget]:
        """Reach both databases as the runbook does, by another way or as another administrator."""
        made = self.environment()
        way = {**side, **({"admin": made.source.admin.model_copy(update=admin)} if admin else {})}
        changed = {name: made.side(name).model_copy(update=way) for name in ("source", "destination")}
        with closing(CompositeTarget(Connections(made.model_copy(update=changed), patience=_patience()))) as target:
            yield target

    def write(self, *wanted: Resource, admin: dict[str, Any] | None = None, is_removal: bool = False, **side: Any) -> list[Change]:
        """Make things, or take them away, as apply does; give the changes."""
        changes = [Change(before=each, after=None) if is_removal else Change(before=None, after=each) for each in wanted]
        with self.target(admin=admin, **side) as target:
            target.write(changes)
        return changes

    def sql(self, *statements: str) -> None:
        """Do something to the source as somebody else would."""
        with closing(admin(self.state, self.folder)) as connection, connection.cursor() as cursor:
            for each in statements:
                cursor.execute(each)

    def name(self) -> str:
        """Give a name that nothing else has."""
        return f"cause_{next(self.numbers)}"

    @contextmanager
    def spoiled(self, match: str, kind: str, **more: Any) -> Iterator[None]:
        """Let calls and statements go wrong meanwhile."""
        fault = {"match": match, "kind": kind, **more}
        self._set([fault])
        try:
            yield
        finally:
            self._set([])

    def _set(self, given: list[dict[str, Any]]) -> None:
        faults(self.state, [each for each in given if ":" in each["match"]])
        (self.folder / "faults.partial").write_text(json.dumps([each for each in given if ":" not in each["match"]]), "utf-8")
        (self.folder / "faults.partial").rename(self.folder / "faults.json")


def _patience() -> Patience:
    return Patience(sleep=lambda _seconds: None, attempts=3)
