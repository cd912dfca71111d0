"""What an apply could not make: who owes it, and the way out that fits the thing."""

from __future__ import annotations

import pytest

from runbook_lib.model import Approval, Change, Entry, Receipt, Resource
from runbook_lib.model.plans import Outcome
from runbook_lib.resources.iam import Role
from runbook_lib.resources.rehearsals import Flow, Rehearsal
from runbook_lib.resources.s3 import BucketSetting
from runbook_lib.resources.secretsmanager import Secret
from runbook_lib.resources.warehouse import DatabaseUser
from runbook_lib.runbook import owing
from runbook_lib.runbook.open import stage_named

ADA = (Approval(digest="d", by="ada", at="2026-01-01T00:00:00.000Z"),)
ROLE = Role(name="tonic-server", trust="{}")
TAGS = BucketSetting(bucket="tonic-a", setting="tags", value="[]")
USER = DatabaseUser(side="source", name="tonic", password="env:X")
SECRET = Secret(name="tonic/source")
NAMES = ("source_database.sql", "source_password.sh", "storage.sh", "server_role.sh", "tonic-server.trust.json")


def rehearsal(flow: Flow, *acts_as: str) -> Rehearsal:
    """Describe one that is played as somebody."""
    return Rehearsal(flow=flow, acts_as=acts_as, touches=(), proves="p")


def way_out(slug: str, thing: Resource, outcome: Outcome = "owed", artefact: str = "", names: tuple[str, ...] = NAMES) -> str:
    """Give the way out of a thing that was to be made."""
    entry = Entry(change=Change(before=None, after=thing), outcome=outcome, artefact=artefact)
    return owing.ways_out(slug, Receipt(stage=slug, digest="d", approvals=ADA, entries=(entry,)), names, "resume it")[thing.address]


@pytest.mark.parametrize(
    ("slug", "thing", "expected"),
    [
        ("storage", TAGS, "hand over artefacts/storage/storage.sh"),
        ("server_role", ROLE, "hand over artefacts/server_role/server_role.sh"),
        ("source_database", SECRET, "hand over artefacts/source_database/source_password.sh"),
        ("rehearsal", rehearsal("files", "tonic-server"), owing.PLAYED),
        (
            "source_database",
            USER,
            "hand over artefacts/source_database/source_database.sql; when it is there, add database_user/source/tonic to adopt:",
        ),
    ],
)
def test_each_kind_of_thing_has_its_way_out(slug: str, thing: Resource, expected: str) -> None:
    """The file that makes it is named; only a database user is adopted afterwards, and a rehearsal is nothing to hand over."""
    assert expected == way_out(slug, thing)


def test_what_no_file_makes_is_asked_for() -> None:
    """No file is named that is not there, and one that the refusal itself wrote is."""
    assert f"ask {ROLE.address} of whoever has the right, or have it given to you" == way_out("server_role", ROLE, names=())
    assert "hand over artefacts/teardown/owed-1.sql" in way_out("teardown", USER, artefact="ALTER TABLE a OWNER TO b;")


@pytest.mark.parametrize("outcome", ["failed", "rolled back", "withheld"])
def test_what_was_approved_and_stopped_goes_on(outcome: Outcome) -> None:
    """Nobody has to plan it anew: the way out is the command that is told as next."""
    assert "resume it" == way_out("storage", TAGS, outcome)


def test_nothing_that_was_not_approved_goes_on() -> None:
    """It is planned, read and approved first."""
    entry = Entry(change=Change(before=None, after=TAGS), outcome="withheld")
    assert {} == owing.ways_out("storage", Receipt(stage="storage", digest="d", entries=(entry,)), NAMES, "resume it")


def test_a_rehearsal_is_owed_by_who_owes_what_it_is_played_as() -> None:
    """Else by who has it played, never by who merely comes first in its stage."""
    stage = stage_named("rehearsal")
    left = {"iam_role/tonic-server": "cloud engineer", "database_user/source/tonic": "warehouse admin", "s3_bucket/x": "somebody"}

    def owner(flow: Flow, *acts_as: str, known: dict[str, str] = left) -> str:
        return owing.owner(stage, Change(before=None, after=rehearsal(flow, *acts_as)), known)

    assert "cloud engineer" == owner("files", "tonic-server")
    assert "cloud engineer, warehouse admin" == owner("unload_and_copy", "tonic-server", "source/tonic")
    assert "Structural operator" == owner("unload_and_copy", "tonic-server", known={})
    assert "warehouse admin" == owner("source_user", "source/tonic", known={})
    assert "cloud engineer" == owing.owner(stage_named("storage"), Change(before=None, after=TAGS), left)
