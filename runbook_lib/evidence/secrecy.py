"""Look through a record before it is closed for the secrets that its run came to hold, and mask what is found.

This comes after the last write of every notebook and before anything is made of the record, or signs it. Nothing should ever be found:
what is, is told as broken.
"""

from __future__ import annotations

import json
import mmap
import os
import secrets
import shutil
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from runbook_lib.evidence.journal import FILE
from runbook_lib.model import Finding, canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from runbook_lib.secrets import Known

CLAIM = "no secret stands in the record"
WAY_OUT = "change that secret, since it has been written down, and report what wrote it"
JSON = (".json", ".jsonl", ".ipynb")
LARGEST = 64 << 20
"""Bytes of a file that is taken apart to be masked; in a larger one a secret is written over where it stands."""


def cleaned(folder: Path, known: Known) -> tuple[Finding, ...]:
    """Mask every secret in every file of a record; give a finding for each file that held one, or could not be searched."""
    return tuple(
        Finding(stage="record", rows=(), claim=CLAIM, verdict="broken", detail=each, way_out=WAY_OUT) for each in _found(folder, known)
    )


def _found(folder: Path, known: Known) -> Iterator[str]:
    """A link is not followed: what it leads to is no part of the record."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file() and not each.is_symlink()):
        name = path.relative_to(folder)
        try:
            if _is_in(path, known):
                _mask(path, known)
                yield f"{name} held one, which is masked now"
        except OSError as error:
            yield f"{name} could not be searched and masked: {error.strerror}"


def _is_in(path: Path, known: Known) -> bool:
    """Search a file without reading all of it into memory at once."""
    if path.stat().st_size == 0:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return known.are_in(content)


def _mask(path: Path, known: Known) -> None:
    if path.stat().st_size <= LARGEST:
        _replace(path, lambda file: file.write(_masked(path.name, path.read_bytes(), known)))
    else:
        _replace(path, lambda file: _blotted(path, file, known))


def _blotted(path: Path, into: BinaryIO, known: Known) -> None:
    with path.open("rb") as file:
        shutil.copyfileobj(file, into)
    into.flush()
    with mmap.mmap(into.fileno(), 0) as content:
        known.blot(content)
        content.flush()


def _masked(name: str, content: bytes, known: Known) -> bytes:
    """Mask what is in a file; JSON stays JSON, and the journal keeps its lines: the next run reads them."""
    if name.endswith(JSON):
        content = _in_json(content, known.hiding(), by_line=name == FILE)
    return known.wiped(content)


def _in_json(content: bytes, hide: Callable[[str], str], *, by_line: bool) -> bytes:
    """Mask inside the texts of a document: a mask in the middle of an escape would break it. What is no JSON is left to be wiped."""
    try:
        if not by_line:
            return json.dumps(_hidden(json.loads(content), hide), indent=1, ensure_ascii=False).encode()
        return "".join(_chained(content.decode().splitlines(keepends=True), hide)).encode()
    except ValueError:
        return content


def _chained(lines: Iterable[str], hide: Callable[[str], str]) -> Iterator[str]:
    """Mask inside the journal's lines, each of which holds on to the one before; what a crash cut off stays as it is."""
    before = ""
    for line in lines:
        if not line.endswith("\n"):
            yield line
            continue
        value = _hidden(json.loads(line), hide)
        if before and "previous" in value:
            value["previous"] = sha256(before.encode()).hexdigest()
        before = canonical(value)
        yield before + "\n"


def _hidden(value: Any, hide: Callable[[str], str]) -> Any:
    match value:
        case str():
            return hide(value)
        case dict():
            return {hide(name): _hidden(each, hide) for name, each in value.items()}
        case list():
            return [_hidden(each, hide) for each in value]
        case int() | float() if hide(str(value)) != str(value):
            return hide(str(value))
    return value


def _replace(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Put a file in the place of another, whole or not at all."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with partial.open("x+b") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(path.stat().st_mode)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
