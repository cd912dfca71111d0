"""A user with just the policies that the runbook writes sets an environment up, verifies it and takes it down again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from runbook_lib import cli, headless
from runbook_lib.sandbox.state import State
from runbook_lib.sandbox.supervisor import environment
from tests.driver import Driver, driver, example, not_kept
from tests.end_to_end.conftest import sandboxed
from tests.end_to_end.world import client, forget_secrets

Sandbox = tuple[State, Path]
NUMBERS = count()


def adopting_key(sandbox: Sandbox, folder: Path) -> Driver:
    """Drive the legacy example with a key of the queues that is there already."""
    policy = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{sandbox[0].account}:root"}, "Action": "kms:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    drive = example("example-legacy-kms", *sandbox, folder)
    kms = client("kms", sandbox[0])
    arn = kms.create_key(Policy=document)["KeyMetadata"]["Arn"]
    kms.enable_key_rotation(KeyId=arn)
    text = drive.file.read_text("utf-8")
    key = next(line for line in text.splitlines() if line.strip().startswith("create: ") and "queue" in line)
    text = text.replace(key, key[: key.index("create")] + f"adopt: {arn}")
    assert "\nrehearsal: evaluate" in text
    text = text.replace("\nrehearsal: evaluate", "\nroles:\n  twins: true\nrehearsal: exercise")
    drive.file.write_text(text, "utf-8")
    return drive


def with_bucket(sandbox: Sandbox, folder: Path) -> Driver:
    """Drive a file whose administrators' passwords lie in a managed secret, and whose records in a bucket that holds them."""
    drive = driver(*sandbox, folder)
    client("s3", sandbox[0]).create_bucket(Bucket="acme-records", ObjectLockEnabledForBucket=True)
    text = drive.file.read_text("utf-8")
    for old, new in (
        ("    user: awsuser\n    password: env:RUNBOOK_SANDBOX_ADMIN_PASSWORD\n", "    login: managed_secret\n"),
        (f"records: {folder}/runs", "records: s3://acme-records/team\nrecords_retention:\n  days: 1"),
    ):
        assert old in text
        text = text.replace(old, new)
    drive.file.write_text(text, "utf-8")
    return drive


VARIANTS: dict[str, Callable[[Sandbox, Path], Driver]] = {
    "V2, played as the instance": lambda sandbox, folder: driver(*sandbox, folder),
    "V2 with keys": lambda sandbox, folder: example("example-v2-kms", *sandbox, folder),
    "a managed secret, and records in a bucket": with_bucket,
    "legacy with an adopted key, played through twins": adopting_key,
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Run a sandbox in which nobody set up anything that is still there: that is what the policies are rendered for."""
    with sandboxed() as box:
        yield box


@pytest.fixture
def caller(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path, str], None]]:
    """Act as a new user who has just the policies in a folder, on a machine of his own."""
    state, folder = sandbox
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    os.environ.update(environment(folder))
    iam, name = client("iam", state), f"least-caller-{next(NUMBERS)}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]

    def allow(written: Path, prefix: str) -> None:
        for file in sorted(written.glob("caller-*.json")):
            made = iam.create_policy(
                PolicyName=f"{name}-{prefix}-{file.stem}", PolicyDocument=json.dumps(json.loads(file.read_text("utf-8")))
            )
            iam.attach_user_policy(UserName=name, PolicyArn=made["Policy"]["Arn"])
        os.environ.update(AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"])

    yield allow
    os.environ.update(environment(folder))
    forget_secrets(state)


def amiss(run: headless.Run) -> list[tuple[str, str, str]]:
    """List what is not kept, but for the rights themselves, which he may not have simulated."""
    return [each for each in not_kept(run) if "rights" not in each[1]]


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIANTS)
def test_the_written_policies_are_enough(name: str, sandbox: Sandbox, tmp_path: Path, caller: Callable[[Path, str], None]) -> None:
    """With what `render` wrote, plan, apply and verify end well, and the second plan is empty; so does the way back, with its own."""
    drive = VARIANTS[name](sandbox, tmp_path)
    assert 0 == cli.main(["render", str(drive.file), "--out", str(tmp_path / "rendered")])
    caller(tmp_path / "rendered" / "10_preflight", "set-up")

    planned = drive("plan")
    assert [] == amiss(planned)
    applied = drive("apply", approve=planned.plan.digest)
    assert ([], True) == (amiss(applied), bool(planned.plan.plans[1].changes))
    again = drive("plan")
    assert ([], True) == (amiss(again), again.plan.is_empty)

    os.environ.update(environment(sandbox[1]))
    back = drive("destroy")
    caller(back.record.folder / "artefacts" / "teardown", "back")
    destroyed = drive("destroy", approve=drive("destroy").plan.digest)
    assert [] == amiss(destroyed)
