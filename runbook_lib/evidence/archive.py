"""Keep an environment's records in a bucket, beside the folder of this machine in which everything goes on working.

Below `<prefix>/<environment>/` lie the records, file by file; `.journal/<record>/` what a stage is going to write, stored before the first
of it is sent, and what the journal gained before that (`evidence.parts`); `.sealed/<record>` the digests of a whole record's files,
stored when every file was read back. Nothing is overwritten, nothing is deleted, and a record without its seal does not count as whole.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from runbook_lib.errors import Conflict, Rejected
from runbook_lib.evidence import parts
from runbook_lib.evidence.seal import Seal, files_of, seal_of
from runbook_lib.ports import Hold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Literal

    from runbook_lib.engine.apply import Journal
    from runbook_lib.evidence.journal import FileJournal
    from runbook_lib.evidence.record import Record
    from runbook_lib.model import Change
    from runbook_lib.ports import ObjectStore

JOURNALS, SEALS = ".journal", ".sealed"
_AT_ONCE = 8
_SKEW = timedelta(minutes=15)
"""How far a clock may be from S3's, which accepts no request beyond it."""


class Retention:
    """Say how long objects are held from their upload on."""

    def __init__(self, mode: Literal["GOVERNANCE", "COMPLIANCE"], days: int) -> None:
        self._mode, self._time = mode, timedelta(days=days)

    def from_now(self) -> Hold:
        """Give what holds an object that is stored now."""
        return Hold(self._mode, datetime.now(UTC) + self._time)

    def is_kept(self, hold: Hold | None, stored: datetime) -> bool:
        """Tell whether an object is held as was asked, or longer; compliance is more than governance."""
        if hold is None or (self._mode, hold.mode) == ("COMPLIANCE", "GOVERNANCE"):
            return False
        return hold.until >= stored + self._time - _SKEW


class Archive:
    """Store records and their growing journals below one prefix, and read back what was stored."""

    def __init__(self, objects: ObjectStore, root: str, retention: Retention | None = None) -> None:
        self.objects, self.root, self._retention = objects, root, retention
        self._shipped: dict[str, int] = {}

    def listed(self, folder: str = "") -> dict[str, int]:
        """List what is stored below a folder of the environment, by name within it. Raises TargetError."""
        prefix = self.key(folder, "") if folder else f"{self.root}/"
        return {key.removeprefix(prefix): size for key, size in self.objects.sizes(prefix).items()}

    def key(self, *names: str) -> str:
        """Give the key of a name."""
        return "/".join((self.root, *names))

    def begin(self, record: Record) -> None:
        """Store what a record begins with, so that others learn of the run while it goes on. Raises TargetError."""
        self._store_files(record, files_of(record.folder), {})

    def announce(self, record: Record, journal: FileJournal, stage: str, changes: Sequence[Change]) -> None:
        """Store what the journal gained since the last time, and behind it what a stage is going to write.

        Raises TargetError: then nothing may be written that this announces.
        """
        name = record.folder.name
        if name not in self._shipped:
            if self.objects.look(self.key(SEALS, name)) is not None:
                raise Rejected(name, "is in the record store as a whole already", "open the stage anew: that begins another record")
            self._shipped[name] = parts.reached(self.listed(f"{JOURNALS}/{name}"))
        start = self._shipped[name]
        gained, ahead = journal.ahead(stage, changes, start)
        self._store(self.key(JOURNALS, name, parts.named(start, gained, ahead)), gained + ahead)
        self._shipped[name] = start + len(gained)

    def keep(self, record: Record) -> Seal:
        """Store every file of a finished record, read back what is stored, and seal it. What was stored before is not stored again.

        Raises TargetError, also when something else is stored in the place of a file.
        """
        seal = seal_of(record.folder)
        there = self.listed(record.folder.name)
        strange = sorted(there.keys() - seal.digests().keys())
        if strange:
            raise Conflict(self.key(record.folder.name, strange[0]), "is stored and no file of the record", "look who put it there")
        self._store_files(record, seal.digests(), there)
        self.check(record.folder.name, seal)
        self._store(self.key(SEALS, record.folder.name), seal.as_bytes())
        self._shipped.pop(record.folder.name, None)
        return seal

    def add(self, record: Record, name: str, text: str) -> None:
        """Store a file that a whole record gains. Raises TargetError, also when another has that name."""
        self._store(self.key(record.folder.name, name), text.encode())

    def check(self, name: str, seal: Seal) -> None:
        """Read back checksum and retention of a record's files. Raises Rejected for the first that is not as it was sealed."""
        self._each(lambda file: self._check_file(name, file, seal.digests()[file]), seal.digests())

    def seal(self, name: str) -> Seal | None:
        """Read the seal of a record; None as long as it is not whole. Raises TargetError."""
        found = self.objects.read(self.key(SEALS, name))
        return Seal.model_validate_json(found[0]) if found is not None else None

    def journalled(self, record: Record, journal: FileJournal) -> Journal:
        """Let a journal announce in the bucket what a stage is going to write."""
        return _Announcing(self, record, journal)

    def _store_files(self, record: Record, names: Iterable[str], there: Mapping[str, int]) -> None:
        def store(name: str) -> None:
            self._store(self.key(record.folder.name, name), (record.folder / name).read_bytes())

        self._each(store, [name for name in names if name not in there])

    def _store(self, key: str, content: bytes) -> None:
        """Store an object; one with the same content, from a try whose answer was lost, is as good."""
        try:
            self.objects.put(key, content, hold=self._retention.from_now() if self._retention is not None else None)
        except Conflict:
            found = self.objects.look(key)
            if found is None or found.sha256 != sha256(content).hexdigest():
                raise

    def _check_file(self, record: str, name: str, digest: str) -> None:
        key = self.key(record, name)
        found = self.objects.look(key)
        if found is None or found.sha256 != digest:
            raise Rejected(key, "is not what was sealed" if found is not None else "is not there", _DAMAGED)
        if self._retention is not None and not self._retention.is_kept(self.objects.hold(key), found.stored):
            raise Rejected(key, "is not held as records_retention asks", "hold it with `aws s3api put-object-retention`")

    def _each(self, work: Callable[[str], None], names: Iterable[str]) -> None:
        with ThreadPoolExecutor(_AT_ONCE, "archive") as pool:
            for _ in pool.map(work, names):
                pass


_DAMAGED = "nothing was overwritten; compare the bucket's versions of it with the machine that made the record"


class _Announcing:
    """Store the lines of a stage's changes before the first of them is sent."""

    def __init__(self, archive: Archive, record: Record, journal: FileJournal) -> None:
        self._archive, self._record, self._journal = archive, record, journal
        self.begin, self.end = journal.begin, journal.end

    def announce(self, stage: str, changes: Sequence[Change]) -> None:
        self._archive.announce(self._record, self._journal, stage, changes)
