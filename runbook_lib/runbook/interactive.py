"""Keep what somebody does step by step in one record for each environment, until it is closed.

The folder of an environment's working copies names the record. It is another one as soon as the former is closed, or when the parameter
file says something else: a record is about one set of parameters. What that leaves open is closed with the next.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from runbook_lib import evidence
from runbook_lib.errors import TargetError
from runbook_lib.evidence.record import parameters_digest
from runbook_lib.evidence.statement import newest
from runbook_lib.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.parameters import Environment
    from runbook_lib.runbook.records import Records

FILE = ".record"


class Pointer(Value):
    """Name the record that is open, the parameters that it is about, and the records that other parameters left open."""

    record: str
    parameters: str
    former: tuple[str, ...] = ()


def record_of(records: Records, facts: evidence.RunFacts, working: Path) -> evidence.Record:
    """Find the open record of an environment's working copies, or begin one; it is held as long as this process lives."""
    with _alone(working):
        digest = parameters_digest(records.environment)
        found = open_record(working)
        if found is not None and found[1] == digest and not records.is_whole(found[0]):
            records.hold(found[0])
            return found[0]
        former = tuple(str(each.folder) for each in open_records(working))
        record = records.create(facts)
        record.keep_parameters(records.environment)
        (working / FILE).write_text(Pointer(record=str(record.folder), parameters=digest, former=former).model_dump_json(), "utf-8")
        return record


def open_record(working: Path) -> tuple[evidence.Record, str] | None:
    """Give the record that somebody's steps are kept in, and the digest of its parameters; None when there is none, or it is closed."""
    pointer = _pointer(working)
    if pointer is None or not _is_open(Path(pointer.record)):
        return None
    return evidence.Record(Path(pointer.record)), pointer.parameters


def open_records(working: Path) -> tuple[evidence.Record, ...]:
    """Give every record that waits to be closed, the oldest first."""
    pointer = _pointer(working)
    named = (*pointer.former, pointer.record) if pointer is not None else ()
    return tuple(evidence.Record(folder) for each in named if _is_open(folder := Path(each)))


def _pointer(working: Path) -> Pointer | None:
    try:
        return Pointer.model_validate_json((working / FILE).read_text("utf-8"))
    except (OSError, ValidationError):
        return None


def _is_open(folder: Path) -> bool:
    return (folder / "run.json").is_file() and newest(folder) is None


@contextmanager
def _alone(working: Path) -> Iterator[None]:
    """Let two notebooks that are opened at once find the same record."""
    handle = os.open(working, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def learn_secrets(environment: Environment) -> None:
    """Read every secret that the parameters refer to and that can be read from here, so that a search can find it."""
    from runbook_lib.adapters.target import connect

    target = connect(environment)
    references = [who.password for side in (environment.source, environment.destination) for who in (side.admin, side.user) if who.password]
    try:
        for each in dict.fromkeys(references):
            with suppress(TargetError):
                target.secrets.resolve(each)
    finally:
        target.close()
