"""Read a record's journal line by line, and hold each against the one before."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from runbook_lib.evidence.audit.folder import LARGEST
from runbook_lib.evidence.journal import ANCHOR, FILE, is_divisible
from runbook_lib.evidence.strict import Unsound, is_canonical, parsed
from runbook_lib.model import Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.evidence.audit.folder import Folder

KINDS = ("begin", "sent", "end")


@dataclass
class Attempt:
    """Hold one change that was begun: in which line, when, where and by whom (`about`), and what became of it (empty: nobody knows)."""

    line: int
    stage: str
    address: str
    change: Change
    about: dict[str, Any]
    outcome: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether nobody knows if it took effect, in whole or in part."""
        return self.outcome == "" or (self.outcome != "applied" and is_divisible(self.change))


@dataclass
class Journal:
    """Hold the changes that a journal tells of, in order, the requests and statements with their lines, and the last line's time."""

    attempts: list[Attempt] = field(default_factory=list)
    sent: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    ended: str = ""

    def of(self, stage: str) -> list[Attempt]:
        """Give the attempts of a stage."""
        return [each for each in self.attempts if each.stage == stage]


def read(folder: Folder) -> Journal:
    """Read the journal, and note each line that does not follow from the one before."""
    journal = Journal()
    if FILE not in folder.names:
        return journal
    audit = folder.audit
    number = 0
    try:
        expected = folder.digest(ANCHOR) if ANCHOR in folder.names else ""
        for number, octets in _lines(folder):
            line = _line(octets, expected, number, folder)
            expected = sha256(octets).hexdigest()
            if line is not None:
                journal.ended = max(journal.ended, str(line.get("at", "")))
                _take(line, number, journal, folder)
    except Unsound as error:
        audit.add(FILE, number, str(error))
    for each in journal.attempts:
        if not each.outcome:
            audit.add(FILE, each.line, f"{each.address} was begun and nobody knows its end: the run was cut off here", "note")
    audit.checked.append(f"{number} lines of {FILE}: {len(journal.attempts)} changes, {len(journal.sent)} requests and statements")
    return journal


def _lines(folder: Folder) -> Iterator[tuple[int, bytes]]:
    """List the whole lines, counted from 1, none longer than what is parsed. Raises Unsound."""
    with folder.opened(FILE) as file:
        number = 0
        while octets := file.readline(LARGEST):
            number += 1
            if octets.endswith(b"\n"):
                yield number, octets[:-1]
            elif len(octets) == LARGEST:
                raise Unsound("holds a line that is too long to be read")
            else:
                folder.audit.add(FILE, number, "ends in the middle of a line: a crash cut it off before anything was sent for it", "note")


def _line(octets: bytes, expected: str, number: int, folder: Folder) -> dict[str, Any] | None:
    try:
        line = parsed(octets)
    except Unsound as error:
        folder.audit.add(FILE, number, str(error))
        return None
    if not isinstance(line, dict) or not is_canonical(octets, line):
        folder.audit.add(FILE, number, "is not in its canonical form")
        return None
    if line.get("previous") != expected:
        what = "the line before" if number > 1 else ANCHOR
        folder.audit.add(FILE, number, f"does not follow from {what}: a line was changed, taken away, added or moved")
    return line


def _take(line: dict[str, Any], number: int, journal: Journal, folder: Folder) -> None:
    try:
        wrong = _taken(line, number, journal)
    except (KeyError, TypeError, ValueError, AttributeError):
        wrong = "is no line of a journal of this version"
    if wrong:
        folder.audit.add(FILE, number, wrong)


def _taken(line: dict[str, Any], number: int, journal: Journal) -> str:
    """Take what a line tells into the journal, and say what is wrong with it."""
    match next((each for each in KINDS if each in line), ""):
        case "begin":
            change = Change.model_validate(line["begin"])
            about = {"at": str(line["at"]), "by": dict(line["by"]), "scope": dict(line["scope"])}
            journal.attempts.append(Attempt(number, line["stage"], change.address, change, about))
            return "" if line["address"] == change.address else f"names {line['address']}, and changes {change.address}"
        case "sent":
            journal.sent.append((number, dict(line["sent"])))
            is_for_something = any(not each.outcome for each in journal.attempts)
            return "" if is_for_something else "was sent while no change had begun"
        case "end":
            return _end(line, journal)
    return "is no line of a journal"


def _end(line: dict[str, Any], journal: Journal) -> str:
    for each in reversed(journal.of(line["stage"])):
        if each.address == line["address"]:
            if each.outcome:
                break
            each.outcome = str(line["end"])
            return ""
    return f"ends {line['address']}, which was not begun"
