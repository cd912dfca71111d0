"""State every file of a record by its SHA-256: an in-toto Statement v1 in a DSSE envelope, signed when a key is named.

`statement.json` is written last and covers all that lies in the folder. Its own SHA-256 is the record's digest, which the environment's
next record names. A record without a key has an envelope without signatures.
"""

from __future__ import annotations

import base64
import fcntl
import os
import re
from contextlib import contextmanager
from hashlib import file_digest, sha256
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import RunbookError, TargetError
from runbook_lib.evidence.record import SCHEMA, RunVerb
from runbook_lib.model import Value, canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runbook_lib.evidence.record import Record, WriteOnce
    from runbook_lib.ports import SigningKey

STEM = "statement"
NAME = re.compile(r"statement(?:\.([1-9][0-9]*))?\.json")
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = SCHEMA


class Previous(Value):
    """Name a record and its digest."""

    record: str
    sha256: str


class Predicate(Value):
    """State what the in-toto statement says of a record: the environment's record before it, and the key that signs."""

    environment: str
    record: str
    verb: RunVerb
    started: str
    previous: Previous | None
    signer: str


def close(record: Record, key: SigningKey | None) -> str:
    """Write the statement, and give the record's digest. Raises RunbookError when a key is named and does not sign."""
    return state(record, key, PREDICATE_TYPE, lambda signer: _predicate(record, signer))


def state(record: WriteOnce, key: SigningKey | None, kind: str, predicate: Callable[[str], Value]) -> str:
    """State every file in a folder, and what a predicate says of it given the name of whoever signs. Gives and raises as `close`."""
    with _alone(record.folder.parent):
        payload = canonical(_statement(record.folder, kind, predicate(key.name if key is not None else ""))).encode()
        try:
            signature, failed = (key.sign(pae(payload)) if key is not None else b""), None
        except TargetError as error:
            signature, failed = b"", error
        name = key.name if key is not None else ""
        path = record.add(STEM, canonical(envelope(payload, name, signature)))
    if failed is not None:
        what = f"is complete, but not signed: {failed.what}"
        raise RunbookError(str(record.folder), what, failed.way_out or "mend it; the next record can be signed again")
    return sha256(path.read_bytes()).hexdigest()


def envelope(payload: bytes, key_name: str, signature: bytes) -> dict[str, Any]:
    """Put a payload into a DSSE envelope."""
    signatures = [{"keyid": key_name, "sig": base64.b64encode(signature).decode()}] if signature else []
    return {"payload": base64.b64encode(payload).decode(), "payloadType": PAYLOAD_TYPE, "signatures": signatures}


def pae(payload: bytes) -> bytes:
    """Encode what a signature covers (DSSE v1.0, protocol.md: pre-authentication encoding)."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def newest(folder: Path) -> Path | None:
    """Find the statement that covers a record; a notebook that is closed again states the earlier ones too."""
    found = {int(match[1] or 0): path for path in folder.iterdir() if (match := NAME.fullmatch(path.name))}
    return found[max(found)] if found else None


def _predicate(record: Record, signer: str) -> Predicate:
    facts = record.facts
    return Predicate(
        environment=facts.environment, record=record.folder.name, verb=facts.verb, started=facts.started,
        previous=_previous(record.folder), signer=signer,
    )  # fmt: skip


def _statement(folder: Path, kind: str, predicate: Value) -> dict[str, Any]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": path.relative_to(folder).as_posix(), "digest": {"sha256": _digest(path)}} for path in files],
        "predicateType": kind,
        "predicate": predicate.model_dump(mode="json"),
    }


def _previous(folder: Path) -> Previous | None:
    """Name the environment's record that was closed last, with its digest."""
    closed = [path for each in folder.parent.iterdir() if each != folder and (path := _closed(each)) is not None]
    if not closed:
        return None
    last = max(closed, key=lambda path: (path.stat().st_mtime_ns, path.parent.name))
    return Previous(record=last.parent.name, sha256=_digest(last))


def _closed(folder: Path) -> Path | None:
    """Find the statement of a record; what somebody else put among the records, and closed to us, is none."""
    try:
        return newest(folder) if (folder / "run.json").exists() else None
    except OSError:
        return None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Close one record of an environment at a time, so that no two name the same one before."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
