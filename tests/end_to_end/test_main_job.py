"""The main job on the sandbox, for V2 and for legacy with keys: plan, apply, verify, drift, repair, destroy, apply again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox.snapshot import snapshot
from runbook_lib.sandbox.state import State
from tests.driver import Driver, driver, example, named, not_kept
from tests.end_to_end.world import admin, client, forget_calls, writes

SHAPES = {
    "sandbox": ("tonic-sandbox-server", "tonic-server-role-v2"),
    "example-legacy-kms": ("tonic-legacy-kms-server", "tonic-server-role-legacy"),
}
"""The shape's server role, and the inline policy that somebody changes by hand."""
GRANT = "grants/source/tonic_user/SELECT/table"


@pytest.mark.parametrize("shape", SHAPES)
def test_the_main_job_from_end_to_end(shape: str, sandbox: tuple[State, Path], tmp_path: Path) -> None:
    """Apply sets everything up, a second run writes nothing, drift is named exactly and repaired, destroy gives the world back."""
    state, folder = sandbox
    drive = driver(state, folder, tmp_path) if shape == "sandbox" else example(shape, state, folder, tmp_path)
    role, policy = SHAPES[shape]
    before = snapshot(state, folder)

    applied = approved(drive, "apply")
    assert ([], 0) == (not_kept(applied), applied.exit_code)
    assert {"applied"} == {entry.outcome for result in applied.results.values() if result.receipt for entry in result.receipt.entries}

    forget_calls(state)
    again = approved(drive, "apply")
    assert ([], 0) == (writes(state), again.exit_code)
    assert again.plan.is_empty
    assert 0 == drive("verify").exit_code

    attached = change_by_hand(state, folder, role, policy)
    drifted = drive("verify")
    changed = {f"iam_role_policy/{role}/{policy}", GRANT}
    assert (4, changed | {attached}) == (drifted.exit_code, named(drifted.findings, "broken"))

    repaired = approved(drive, "apply")
    assert changed == {change.address for plan in repaired.plan.plans for change in plan.changes}
    assert (4, {attached}) == (repaired.exit_code, named(repaired.findings, "broken"))
    way_out = next(each.way_out for each in repaired.findings if each.address == attached)
    assert f"aws iam detach-role-policy --role-name {role} --policy-arn {attached.partition(f'{role}/')[2]}" in way_out
    assert way_out in (repaired.record.folder / "artefacts" / "handover" / "hand-over.md").read_text("utf-8")
    client("iam", state).detach_role_policy(RoleName=role, PolicyArn=attached.partition(f"{role}/")[2])
    assert 0 == drive("verify").exit_code

    destroyed = approved(drive, "destroy")
    assert ([], 0) == (not_kept(destroyed), destroyed.exit_code)
    assert before == snapshot(state, folder)

    assert 0 == approved(drive, "apply").exit_code
    assert 0 == approved(drive, "destroy").exit_code
    assert before == snapshot(state, folder)


def approved(drive: Driver, verb: Any) -> Any:
    """Carry out a verb under the approval of what is planned now; the sandbox's own file approves by itself."""
    if drive.file.stem == "sandbox":
        return drive(verb)
    planned = drive("plan" if verb == "apply" else "destroy")
    return drive(verb, approve=planned.plan.digest)


def change_by_hand(state: State, folder: Path, role: str, policy: str) -> str:
    """Change one policy, drop one grant, attach one extra policy; name the last by its address."""
    iam = client("iam", state)
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    document["Statement"] = document["Statement"][:1]
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
    foreign = next(each["Arn"] for each in iam.list_policies(Scope="Local")["Policies"] if each["PolicyName"] == "acme-logging")
    iam.attach_role_policy(RoleName=role, PolicyArn=foreign)
    with admin(state, folder) as connection, connection.cursor() as cursor:
        cursor.execute("REVOKE SELECT ON public.sales FROM tonic_user")
    return f"iam_role_attachment/{role}/{foreign}"
