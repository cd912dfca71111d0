"""An environment's records: in a folder, or in a bucket with a folder of this machine before it in which everything goes on working."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from runbook_lib import evidence, place
from runbook_lib.errors import InvalidParameters, NotFound, Problem, RunbookError, TargetError
from runbook_lib.evidence import fetched, lock, use
from runbook_lib.evidence.archive import SEALS, Archive, Retention
from runbook_lib.evidence.shared_lock import SharedLock
from runbook_lib.parameters.record_rules import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.engine.apply import Journal
    from runbook_lib.parameters import Environment


class Records:
    """Begin, lock and keep records. With a folder alone, nothing is asked of AWS."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.store = place.store(environment.records)
        self._archive = archive_of(environment)
        self._held: dict[Path, use.Held] = {}

    @property
    def folder(self) -> Path:
        """Give the folder of the environment's records on this machine."""
        return self.store / self.environment.environment

    def synchronise(self) -> tuple[str, ...]:
        """Store what an earlier run could not, name it, and bring what other machines recorded. Raises RunbookError."""
        if self._archive is None:
            return ()
        left = fetched.unsealed(self.folder)
        try:
            for each in left:
                self._seal(self._archive, evidence.Record(each))
            fetched.fetch(self._archive, self.folder)
        except NotFound as error:
            raise RunbookError(error.where, error.what, "make the bucket, or correct records in the parameter file") from None
        return tuple(each.name for each in left)

    def create(self, facts: evidence.RunFacts) -> evidence.Record:
        """Begin a record."""
        if self._archive is None:
            return evidence.Record.create(self.store, facts)
        record, self._held[record.folder] = use.create(self.store, facts)
        return record

    def hold(self, record: evidence.Record) -> None:
        """Say that this process writes a record too, as long as it lives."""
        if self._archive is not None and record.folder not in self._held:
            self._held[record.folder] = use.Held(record)

    def is_whole(self, record: evidence.Record) -> bool:
        """Tell whether a record lies in the bucket as a whole, so that nothing may be added to it."""
        return (self.folder / SEALS / record.folder.name).exists()

    @contextmanager
    def recording(self, facts: evidence.RunFacts) -> Iterator[evidence.Record]:
        """Keep a record that something writes; of what fails halfway, the next run keeps what there is. Raises RunbookError."""
        record = self.create(facts)
        try:
            yield record
            self.keep(record)
        finally:
            self._let_go(record)

    def begin(self, record: evidence.Record) -> None:
        """Let other machines learn of a run that will write. Raises TargetError."""
        if self._archive is not None:
            self._archive.begin(record)

    def journalled(self, record: evidence.Record, journal: evidence.FileJournal) -> Journal:
        """Have a run's journal kept; with a bucket, a stage's changes are there before the first of them is sent."""
        return self._archive.journalled(record, journal) if self._archive is not None else journal

    def keep(self, record: evidence.Record) -> None:
        """Store a finished record. Raises RunbookError with the command that does it later."""
        if self._archive is not None:
            try:
                self._seal(self._archive, record)
            except TargetError as error:
                place = f"its record in {record.folder} is not whole in {self.environment.records}"
                what = f"the run is over, but {place}: {error.what}"
                raise RunbookError(error.where, what, f"runbook archive {self.environment.environment}") from None

    def add(self, record: evidence.Record, stem: str, text: str) -> Path:
        """Add a file to a whole record, in the bucket first: who reads there is to see all that is here. Raises RunbookError."""
        if self._archive is not None:
            self._archive.add(record, record.free(stem), text)
        return record.add(stem, text)

    def _let_go(self, record: evidence.Record) -> None:
        if (held := self._held.pop(record.folder, None)) is not None:
            held.let_go()

    def archive(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Store what is left, hold every whole record in the bucket against its seal, and name both. Raises RunbookError."""
        if self._archive is None:
            problem = Problem(0, "records", "is a folder, whose records need no archive", "write records: s3://BUCKET/PREFIX to store them")
            raise InvalidParameters(self.environment.environment, [problem])
        stored = self.synchronise()
        seals = {name: self._archive.seal(name) for name in self._archive.listed(SEALS)}
        for name, seal in seals.items():
            if seal is not None:
                self._archive.check(name, seal)
        return stored, tuple(seals)

    def acquire(self, verb: str, at: str) -> evidence.Lock:
        """Take the lock, then learn what was recorded before. Raises Locked."""
        taken = lock.acquire(self.folder, self.environment.environment, verb, at, self._shared())
        try:
            self.synchronise()
        except BaseException:
            taken.release()
            raise
        return taken

    @contextmanager
    def locked(self, verb: str, at: str) -> Iterator[None]:
        """Hold the lock while something is done that knows what was recorded before. Raises Locked."""
        with lock.held(self.folder, self.environment.environment, verb, at, self._shared()):
            self.synchronise()
            yield

    def unlock(self, at: str) -> str:
        """Take away the lock that a run left, and say whose it was. Raises Locked while that run goes on here."""
        return lock.broken(self.folder, self.environment.environment, at, self._shared())

    def _shared(self) -> SharedLock | None:
        return SharedLock(self._archive.objects, self._archive.key(lock.FILE)) if self._archive is not None else None

    def _seal(self, archive: Archive, record: evidence.Record) -> None:
        fetched.mark_sealed(self.folder, archive.keep(record))


def archive_of(environment: Environment) -> Archive | None:
    """Reach the bucket of an environment's records; None when they lie in a folder: then no SDK is loaded."""
    place_in_s3 = place_of(environment)
    if place_in_s3 is None:
        return None
    from runbook_lib.adapters.target import objects_of

    bucket, root = place_in_s3
    asked = environment.records_retention
    retention = Retention("COMPLIANCE" if asked.mode == "compliance" else "GOVERNANCE", asked.days) if asked is not None else None
    return Archive(objects_of(environment, bucket), root, retention)
