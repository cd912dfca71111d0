"""The operator has only some of the rights: his part is done, the rest is owed with the artefact for the one who has them."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.headless import Run
from runbook_lib.sandbox.snapshot import snapshot
from runbook_lib.sandbox.state import State
from tests.driver import Driver

AWS = ("storage", "server_role")
DATABASES = ("source_database", "destination_database")


@contextmanager
def denied(state: State, actions: str) -> Iterator[None]:
    """Let the endpoint refuse the operator some actions (a regular expression)."""
    place = f"http://127.0.0.1:{state.aws_port}/_sandbox/faults"
    urllib.request.urlopen(urllib.request.Request(place, json.dumps([{"match": actions, "kind": "deny"}]).encode(), method="POST")).close()
    try:
        yield
    finally:
        urllib.request.urlopen(urllib.request.Request(place, method="DELETE")).close()


@pytest.fixture
def own_passwords(drive: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the users passwords that need no AWS right to make."""
    text = drive.file.read_text("utf-8")
    for side in ("source", "destination"):
        monkeypatch.setitem(os.environ, f"{side.upper()}_USER_PASSWORD", f"Password1{side}")
        text = text.replace(f"generate:secretsmanager:tonic-sandbox/{side}-user", f"env:{side.upper()}_USER_PASSWORD")
    drive.file.write_text(text, "utf-8")


def outcomes(run: Run, stages: tuple[str, ...]) -> set[str]:
    """Collect what became of the changes of some stages."""
    receipts = (run.results[stage].receipt for stage in stages)
    return {entry.outcome for receipt in receipts if receipt is not None for entry in receipt.entries}


def artefacts(run: Run, stage: str) -> set[str]:
    """List what a stage hands over."""
    return {path.name for path in (run.record.folder / "artefacts" / stage).iterdir()}


def test_a_warehouse_admin_without_aws_rights(
    drive: Driver, sandbox: tuple[State, Path], own_passwords: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He sets up both databases; what AWS needs is owed by the cloud engineer, with every script and document."""
    del own_passwords
    before = snapshot(*sandbox)
    with monkeypatch.context() as patch:
        for name in [each for each in os.environ if each.startswith("AWS_")]:
            patch.delitem(os.environ, name)
        patch.setitem(os.environ, "AWS_EC2_METADATA_DISABLED", "true")
        patch.setitem(os.environ, "AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        run = drive("apply")

    assert (6, []) == (run.exit_code, broken(run))
    assert {"applied"} == outcomes(run, DATABASES)
    assert before["aws"] == snapshot(*sandbox)["aws"]
    owed = {each.stage: each.by for each in run.findings if each.verdict == "owed" and each.address}
    assert {**dict.fromkeys(AWS, "cloud engineer"), "rehearsal": "Structural operator"} == owed
    assert {"storage.sh", "tonic-sandbox-source.lifecycle.json"} <= artefacts(run, "storage")
    assert {"server_role.sh", "tonic-sandbox-server.trust.json"} <= artefacts(run, "server_role")

    finished = drive("apply", stages=AWS)
    assert (0, {"applied"}) == (finished.exit_code, outcomes(finished, AWS))
    assert 0 == drive("destroy").exit_code
    assert before == snapshot(*sandbox)


def test_a_cloud_engineer_without_database_rights(drive: Driver, sandbox: tuple[State, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """He sets up the account; both databases are owed by the warehouse admin, with their SQL."""
    before = snapshot(*sandbox)
    with monkeypatch.context() as patch:
        patch.delitem(os.environ, "RUNBOOK_SANDBOX_ADMIN_PASSWORD")
        run = drive("apply")

    assert (6, []) == (run.exit_code, broken(run))
    assert {"applied"} == outcomes(run, AWS)
    assert {"warehouse admin"} == {each.by for each in run.findings if each.verdict == "owed" and each.stage in DATABASES}
    assert {"source_database.sql", "source_password.sh"} <= artefacts(run, "source_database")
    assert {"destination_database.sql", "destination_password.sh"} <= artefacts(run, "destination_database")

    finished = drive("apply", stages=DATABASES)
    assert (0, {"applied"}) == (finished.exit_code, outcomes(finished, DATABASES))
    assert 0 == drive("destroy").exit_code
    assert before == snapshot(*sandbox)


@pytest.mark.parametrize(
    ("actions", "stage", "script"),
    [
        ("iam:(Create|Put|Add|Attach|Tag).*", "server_role", "server_role.sh"),
        ("iam:.*", "server_role", "server_role.sh"),
        ("s3:(Create|Put).*", "storage", "storage.sh"),
        ("ec2:.*", "server_role", "server_role.sh"),
    ],
)
def test_an_operator_who_lacks_one_service(drive: Driver, sandbox: tuple[State, Path], actions: str, stage: str, script: str) -> None:
    """The stage that needs the right ends owed with its script; every other stage is done."""
    before = snapshot(*sandbox)
    with denied(sandbox[0], actions):
        run = drive("apply", stages=(*AWS, *DATABASES))

    assert (6, []) == (run.exit_code, broken(run))
    assert {"applied"} == outcomes(run, tuple({*AWS, *DATABASES} - {stage}))
    assert stage in {each.stage for each in run.findings if each.verdict == "owed"}
    assert script in artefacts(run, stage)

    finished = drive("apply", stages=(*AWS, *DATABASES))
    assert (0, []) == (finished.exit_code, broken(finished))
    assert 0 == drive("destroy").exit_code
    assert before == snapshot(*sandbox)


def broken(run: Run) -> list[Any]:
    """List what is broken, in short."""
    return [(each.stage, each.claim, each.detail) for each in run.findings if each.verdict == "broken"]
