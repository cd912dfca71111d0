"""What a kernel still holds of steps that are over counts no more, and the board tells what was done last."""

from __future__ import annotations

import asyncio

import pytest

from runbook_lib import place
from runbook_lib.engine.apply import IN_PLACE, USED_UP
from runbook_lib.errors import ApprovalRefused
from runbook_lib.evidence import Record, board, statement
from runbook_lib.evidence.steps import AS_JOURNALLED
from runbook_lib.evidence.writes import writes as written_in
from runbook_lib.runbook import open_stage
from runbook_lib.stages import all_stages
from runbook_lib.views import text
from tests.unit.runbook.desk import Desk, applied, approved, flaws, outcomes


@pytest.mark.parametrize("is_used", [True, False])
def test_the_gate_of_a_closed_record_applies_nothing(desk: Desk, *, is_used: bool) -> None:
    """Whoever skips the Approve cell after the record was closed is sent back to it, whether the approval was used up or not."""
    run = desk.opened()
    gate = approved(run.gate(run.plan()))
    if is_used:
        assert {"applied"} == outcomes(applied(run, gate))
        run.verify()
    run.close()
    statement.close(Record(desk.records[-1].parent), None)
    desk.target.things.clear()
    desk.target.ours.clear()

    again = desk.opened()
    plan = again.plan()
    with pytest.raises(ApprovalRefused, match="the gate is of steps that were closed; run the Approve cell once more"):
        asyncio.run(again.apply(plan, gate))
    assert {} == dict(desk.target.things)


def states(slug: str = "server_role") -> tuple[str, str]:
    """Read the board's word on a stage, and why."""
    found = board.stage_states(place.store("runs"), "staging", all_stages(), {})
    return next((each.state, each.detail) for each in found if each.slug == slug)


def test_the_board_tells_what_came_last_in_one_record(desk: Desk) -> None:
    """Looked at, set up, taken down and set up again, all in one record of steps: the board says so of what it is true of."""

    def through(slug: str) -> tuple[str, str]:
        run = open_stage(slug, {})
        run.preflight()
        gate = run.gate(run.plan())
        applied(run, approved(gate) if gate.asking is not None else gate)
        run.verify()
        run.close()
        return states()

    through("preflight")
    looked = states("preflight")
    first, back, again = through("server_role"), through("teardown"), through("server_role")

    assert (1, first) == (len(desk.records), again)
    assert "converged" in first[0] or "owed" in first[0]
    assert "was undone on" in back[1]
    assert looked == states("preflight")
    assert looked[0] not in {"not planned", "changes pending"}


@pytest.mark.parametrize("again", ["cell", "page", "plan"])
def test_what_this_record_made_was_never_in_place(desk: Desk, again: str) -> None:
    """Applied once more, in the same cell, in a second page or after Plan and Approve: applied, at the time that the journal has."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    first = applied(run, gate)
    writes = desk.target.writes
    run = desk.opened() if again == "page" else run
    receipt = applied(run, gate if again == "cell" else run.gate(run.plan()))
    run.verify(), run.close()

    ended = {each.address: each.ended for each in written_in(Record(desk.records[-1].parent).folder)}
    assert (first.approvals, writes) == (receipt.approvals, desk.target.writes)
    assert {address: ("applied", at, AS_JOURNALLED) for address, at in ended.items()} == {
        each.change.address: (each.outcome, each.at, each.detail) for each in receipt.entries
    }
    assert [] == flaws(desk)


def test_what_was_found_in_place_and_was_not_is_broken(desk: Desk) -> None:
    """An audit holds the receipt's word against the record's own journal."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    applied(run, gate)
    run._receipt = (receipt := applied(run, gate)).model_copy(
        update={"entries": tuple(each.model_copy(update={"detail": IN_PLACE}) for each in receipt.entries)}
    )
    run.verify(), run.close()

    found = flaws(desk)
    assert {each.change.address for each in receipt.entries} == {each.split()[2] for each in found if "this record made it" in each}


def test_applied_once_more_after_the_evidence_tells_what_came_of_it(desk: Desk) -> None:
    """Under the gate that was approved: all of it is applied, and nothing is withheld; the record stays sound."""
    run = desk.opened()
    gate = run.gate(run.plan())
    given = approved(gate)
    applied(run, gate)
    run.verify(), run.close()
    writes = desk.target.writes

    receipt = applied(run, gate)
    run.verify(), run.close()

    assert (given.approvals, {"applied"}, writes) == (receipt.approvals, outcomes(receipt), desk.target.writes)
    assert [] == flaws(desk)


@pytest.mark.parametrize("is_told", [True, False])
def test_undone_and_applied_once_more_is_sent_back_to_plan(desk: Desk, *, is_told: bool) -> None:
    """Whether the Evidence cell was run or not: nothing is written, and nobody is told that he did not approve."""
    run = desk.opened()
    gate = run.gate(run.plan())
    approved(gate)
    applied(run, gate)
    if is_told:
        run.verify(), run.close()
    writes = desk.target.writes
    desk.target.things.clear()
    desk.target.ours.clear()

    for _ in range(2):
        receipt = applied(run, gate)
        assert ({"withheld"}, {USED_UP}) == (outcomes(receipt), {each.detail for each in receipt.entries})
        assert "Withheld: what was approved was carried out already; run Plan again." in text(receipt)
    assert writes == desk.target.writes
