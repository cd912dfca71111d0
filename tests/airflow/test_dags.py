"""What Airflow makes of a fleet: real runs of the commands in a sandbox, with a person who reads the log and types what it says."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest

from runbook_lib.sandbox.injection import Fault, inject
from tests import machine
from tests.airflow.conftest import BUCKET, NAMES, ODD, Airflow, House
from tests.end_to_end.world import client

NEXT = re.compile(r"next: runbook approve (\S+)")
ONE, TWO = NAMES


def states(ran: dict[str, Any]) -> dict[str, str]:
    """Give each task's state."""
    return {name: each["state"] for name, each in ran.items()}


def test_each_file_has_a_dag_and_each_account_a_pool(airflow: Airflow, house: House) -> None:
    """Airflow reads the documented file without an error; what calls an account runs in its pool, and a broken file has its DAG too."""
    described = airflow()

    assert {} == described["errors"]
    assert {f"runbook-{name}" for name in (*NAMES, "prod-broken", "prod-_tat_eu-DIGEST")} == {
        re.sub(r"eu-[0-9a-f]{8}$", "eu-DIGEST", name) for name in described["dags"]
    }
    pool = f"runbook-{house.state.account}"
    assert {
        "tasks": {
            "plan": {"after": [], "pool": pool, "rule": "all_success"},
            "approval": {"after": ["plan"], "pool": "default_pool", "rule": "all_success"},
            "apply": {"after": ["approval"], "pool": pool, "rule": "all_success"},
            "verify": {"after": ["apply"], "pool": pool, "rule": "none_failed"},
        },
        "tags": [house.state.account, "runbook"],
        "at_once": 1,
    } == described["dags"][f"runbook-{ONE}"]
    command = [machine.airflow(), "-P", "-m", "runbook_lib.fleet.airflow", "--slots", "2", str(house.file("prod-*"))]
    written = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert {pool: 2} == {name: each["slots"] for name, each in written.items()}


@pytest.fixture(scope="module")
def applied(airflow: Airflow, house: House) -> dict[str, Any]:
    """Have one environment set up: a person approves by the command in the log, and credentials expire during the first attempt."""

    def approve(line: str) -> None:
        inject(house.state, house.box, Fault("expired", match="s3:PutBucketEncryption", times=1000), "aws")
        house.type("approve", NEXT.findall(line)[0], "--by", "Jo")

    return airflow(f"runbook-{ONE}", {"next: runbook approve ": approve, "exit code 1": lambda _: inject(house.state, house.box, None)})


def test_a_failed_apply_is_resumed(applied: dict[str, Any], house: House) -> None:
    """What was approved is applied: the second attempt is a `runbook resume` of the first, and every record is in the bucket."""
    assert dict.fromkeys(("plan", "approval", "apply", "verify"), "success") == states(applied)
    assert {"plan": 1, "apply": 2, "verify": 1} == {name: each["tries"] for name, each in applied.items() if name != "approval"}
    planned, stopped, resumed, verified = house.records(ONE)[:4]
    handed_on = {name: each["handed on"].get("return_value") for name, each in applied.items()}
    assert [planned, resumed, verified] == [handed_on[name]["record"] for name in ("plan", "apply", "verify")]
    assert {0} == {each["exit_code"] for each in handed_on.values() if each}
    command = f"{house.runbook} apply {house.file(ONE)} --approved {handed_on['plan']['digest']} --json --progress"
    assert command == applied["apply"]["command"]
    kept = client("s3", house.state).get_object(Bucket=BUCKET, Key=f"team/{ONE}/{resumed}/run.json")["Body"]
    assert stopped == json.load(kept)["resumes"]["record"]


def test_an_unchanged_environment_is_only_verified(applied: dict[str, Any], airflow: Airflow) -> None:
    """The next run has nothing to approve and nothing to apply."""
    assert "success" == applied["apply"]["state"]

    ran = airflow(f"runbook-{ONE}")

    assert {"plan": "success", "approval": "skipped", "apply": "skipped", "verify": "success"} == states(ran)


def test_a_rejected_plan_stops_its_run(airflow: Airflow, house: House) -> None:
    """Rejected, nothing is applied or verified, no attempt is repeated, and nothing was written."""
    ran = airflow(
        f"runbook-{TWO}",
        {"next: runbook approve ": lambda line: house.type("reject", NEXT.findall(line)[0], "--reason", "too wide", "--by", "Jo")},
    )

    assert {"plan": "success", "approval": "failed", "apply": "upstream_failed", "verify": "upstream_failed"} == states(ran)
    assert {f"tonic-{TWO}-source"}.isdisjoint(each["Name"] for each in client("s3", house.state).list_buckets()["Buckets"])


def test_a_file_of_any_name_and_text_has_a_dag_that_runs(airflow: Airflow) -> None:
    """Its command gets the file's own name and says what is wrong with it."""
    heard: list[str] = []
    (name,) = (each for each in airflow()["dags"] if each.startswith("runbook-prod-_tat"))

    ran = airflow(name, {"exit code 2": heard.append})

    assert ("failed", 1) == (ran["plan"]["state"], ran["plan"]["tries"])
    assert f"{ODD}.yaml:" in heard[0]


def test_a_broken_file_fails_at_once(airflow: Airflow) -> None:
    """What another attempt would only say again is not tried again."""
    heard: list[str] = []

    ran = airflow("runbook-prod-broken", {"exit code 2": heard.append})

    assert ("failed", 1) == (ran["plan"]["state"], ran["plan"]["tries"])
    assert ["prod-broken.yaml"] == re.findall(r"prod-broken\.yaml", heard[0])[:1]
