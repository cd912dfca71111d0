"""Check a batch's record: its statement, its rows against what was asked for, and the record of each environment by its digest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from runbook_lib.evidence import statement
from runbook_lib.evidence.audit import envelope
from runbook_lib.evidence.audit.flaws import Audit
from runbook_lib.evidence.audit.folder import Folder
from runbook_lib.evidence.batches import END, FACTS, ROWS, SCHEMA, exit_code
from runbook_lib.evidence.seal import NAME, digest_of
from runbook_lib.model import Value
from runbook_lib.model.fleets import BatchEnd, BatchFacts, Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.evidence.signing import PublicKey

V = TypeVar("V", bound=Value)
BATCH = envelope.Form(SCHEMA, {"batch": str, "verb": str, "started": str, "signer": str})
ENVIRONMENT = re.compile(r"[a-z][a-z0-9-]*")
INSTEAD = {
    "verify": "a record of verify: what was approved had been applied already",
    "plan": "a record of plan: a file that approves automatically plans first, and that failed",
}
"""What the record of another verb says in a batch that applies."""


def check(folder: Folder, key: PublicKey | None, digest: str) -> Iterator[Row]:
    """Note what is wrong in the batch itself; give each row whose environment's record lies in the same store."""
    stated = envelope.held(folder, key, digest, BATCH)
    facts = _read(folder, FACTS, BatchFacts)
    if facts is None:
        return
    folder.audit.facts |= {"batch": facts.batch, "verb": facts.verb, "started": facts.started}
    for each in ("batch", "verb", "started") if stated is not None else ():
        if stated is not None and getattr(facts, each) != stated[1][each]:
            folder.audit.add(FACTS, 0, f"says {each} {getattr(facts, each)}, {stated[0]} says {stated[1][each]}")
    _origin(folder, facts)
    rows = [row for number, file in enumerate(facts.files, 1) if (row := _row(folder, number, file)) is not None]
    end = _read(folder, END, BatchEnd)
    if end is not None and len(rows) == len(facts.files) and end.exit_code != exit_code(rows):
        folder.audit.add(END, 0, f"says exit code {end.exit_code}, and of the environments follows {exit_code(rows)}")
    yield from (row for row in rows if _is_here(folder, row))


def beside(folder: Folder, row: Row) -> Path:
    """Give the place of an environment's record in the batch's own store."""
    return folder.path.resolve().parent.parent / row.environment / row.record


def held(folder: Folder, row: Row, found: Audit) -> None:
    """Take over what is wrong with an environment's record, and hold the row against it."""
    place = f"{row.environment}/{row.record}"
    for each in found.flaws:
        if each.weight != "note":
            folder.audit.add(f"{place}/{each.file}", each.line, each.what, each.weight)
    path = beside(folder, row)
    end = Folder(path, Audit(str(path))).parsed("end.json")
    verb, asked = found.facts.get("verb", ""), folder.audit.facts["verb"]
    if not _may_leave(row, asked, verb) or found.facts.get("environment") != row.environment:
        folder.audit.add(_name(row), 0, f"names {place}, which is a record of {verb} in {found.facts.get('environment')}")
    elif verb != asked:
        folder.audit.add(_name(row), 0, f"names {place}, {INSTEAD[verb]}", "note")
    if isinstance(end, dict) and end.get("exit_code") != row.exit_code:
        folder.audit.add(_name(row), 0, f"says exit code {row.exit_code}, {place} says {end.get('exit_code')}")
    folder.audit.checked.append(f"{place} against its digest, and within")


def _may_leave(row: Row, asked: str, verb: object) -> bool:
    """Tell whether a batch that was asked for one verb may leave an environment's record of another, as an apply does."""
    return verb == asked or (asked == "apply" and (verb == "verify" or (verb == "plan" and row.is_failed)))


def _is_here(folder: Folder, row: Row) -> bool:
    """Tell whether an environment's record can be held; one that lies elsewhere, or was never closed, is said."""
    if not row.record_digest:
        if row.record:
            folder.audit.add(_name(row), 0, f"names {row.record} of {row.environment}, which was not closed by this batch", "note")
        return False
    if not NAME.fullmatch(row.record) or not ENVIRONMENT.fullmatch(row.environment):
        folder.audit.add(_name(row), 0, f"names {row.environment}/{row.record}, which is no name of a record")
        return False
    if not (beside(folder, row) / "run.json").is_file():
        way_out = f"runbook audit verify {row.folder} --digest {row.record_digest}"
        folder.audit.add(_name(row), 0, f"names {row.environment}/{row.record}, which does not lie in this store: {way_out}", "unknown")
        return False
    return True


def _row(folder: Folder, number: int, file: str) -> Row | None:
    name = f"{ROWS}/{number}.json"
    if name not in folder.names:
        folder.audit.add(name, 0, f"is missing: nothing says what came of {file}")
        return None
    row = _read(folder, name, Row)
    if row is not None and (row.number, row.file) != (number, file):
        folder.audit.add(name, 0, f"is about {row.file}, and {FACTS} has {file} in this place")
    return row


def _origin(folder: Folder, facts: BatchFacts) -> None:
    """Hold the batch that this one goes on from, where it lies beside it."""
    before = folder.path.resolve().parent / facts.resumes
    if not facts.resumes:
        return
    folder.audit.facts["goes on from"] = facts.resumes
    if not NAME.fullmatch(facts.resumes) or not (before / FACTS).is_file():
        folder.audit.add(FACTS, 0, f"goes on from {facts.resumes}, which is not here", "note")
        return
    closed = statement.newest(before)
    if digest_of(closed if closed is not None else before / FACTS) != facts.resumes_sha256:
        folder.audit.add(FACTS, 0, f"names another digest of {facts.resumes}, which it goes on from, than that has now")
    else:
        folder.audit.checked.append(f"the batch that this one goes on from: {facts.resumes}")


def _read(folder: Folder, name: str, kind: type[V]) -> V | None:
    said = folder.parsed(name)
    try:
        return kind.model_validate(said) if said is not None else None
    except ValidationError:
        folder.audit.add(name, 0, "is in another form than this version's")
        return None


def _name(row: Row) -> str:
    return f"{ROWS}/{row.number}.json"
