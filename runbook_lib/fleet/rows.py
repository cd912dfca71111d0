"""Make the row of an environment from what its process answered."""

from __future__ import annotations

import shlex
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from runbook_lib.evidence import Record
from runbook_lib.evidence.seal import NAME
from runbook_lib.headless.answer import stage_cells
from runbook_lib.headless.outcome import MEANINGS, Run
from runbook_lib.model.fleets import StageCell
from runbook_lib.runbook.records import Records

if TYPE_CHECKING:
    from runbook_lib.fleet.processes import Ended
    from runbook_lib.model.fleets import Row
    from runbook_lib.parameters import Environment

STOPPED = "Stopped"
AGAIN = "give the same command again"
FAILED = 1


def ran(row: Row, ended: Ended, seconds: float) -> Row:
    """Say how an environment's run ended: stopped where somebody stopped it, or where a signal ended its process."""
    answer = ended.answer
    is_stopped = answer.get("error") == STOPPED or ended.code < 0
    said, way_out = _said(answer, ended)
    if is_stopped and row.way_out and way_out in {"", AGAIN}:
        # It was to go on from a run, and was stopped before it did.
        way_out = row.way_out
    folder = str(answer.get("record", ""))
    return row.model_copy(
        update={
            "state": "stopped" if is_stopped else "ended", "exit_code": ended.code if ended.code in MEANINGS else FAILED,
            "seconds": round(seconds, 1), "folder": folder, "record": Path(folder).name or _where(answer, row),
            "record_digest": str(answer.get("record_digest", "")), "digest": str(answer.get("digest", "")),
            "changes": int(answer.get("changes", 0)), "stages": _cells(answer), "said": said, "way_out": way_out,
        }
    )  # fmt: skip


def led(row: Row, batch: Path) -> Row:
    """Name the batch's way on where a row's own would be to give its command again, which nobody gave, and where a stopped one has none."""
    resume = f"runbook resume {shlex.quote(str(batch))}"
    is_lost = row.state == "stopped" and not row.way_out
    return row.model_copy(update={"way_out": resume if is_lost else row.way_out.replace(AGAIN, resume)})


def seen(row: Row, environment: Environment | None) -> Row:
    """Add the stages that the record of a stopped run knows; its answer says nothing of them."""
    if row.state != "stopped" or not row.record or environment is None:
        return row
    record = Record(Records(environment).folder / row.record)
    try:
        return row.model_copy(update={"stages": stage_cells(Run(record, (), record.results()))})
    except (OSError, ValueError):
        return row


def _where(answer: dict[str, Any], row: Row) -> str:
    """Name the record that a stopped run left, or that a run was to go on from."""
    where = str(answer.get("where", ""))
    return where if answer.get("error") == STOPPED and NAME.fullmatch(where) else row.record


def _cells(answer: dict[str, Any]) -> tuple[StageCell, ...]:
    try:
        return tuple(StageCell.model_validate(each) for each in answer.get("stages", ()))
    except ValidationError:
        return ()


def _said(answer: dict[str, Any], ended: Ended) -> tuple[str, str]:
    """Give what went wrong and the way out, both empty where nothing did."""
    match answer:
        case {"errors": [{"stage": stage, "message": message}, *_]}:
            # A refusal that the stage itself raised says where already.
            return f"{stage}: {str(message).removeprefix(f'{stage}: ')}", str(answer.get("next", ""))
        case {"where": where, "what": what, "way_out": way_out}:
            return f"{where}: {what}", str(way_out)
        case {"file": file, "problems": [*problems]} if problems:
            return "\n".join(_problem(file, each) for each in problems), "; ".join(dict.fromkeys(each["way_out"] for each in problems))
        case {"exit_code": _}:
            return "", ""
    if ended.code == -signal.SIGINT:
        return "was stopped before it could answer", ""
    what = f"was ended by {signal.Signals(-ended.code).name}" if ended.code < 0 else "ended without an answer"
    return ": ".join((what, *ended.last[-1:])), ""


def _problem(file: str, problem: dict[str, Any]) -> str:
    place = f"{file}:{problem['line']}" if problem["line"] else file
    return f"{place}: {problem['field']} {problem['what']}" if problem["field"] else f"{place}: {problem['what']}"
