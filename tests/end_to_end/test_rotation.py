"""A password is rotated as a change of its own: asked for by a word, planned, approved, and whole wherever it is stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from runbook_lib.headless import Run
from runbook_lib.sandbox.state import State
from tests.driver import Driver, driver, not_kept
from tests.end_to_end.test_killed import faults
from tests.end_to_end.test_users import password
from tests.end_to_end.world import client
from tests.secrecy import Hunted, files, found

STAGES = ("source_database",)
SECRET, REFERENCE = "tonic-sandbox/source-user", "generate:secretsmanager:tonic-sandbox/source-user"
STOPS = (
    {"match": "secretsmanager:PutSecretValue", "kind": "drop", "count": 1},
    {"match": "secretsmanager:PutSecretValue", "kind": "drop after", "count": 1},
    {"match": "^ALTER USER", "kind": "drop"},
    {"match": "^ALTER USER", "kind": "drop after"},
    {"match": "^COMMIT", "kind": "drop after"},
    {"match": "secretsmanager:UpdateSecretVersionStage", "kind": "drop", "count": 1},
    {"match": "secretsmanager:UpdateSecretVersionStage", "kind": "drop after", "count": 1},
)
WORDS = (f"word-{number}" for number in range(99))


@dataclass
class Place:
    """Hold one applied environment, whose file asks for a word."""

    drive: Driver
    state: State
    folder: Path

    def asks_for(self, word: str) -> None:
        """Write a word into the file."""
        lines = [line for line in self.drive.file.read_text("utf-8").splitlines() if "rotation:" not in line]
        place = next(number for number, line in enumerate(lines) if REFERENCE in line)
        lines.insert(place + 1, f"    rotation: {word}")
        self.drive.file.write_text("\n".join(lines) + "\n", "utf-8")

    def spoil(self, *given: dict[str, Any]) -> None:
        """Let calls and statements meet faults."""
        faults(self.state, [each for each in given if ":" in each["match"]])
        (self.folder / "faults.partial").write_text(json.dumps([each for each in given if ":" not in each["match"]]), "utf-8")
        (self.folder / "faults.partial").rename(self.folder / "faults.json")

    def plan(self) -> Run:
        """Plan the stage."""
        return self.drive("plan", stages=STAGES)

    def apply(self, digest: str) -> Run:
        """Apply under an approval."""
        return self.drive("apply", stages=STAGES, approve=digest)

    def takes(self, secret: str) -> bool:
        """Tell whether the user logs in with a password."""
        try:
            psycopg2.connect(host="127.0.0.1", port=self.state.redshift_port, user="tonic_user", password=secret, dbname="tickit").close()
        except psycopg2.OperationalError as error:
            if "authentication failed" not in str(error):
                raise
            return False
        return True

    def labels(self) -> dict[str, list[str]]:
        """Give the labels of the secret's versions."""
        found: dict[str, list[str]] = client("secretsmanager", self.state).describe_secret(SecretId=SECRET)["VersionIdsToStages"]
        return {version: labels for version, labels in found.items() if labels}


@pytest.fixture(scope="module")
def place(sandbox: tuple[State, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Set the stage up, with a word from the start, and take it back."""
    made = Place(driver(*sandbox, tmp_path_factory.mktemp("rotation")), *sandbox)
    made.asks_for(next(WORDS))
    first = made.drive("apply", stages=STAGES)
    assert ([], 0) == (not_kept(first), first.exit_code)
    yield made
    assert 0 == made.drive("destroy", approve=made.drive("destroy").plan.digest).exit_code


def addresses(run: Run) -> list[str]:
    """List what a plan would change."""
    return [change.address for plan in run.plan.plans for change in plan.changes]


def test_a_new_word_is_one_change(place: Place) -> None:
    """What was made under a word needs no rotation; another word is one change; afterwards the old password is refused."""
    assert [] == addresses(place.plan())
    old = password(place.state, "source")
    place.asks_for(next(WORDS))

    planned = place.plan()
    assert ["password_rotation/source/tonic_user"] == addresses(planned)
    assert (old, True) == (password(place.state, "source"), place.takes(old))

    applied = place.apply(planned.plan.digest)
    new = password(place.state, "source")
    assert ([], 0) == (not_kept(applied), applied.exit_code)
    assert (True, False) == (place.takes(new), place.takes(old))
    assert [] == addresses(place.plan())
    secrets = [Hunted("old", old, ("tonic_user",)), Hunted("new", new, ("tonic_user",))]
    assert [] == found(secrets, files(place.drive.file.parent))


@pytest.mark.parametrize("stop", STOPS, ids=lambda each: f"{each['match'].rpartition(':')[2]} {each['kind']}")
def test_a_rotation_that_is_stopped_is_gone_on_with(place: Place, stop: dict[str, Any]) -> None:
    """Stopped before or after any of its steps: under the same approval it ends as one that was not, and was sent one new password."""
    place.asks_for(next(WORDS))
    digest = place.plan().plan.digest
    place.spoil(stop)
    stopped = place.apply(digest)
    place.spoil()
    pending = [version for version, labels in place.labels().items() if "AWSPENDING" in labels]

    again = place.apply(digest)

    assert (1, 0) == (stopped.exit_code, again.exit_code)
    assert place.takes(password(place.state, "source"))
    assert [] == addresses(place.plan())
    current = [version for version, labels in place.labels().items() if "AWSCURRENT" in labels]
    assert (1, True) == (len(current), current == pending or stop["match"].endswith("PutSecretValue"))


def test_a_word_of_the_past_is_refused(place: Place) -> None:
    """The password that it stands for was given up: it does not come back."""
    word, old = next(WORDS), password(place.state, "source")
    place.asks_for(word)
    assert 0 == place.apply(place.plan().plan.digest).exit_code
    place.asks_for(next(WORDS))
    assert 0 == place.apply(place.plan().plan.digest).exit_code
    now = password(place.state, "source")
    place.asks_for(word)

    refused = place.apply(place.plan().plan.digest)

    assert 1 == refused.exit_code
    assert "write a word that was never used" in json.dumps([result.model_dump(mode="json") for result in refused.results.values()])
    assert (now, True) == (password(place.state, "source"), place.takes(now))
    assert old != now
    place.asks_for(next(WORDS))
    assert 0 == place.apply(place.plan().plan.digest).exit_code


def test_somebody_elses_rotation_is_drift(place: Place) -> None:
    """What somebody made current between plan and apply is not overwritten; Secrets Manager's own rotation is left alone."""
    aws = client("secretsmanager", place.state)
    place.asks_for(next(WORDS))
    digest = place.plan().plan.digest
    old = password(place.state, "source")
    aws.put_secret_value(SecretId=SECRET, SecretString=old)

    drifted = place.apply(digest)
    assert 3 == drifted.exit_code
    assert old == password(place.state, "source")
    assert 0 == place.apply(place.plan().plan.digest).exit_code
