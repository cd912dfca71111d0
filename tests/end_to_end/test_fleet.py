"""A fleet against one sandbox, with real processes: planned, approved together, applied, and audited by the batch's record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runbook_lib.sandbox.state import State
from tests.checkout import Checkout
from tests.driver import HERE, driver
from tests.end_to_end.world import client

STORAGE = ("--stage", "storage", "--jobs", "2")
Edits = tuple[tuple[str, str], ...]
WRONG_ACCOUNT: Edits = ((r'account: "\d+"', 'account: "210987654321"'),)
BROKEN: dict[str, tuple[int, Edits]] = {
    "account": (5, WRONG_ACCOUNT),
    "region": (4, ((r"region: us-east-1", "region: eu-west-1"),)),
    "endpoint": (1, ((r"endpoint: \S+", "endpoint: http://127.0.0.1:1"),)),
    "instance": (4, ((r"i-0a1b2c3d4e5f60718", "i-0a1b2c3d4e5f60719"),)),
    "administrator": (4, ((r"user: awsuser", "user: nobody_knows"),)),
    "port": (4, ((r"port: \d+", "port: 1"),)),
    "host": (4, ((r"sslmode: disable", "sslmode: verify-full"), (r"host: 127.0.0.1", "host: no-such-host.invalid"))),
    "cluster": (6, ((r"cluster: tonic-sandbox", "cluster: no-such-cluster"),)),
    "password": (6, ((r"env:RUNBOOK_SANDBOX_ADMIN_PASSWORD", "env:RUNBOOK_NEVER_SET"),)),
}
"""What preflight finds before anything else is asked, with the exit code of the environment."""
FIFTY = 50


def files(state: State, folder: Path, tmp_path: Path, fleet: Mapping[str, Edits]) -> list[str]:
    """Write the parameter files of environments, each with its own edits."""
    text = driver(state, folder, tmp_path).file.read_text("utf-8").replace("approval: automatic", "approval: manual")
    for name, edits in fleet.items():
        made = text.replace("sandbox-", f"{name}-").replace("environment: sandbox", f"environment: {name}")
        for old, new in edits:
            assert re.search(old, made)
            made = re.sub(old, new, made)
        (tmp_path / f"{name}.yaml").write_text(made, "utf-8")
    return [str(tmp_path / f"{name}.yaml") for name in fleet]


def codes(answer: dict[str, Any]) -> list[int]:
    """List the environments' exit codes."""
    return [row["exit_code"] for row in answer["environments"]]


def test_a_fleet_from_plan_to_audit(sandbox: tuple[State, Path], tmp_path: Path) -> None:
    """One that is in the wrong account stops nobody; nothing but what was approved is applied, once; one digest vouches for all."""
    state, folder = sandbox
    checkout, fleet = Checkout(HERE, folder), files(state, folder, tmp_path, {"north": (), "south": (), "lost": WRONG_ACCOUNT})

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

    again = checkout("batch", *fleet[:2], "--verb", "apply", *STORAGE)
    assert ["-verify-"] * 2 == [row["record"][16:24] for row in again["environments"]]
    checkout("audit", "verify", again["record"], "--digest", again["record_digest"])


def test_of_fifty_all_are_done_that_preflight_finds_no_fault_with(sandbox: tuple[State, Path], tmp_path: Path) -> None:
    """Some are broken, one in each way that preflight knows, and each of these has its code; all others are planned, between and after."""
    state, folder = sandbox
    fleet: dict[str, Edits] = {}
    for number, (name, (_, edits)) in enumerate(BROKEN.items()):
        fleet |= {f"fine-{number}-{place}": () for place in range(4)} | {name: edits}
    fleet |= {f"fine-{place}": () for place in range(FIFTY - len(fleet))}

    done = Checkout(HERE, folder)("batch", *files(state, folder, tmp_path, fleet), "--verb", "plan", "--stage", "preflight", expected=5)

    assert FIFTY == len(done["environments"])
    assert {name: BROKEN[name][0] if name in BROKEN else 0 for name in fleet} == {
        row["environment"]: row["exit_code"] for row in done["environments"]
    }
    assert {"ended"} == {row["state"] for row in done["environments"]}
