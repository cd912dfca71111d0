"""Check one record, everything at once."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from runbook_lib.evidence.audit import agreement, batch, chain, envelope, origin, replay
from runbook_lib.evidence.audit.flaws import Audit
from runbook_lib.evidence.audit.folder import Folder
from runbook_lib.evidence.batches import FACTS
from runbook_lib.evidence.record import SCHEMA

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.evidence.signing import PublicKey


def verify(path: Path, key: PublicKey | None = None, digest: str = "") -> Audit:
    """Hold a record against its statement, the statement against a key or a digest, and the record's files against each other.

    A batch is held so too, with the record of every environment that it names. Of a record of another schema version only the statement
    is held. Nothing in the folder makes this raise: what cannot be read is a flaw.
    """
    if (path / FACTS).is_file() and not (path / "run.json").is_file():
        return _batch(path, key, digest)
    folder = _folder(path)
    envelope.check(folder, key, digest)
    if (said := _schema(folder)) != SCHEMA:
        what = f"is of {said or 'a record before schemas had versions'}, and this version of the runbook reads {SCHEMA}"
        folder.audit.add("run.json", 0, f"{what}: its files were not held against each other", "unknown")
        return folder.audit
    origin.check(folder)
    journal = chain.read(folder)
    papers = agreement.Papers(folder)
    agreement.check(folder, papers, journal)
    replay.check(papers, journal)
    return folder.audit


def _batch(path: Path, key: PublicKey | None, digest: str) -> Audit:
    folder = Folder(path, Audit(str(path)))
    for row in batch.check(folder, key, digest):
        batch.held(folder, row, verify(batch.beside(folder, row), digest=row.record_digest))
    return folder.audit


def _schema(folder: Folder) -> str:
    """Give the schema version that a record names; one whose run.json cannot be read is taken for ours, and told of as such."""
    facts = folder.parsed("run.json")
    return str(facts.get("record_schema", "")) if isinstance(facts, dict) else SCHEMA


def opened(path: Path) -> tuple[Folder, chain.Journal]:
    """Read a record's journal alone, and hold its lines against each other."""
    folder = _folder(path)
    return folder, chain.read(folder)


def _folder(path: Path) -> Folder:
    # Each kind of resource is read back through its class.
    import_module("runbook_lib.resources")
    folder = Folder(path, Audit(str(path)))
    if "run.json" not in folder.names:
        folder.audit.add("run.json", 0, "is missing: this is no record of a run")
    return folder
