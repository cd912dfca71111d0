"""List a record's files with their digests: what is stored last of a record, and what others hold it against."""

from __future__ import annotations

import re
from hashlib import file_digest
from pathlib import Path, PurePosixPath

from runbook_lib.errors import RunbookError
from runbook_lib.model import Value, canonical

NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[a-z]+-[0-9a-f]{6}")
"""What a record is called."""


class Seal(Value):
    """State the SHA-256 of each file of a record, by name in order."""

    record: str
    files: tuple[tuple[str, str], ...]

    def digests(self) -> dict[str, str]:
        """Give the digests by file."""
        return dict(self.files)

    def as_bytes(self) -> bytes:
        """Write it so that one record has one seal, byte for byte."""
        return f"{canonical(self.model_dump(mode='json'))}\n".encode()


def files_of(folder: Path) -> tuple[str, ...]:
    """List a record's files; what a killed run left half-written has a hidden name. Raises RunbookError for a link."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise RunbookError(str(path), "is a link, and a record holds files only", "remove it")
        if path.is_file() and is_plain(name):
            found.append(name)
    return tuple(found)


def seal_of(folder: Path) -> Seal:
    """Digest a record's files."""
    return Seal(record=folder.name, files=tuple((name, digest_of(folder / name)) for name in files_of(folder)))


def digest_of(path: Path) -> str:
    """Digest a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def is_plain(name: str) -> bool:
    """Tell whether a name stays within its folder and nothing in it is hidden."""
    parts = PurePosixPath(name).parts
    return bool(parts) and "/".join(parts) == name and not any(part.startswith((".", "/")) for part in parts)
