"""What a DAG file may say to `dags`."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from runbook_lib.fleet.airflow import chosen


def test_one_stage_may_be_a_text() -> None:
    """It is that stage, not its letters; none are all, and several stand in their order."""
    assert (("storage",), ("storage", "30"), ()) == (chosen.stages("storage"), chosen.stages(["storage", "30"]), chosen.stages(()))


def test_tasks_may_have_nothing_in_common() -> None:
    """None is what Airflow takes for that too."""
    assert ({}, {"retries": 0}) == (chosen.default_args(None), chosen.default_args({"retries": 0}))


def test_both_ends_of_a_task_are_taken() -> None:
    """What is owed may fail it or not."""
    assert ["success", "fail"] == [chosen.owed(each) for each in ("success", "fail")]


@pytest.mark.parametrize(
    ("take", "given", "way_out"),
    [
        (chosen.stages, "", "stages: '' is no stage; write names, as in stages="),
        (chosen.stages, "storage encryption", "stages: 'storage encryption' is no stage; write names"),
        (chosen.stages, ["storage", None], "stages: None is no stage; write names"),
        (chosen.stages, None, "or leave it out for all"),
        (chosen.owed, "skip", "owed: 'skip' is no end of a task; write 'success' or 'fail'"),
        (chosen.owed, ["fail"], "write 'success' or 'fail'"),
        (chosen.default_args, "owner", "default_args: 'owner' is no dictionary; write for example default_args={"),
    ],
)
def test_a_slip_is_told_with_the_way_out(take: Callable[[object], object], given: object, way_out: str) -> None:
    """What is none of what is taken is an error of the DAG file, before any task runs."""
    with pytest.raises(ValueError, match=re.escape(way_out)):
        take(given)
