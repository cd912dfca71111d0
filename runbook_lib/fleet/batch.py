"""Carry out a verb over many environments, or the rest of an earlier batch, and leave the batch's record."""

from __future__ import annotations

import contextlib
import getpass
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from runbook_lib import interrupts, place
from runbook_lib.errors import ApprovalRefused, InvalidParameters, RunbookError, TargetError
from runbook_lib.evidence.batches import BatchRecord
from runbook_lib.fleet import filing
from runbook_lib.fleet.going_on import became, begun, carried, files_of, refuse_others, words_of
from runbook_lib.fleet.members import members
from runbook_lib.fleet.processes import Processes
from runbook_lib.fleet.progress import FleetProgress
from runbook_lib.fleet.rows import led, seen
from runbook_lib.fleet.running import Fleet
from runbook_lib.fleet.schedule import Place, Schedule
from runbook_lib.fleet.starting import starting
from runbook_lib.fleet.waves import waves
from runbook_lib.model.fleets import BatchFacts, Limits, Row
from runbook_lib.runbook.closing import signing_key
from runbook_lib.runbook.versions import versions
from runbook_lib.runbook.world import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from runbook_lib.fleet.filing import Filed
    from runbook_lib.fleet.members import Member
    from runbook_lib.fleet.starting import Start
    from runbook_lib.model.fleets import FleetVerb
    from runbook_lib.ports import SigningKey

    Told = Callable[[int], FleetProgress]

DEFAULT = "runs"
"""Where the record of a batch lies whose environments do not share one folder for theirs."""

UNTOLD = "it was ended before it could say why"
"""Why a batch began no more that could not file its own end."""


@dataclass(frozen=True)
class Options:
    """Hold what a command says: the verb, the stages where not all are meant, who gives it, and the limits."""

    verb: FleetVerb
    stages: tuple[str, ...] = ()
    by: str = ""
    limits: Limits = field(default_factory=Limits)


def silent(_total: int) -> FleetProgress:
    """Tell nobody how far it is."""
    return FleetProgress()


def begin(files: Sequence[str], options: Options, told: Told = silent, program: Sequence[str] = ()) -> Filed:
    """Run a verb over every file, one process each; `program` stands in for `runbook`. Raises InvalidParameters before anything starts."""
    # What environments are forked from makes itself ready while their files are read.
    with starting(min(len(files), options.limits.jobs), program) as start:
        found = members(files)
        return _run(_store(found), _facts(files, options), found, dict(_rows(found, options.limits)), {}, told, start)


def go_on(folder: Path, told: Told = silent, program: Sequence[str] = (), **changed: Any) -> Filed:
    """Run what an earlier batch, and those that went on from it, did not come to, or what failed there; other rows are taken over.

    `changed` are limits in the place of what it had. Where the newest of them lacks nothing but its end, that is filed first.

    Raises ApprovalRefused when nothing is left, InvalidParameters when its record cannot be read or its files are of other environments.
    """
    line = BatchRecord(folder).line()
    before = line[-1]
    facts = before.facts.model_copy(update={"files": files_of(before.facts)})
    found, limits = members(facts.files), facts.limits.model_copy(update=changed)
    rows = dict(_rows(found, limits))
    known = {number: row for number, row in became(line).items() if number in rows}
    refuse_others(known, rows)
    closed = _closed(before, _key(found)) if before.lacks_its_end else None
    done = {number: row.model_copy(update={"file": rows[number].file}) for number, row in known.items() if row.is_done}
    if len(done) == len(rows):
        if closed is not None:
            return closed
        what = "ran to its end in every environment: there is nothing to resume"
        raise ApprovalRefused(before.folder.name, what, facts.anew(facts.verb))
    earlier = {
        number: known.get(number) or row.model_copy(update={"record": begun(found[number - 1], facts.verb, line[0].facts.started)})
        for number, row in rows.items()
        if number not in done
    }
    with starting(min(len(earlier), limits.jobs), program) as start:
        # Beside those that it goes on from, wherever its files keep their records by now: one line of batches is found from each of it.
        later = _run(folder.parent.parent, _again(facts, before, folder, limits), found, rows | done, earlier, told, start)
    return replace(later, remarks=closed.remarks if closed is not None else ())


def _closed(record: BatchRecord, key: SigningKey | None) -> Filed:
    """File the end of a batch that was ended by force when nothing else was left of it, and say so."""
    rows = record.rows()
    halted = UNTOLD if any(row.state == "not started" for row in rows) else ""
    with _named(record), interrupts.heard_by(lambda _name: None):
        filed = filing.filed(record, rows, halted, key)
    return replace(filed, remarks=(f"{record.folder.name} lacked nothing but its end, which is filed now, with its statement",))


def _again(facts: BatchFacts, before: BatchRecord, named: Path, limits: Limits) -> BatchFacts:
    """Say what a batch is that goes on from another; `named` is the one that somebody named."""
    name, digest = before.origin()
    command = ("runbook", "resume", str(named), *(limits.words if limits != facts.limits else ()))
    changes = {"started": now(), "command": shlex.join(command), "limits": limits, "resumes": name, "resumes_sha256": digest}
    return facts.model_copy(update=changes)


def _rows(found: Sequence[Member], limits: Limits) -> Iterator[tuple[int, Row]]:
    """Give the row of each environment before it runs, by its number; one whose file cannot be used has ended."""
    for number, (each, wave) in enumerate(zip(found, waves(len(found), limits.waves), strict=True), 1):
        row = Row(number=number, file=each.typed, environment=each.name, account=each.account, wave=wave)
        way_out = f"runbook check {shlex.quote(each.typed)}"
        ended = {"state": "ended", "exit_code": InvalidParameters.exit_code, "said": each.problem, "way_out": way_out}
        yield number, row.model_copy(update=ended) if each.problem else row


def _facts(files: Sequence[str], options: Options) -> BatchFacts:
    facts = BatchFacts(
        verb=options.verb, started=now(), files=tuple(files), paths=tuple(map(place.lies, files)), stages=options.stages,
        limits=options.limits, by=options.by or getpass.getuser(), versions=versions(),
    )  # fmt: skip
    return facts.model_copy(update={"command": facts.anew(facts.verb)})


def _run(
    store: Path, facts: BatchFacts, found: Sequence[Member], rows: dict[int, Row], earlier: dict[int, Row], told: Told, start: Start
) -> Filed:
    """Run the rows that have not ended, and those of `earlier` anew."""
    key = _key(found)
    record = BatchRecord.create(store, facts)
    to_run = [row for row in rows.values() if not row.batch]
    schedule = Schedule(tuple(Place(row.number, row.wave, row.account) for row in to_run), facts.limits)
    commands = {
        row.number: words_of(found[row.number - 1], facts, earlier.get(row.number)) for row in to_run if not found[row.number - 1].problem
    }
    going_on = {number: carried(found[number - 1], rows[number], words, earlier.get(number)) for number, words in commands.items()}
    progress = told(len(to_run))

    def known(row: Row) -> Row:
        return led(seen(row, found[row.number - 1].environment), record.folder)

    fleet = Fleet(rows | going_on, commands, schedule, record.keep, progress, Processes(start), known)
    with _named(record), interrupts.heard_by(fleet.stop):
        for row in rows.values():
            if row.batch:
                record.keep(row)
        try:
            ended = fleet.run()
        finally:
            progress.over()
        return filing.filed(record, ended, schedule.halted, key)


@contextlib.contextmanager
def _named(record: BatchRecord) -> Iterator[None]:
    """Say which batch cannot be kept, as on a full disk, and how to go on from it. Raises RunbookError."""
    try:
        yield
    except OSError as error:
        what = ": ".join(filter(None, (str(error.filename or ""), error.strerror or str(error))))
        raise RunbookError(str(record.folder), what, f"mend it, then runbook resume {shlex.quote(str(record.folder))}") from error


def _store(found: Sequence[Member]) -> Path:
    """Give the folder in which all environments keep their records; where they share none, the default one."""
    named = {each.environment.records for each in found if each.environment is not None}
    is_shared = len(named) == 1 and not any(each.startswith(place.BUCKET) for each in named)
    return place.store(next(iter(named)) if is_shared else DEFAULT)


def _key(found: Sequence[Member]) -> SigningKey | None:
    """Give the key that signs the records of all environments; where they are not signed by one, the batch is not signed.

    Nor is it where that key cannot be read: no environment can begin without it either, and the row of each says why.
    """
    environments = [each.environment for each in found if each.environment is not None]
    named = {each.signing.key if each.signing is not None else "" for each in environments}
    try:
        return signing_key(environments[0]) if len(named) == 1 else None
    except TargetError:
        return None
