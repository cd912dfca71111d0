"""Say what of an earlier batch is left, and with which command an environment goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import RunbookError
from runbook_lib.evidence import Record
from runbook_lib.evidence.resuming import stopped
from runbook_lib.evidence.standing import standing
from runbook_lib.runbook.records import Records
from runbook_lib.runbook.world import now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.evidence.batches import BatchRecord
    from runbook_lib.fleet.members import Member
    from runbook_lib.model.fleets import BatchFacts, FleetVerb, Row


def left(before: Row, again: Row) -> bool:
    """Tell whether an environment has to run again: it failed, was stopped or never began, or its file is of another environment by now."""
    return not before.is_done or before.environment != again.environment


def became(line: Sequence[BatchRecord]) -> dict[int, Row]:
    """Give what came of each environment in the newest batch, and, where that has no row yet, what was done before; it names its batch."""
    return {
        row.number: row.model_copy(update={"batch": row.batch or each.folder.name})
        for each in line
        for row in each.rows()
        if each is line[-1] or row.is_done
    }


def begun(member: Member, verb: FleetVerb, since: str) -> str:
    """Name the run that an environment began since a batch did and that can go on: one that was killed has no row of it."""
    if member.environment is None or verb != "apply":
        return ""
    records = Records(member.environment)
    try:
        stands = standing(records.store, member.environment, "", now())
        is_ours = stands.state == "begun" and Record(records.folder / stands.run).facts.started >= since
    except (RunbookError, OSError, ValueError):
        return ""
    return stands.run if is_ours else ""


def words_of(member: Member, facts: BatchFacts, before: Row | None) -> tuple[str, ...]:
    """Write the command of one environment; a run that stopped in the middle goes on under its approval, as a record that names it."""
    reported = ("--json", "--progress")
    if before is not None and _goes_on(member, before):
        return ("resume", before.record, str(member.file), *reported)
    stages = (word for each in facts.stages for word in ("--stage", each))
    approved = ("--approved",) if facts.verb == "apply" else ()
    return (facts.verb, str(member.file), *stages, *approved, "--by", facts.by, *reported)


def _goes_on(member: Member, before: Row) -> bool:
    """Tell whether what an environment's earlier run left can be resumed."""
    if member.environment is None or not before.record:
        return False
    record = Record(Records(member.environment).folder / before.record)
    try:
        stopped(record, member.environment, now())
    except (RunbookError, OSError, ValueError):
        return False
    return True
