"""The main job on the sandbox: plan, apply, verify, drift, repair, destroy, apply again."""

from __future__ import annotations

import json
from pathlib import Path

from runbook_lib.sandbox.snapshot import snapshot
from runbook_lib.sandbox.state import State
from tests.driver import Driver, named, not_kept
from tests.end_to_end.world import admin, client, forget_calls, writes

ROLE = "tonic-sandbox-server"


def test_the_main_job_from_end_to_end(drive: Driver, sandbox: tuple[State, Path]) -> None:
    """Apply sets everything up, a second run writes nothing, drift is named exactly and repaired, destroy gives the world back."""
    state, folder = sandbox
    before = snapshot(state, folder)

    applied = drive("apply")
    assert ([], 0) == (not_kept(applied), applied.exit_code)
    assert {"applied"} == {entry.outcome for result in applied.results.values() if result.receipt for entry in result.receipt.entries}

    forget_calls(state)
    again = drive("apply")
    assert ([], 0) == (writes(state), again.exit_code)
    assert again.plan.is_empty

    assert 0 == drive("verify").exit_code

    iam = client("iam", state)
    name = iam.list_role_policies(RoleName=ROLE)["PolicyNames"][0]
    document = iam.get_role_policy(RoleName=ROLE, PolicyName=name)["PolicyDocument"]
    document["Statement"] = document["Statement"][:1]
    iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=json.dumps(document))
    foreign = next(each["Arn"] for each in iam.list_policies(Scope="Local")["Policies"] if each["PolicyName"] == "acme-logging")
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=foreign)
    with admin(state, folder) as connection, connection.cursor() as cursor:
        cursor.execute("REVOKE SELECT ON public.sales FROM tonic_user")

    drifted = drive("verify")
    assert 4 == drifted.exit_code
    broken = named(drifted.findings, "broken")
    assert {f"iam_role_policy/{ROLE}/{name}", "grants/source/tonic_user/SELECT/table"} == {
        each for each in broken if not each.startswith("iam_role_attachment")
    }
    assert any(foreign in each.detail or foreign in each.way_out for each in drifted.findings if each.verdict == "broken")

    repaired = drive("apply")
    left = [each for each in repaired.findings if each.verdict == "broken"]
    assert 4 == repaired.exit_code
    assert all("detach-role-policy" in each.way_out for each in left if "A1" not in each.rows)
    iam.detach_role_policy(RoleName=ROLE, PolicyArn=foreign)
    assert 0 == drive("verify").exit_code

    destroyed = drive("destroy")
    assert ([], 0) == (not_kept(destroyed), destroyed.exit_code)
    after = snapshot(state, folder)
    assert before == after

    assert 0 == drive("apply").exit_code
    assert 0 == drive("destroy").exit_code
