"""Whoever runs one notebook's cells under an approval may read for an hour between them, and run a cell twice."""

from __future__ import annotations

import pytest

from runbook_lib.errors import PlanDrifted
from runbook_lib.model import Plan
from runbook_lib.parameters.load import as_parameters, load
from runbook_lib.runbook import open_stage
from runbook_lib.runbook.stage_run import StageRun
from runbook_lib.views.shown import Gate
from tests.unit.runbook.desk import SLUG, Desk, applied, outcomes


def opened(desk: Desk, approve: str = "") -> tuple[StageRun, Plan]:
    """Open the notebook with an environment's values, as outside of `runbook lab`, and plan."""
    (file,) = (desk.folder / "parameters").iterdir()
    run = open_stage(SLUG, {**as_parameters(load(file)), "approve": approve, "acknowledge": "*"})
    return run, run.plan()


@pytest.fixture
def gate(desk: Desk) -> tuple[StageRun, Gate]:
    """Approve what a first notebook planned, and plan again under that."""
    first, plan = opened(desk)
    first.close()
    run, again = opened(desk, plan.digest)
    return run, run.gate(again)


def test_what_was_changed_since_the_plan_is_drift(desk: Desk, gate: tuple[StageRun, Gate]) -> None:
    """Law 3 counts from the moment of the write, not from that of the plan."""
    run, given = gate
    first = given.plan.changes[0].after
    assert first is not None
    desk.target.things[first.address] = first.model_copy(update={"tags": (("owner", "somebody"),)})

    with pytest.raises(PlanDrifted):
        applied(run, given)

    assert desk.target.writes == 0


def test_a_cell_that_is_run_again_writes_nothing_twice(desk: Desk, gate: tuple[StageRun, Gate]) -> None:
    """What the first time wrote is found in place."""
    run, given = gate
    assert {"applied"} == outcomes(applied(run, given))
    writes = desk.target.writes

    assert {"applied"} == outcomes(applied(run, given))
    assert writes == desk.target.writes
