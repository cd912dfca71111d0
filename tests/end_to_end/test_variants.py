"""What the example files leave out: each way in, adopted keys and buckets, a database to be made, policies that are to be alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.headless import Run
from runbook_lib.sandbox.snapshot import snapshot
from runbook_lib.sandbox.state import State
from tests.driver import Driver, named, not_kept
from tests.end_to_end.world import client

ADMIN = """  admin:
    user: awsuser
    password: env:RUNBOOK_SANDBOX_ADMIN_PASSWORD
"""
LOGINS = {
    "the cluster's managed secret": "  admin:\n    login: managed_secret\n",
    "credentials that IAM gives out": "  admin:\n    login: cluster_credentials\n    user: awsuser\n",
    "a tunnel": f"  connect_to: 127.0.0.1\n{ADMIN}",
}


@pytest.fixture(autouse=True)
def _given_back(drive: Driver) -> object:
    """Give the sandbox back as it was, whatever a test left."""
    yield
    drive("destroy")


def edit(drive: Driver, *pairs: tuple[str, str]) -> None:
    """Change the parameter file."""
    text = drive.file.read_text("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    drive.file.write_text(text, "utf-8")


def done(drive: Driver, verb: Any, *stages: str) -> Run:
    """Carry out a verb that has to end with 0."""
    run = drive(verb, stages=stages)
    assert ([], 0) == (not_kept(run), run.exit_code)
    return run


def life(drive: Driver, sandbox: tuple[State, Path], *stages: str, between: Callable[[], None] = lambda: None) -> Run:
    """Apply, plan again without a change, destroy; the sandbox is what it was."""
    before = snapshot(*sandbox)
    applied = done(drive, "apply", "preflight", *stages)
    between()
    assert done(drive, "plan", *stages).plan.is_empty
    done(drive, "destroy")
    assert before == snapshot(*sandbox)
    return applied


@pytest.mark.parametrize("way", LOGINS)
def test_each_way_to_log_in(way: str, drive: Driver, sandbox: tuple[State, Path]) -> None:
    """Administrators reach both databases, each as the file says."""
    edit(drive, (ADMIN, LOGINS[way]))
    if way == "a tunnel":
        edit(drive, ("host: 127.0.0.1", "host: warehouse.example.com"))

    life(drive, sandbox, "source_database", "destination_database")


@pytest.mark.parametrize("pipeline", ["v2", "legacy"])
def test_keys_that_others_made_are_adopted(pipeline: str, drive: Driver, sandbox: tuple[State, Path]) -> None:
    """Statements are merged by their Sid into a shared key's policy, beside what stands there, and taken out again."""
    kms = client("kms", sandbox[0])
    alias = next(each for each in kms.list_aliases()["Aliases"] if each["AliasName"] == "alias/data-lake")
    key = kms.describe_key(KeyId=alias["TargetKeyId"])["KeyMetadata"]["Arn"]
    before = statements(kms, key)
    queue = f"  queue_key:\n    adopt: {key}\n" if pipeline == "legacy" else ""
    sides = "".join(f"    {side}:\n      adopt: {key}\n" for side in ("source", "destination"))
    edit(
        drive, ("pipeline: v2", f"pipeline: {pipeline}"), ("\nsource:\n  host", f"\nkms:\n{queue}  bucket_keys:\n{sides}\nsource:\n  host")
    )
    if pipeline == "legacy":
        confirm(drive, "A7", "C1", "F1", "F2", "F3", "F4", "F5")
        edit(drive, ("\nroles:\n", "\nroles:\n  twins: true\n"))
    found: dict[str, Any] = {}

    stages = ("storage", "encryption", "lambda_role", "server_role")
    life(drive, sandbox, *stages, between=lambda: found.update(statements(kms, key)))

    assert before.items() <= found.items()
    assert before == statements(kms, key)
    if pipeline == "legacy":
        assert [["s3.amazonaws.com"]] == [each["Principal"].get("Service") for sid, each in found.items() if sid not in before]


def statements(kms: Any, key: str) -> dict[str, Any]:
    """Read a key's policy by Sid."""
    document = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    return {each.get("Sid", str(place)): each for place, each in enumerate(document["Statement"])}


def confirm(drive: Driver, *rows: str) -> None:
    """Let somebody vouch for rows."""
    words = "".join(f'  - row: {row}\n    who: Tester\n    date: "2026-01-01"\n' for row in rows)
    edit(drive, ("confirmations:\n", f"confirmations:\n{words}"))


def test_buckets_that_others_made_are_never_changed(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """An adopted bucket is judged: where it is unfit for raw data, the command that mends it is told, and nothing is written to it."""
    s3 = client("s3", sandbox[0])
    for side in ("source", "destination"):
        s3.create_bucket(Bucket=f"tonic-theirs-{side}")
    edit(
        drive,
        ("tonic-sandbox-source\n    path", "tonic-theirs-source\n    path"),
        ("tonic-sandbox-destination\n    path", "tonic-theirs-destination\n    path"),
        ("  create: true\n", "  create: false\n"),
        ("\nrehearsal:", "\nadopt: [s3_bucket/tonic-theirs-source, s3_bucket/tonic-theirs-destination]\nrehearsal:"),
    )
    before = snapshot(*sandbox)

    run = drive("apply", stages=("storage",))

    assert [] == [change.address for plan in run.plan.plans for change in plan.changes if plan.stage == "storage"]
    told = [each for each in run.findings if each.stage == "storage" and each.way_out and "tonic-theirs-source" in each.way_out]
    assert any("put-public-access-block" in each.way_out for each in told)
    assert any("put-bucket-policy" in each.way_out or "SecureTransport" in each.way_out for each in told)
    done(drive, "destroy")
    assert before == snapshot(*sandbox)
    for side in ("source", "destination"):
        s3.delete_bucket(Bucket=f"tonic-theirs-{side}")


def test_a_database_is_made_and_taken_back(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """Under `create_database` the destination is made first; destroy drops it while it is empty."""
    edit(drive, ("  database: tickit_masked\n", "  database: tickit_made\n  create_database: true\n"))

    applied = life(drive, sandbox, "destination_database")

    assert "database/destination/tickit_made" in {change.address for plan in applied.plan.plans for change in plan.changes}


def test_policies_that_are_to_be_alone(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """Under `exclusive_policies` what somebody attached to our role is a change that takes it off, in the plan and under the digest."""
    edit(drive, ("\nrehearsal:", "\nexclusive_policies: true\nrehearsal:"))
    before = snapshot(*sandbox)
    done(drive, "apply", "server_role")
    iam = client("iam", sandbox[0])
    foreign = next(each["Arn"] for each in iam.list_policies(Scope="Local")["Policies"] if each["PolicyName"] == "acme-logging")
    iam.attach_role_policy(RoleName="tonic-sandbox-server", PolicyArn=foreign)
    address = f"iam_role_attachment/tonic-sandbox-server/{foreign}"

    verified = drive("verify", stages=("server_role",))
    repaired = done(drive, "apply", "server_role")

    assert (4, {address}) == (verified.exit_code, named(verified.findings, "broken"))
    assert [(address, "remove")] == [(change.address, change.verb) for plan in repaired.plan.plans for change in plan.changes]
    assert [] == iam.list_attached_role_policies(RoleName="tonic-sandbox-server")["AttachedPolicies"]
    done(drive, "destroy")
    assert before == snapshot(*sandbox)
