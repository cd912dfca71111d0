"""Write down each change before it is sent and what became of it, and read it all back as a history.

One JSON object a line: `begin` holds the change and who sends it, `sent` a request or a statement, `end` the outcome. Each line holds in
`previous` the SHA-256 of the line before, the first one that of `run.json`. A `begin` without an `end` means that nobody knows: the next
run looks at live state. Secrets never reach it, since resources hold references only and statements are masked.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from runbook_lib.evidence.exercises import of_record
from runbook_lib.model import Change, Entry, Written, canonical
from runbook_lib.resources.rehearsals import Rehearsal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from runbook_lib.engine import History
    from runbook_lib.engine.plan import Scope

FILE = "journal.jsonl"
ANCHOR = "run.json"
"""The file whose digest the first line holds."""
_BLOCK = 65_536


class FileJournal:
    """Append to a record's journal; `sender` tells as whom a change is sent.

    Each `begin` and each `end` is forced to disk before the call returns, and with an `end` what was sent for it: if the machine dies
    before that, the `begin` says that nobody knows. What is sent together is forced together.
    """

    def __init__(
        self,
        path: Path,
        *,
        is_undo: bool,
        now: Callable[[], str],
        scope: Scope = (),
        sender: Callable[[Change], Mapping[str, str]] = lambda _change: {},
    ) -> None:
        self._path, self._is_undo, self._now, self._scope, self._sender = path, is_undo, now, scope, sender
        self._lock = threading.Lock()

    def announce(self, stage: str, changes: Sequence[Change]) -> None:
        """Do nothing: who reads this file finds there what has begun."""

    def begin(self, stage: str, *changes: Change) -> None:
        """Record changes before they are sent together."""
        self._append([self._begun(stage, each) for each in changes])

    def ahead(self, stage: str, changes: Iterable[Change], start: int) -> tuple[bytes, bytes]:
        """Give the lines from a place on, and those that would begin these changes now, as they would follow from the last one."""
        with self._alone() as file:
            lines = chained([self._begun(stage, each) for each in changes], self._previous(file))
            file.seek(start)
            return file.read(), lines

    def sent(self, what: Mapping[str, Any]) -> None:
        """Record a request or a statement that was sent for the changes that have begun."""
        self._append([{"at": self._now(), "sent": dict(what)}], is_forced=False)

    def end(self, stage: str, *entries: Entry) -> None:
        """Record what became of them."""
        self._append(
            [{"at": self._now(), "stage": stage, "end": each.outcome, "address": each.change.address, "detail": each.detail}
             for each in entries]
        )  # fmt: skip

    def _begun(self, stage: str, change: Change) -> dict[str, Any]:
        return {
            "at": self._now(), "stage": stage, "begin": change.model_dump(mode="json"), "address": change.address,
            "verb": change.verb, "undo": self._is_undo, "scope": dict(self._scope), "by": dict(self._sender(change)),
        }  # fmt: skip

    def _append(self, lines: list[dict[str, Any]], *, is_forced: bool = True) -> None:
        with self._alone() as file:
            file.write(chained(lines, self._previous(file)))
            file.flush()
            if is_forced:
                os.fsync(file.fileno())

    @contextmanager
    def _alone(self) -> Iterator[BinaryIO]:
        """Keep other threads and processes out, so that no two lines follow from the same one."""
        with self._lock, self._path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file

    def _previous(self, file: BinaryIO) -> str:
        return _last(file) or anchor(self._path.parent)


def chained(lines: Iterable[dict[str, Any]], previous: str) -> bytes:
    """Write lines so that each holds the digest of the one before."""
    written = []
    for line in lines:
        octets = canonical({**line, "previous": previous}).encode()
        previous = sha256(octets).hexdigest()
        written.append(octets + b"\n")
    return b"".join(written)


def anchor(folder: Path) -> str:
    """Give what the first line of a record's journal holds on to; empty where no run is named."""
    path = folder / ANCHOR
    return sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def _last(file: BinaryIO) -> str:
    """Give the digest of the last line; empty when there is none. What a crash cut off is taken away: it was never sent."""
    start = end = file.seek(0, os.SEEK_END)
    tail, block = b"", _BLOCK
    while start and tail[: tail.rfind(b"\n")].count(b"\n") == 0:
        start, block = max(0, end - block), 2 * block
        file.seek(start)
        tail = file.read(end - start)
    whole = tail[: tail.rfind(b"\n") + 1]
    if whole != tail:
        file.truncate(start + len(whole))
    return sha256(whole[:-1].rpartition(b"\n")[2]).hexdigest() if whole else ""


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read a journal; a last line that a crash cut off is left out, since its change was never sent."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for text in file:
            if text.endswith("\n"):
                yield json.loads(text)


def lines_from(path: Path, start: int) -> tuple[list[dict[str, Any]], int]:
    """Read the whole lines of a journal from a place on, and tell where the next begins: who follows it reads each line once."""
    if not path.exists():
        return [], start
    with path.open("rb") as file:
        file.seek(start)
        given = file.read()
    whole = given[: given.rfind(b"\n") + 1]
    return [json.loads(each) for each in whole.splitlines()], start + len(whole)


def history(environment_folder: Path) -> History:
    """Read our changes of an environment from all its records, oldest first."""
    found = ((_read(each, (state := each.stat()).st_size, state.st_mtime_ns), each.parent) for each in environment_folder.glob(f"*/{FILE}"))
    # One run writes at a time. A record's name tells seconds and then chance, its lines tell which of two came first.
    journals = sorted(((*read, folder) for read, folder in found if read[0]), key=lambda journal: (journal[0], journal[2]))
    return tuple(_settled(change, folder) for _, changes, folder in journals for change in changes)


@lru_cache(maxsize=1024)
def _read(path: Path, _size: int, _changed: int) -> tuple[str, tuple[Written, ...]]:
    """Tell when a journal begins, and what was changed; one that is as long and as old as before is not read again."""
    journal = list(lines(path))
    return (str(journal[0]["at"]) if journal else "", tuple(_changes(journal)))


def written(folder: Path) -> History:
    """Read our changes of one record."""
    return tuple(_settled(change, folder) for change in _changes(list(lines(folder / FILE))))


def _settled(change: Written, folder: Path) -> Written:
    """Leave the end of a rehearsal open that could not remove all that it made."""
    match change.change.after:
        case Rehearsal(flow=flow) if change.is_certain and any(each.left for each in of_record(folder, flow)):
            return change.model_copy(update={"is_certain": False})
    return change


def _changes(journal: list[dict[str, Any]]) -> Iterator[Written]:
    for line, end in _ended(journal):
        change = Change.model_validate(line["begin"])
        if end in {"applied", ""} or is_divisible(change):
            scope = tuple(sorted(line["scope"].items()))
            yield Written(stage=line["stage"], change=change, scope=scope, is_undo=bool(line["undo"]), is_certain=end == "applied")


def _ended(journal: Sequence[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str]]:
    """Pair each `begin` with the next end of its address, empty where nobody knows."""
    ends: dict[str, str] = {}
    pairs: list[tuple[dict[str, Any], str]] = []
    for line in reversed(journal):
        if "end" in line:
            ends[line["address"]] = line["end"]
        elif "begin" in line:
            pairs.append((line, ends.get(line["address"], "")))
    yield from reversed(pairs)


def is_divisible(change: Change) -> bool:
    """Tell whether a change that was refused may have been made in part: it takes several calls."""
    return change.before is not None and change.before.on_the_way(change.after) != ()
