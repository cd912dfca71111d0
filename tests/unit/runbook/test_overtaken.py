"""What happens between a gate and the cell after it counts: nothing is written that the approval does not cover any more."""

from __future__ import annotations

import fcntl
from datetime import timedelta

import pytest

from runbook_lib.engine.approving import later
from runbook_lib.errors import ApprovalRefused, Locked, RunbookError
from runbook_lib.evidence import Record, lock, statement
from runbook_lib.headless import approving
from runbook_lib.model import Change
from runbook_lib.resources.iam import Role
from runbook_lib.runbook.asking import ANEW
from runbook_lib.runbook.world import now
from tests.unit.runbook.desk import Desk, applied, approved, outcomes, signed, signed_by_jo

pytestmark = pytest.mark.once


def test_file_changed_after_the_approval_is_refused(desk: Desk) -> None:
    """Whoever changes the file between the gate and the next cell has the last word: nothing is written by what it said before."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    file = desk.folder / "parameters" / "any.yaml"
    file.write_text(file.read_text("utf-8") + signed_by_jo(desk.folder), "utf-8")

    with pytest.raises(RunbookError, match="was changed after this notebook read it"):
        applied(run, gate)
    assert 0 == desk.target.writes


def test_somebody_elses_change_is_refused_by_name(desk: Desk) -> None:
    """What was changed after the approval stops apply before the first write."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    role = next(each.after for each in gate.plan.changes if isinstance(each.after, Role))
    desk.target._make(Change(before=None, after=role.model_copy(update={"path": "/other/"})))

    with pytest.raises(Exception, match=role.address):
        applied(run, gate)
    assert 0 == desk.target.writes


def test_another_plan_asks_anew(desk: Desk) -> None:
    """An approval does not cover what is planned differently by now: the gate asks again, and the record holds both answers."""
    run = desk.opened()
    approved(run.gate(run.plan()))
    role = next(each.after for each in run.plan().changes if isinstance(each.after, Role))
    desk.target._make(Change(before=None, after=role))
    desk.target._make(Change(before=role, after=role.model_copy(update={"tags": (*role.tags[:-1],)})))

    gate = run.gate(run.plan())

    assert () == gate.approvals
    assert approved(gate).approvals


def test_while_another_run_writes_nothing_is_applied(desk: Desk) -> None:
    """Who approves while somebody else writes is told who that is."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)

    with (desk.folder / "runs" / "staging" / lock.FILE).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Locked):
            applied(run, gate)
    assert {"applied"} == outcomes(applied(run, gate))


def test_closed_record_takes_no_approval(desk: Desk) -> None:
    """What is closed stays as it was stated: neither an approval nor a write is added, and a notebook opened anew begins another."""
    run = desk.opened()
    gate = run.gate(run.plan())
    applied(run, gate)
    run.close()
    statement.close(Record(desk.records[-1].parent), None)

    with pytest.raises(ApprovalRefused, match=ANEW):
        approved(gate)
    with pytest.raises(ApprovalRefused, match=ANEW):
        applied(run, gate)
    anew = desk.opened()
    assert approved(anew.gate(anew.plan())).approvals


def tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a day pass."""
    at = later(now(), timedelta(days=1))
    for each in ("gating", "stepping"):
        monkeypatch.setattr(f"runbook_lib.runbook.{each}.now", lambda: at)


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_expired_between_gate_and_apply_writes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads until the next day has to have it approved again, in the same kernel and in another one."""
    run, gate = signed(desk, monkeypatch)
    gate = approved(gate, "staging")
    tomorrow(monkeypatch)

    with pytest.raises(ApprovalRefused, match="expired at"):
        applied(run, gate)
    again = desk.opened()
    assert () == again.gate(again.plan()).approvals
    assert 0 == desk.target.writes


@pytest.mark.parametrize("desk", [True], indirect=True)
def test_rejected_between_gate_and_apply_writes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rejection counts until the first write."""
    run, gate = signed(desk, monkeypatch)
    gate = approved(gate, "staging")
    plan = next(each.parent for each in desk.records if "-plan-" in each.parent.name)
    approving.reject([str(plan)], reason="too wide", key=str(desk.folder / "jo.pem"))

    with pytest.raises(ApprovalRefused, match="was rejected by Jo Rivera: too wide"):
        applied(run, gate)
    assert 0 == desk.target.writes
