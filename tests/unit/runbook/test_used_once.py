"""An approval at a gate is used once: a restart does not lose it, nothing is written twice, and what is undone is approved anew."""

from __future__ import annotations

import pytest

from runbook_lib.evidence import Record, statement
from tests.unit.runbook.desk import Desk, applied, approved, asked, flaws, outcomes

pytestmark = pytest.mark.once


def test_second_apply_writes_nothing(desk: Desk) -> None:
    """The cell is run again, or another notebook was opened before the first one wrote."""
    run, other = desk.opened(), desk.opened()
    gate, theirs = run.gate(run.plan()), other.gate(other.plan())
    approved(gate), approved(theirs)
    applied(run, gate)
    writes = desk.target.writes

    again = applied(run, gate), applied(other, theirs)

    assert [{"applied"}] * 2 == list(map(outcomes, again))
    assert writes == desk.target.writes


def test_restart_keeps_what_was_approved(desk: Desk) -> None:
    """A kernel that is started anew between the two cells finds the approval, and says who gave it."""
    before = desk.opened()
    given = approved(before.gate(before.plan()))
    run = desk.opened()
    gate = run.gate(run.plan())

    assert given.approvals == gate.approvals
    assert {"applied"} == outcomes(applied(run, gate))


def test_restart_in_the_middle_goes_on(desk: Desk) -> None:
    """What was stopped between two writes goes on under the same approval, and writes nothing twice."""
    before = desk.opened()
    gate = before.gate(before.plan())
    approved(gate)
    desk.target.after_write = lambda number: before.stop() if number == 1 else None
    assert {"applied", "withheld"} == outcomes(applied(before, gate))
    run = desk.opened()
    rest = run.gate(run.plan())
    receipt = applied(run, rest)
    run.close()

    assert rest.approvals == receipt.approvals
    assert {"applied"} == outcomes(receipt)
    assert len(gate.plan.changes) == desk.target.writes
    assert [] == flaws(desk)


def test_approval_is_used_once(desk: Desk) -> None:
    """What somebody takes away after everything was applied is approved anew, though the plan has the same digest."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    applied(run, gate)
    run.close()
    desk.target.things.clear()
    desk.target.ours.clear()
    later = desk.opened()
    plan = later.plan()

    assert plan.digest == gate.plan.digest
    assert () == later.gate(plan).approvals


@pytest.mark.parametrize("is_closed", [False, True])
def test_digest_in_its_cell_is_used_once(desk: Desk, *, is_closed: bool) -> None:
    """Left there, it does not apply again what somebody took away since, in the same record or the next: the gate asks, and says why."""
    digest = desk.opened().plan().digest
    run = desk.opened(approve=digest)
    applied(run, run.gate(run.plan()))
    run.close()
    if is_closed:
        statement.close(Record(desk.records[-1].parent), None)
    writes = desk.target.writes
    desk.target.things.clear()
    desk.target.ours.clear()

    later = desk.opened(approve=digest)
    gate = later.gate(later.plan())
    assert (digest, {"withheld"}, writes) == (gate.plan.digest, outcomes(applied(later, gate)), desk.target.writes)
    assert "was carried out already" in dict(asked(gate).facts)["The digest in the cell"]

    approved(gate)
    assert {"applied"} == outcomes(applied(later, gate))


def test_approval_is_used_once_also_without_evidence(desk: Desk) -> None:
    """Undone before the Evidence cell was run: neither the same cell nor a kernel started anew applies it again."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    applied(run, gate)
    writes = desk.target.writes
    desk.target.things.clear()
    desk.target.ours.clear()

    assert {"withheld"} == outcomes(applied(run, gate))
    later = desk.opened()
    asks = later.gate(later.plan())
    assert ((), {"withheld"}) == (asks.approvals, outcomes(applied(later, asks)))
    assert writes == desk.target.writes

    approved(asks)
    assert {"applied"} == outcomes(applied(later, asks))
    later.close()
    assert [] == flaws(desk)


@pytest.mark.parametrize("is_restarted", [False, True])
def test_what_was_undone_before_the_evidence_leaves_a_sound_record(desk: Desk, *, is_restarted: bool) -> None:
    """The receipt of what was written is made up for, beside that of what was withheld."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    applied(run, gate)
    desk.target.things.clear()
    desk.target.ours.clear()
    if is_restarted:
        run = desk.opened()
        gate = run.gate(run.plan())
    applied(run, gate)
    run.verify(), run.close()

    assert [] == flaws(desk)


def test_restart_before_the_evidence_still_comes_to_a_receipt(desk: Desk) -> None:
    """Who died between the last write and the Evidence cell has the receipt written by the next run, under the approval."""
    before = desk.opened()
    gate = before.gate(before.plan())
    given = approved(gate)
    applied(before, gate)
    writes = desk.target.writes
    run = desk.opened()
    receipt = applied(run, run.gate(run.plan()))
    run.close()

    assert (given.approvals, {"applied"}, writes) == (receipt.approvals, outcomes(receipt), desk.target.writes)
    assert [] == flaws(desk)
