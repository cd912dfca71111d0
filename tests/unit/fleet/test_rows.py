"""A row says what went wrong as every error does: where, what, and the way out."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.fleet.processes import Ended
from runbook_lib.fleet.rows import led, ran, seen
from runbook_lib.model.fleets import Row
from runbook_lib.parameters.load import load
from tests import records

ROW = Row(number=1, file="any", environment="staging")
DIED = {"stage": "storage", "error": "KernelFailed", "message": "the notebook's kernel: Kernel died"}
DRIFTED = {"stage": "storage", "error": "PlanDrifted", "message": "storage: a bucket was changed"}
RESUME = "runbook resume 20260102T030405Z-apply-abc123 any"
ABSENT = {"where": "http://127.0.0.1:9", "what": "nothing listens there", "way_out": "start it"}
FIRST = {"line": 7, "field": "pipeline", "what": "v3 is not v2", "way_out": "write v2"}
SECOND = {"line": 0, "field": "", "what": "is no file", "way_out": "name one"}


@pytest.mark.parametrize(
    ("answer", "said", "way_out"),
    [
        (ABSENT, "http://127.0.0.1:9: nothing listens there", "start it"),
        ({"errors": [DIED], "next": RESUME}, "storage: the notebook's kernel: Kernel died", RESUME),
        ({"errors": [DRIFTED, DIED], "next": "runbook plan any"}, "storage: a bucket was changed", "runbook plan any"),
        ({"file": "a.yaml", "problems": [FIRST, SECOND]}, "a.yaml:7: pipeline v3 is not v2\na.yaml: is no file", "write v2; name one"),
    ],
)
def test_a_row_says_where_what_and_the_way_out(answer: dict[str, Any], said: str, way_out: str) -> None:
    """A refusal names what it is about, an error its stage and the command that goes on, a mistake its file and line, each of them."""
    row = ran(ROW, Ended(1, {"exit_code": 1, **answer}, ()), 1.0)

    assert (said, way_out) == (row.said, row.way_out)


@pytest.mark.parametrize(
    ("number", "said"), [(signal.SIGINT, "was stopped before it could answer"), (signal.SIGKILL, "was ended by SIGKILL: last word")]
)
def test_a_row_says_what_ended_a_process_that_did_not_answer(number: signal.Signals, said: str) -> None:
    """An interrupt is somebody's wish, however early it comes; its traceback is nobody's business."""
    row = ran(ROW, Ended(-number, {}, ("first word", "last word")), 1.0)

    assert ("stopped", said, "") == (row.state, row.said, row.way_out)


NOTHING_YET = {"error": "Stopped", "where": "runbook", "what": "was stopped before a run began", "way_out": "give the same command again"}
FULL = {"error": "OSError", "where": "/", "what": "is full", "way_out": "mend it and give the same command again"}
BATCH = "runbook resume 'a b'"


@pytest.mark.parametrize(
    ("code", "answer", "way_out"),
    [(1, NOTHING_YET, BATCH), (1, FULL, f"mend it and {BATCH}"), (-9, {}, BATCH), (1, {**NOTHING_YET, "way_out": RESUME}, RESUME)],
)
def test_in_a_batch_the_way_on_is_the_batch(code: int, answer: dict[str, Any], way_out: str) -> None:
    """Nobody gave the command of one environment that could be given again; what its own run names stays."""
    row = led(ran(ROW, Ended(code, {"exit_code": 1, **answer} if answer else {}, ()), 1.0), Path("a b"))

    assert way_out == row.way_out


@pytest.mark.parametrize(("code", "answer"), [(1, {"exit_code": 1, **NOTHING_YET}), (-2, {}), (-9, {})])
def test_what_was_to_go_on_from_a_run_keeps_the_way_on(code: int, answer: dict[str, Any]) -> None:
    """Stopped before it did, it names that run and its command as the batch before."""
    before = ROW.model_copy(update={"record": "20260102T030405Z-apply-abc123", "way_out": RESUME})

    row = led(ran(before, Ended(code, answer, ()), 1.0), Path("batch"))

    assert ("20260102T030405Z-apply-abc123", RESUME) == (row.record, row.way_out)


def test_a_row_of_a_stopped_run_shows_what_its_record_knows(tmp_path: Path) -> None:
    """A stage that was judged is as it was, one that was not come to is not planned; a record that is gone shows none."""
    house = records.house(tmp_path / "house")
    folder = house.run("plan").record.folder
    (folder / "stages" / "server_role.json").unlink()
    stopped = ROW.model_copy(update={"state": "stopped", "exit_code": 1, "record": folder.name})

    with house.at_work():
        row, gone = (seen(each, load(house.file)) for each in (stopped, stopped.model_copy(update={"record": "gone"})))

    assert [("storage", "changes pending"), ("server_role", "not planned")] == [(each.stage, each.state) for each in row.stages]
    assert () == gone.stages
