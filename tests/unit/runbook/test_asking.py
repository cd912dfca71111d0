"""Approve in one cell, act in the next: nothing without an approval, and with it the same as headless."""

from __future__ import annotations

import json

import pytest

from runbook_lib.errors import ApprovalRefused, Denied, RunbookError, Transient
from runbook_lib.resources.iam import RolePolicy
from tests import cells
from tests.stages.worlds import STAGES
from tests.unit.runbook.desk import Desk, applied, approved, asked, flaws, outcomes

pytestmark = pytest.mark.once


def test_plan_has_the_digest_of_a_headless_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether somebody looks makes no difference to what is planned."""
    looked = desk.opened().plan().digest
    monkeypatch.chdir(desk.folder)

    assert desk.opened().plan().digest == looked


def test_running_all_cells_changes_nothing(desk: Desk) -> None:
    """Without an answer at the gate everything is withheld, and the closed record is sound."""
    run = desk.opened()
    run.preflight(), run.desired()
    gate = run.gate(run.plan())
    receipt = applied(run, gate)
    verified = run.verify()
    run.close()

    assert ({"withheld"}, 0) == (outcomes(receipt), desk.target.writes)
    assert (len(gate.plan.changes), "Verify") == (verified.pending, verified.title)
    assert [] == flaws(desk)


@pytest.mark.parametrize(
    ("refusal", "verdict", "says"),
    [
        (Denied("role", "is refused", "ask"), "owed", "hand over artefacts/server_role/server_role.sh"),
        (Transient("role", "is throttled", "wait"), "broken", "run the cells from Plan on: what was approved goes on"),
    ],
)
def test_what_could_not_be_made_has_its_own_way_out(desk: Desk, refusal: RunbookError, verdict: str, says: str) -> None:
    """Under Verify stands what fits: the file for whoever has the right, or how the approved changes go on."""

    def refuse(_number: int) -> None:
        raise refusal

    desk.target.before_write = refuse
    run = desk.opened()
    gate = run.gate(run.plan())
    applied(run, approved(gate))

    found = next(each for each in run.verify() if each.address.startswith("iam_role/") and each.verdict == verdict)
    assert says == found.way_out


@pytest.mark.parametrize("slug", STAGES)
def test_running_all_cells_of_any_notebook_changes_nothing(desk: Desk, slug: str) -> None:
    """Also where another stage was applied before, and there is something to undo."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    applied(run, gate)
    run.close()
    before = desk.target.writes, desk.target.snapshot()

    done = cells.step_through(slug)

    assert before == (desk.target.writes, desk.target.snapshot())
    assert () == done.names["receipt"].approvals
    assert slug != "teardown" or done.names["plan"].changes


def test_what_was_approved_in_between_is_applied(desk: Desk) -> None:
    """The next cell holds to the answer that was given after the gate's had ended; verify proves it, and the record is sound."""
    run = desk.opened()
    gate = run.gate(run.plan())
    given = approved(gate)
    receipt = applied(run, gate)
    findings = run.verify()
    run.close()

    assert {"applied"} == outcomes(receipt)
    assert given.approvals == receipt.approvals
    assert "Verify" == findings.title
    assert [] == flaws(desk)


def test_same_end_as_headless(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The world is left as a run leaves it that is handed the digest."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    applied(run, gate)
    stepped = desk.target.snapshot()
    desk.target.things.clear()
    desk.target.ours.clear()
    monkeypatch.chdir(desk.folder)
    handed = desk.opened(approve=gate.plan.digest)
    plan = handed.plan()
    applied(handed, handed.gate(plan))
    handed.close()

    assert stepped == desk.target.snapshot()


def test_unprotected_environment_is_not_named(desk: Desk) -> None:
    """Nobody has to type what nobody protects."""
    run = desk.opened()

    assert "" == asked(run.gate(run.plan())).name


def test_grave_changes_are_acknowledged_one_by_one(desk: Desk) -> None:
    """A change that widens access on what is there has a box of its own, and the refusal names it."""
    first = desk.opened()
    gate = first.gate(first.plan())
    approved(gate)
    applied(first, gate)
    policy = next(each for each in desk.target.things.values() if isinstance(each, RolePolicy))
    narrow = json.dumps({"Version": "2012-10-17", "Statement": []}, separators=(",", ":"))
    desk.target.things[policy.address] = policy.model_copy(update={"document": narrow})
    run = desk.opened()
    gate = run.gate(run.plan())

    assert ((policy.address, "widens access"),) == asked(gate).acknowledge
    with pytest.raises(ApprovalRefused, match=policy.address):
        asked(gate).approve("", ())
    assert (policy.address,) == approved(gate).approvals[0].acknowledged


@pytest.mark.parametrize("word", ["*", "iam_role_policy/*", "iam_role?policy/[a-z]*"])
def test_a_cell_acknowledges_nothing_in_a_lump(desk: Desk, word: str) -> None:
    """A word that stands for any text is refused, be there anything grave or not; the address itself is taken."""
    first = desk.opened()
    gate = first.gate(first.plan())
    with pytest.raises(ApprovalRefused, match="stands for any text"):
        desk.opened(approve=gate.plan.digest, acknowledge=word).gate(gate.plan)
    approved(gate)
    applied(first, gate)
    policy = next(each for each in desk.target.things.values() if isinstance(each, RolePolicy))
    narrow = json.dumps({"Version": "2012-10-17", "Statement": []}, separators=(",", ":"))
    desk.target.things[policy.address] = policy.model_copy(update={"document": narrow})
    plan = desk.opened().plan()

    with pytest.raises(ApprovalRefused, match="stands for any text"):
        desk.opened(approve=plan.digest, acknowledge=word).gate(plan)
    assert (policy.address,) == desk.opened(approve=plan.digest, acknowledge=policy.address).gate(plan).approvals[0].acknowledged
