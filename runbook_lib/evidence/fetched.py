"""Bring what other machines recorded into this machine's folder, as far as a run reads it, and find what is still to be stored."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import TYPE_CHECKING

from runbook_lib.errors import Rejected
from runbook_lib.evidence import parts
from runbook_lib.evidence.archive import JOURNALS, SEALS
from runbook_lib.evidence.journal import FILE
from runbook_lib.evidence.record import LATER, private_folder
from runbook_lib.evidence.seal import NAME, is_plain
from runbook_lib.evidence.use import idle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from runbook_lib.evidence.archive import Archive
    from runbook_lib.evidence.seal import Seal

ELSEWHERE = ".elsewhere"
"""Folder of marks: whose record was made on another machine, and which parts its journal was put together from."""
FOR_PEOPLE = ("notebooks/", "artefacts/")


def unsealed(folder: Path) -> tuple[Path, ...]:
    """List the records made here that are not known to be whole in the bucket and that nobody writes any more."""
    names = sorted(path.parent for path in folder.glob("*/run.json") if NAME.fullmatch(path.parent.name))
    left = [each for each in names if is_ours(folder, each.name) and not (folder / SEALS / each.name).exists()]
    return idle(folder, left) if left else ()


def mark_sealed(folder: Path, seal: Seal) -> None:
    """Remember that a record is whole in the bucket, also when its objects expire there one day."""
    _written(folder / SEALS / seal.record, seal.as_bytes())


def is_ours(folder: Path, record: str) -> bool:
    """Tell whether a record was made on this machine."""
    return (folder / record).exists() and not (folder / ELSEWHERE / record).exists()


def fetch(archive: Archive, folder: Path) -> None:
    """Bring what is missing here of other machines' records. Raises TargetError, also for what is not as it was sealed."""
    listed = archive.listed()
    for record, files in _records(listed).items():
        if is_ours(folder, record):
            _bring_later(archive, folder, record, files)
        else:
            _bring(archive, folder, record, files, is_sealed=f"{SEALS}/{record}" in listed)


def _bring_later(archive: Archive, folder: Path, record: str, files: Iterable[str]) -> None:
    """Bring what was said elsewhere of a plan that was made here."""
    for name in files:
        if LATER.fullmatch(name) and not (folder / record / name).exists():
            _written(folder / record / name, _content(archive, f"{record}/{name}"))


def _records(listed: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Sort what is stored by record: its files, and the parts of its journal; what has another name is not ours to read."""
    found: dict[str, dict[str, int]] = {}
    for name, size in sorted(listed.items()):
        first, _, rest = name.partition("/")
        record, _, part = rest.partition("/")
        if NAME.fullmatch(first) and is_plain(rest):
            found.setdefault(first, {})[rest] = size
        elif first == JOURNALS and NAME.fullmatch(record) and parts.NAME.fullmatch(part):
            found.setdefault(record, {})[f"{JOURNALS}/{part}"] = size
    return found


def _bring(archive: Archive, folder: Path, record: str, files: Mapping[str, int], *, is_sealed: bool) -> None:
    mark = folder / ELSEWHERE / record
    held = mark.read_bytes() if mark.exists() else b""
    stored = [name.partition("/")[2] for name in files if name.startswith(JOURNALS)] if FILE not in files else []
    listed = "\n".join(stored).encode()
    wanted = [name for name in files if is_read(name) and (_size(folder / record / name) != files[name] or (held and name == FILE))]
    if not wanted and held == listed:
        return
    seal = archive.seal(record) if is_sealed and wanted else None
    _written(mark, held)
    if stored:
        _written(folder / record / FILE, parts.assembled({part: _content(archive, f"{JOURNALS}/{record}/{part}") for part in stored}))
    # A record is found by its run.json: that comes last.
    for name in sorted(wanted, key=lambda each: each == "run.json"):
        _written(folder / record / name, _read(archive, record, name, seal))
    _written(mark, listed)


def is_read(name: str) -> bool:
    """Tell whether a run reads a file of an earlier record; executed notebooks and pages are for people."""
    return not name.startswith((JOURNALS, *FOR_PEOPLE)) and not name.endswith(".html")


def _read(archive: Archive, record: str, name: str, seal: Seal | None) -> bytes:
    """Read a file, held against its record's seal. Raises Rejected."""
    content = _content(archive, f"{record}/{name}")
    sealed = seal.digests().get(name) if seal is not None else None
    if seal is not None and sealed != sha256(content).hexdigest() and not (sealed is None and LATER.fullmatch(name)):
        raise Rejected(archive.key(record, name), "is not what was sealed", "look in the bucket's versions of it who replaced it")
    return content


def _content(archive: Archive, name: str) -> bytes:
    found = archive.objects.read(archive.key(name))
    if found is None:
        raise Rejected(archive.key(name), "was there a moment ago and is gone", "look who deletes in the record store")
    return found[0]


def _size(path: Path) -> int:
    """Give a file's size; 0 when there is none, for an empty file says no more than none."""
    return path.stat().st_size if path.exists() else 0


def _written(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, in the place of what was fetched before."""
    partial = private_folder(path.parent) / f".{path.name}.{secrets.token_hex(4)}"
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
