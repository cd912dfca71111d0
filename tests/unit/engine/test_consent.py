"""What an approved change passes through on its way is no drift; whatever else is there is."""

from __future__ import annotations

from runbook_lib.engine.consent import drift
from runbook_lib.model import Change, Plan, Resource
from runbook_lib.resources.rehearsals import Rehearsal

WANTED = Rehearsal(flow="files", acts_as=("server",), touches=("s3://b/",), proves="1")


def plan(before: Resource | None) -> Plan:
    """Plan to play the rehearsal."""
    return Plan(stage="rehearsal", environment="staging", scope=(), changes=(Change(before=before, after=WANTED),))


def test_a_rehearsal_that_was_stopped_goes_on_under_its_approval() -> None:
    """It was approved while nothing was there, and is there as unfinished once it was begun."""
    assert () == drift(plan(None), plan(WANTED.model_copy(update={"is_unfinished": True})))


def test_another_rehearsal_is_drift() -> None:
    """One that was begun with other policies is not what was approved."""
    other = WANTED.model_copy(update={"is_unfinished": True, "proves": "2"})
    assert ("rehearsal/files was changed by someone else since the plan was made",) == drift(plan(None), plan(other))
