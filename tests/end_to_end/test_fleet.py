"""A fleet against one sandbox, with real processes: planned, approved together, applied, and audited by the batch's record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runbook_lib.sandbox.state import State
from tests.checkout import Checkout
from tests.driver import HERE, driver
from tests.end_to_end.world import client

STORAGE = ("--stage", "storage", "--jobs", "2")


def files(state: State, folder: Path, tmp_path: Path) -> list[str]:
    """Write the parameter files of two environments that are as they should be, and of one in another account."""
    text = driver(state, folder, tmp_path).file.read_text("utf-8").replace("approval: automatic", "approval: manual")
    accounts = {"north": state.account, "south": state.account, "lost": "210987654321"}
    made = {name: text.replace("sandbox-", f"{name}-").replace("environment: sandbox", f"environment: {name}") for name in accounts}
    for name, account in accounts.items():
        (tmp_path / f"{name}.yaml").write_text(made[name].replace(f'account: "{state.account}"', f'account: "{account}"'), "utf-8")
    return [str(tmp_path / f"{name}.yaml") for name in accounts]


def codes(answer: dict[str, Any]) -> list[int]:
    """List the environments' exit codes."""
    return [row["exit_code"] for row in answer["environments"]]


def test_a_fleet_from_plan_to_audit(sandbox: tuple[State, Path], tmp_path: Path) -> None:
    """One that is in the wrong account stops nobody; nothing is applied but what was approved; one digest vouches for every record."""
    state, folder = sandbox
    checkout, fleet = Checkout(HERE, folder), files(state, folder, tmp_path)

    planned = checkout("batch", *fleet, "--verb", "plan", *STORAGE, expected=5)
    assert [0, 0, 5] == codes(planned)
    assert ["changes pending", "changes pending"] == [row["stages"][0]["state"] for row in planned["environments"][:2]]

    approved = checkout("approve", planned["record"], "--by", "Jo")
    assert ["north", "south"] == [each["environment"] for each in approved["approvals"]]

    applied = checkout("batch", *fleet, "--verb", "apply", *STORAGE, expected=3)
    assert [0, 0, 3] == codes(applied)
    assert "which nobody approved" in applied["environments"][2]["said"]
    made = {each["Name"] for each in client("s3", state).list_buckets()["Buckets"]}
    assert {"tonic-north-source", "tonic-south-destination"} <= made

    audited = checkout("audit", "verify", applied["record"], "--digest", applied["record_digest"])
    assert 2 == sum("against its digest, and within" in each for each in audited["checked"])
