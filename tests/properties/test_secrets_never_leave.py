"""Law 10: a secret is a reference until it is used, and reaches no notebook, plan, journal, log, exception or argument list."""

from __future__ import annotations

import contextlib
import html
import io
import json
import logging
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from runbook_lib import cli
from runbook_lib.parameters import Environment
from runbook_lib.secrets import Masked, broken_password_rules
from tests import cells
from tests.properties.vault import AWS_CODES, FAILURES, Account, Driver, Failure, SecretiveTarget, driven
from tests.secrecy import Hunted, accepted, any_password, files, found
from tests.stages.worlds import environment, world

REFERENCES = ("env", "secretsmanager", "secretsmanager JSON", "secretsmanager key", "ssm")
ADMINS = (*REFERENCES, "managed_secret", "cluster_credentials")
USERS = (*REFERENCES, "generate")
STAGES = ("source_database", "destination_database", "rehearsal", "handover")
LOGGERS = ("", "boto3", "botocore", "sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool", "urllib3")
STARTED: list[str] = []
"""Every argument list with which this process starts another one."""
sys.addaudithook(
    lambda event, values: STARTED.append(repr(values)) if event in {"subprocess.Popen", "os.posix_spawn", "os.system"} else None
)


@dataclass
class Held:
    """Hold the drawn secrets, where they are kept, and the parameter file that refers to them."""

    values: dict[str, Any]
    environ: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    hunted: list[Hunted] = field(default_factory=list)

    def admin(self, side: str, kind: str, value: str) -> None:
        """Let a side's administrator log in with a secret."""
        name = f"admin-{side}"
        self.hunted.append(Hunted(name, value, ("admin",)))
        fields: dict[str, Any] = {"login": kind, "user": "admin"}
        if kind == "managed_secret":
            self.kept[name] = json.dumps({"username": "admin", "password": value})
            fields["secret"] = name
        elif kind == "cluster_credentials":
            self.kept[f"credentials/{self.values[side]['database']}"] = value
        else:
            fields = {"user": "admin", "password": self._reference(name, kind, value)}
        self.values[side]["admin"] = fields

    def user(self, side: str, kind: str, value: str) -> None:
        """Give the product's user of a side a password."""
        name = self.values[side]["user"]["name"]
        reference = f"generate:secretsmanager:user-{side}" if kind == "generate" else self._reference(f"user-{side}", kind, value)
        self.values[side]["user"]["password"] = reference
        if kind != "generate":
            self.hunted.append(Hunted(f"user-{side}", value, (name,)))

    def _reference(self, name: str, kind: str, value: str) -> str:
        match kind:
            case "env":
                variable = name.upper().replace("-", "_")
                self.environ[variable] = value
                return f"env:{variable}"
            case "ssm":
                self.parameters[f"/{name}"] = value
                return f"ssm:/{name}"
        texts = {"secretsmanager": value, "secretsmanager JSON": json.dumps({"username": "u", "password": value})}
        self.kept[name] = texts.get(kind) or json.dumps({"password": "", "its key": value, "its-key": value})
        return f"secretsmanager:{name}" + ("#its-key" if kind == "secretsmanager key" else "")


@st.composite
def holdings(draw: st.DrawFn) -> Held:
    """Draw secrets of each kind for both administrators and both users."""
    held = Held(environment(aws={"region": "us-east-1"}).model_dump(mode="json", by_alias=True, exclude_unset=True))
    for side in ("source", "destination"):
        held.admin(side, draw(st.sampled_from(ADMINS)), draw(any_password()))
        held.user(side, draw(st.sampled_from(USERS)), draw(st.one_of(accepted(), accepted(), any_password())))
    return held


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Held, str, int]:
    """Draw secrets, a failure that can happen with them, and at which statement or call it does."""
    held = draw(holdings())
    is_generated = any("generate:" in held.values[side]["user"]["password"] for side in ("source", "destination"))
    kind = draw(st.sampled_from([each for each in FAILURES if is_generated or each not in AWS_CODES]))
    return held, kind, 1 if kind in AWS_CODES else draw(st.integers(1, 4))


@dataclass
class Office:
    """Run commands in a home of its own, on one world, and hear everything that is said."""

    home: Path
    held: Held
    failure: Failure = field(default_factory=Failure)
    said: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Fill the home, and the services with secrets."""
        self.file = self.home / "parameters" / "any.yaml"
        self.file.parent.mkdir()
        self.file.write_text(json.dumps(self.held.values, indent=1, ensure_ascii=False), "utf-8")
        self.environment = Environment.model_validate(self.held.values)
        self.driver = Driver(self.failure)
        self.account = Account(self.environment, self.failure, dict(self.held.kept), dict(self.held.parameters))
        self.target = SecretiveTarget(answers=world(self.environment))

    def run(self, *words: str) -> dict[str, Any]:
        """Run one command and keep what it says, in JSON."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main([*words, "--json"])
        self.said[f"what {' '.join(words)} says ({len(self.said)})"] = out.getvalue() + err.getvalue()
        answer: dict[str, Any] = json.loads(out.getvalue())
        return answer

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Work here, with every log at its most talkative."""
        log = io.StringIO()
        handler = logging.StreamHandler(log)
        with pytest.MonkeyPatch.context() as patch, driven(self.driver):
            patch.setenv("RUNBOOK_HOME", str(self.home))
            patch.setattr("runbook_lib.adapters.target.connect", lambda _environment, **_recorder: self.target)
            patch.setattr("runbook_lib.headless.verbs.papermill", cells.in_place_of_kernels)
            for name in LOGGERS:
                patch.setattr(logging.getLogger(name), "level", logging.DEBUG)
            logging.getLogger().addHandler(handler)
            logging.getLogger()._cache.clear()  # type: ignore[attr-defined]
            self.target.open(self.environment, self.account, self.held.environ)
            try:
                yield
            finally:
                logging.getLogger().removeHandler(handler)
        self.said["the log"] = log.getvalue()

    def hunted(self) -> list[Hunted]:
        """List all secrets, those that were generated too."""
        return [*self.held.hunted, *self._generated(self.account.secrets.items())]

    def refused(self) -> list[Hunted]:
        """List what was generated and sent, and not taken."""
        return self._generated(self.account.refused)

    def _generated(self, secrets: Iterable[tuple[str, str]]) -> list[Hunted]:
        sides = {f"user-{side}": self.environment.side(side).user.name for side in ("source", "destination")}
        return [Hunted(name, value, (sides[name],)) for name, value in secrets if name not in self.held.kept]

    def has_used(self, secret: Hunted) -> bool:
        """Tell whether a secret got where it belongs: to the log-in, and a user's as a hash into a statement."""
        hashes = [form for how, form in secret.forms() if how.endswith("md5 literal")]
        is_known = not secret.is_of_user or any(form in statement for form in hashes for statement in self.driver.statements)
        return is_known and secret.value in self.driver.passwords

    def everything(self) -> dict[str, str]:
        """Collect every text that somebody could read afterwards."""
        return {**files(self.home), **self.said, "argument lists": "\n".join(STARTED), "exceptions": "\n".join(self.target.raised)}


# An example takes seconds: what fails is shown as it was drawn.
@pytest.mark.slow
@settings(phases=(Phase.explicit, Phase.generate), max_examples=12)
@given(scenes())
def test_no_secret_leaves(scene: tuple[Held, str, int]) -> None:
    """Through plan, apply, one that fails in the middle and quotes all it was sent, verify and destroy, no secret shows in any form."""
    held, kind, number = scene
    with tempfile.TemporaryDirectory() as folder:
        office = Office(Path(folder), held, Failure(number=number))
        with office.open():
            whole_life(office, kind)
        event(f"{kind or 'nothing fails'}: {'met' if office.failure.met else 'not met'}")
        assert [] == found([*office.hunted(), *office.refused()], office.everything())
    if all(is_usable(each) for each in held.hunted):
        assert set() == {each.name for each in office.hunted() if not office.has_used(each)}


def is_usable(secret: Hunted) -> bool:
    """Tell whether it can be sent, and for a new user whether Redshift would accept it."""
    value = Masked(secret.value)
    return value.is_text and not (secret.is_of_user and broken_password_rules(value))


def whole_life(office: Office, kind: str) -> None:
    """Render, plan, apply with a failure, apply again, verify, destroy."""
    file, stages = str(office.file), [word for stage in STAGES for word in ("--stage", stage)]
    office.run("render", file, "--out", f"{office.home}/rendered")
    digest = office.run("plan", file, *stages)["digest"]
    office.failure.kind = kind
    office.run("apply", file, "--approve", digest)
    office.failure.kind = ""
    office.run("apply", file, "--approve", digest)
    office.run("verify", file, *stages)
    office.run("destroy", file, "--approve", office.run("destroy", file)["digest"])


def test_the_search_finds_what_is_there() -> None:
    """A text that holds a secret in any form is named, also where markup, a line break or a longer text stands around it."""
    secret = Hunted("it", "a'b\"c\\d/e@f g<h>&i\u6f22%Qz7~", ("somebody",))

    for how, form in secret.forms():
        around = {
            "plain": f"x{form}y",
            "wrapped": f"{form[:5]}\n    {form[5:]}",
            "marked": f"<b>{html.escape(form[:4])}</b>{html.escape(form[4:])}",
        }
        assert set(around) <= {hit.partition(":")[0] for hit in found([secret], around) if hit.endswith(how)}
    assert [] == found([secret], {"another": "a'b"})
