"""What a kernel still holds of steps that are over counts no more, and the board tells what was done last."""

from __future__ import annotations

import asyncio

import pytest

from runbook_lib import place
from runbook_lib.errors import ApprovalRefused
from runbook_lib.evidence import Record, board, statement
from runbook_lib.runbook import open_stage
from runbook_lib.stages import all_stages
from tests.unit.runbook.test_asking import Desk, applied, approved, desk, outcomes

__all__ = ["desk"]


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
