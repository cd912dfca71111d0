"""Say what of an earlier batch is left, and with which command an environment goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib import place
from runbook_lib.errors import InvalidParameters, Problem, RunbookError
from runbook_lib.evidence import Record
from runbook_lib.evidence.resuming import command, stopped
from runbook_lib.evidence.standing import standing
from runbook_lib.runbook.records import Records
from runbook_lib.runbook.world import now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib.evidence.batches import BatchRecord
    from runbook_lib.fleet.members import Member
    from runbook_lib.model.fleets import BatchFacts, FleetVerb, Row

ITS_OWN = "put the file back, or begin with `runbook batch` anew"


def files_of(facts: BatchFacts) -> tuple[str, ...]:
    """Name the files of a batch as they are found from here: as they were typed where that means the same, else where they lie."""
    named = zip(facts.files, facts.paths, strict=True) if facts.paths else ()
    return tuple(typed if place.lies(typed) == path else str(place.home() / path) for typed, path in named) or facts.files


def refuse_others(known: Mapping[int, Row], again: Mapping[int, Row]) -> None:
    """Refuse files that are of other environments than the batch ran. Raises InvalidParameters."""
    pairs = ((before, again[number]) for number, before in known.items() if before.environment)
    problems = [
        Problem(0, now.file, f"is of {now.environment}, and the batch ran it as {before.environment}", ITS_OWN)
        for before, now in pairs
        if now.environment not in {"", before.environment}
    ]
    if problems:
        raise InvalidParameters("batch", problems)


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


def carried(member: Member, row: Row, words: Sequence[str], before: Row | None) -> Row:
    """Let a row that goes on from a run name that run and its way on: so it stays where this is stopped, or not begun, too."""
    if before is None or member.environment is None or words[0] != "resume":
        return row
    record = Record(Records(member.environment).folder / before.record)
    return row.model_copy(update={"record": before.record, "way_out": command(record)})


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
