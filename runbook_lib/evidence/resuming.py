"""Tell whether a run was stopped and can go on, and name it so that a later record holds on to what it left."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from runbook_lib.engine.approving import Case, sufficient
from runbook_lib.errors import ApprovalRefused
from runbook_lib.evidence import approvals, statement
from runbook_lib.evidence.journal import ANCHOR, FILE, anchor, lines, written
from runbook_lib.evidence.record import Origin, Record, records
from runbook_lib.evidence.seal import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.evidence.approvals import Kept
    from runbook_lib.model import EnvironmentPlan
    from runbook_lib.parameters import Environment


@dataclass(frozen=True)
class StoppedRun:
    """Hold a run that was stopped, the approvals that it goes on under, and the plan that they are for."""

    record: Record
    approvals: tuple[Kept, ...]
    approved: EnvironmentPlan
    planners: frozenset[str]

    @property
    def digest(self) -> str:
        """Give the digest that was approved."""
        return self.approvals[0].approval.digest

    @property
    def granted(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the approvals as they are kept, and who planned."""
        return tuple(each.text for each in self.approvals), tuple(sorted(self.planners))


def stopped(record: Record, environment: Environment, now: str) -> StoppedRun:
    """Find what a run goes on with.

    Raises ApprovalRefused, with the way out, when there is nothing to resume, or when its approvals do not suffice any more.
    """
    given, approved = approvals.kept(record, environment), record.approved()
    target = record.facts.target or record.facts.environment
    if record.facts.verb == "step":
        raise _refused(record, "holds what somebody did step by step", f"runbook lab {target}: each notebook goes on under its approval")
    if not given or approved is None:
        raise _refused(record, "was never approved, so it changed nothing", _approving(record, target))
    digest = given[0].approval.digest
    if digest != approved.digest:
        raise _refused(record, "holds another plan than its approval is for", f"runbook audit verify {record.folder} tells more")
    if not is_left(record, approved):
        raise _refused(record, "ran to its end", f"runbook verify {target} tells how things stand, runbook plan {target} what is left")
    if (later := _later(record)) is not None:
        is_next = later.facts.resumes is not None and later.facts.resumes.record == record.folder.name
        way_out = f"runbook resume {later.folder.name} {target}" if is_next else f"runbook plan {target}"
        raise _refused(record, f"is not the newest: {later.folder.name} changed something since", way_out)
    known = approvals.stored(record.folder.parent.parent, environment, digest)
    approvals.refuse_rejected(known, environment)
    approvals.refuse_used_up(known, [each.text for each in given], environment)
    planners = known.planners | set(record.facts.planned_by)
    sufficient([each.approval for each in given], Case(digest, approved, environment, planners, now))
    return StoppedRun(record, given, approved, planners)


def command(record: Record) -> str:
    """Write the command that goes on, as it works on every machine that reads the record store."""
    return f"runbook resume {record.folder.name} {record.facts.target or record.facts.environment}"


def origin(folder: Path) -> Origin:
    """Name a record by what nobody can change unseen: its statement, else the line that ends its last change, else what it began with."""
    closed = statement.newest(folder)
    if closed is not None:
        return Origin(record=folder.name, file=closed.name, sha256=digest_of(closed))
    ended = [digest for digest, is_end in _digests(folder) if is_end]
    return Origin(record=folder.name, file=FILE if ended else ANCHOR, sha256=ended[-1] if ended else digest_of(folder / ANCHOR))


def holds(folder: Path, named: Origin) -> bool:
    """Tell whether a record still holds what a later one named of it."""
    if named.file == FILE:
        return named.sha256 in {digest for digest, _ in _digests(folder)}
    known = named.file == ANCHOR or statement.NAME.fullmatch(named.file)
    return bool(known) and (folder / named.file).is_file() and digest_of(folder / named.file) == named.sha256


def _digests(folder: Path) -> Iterator[tuple[str, bool]]:
    """Digest the lines of a journal as far as each follows from the one before, and tell which end a change.

    Those alone are the same wherever the journal is read: what a machine announced that then died may never have begun.
    """
    path, digest = folder / FILE, anchor(folder)
    for octets in path.read_bytes().split(b"\n")[:-1] if path.is_file() else ():
        line = json.loads(octets)
        if line["previous"] != digest:
            return
        digest = sha256(octets).hexdigest()
        yield digest, "end" in line


def is_left(record: Record, approved: EnvironmentPlan) -> bool:
    """Tell whether a run was cut off, or an approved change is not made."""
    results = record.results()
    if statement.newest(record.folder) is None or set(record.facts.stages) - set(results):
        return True
    receipts = (each.receipt for each in results.values() if each.receipt is not None)
    done = {(each.stage, entry.change.address) for each in receipts for entry in each.entries if entry.outcome == "applied"}
    return any((plan.stage, change.address) not in done for plan in approved.plans for change in plan.changes if plan.stage in results)


def _later(record: Record) -> Record | None:
    """Find the newest record of the environment that changed something after a run had begun."""
    since = next((str(line["at"]) for line in lines(record.folder / FILE)), record.facts.started)
    others = (each for each in records(record.folder.parent.parent, record.facts.environment) if each.folder != record.folder)
    return next((each for each in others if _last(each) > since and written(each.folder)), None)


def _last(record: Record) -> str:
    """Give the time of a journal's last line; empty where it has none."""
    return max((str(line["at"]) for line in lines(record.folder / FILE)), default="")


def _approving(record: Record, target: str) -> str:
    """Say how what a run planned is applied."""
    verb = {"plan": "apply", "destroy": "destroy"}.get(record.facts.verb)
    plan = record.plan()
    if verb is None or plan is None or plan.is_empty:
        return f"runbook plan {target}"
    return f"approve what it planned: runbook {verb} {target} --approve {plan.digest}"


def _refused(record: Record, what: str, way_out: str) -> ApprovalRefused:
    return ApprovalRefused(record.folder.name, f"{what}: there is nothing to resume", way_out)
