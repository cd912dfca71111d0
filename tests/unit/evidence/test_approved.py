"""The plan that an approval is for is found by its digest, and refused where the parameter file says something else by now."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_lib.errors import ApprovalRefused, PlanDrifted
from runbook_lib.evidence.approved import find_plan, refuse_changed
from runbook_lib.evidence.record import PARAMETERS, Record, RunFacts
from runbook_lib.model import EnvironmentPlan, Plan
from runbook_lib.parameters.written import as_yaml
from tests.stages.worlds import environment

FACTS = RunFacts(environment="staging", verb="plan", started="2026-01-02T03:04:05.678Z")
HERE = environment()
BOB = {"row": "G2", "who": "Bob", "date": "2026-01-31"}
WHOLE = EnvironmentPlan(environment="staging", plans=tuple(Plan(stage=each, environment="staging", scope=()) for each in ("a", "b")))


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Make the record of a plan."""
    record = Record.create(tmp_path, FACTS)
    record.write("plan.json", WHOLE.model_dump_json())
    record.write(PARAMETERS, as_yaml(HERE))
    return record


@pytest.mark.usefixtures("record")
def test_a_plan_is_found_by_its_digest_or_a_stages(tmp_path: Path) -> None:
    """The environment's digest finds all stages, a stage's digest just that one."""
    assert WHOLE == find_plan(tmp_path, HERE, WHOLE.digest)
    assert WHOLE.plans[:1] == find_plan(tmp_path, HERE, WHOLE.plans[0].digest).plans


def test_an_unknown_digest_is_refused(tmp_path: Path) -> None:
    """A digest that no plan of the environment has is refused with the way out."""
    with pytest.raises(ApprovalRefused, match=r"staging: no plan in the record store .* run `runbook plan`"):
        find_plan(tmp_path, HERE, "f" * 64)


def test_every_key_that_changed_is_named(record: Record, tmp_path: Path) -> None:
    """Old and new value stand beside each key, of sections, of lists, and where one side is not set; references stay references."""
    now = environment(
        buckets={"retention_days": 9},
        adopt=["s3_bucket/tonic-src"],
        roles={"tags": {"team": "privacy"}},
        source={"user": {"name": "tonic_user", "password": "env:OTHER"}},
        confirmations=[
            {"row": row, "who": "Bob" if row == "G2" else "Ada", "date": "2026-01-31"} for row in ("A1", "A5", "A7", "C1", "G2")
        ],
    )

    with pytest.raises(PlanDrifted) as refused:
        find_plan(tmp_path, now, WHOLE.digest)

    assert f"the parameter file was changed after {record.folder.name}: " in refused.value.what
    assert {
        "buckets.retention_days was 7, is 9",
        'adopt was [], is ["s3_bucket/tonic-src"]',
        'roles.tags.team was not set, is "privacy"',
        'source.user.password was "env:SOURCE_PASSWORD", is "env:OTHER"',
        'confirmations[4].who was "Ada", is "Bob"',
    } == set(refused.value.what.partition(": ")[2].split("; "))


def test_a_default_that_is_written_out_is_no_change(record: Record) -> None:
    """What a file says and what it leaves to its default are one."""
    refuse_changed(record, environment(buckets={"retention_days": 7}))


def test_parameters_that_no_longer_read_are_left_to_their_digest(record: Record) -> None:
    """A record of another version, or without parameters, refuses nothing here."""
    (record.folder / PARAMETERS).write_text("tabs: [\n", "utf-8")
    refuse_changed(record, environment(buckets={"retention_days": 9}))
    (record.folder / PARAMETERS).unlink()
    refuse_changed(record, environment(buckets={"retention_days": 9}))
