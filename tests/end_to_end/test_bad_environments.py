"""What is wrong out there: each cause has its own clear finding, nothing is half-made, and the same command works once it is gone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from runbook_lib import headless
from runbook_lib.sandbox.aws.sample import PARTNER, RETIRED_KEY
from runbook_lib.sandbox.snapshot import snapshot
from runbook_lib.sandbox.state import State
from tests.driver import Driver
from tests.end_to_end.world import admin, client, expire_sessions

Edit = Callable[[str], str]


def told(run: headless.Run) -> str:
    """Join everything a run says about what is not kept, and what stopped it."""
    lines = [f"{each.verdict}: {each.claim}: {each.detail}; {each.way_out}" for each in run.findings if each.verdict != "kept"]
    entries = [entry.detail for result in run.results.values() if result.receipt for entry in result.receipt.entries]
    return "\n".join([*lines, *entries, *(f"{each.error}: {each.message}" for each in run.executed if each.error)])


def edited(drive: Driver, old: str, new: str, count: int = -1) -> None:
    """Change the parameter file."""
    text = drive.file.read_text("utf-8")
    assert old in text
    drive.file.write_text(text.replace(old, new, count), "utf-8")


CASES = [
    ('account: "123456789012"', 'account: "210987654321"', 5, ("123456789012", "210987654321"), "server_role"),
    ("database: tickit_masked", "database: no_such_database", 4, ("no_such_database",), "destination_database"),
    ("i-0a1b2c3d4e5f60718", "i-0a1b2c3d4e5f60719", 4, ("there is no instance",), "server_role"),
    ("user: awsuser", "user: nobody_knows", 4, ("refuses user or password",), "source_database"),
]


@pytest.mark.parametrize(("old", "new", "code", "words", "stage"), CASES)
def test_a_wrong_value_is_found_and_nothing_is_made(
    drive: Driver, sandbox: tuple[State, Path], old: str, new: str, code: int, words: tuple[str, ...], stage: str
) -> None:
    """A wrong account, database, instance or administrator is named in the plan, which writes nothing."""
    before = snapshot(*sandbox)
    edited(drive, old, new)

    run = drive("plan", stages=("preflight", stage))

    assert code == run.exit_code
    assert [] == [word for word in words if word not in told(run)]
    assert before == snapshot(*sandbox)
    edited(drive, new, old)
    assert 0 == drive("plan", stages=("preflight", stage)).exit_code


def test_an_unreachable_port_names_the_layer(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """A port that nobody listens on is a refused TCP connection, not a wrong password: broken once, and the rest is unknown."""
    port = f"port: {sandbox[0].redshift_port}"
    edited(drive, port, "port: 1", 1)

    run = drive("plan", stages=("preflight", "source_database"))

    assert 4 == run.exit_code
    assert "TCP: the port refuses the connection" in told(run)
    broken = [each.claim for each in run.findings if each.verdict == "broken"]
    assert ["the administrator reaches the source database"] == broken
    edited(drive, "port: 1\n", f"{port}\n", 1)
    assert 0 == drive("plan", stages=("preflight", "source_database")).exit_code


def test_an_unknown_host_names_the_layer(drive: Driver) -> None:
    """A host name that nobody knows is a matter of DNS, not of the port."""
    for old, new in (
        ("approval: automatic", "approval: manual"),
        ("sslmode: disable", "sslmode: verify-full"),
        ("host: 127.0.0.1", "host: no-such-host.invalid"),
    ):
        edited(drive, old, new, 1)

    run = drive("plan", stages=("preflight",))

    assert 4 == run.exit_code
    assert "DNS" in told(run)


def test_a_wrong_password_is_found(drive: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong administrator's password is told as such and is quoted nowhere."""
    monkeypatch.setitem(os.environ, "RUNBOOK_SANDBOX_ADMIN_PASSWORD", "Canary123Canary")

    run = drive("plan", stages=("preflight", "source_database", "destination_database"))

    assert 4 == run.exit_code
    assert "the server refuses user or password" in told(run)
    assert [] == [path for path in run.record.folder.rglob("*") if path.is_file() and "Canary123Canary" in path.read_text("utf-8")]


def test_a_missing_secret_is_owed(drive: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the administrator's password is not at hand, the databases are owed with their SQL and the others go on."""
    monkeypatch.delitem(os.environ, "RUNBOOK_SANDBOX_ADMIN_PASSWORD")

    run = drive("plan")

    assert 6 == run.exit_code
    assert {"storage", "server_role"} <= {plan.stage for plan in run.plan.plans if plan.changes}
    assert (run.record.folder / "artefacts" / "source_database" / "source_database.sql").exists()


def test_an_administrator_who_is_no_superuser_is_owed(drive: Driver, sandbox: tuple[State, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """An administrator without power is told before the first write, with the SQL for the one who has it."""
    with admin(*sandbox) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER weak_admin PASSWORD 'Abcdefg1'")
    monkeypatch.setitem(os.environ, "WEAK", "Abcdefg1")
    edited(drive, "user: awsuser\n    password: env:RUNBOOK_SANDBOX_ADMIN_PASSWORD", "user: weak_admin\n    password: env:WEAK", 1)
    before = snapshot(*sandbox)

    run = drive("plan", stages=("preflight", "source_database"))

    with admin(*sandbox) as connection, connection.cursor() as cursor:
        cursor.execute("DROP USER weak_admin")
    assert "is no superuser" in told(run)
    assert run.exit_code in {4, 6}
    assert before["aws"] == snapshot(*sandbox)["aws"]


def test_an_existing_role_is_contested(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """A role of our name that somebody else made stays as it is until the file adopts it."""
    iam = client("iam", sandbox[0])
    trust = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
    )
    iam.create_role(RoleName="tonic-sandbox-server", AssumeRolePolicyDocument=trust)
    before = snapshot(*sandbox)

    run = drive("apply", stages=("server_role",))
    after = snapshot(*sandbox)
    edited(drive, "rehearsal:", "adopt: [iam_role/tonic-sandbox-server]\nrehearsal:")
    adopted = drive("apply", stages=("server_role",))
    drive("destroy")
    restored = snapshot(*sandbox)
    iam.delete_role(RoleName="tonic-sandbox-server")

    assert 4 == run.exit_code
    assert "exists and was not made by the runbook" in told(run)
    assert before["aws"]["roles"] == after["aws"]["roles"]
    assert "applied" in {entry.outcome for entry in adopted.results["server_role"].receipt.entries}  # type: ignore[union-attr]
    assert before["aws"]["roles"] == restored["aws"]["roles"]
    drive("destroy")


def test_an_existing_user_is_contested(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """A database user of our name that somebody else made keeps password and rights."""
    with admin(*sandbox) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER tonic_user PASSWORD 'Abcdefg1'")

    run = drive("apply", stages=("source_database",))
    drive("destroy")
    with admin(*sandbox) as connection, connection.cursor() as cursor:
        cursor.execute("DROP USER tonic_user")

    assert 4 == run.exit_code
    assert "database_user/source/tonic_user" in told(run)
    assert 0 == drive("apply", stages=("source_database",)).exit_code
    assert 0 == drive("destroy").exit_code


def test_a_bucket_in_another_region_is_found(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """A bucket elsewhere is broken: COPY and UNLOAD need it in the cluster's region."""
    s3 = client("s3", sandbox[0])
    s3.create_bucket(Bucket="tonic-sandbox-source", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    run = drive("plan", stages=("storage",))
    verified = drive("verify", stages=("storage",))
    s3.delete_bucket(Bucket="tonic-sandbox-source")

    assert 4 == run.exit_code
    assert "eu-west-1" in told(verified)
    assert 0 == drive("plan", stages=("storage",)).exit_code


def test_a_key_pending_deletion_is_found(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """A key that its owner is about to delete is refused with the commands that keep it; nothing sits on it until they were run."""
    kms = client("kms", sandbox[0])
    alias = next(each for each in kms.list_aliases()["Aliases"] if each["AliasName"] == RETIRED_KEY)
    key = kms.describe_key(KeyId=alias["TargetKeyId"])["KeyMetadata"]["Arn"]
    edited(drive, "\nsource:\n  host", f"\nkms:\n  bucket_keys:\n    source:\n      adopt: {key}\n\nsource:\n  host", 1)
    before = snapshot(*sandbox)
    stages = ("preflight", "storage", "encryption", "server_role")

    run = drive("plan", stages=stages)
    after = snapshot(*sandbox)
    kms.cancel_key_deletion(KeyId=alias["TargetKeyId"])
    kms.enable_key(KeyId=alias["TargetKeyId"])
    mended = drive("plan", stages=stages)
    kms.schedule_key_deletion(KeyId=alias["TargetKeyId"], PendingWindowInDays=30)

    assert 4 == run.exit_code
    assert f"{key} is PendingDeletion" in told(run)
    assert "aws kms cancel-key-deletion" in told(run)
    assert before == after
    assert 0 == mended.exit_code


def test_expired_credentials_are_found(drive: Driver, sandbox: tuple[State, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that has ended is told as such, with the way out, and nothing is made; a new one plans."""
    trusting = {"RoleArn": f"arn:aws:iam::{sandbox[0].account}:role/acme-deployer", "ExternalId": "runbook-sandbox"}

    def enter() -> None:
        made = client("sts", sandbox[0]).assume_role(**trusting, RoleSessionName="late")["Credentials"]
        for name, field in (("ACCESS_KEY_ID", "AccessKeyId"), ("SECRET_ACCESS_KEY", "SecretAccessKey"), ("SESSION_TOKEN", "SessionToken")):
            monkeypatch.setenv(f"AWS_{name}", made[field])

    before = snapshot(*sandbox)
    operator = dict(os.environ)
    enter()
    expire_sessions(sandbox[0])

    run = drive("plan", stages=("preflight", "storage"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, operator[name])
    enter()
    again = drive("plan", stages=("preflight", "storage"))

    caller = next(each for each in run.findings if each.claim == "the caller is in the file's account, partition, region and endpoint")
    assert ("preflight", "unknown") == (caller.stage, caller.verdict)
    assert "The security token included in the request is expired" in caller.detail
    assert "renew the credentials" in caller.way_out
    assert before == snapshot(*sandbox)
    assert 0 == again.exit_code


def test_a_bucket_of_another_account_is_found(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """A bucket whose name somebody else took is found before the first write, and nothing is put there."""
    theirs = boto3.Session(aws_access_key_id=PARTNER, aws_secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"])
    s3 = theirs.client("s3", region_name=sandbox[0].region, endpoint_url=f"http://127.0.0.1:{sandbox[0].aws_port}")
    s3.create_bucket(Bucket="tonic-sandbox-source")

    run = drive("plan", stages=("preflight", "storage"))
    held = s3.list_objects_v2(Bucket="tonic-sandbox-source").get("Contents", [])
    s3.delete_bucket(Bucket="tonic-sandbox-source")

    found = [each for each in run.findings if each.detail == "tonic-sandbox-source belongs to another account"]
    assert (4, [("preflight", "broken")]) == (run.exit_code, [(each.stage, each.verdict) for each in found])
    assert [] == held
    assert 0 == drive("plan", stages=("preflight", "storage")).exit_code


def test_one_database_behind_two_names_is_refused(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """Source and destination that are one database, whatever the host names say, are refused before the first write."""
    before = snapshot(*sandbox)
    text = drive.file.read_text("utf-8")
    head, _, tail = text.partition("destination:\n  host:")
    drive.file.write_text(f"{head}destination:\n  host:{tail}".replace("database: tickit_masked", "database: tickit"), "utf-8")
    text = drive.file.read_text("utf-8")
    place = text.rindex("host: 127.0.0.1")
    drive.file.write_text(text[:place] + "host: localhost" + text[place + len("host: 127.0.0.1") :], "utf-8")

    run = drive("apply", stages=("preflight", "source_database", "destination_database"))

    assert 4 == run.exit_code
    assert "source and destination are one database" in told(run)
    assert before["warehouse"] == snapshot(*sandbox)["warehouse"]
    drive("destroy")
