"""A protected environment takes a signature and its name, typed at the gate; neither does without the other."""

from __future__ import annotations

import json

import pytest

from runbook_lib import headless
from runbook_lib.errors import ApprovalRefused
from runbook_lib.evidence import Record, statement
from runbook_lib.evidence.audit.verify import verify
from runbook_lib.headless import approving
from runbook_lib.runbook import open_stage
from tests import cells
from tests.unit.runbook.desk import SLUG, Desk, applied, approved, asked, flaws, outcomes, signed

pytestmark = pytest.mark.once


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_protected_environment_is_named_and_signed_for(desk: Desk) -> None:
    """A wrong name is refused, and the right one too as long as no approver signed."""
    run = desk.opened()
    gate = run.gate(run.plan())
    for typed in ("", "Staging", "production"):
        with pytest.raises(ApprovalRefused, match="staging is protected"):
            approved(gate, typed)
    with pytest.raises(ApprovalRefused, match="one that an approver signs"):
        approved(gate, "staging")
    assert {"withheld"} == outcomes(applied(run, gate))


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_what_the_gate_of_a_protected_environment_says_leads_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever plans the stage, and signs the digest that the gate shows, as it says, is asked for nothing but the name."""
    run = desk.opened()
    gate = run.gate(run.plan())
    assert gate.signatures is not None
    assert (("Jo Rivera",), 1, (), "any") == (gate.signatures.approvers, gate.signatures.lacking, gate.signatures.signed, gate.target)

    with monkeypatch.context() as elsewhere:
        elsewhere.chdir(desk.folder)
        headless.carry_out(desk.folder / "parameters" / "any.yaml", "plan", stages=(SLUG,), by="Lee Chan", execute=cells.papermill)
        approving.approve([f"any/{gate.plan.digest}"], key="jo.pem", acknowledge=("*",))

    gate = run.gate(run.plan())
    assert gate.signatures is not None
    assert (0, ("Jo Rivera",)) == (gate.signatures.lacking, gate.signatures.signed)
    assert {"applied"} == outcomes(applied(run, approved(gate, "staging")))


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_a_notebook_without_a_form_asks_for_what_it_cannot(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere than in `runbook lab` what is protected is not applied while somebody looks, whoever signed; unattended it is."""
    run, _ = signed(desk, monkeypatch)
    digest = run._setting.approve
    monkeypatch.chdir(desk.folder)
    monkeypatch.setattr("runbook_lib.runbook.gating.live.has_front_end", lambda: True)
    alone = desk.opened(approve=digest)
    with pytest.raises(ApprovalRefused, match="cannot ask for its name; open it with `runbook lab`"):
        alone.gate(alone.plan())

    monkeypatch.setattr("runbook_lib.runbook.gating.live.has_front_end", lambda: False)
    assert ("Jo Rivera",) == tuple(each.by for each in alone.gate(alone.plan()).approvals)


@pytest.mark.parametrize("desk", [True], indirect=True)
@pytest.mark.parametrize("is_alone", [False, True], ids=["steps", "alone"])
def test_a_signature_counts_until_all_of_it_was_applied(desk: Desk, monkeypatch: pytest.MonkeyPatch, *, is_alone: bool) -> None:
    """Run again as it is, nothing is asked and nothing refused; what was undone since waits for another signature, and that is said."""
    run, gate = signed(desk, monkeypatch)
    digest = run._setting.approve
    if is_alone:
        monkeypatch.chdir(desk.folder)
        run = desk.opened(approve=digest)
        given = run.gate(run.plan())
    else:
        given = approved(gate, "staging")
    assert {"applied"} == outcomes(applied(run, given))
    run.verify()
    run.close()

    again = desk.opened(approve=digest)
    gate = again.gate(again.plan())
    assert ((), None, set()) == (gate.approvals, gate.asking, outcomes(applied(again, gate)))

    desk.target.things.clear()
    desk.target.ours.clear()
    undone = desk.opened(approve=digest)
    with pytest.raises(ApprovalRefused, match=r"the approval by Jo Rivera was used up by 2.*; plan again, and let an approver sign"):
        approved(undone.gate(undone.plan()), "staging")


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_a_stage_that_changes_nothing_refuses_no_used_up_signature(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever goes on with the same digest once all that it changes was applied needs no approval, and is asked for none."""
    run, gate = signed(desk, monkeypatch, SLUG, "preflight")
    applied(run, approved(gate, "staging"))

    other = open_stage("preflight", {"approve": run._setting.approve})
    gate = other.gate(other.plan())
    assert ((), None) == (gate.approvals, gate.asking)


@pytest.mark.parametrize("desk", [True], indirect=True)
@pytest.mark.parametrize("stages", [(SLUG,), ("storage", SLUG)], ids=["stage", "environment"])
def test_a_signed_digest_in_its_cell_waits_for_the_name(desk: Desk, monkeypatch: pytest.MonkeyPatch, stages: tuple[str, ...]) -> None:
    """Signature and digest apply nothing until the name was typed at the gate; then they count, also after a restart."""
    run, gate = signed(desk, monkeypatch, *stages)

    assert ((), "staging") == (gate.approvals, asked(gate).name)
    assert "takes its name as well" in dict(asked(gate).facts)["The digest in the cell"]
    assert {"withheld"} == outcomes(applied(run, gate))
    with pytest.raises(ApprovalRefused, match="'production' was typed"):
        approved(gate, "production")
    given = approved(gate, "staging")
    assert ("Jo Rivera", run._setting.approve) == (given.approvals[0].by, given.approvals[0].digest)
    again = desk.opened(approve=run._setting.approve)
    assert {"applied"} == outcomes(applied(again, again.gate(again.plan())))
    again.verify(), again.close()
    assert [] == flaws(desk)


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_a_digest_without_a_signature_is_refused_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked for a name where it would not do; nor does it do to acknowledge everything unattended."""
    plan = desk.opened().plan()

    with pytest.raises(ApprovalRefused, match="one that an approver signs"):
        desk.opened(approve=plan.digest, acknowledge=" ".join(each.address for each in plan.changes)).gate(plan)
    monkeypatch.chdir(desk.folder)
    with pytest.raises(ApprovalRefused, match="one that an approver signs"):
        desk.opened(approve=plan.digest, acknowledge="*").gate(plan)


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_record_of_steps_without_its_approvals_is_broken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a consent that nobody signed is sound, nor one by somebody who planned it."""
    run, gate = signed(desk, monkeypatch)
    applied(run, approved(gate, "staging"))
    run.verify()
    run.close()
    record = next(each.parent for each in desk.records if "-step-" in each.parent.name)
    path = record / "steps" / f"{SLUG}-consent.json"
    text = path.read_text("utf-8")
    statement.close(Record(record), None)
    found = []
    changes: tuple[dict[str, list[str]], ...] = ({}, {"signed": [], "approvals": []}, {"planned_by": ["jo rivera"]})
    for change in changes:
        path.write_text(json.dumps({**json.loads(text), **change}), "utf-8")
        found.append([each.what for each in verify(record).flaws if each.weight != "note" and each.file.startswith("steps/")])

    assert ["was changed: its SHA-256 is not the stated one"] == found[0]
    assert [each for each in found[1] if "no approval counts" in each]
    assert [each for each in found[2] if "is by somebody who planned it" in each]
