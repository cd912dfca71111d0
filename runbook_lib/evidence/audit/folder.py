"""Read a folder that nobody vouches for: no link is followed, nothing but plain files is opened, and no file is read as a whole."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib.evidence.strict import Unsound, parsed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from runbook_lib.evidence.audit.flaws import Audit

BLOCK = 1 << 20
LARGEST = 64 << 20
"""Bytes of a file that is parsed; whatever is only digested may have any size."""


class Folder:
    """Hold a record's folder and the names of its plain files, sorted; what else lies in it is noted as a flaw."""

    def __init__(self, path: Path, audit: Audit) -> None:
        self.path, self.audit = path, audit
        self.names = tuple(sorted(self._walked()))

    def _walked(self) -> Iterator[str]:
        """List the files of all folders; not by recursion, for these may be nested as deep as a path is long."""
        left = [""]
        while left:
            yield from self._listed(left.pop(), left)

    def _listed(self, below: str, left: list[str]) -> Iterator[str]:
        try:
            with os.scandir(self.path / below) as entries:
                found = sorted((each.name, each.is_symlink(), each.is_dir(follow_symlinks=False)) for each in entries)
        except OSError as error:
            self.audit.add(below or ".", 0, f"cannot be listed: {error.strerror}")
            return
        for each, is_link, is_folder in found:
            name = f"{below}/{each}" if below else each
            if is_link:
                self.audit.add(name, 0, "is a symbolic link, which a record never holds")
            elif is_folder:
                left.append(name)
            else:
                yield name

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """Open a plain file of the record. Raises Unsound."""
        try:
            # Not blocking: a pipe under a file's name would hold up the audit for ever.
            handle = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise Unsound(f"cannot be read: {error.strerror}") from None
        with open(handle, "rb") as file:  # noqa: PTH123 - a handle has no path
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise Unsound("is no plain file")
            yield file

    def digest(self, name: str) -> str:
        """Give a file's SHA-256, block by block. Raises Unsound."""
        found = sha256()
        with self.opened(name) as file:
            try:
                while block := file.read(BLOCK):
                    found.update(block)
            except OSError as error:
                raise Unsound(f"cannot be read: {error.strerror}") from None
        return found.hexdigest()

    def octets(self, name: str) -> bytes:
        """Read a file that is to be parsed. Raises Unsound when it is too large."""
        with self.opened(name) as file:
            try:
                # A buffer of the largest size for each small file would cost more than all the rest.
                found = file.read(min(os.fstat(file.fileno()).st_size, LARGEST) + 1)
            except OSError as error:
                raise Unsound(f"cannot be read: {error.strerror}") from None
        if len(found) > LARGEST:
            raise Unsound(f"has more than {LARGEST >> 20} MB and is not read")
        return found

    def parsed(self, name: str) -> Any:
        """Read a JSON file; None, and a flaw, when there is none that can be read."""
        if name not in self.names:
            return None
        try:
            return parsed(self.octets(name))
        except Unsound as error:
            self.audit.add(name, 0, str(error))
            return None


def neighbours(place: Path) -> set[str]:
    """Name the records beside one; none where they may not be listed, or where it was copied alone."""
    try:
        return {each.name for each in place.parent.iterdir() if each != place and (each / "run.json").is_file()}
    except OSError:
        return set()
