"""Edit a parameter file as values: what it says, what an edit makes of it, what would be wrong then, and how it is saved."""

from __future__ import annotations

import contextlib
import copy
import difflib
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import InvalidParameters, Problem, RunbookError
from runbook_lib.parameters.load import validated
from runbook_lib.parameters.reading import text_of
from runbook_lib.parameters.rewriting import document, rewritten

if TYPE_CHECKING:
    from runbook_lib.parameters.reading import Path_

AROUND = 2
"""Unchanged lines that a difference shows around what changed."""


class Absent:
    """Stand for a key that is to be removed."""


ABSENT = Absent()


@dataclass(frozen=True)
class ParameterFile:
    """Hold a file as it was read: `text` is all of it, `values` is what it says."""

    path: Path
    text: str
    values: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> ParameterFile:
        """Read a file. Raises InvalidParameters when it holds no mapping; what else is wrong with it, an edit may mend."""
        text = text_of(path)
        return cls(path, text, document(str(path), text).values)

    def edited(self, changes: Mapping[Path_, Any]) -> str:
        """Give the text with values set, or removed by `ABSENT`. Raises InvalidParameters when the file cannot be edited line by line."""
        return rewritten(str(self.path), self.text, changed(self.values, changes))

    def problems(self, text: str) -> tuple[Problem, ...]:
        """List everything that is wrong with a text in the file's place."""
        return problems_of(str(self.path), text)

    def difference(self, text: str) -> tuple[str, ...]:
        """List the lines that a text takes out and puts in, each with its sign, and their neighbours."""
        lines = difflib.unified_diff(self.text.splitlines(), text.splitlines(), n=AROUND, lineterm="")
        return tuple(lines)[2:]

    def save(self, text: str) -> ParameterFile:
        """Write a text in the file's place, whole or not at all, and give the file as it is now.

        Raises InvalidParameters when it cannot be read again, and RunbookError when somebody else changed the file meanwhile.
        """
        if text_of(self.path) != self.text:
            raise RunbookError(str(self.path), "was changed by somebody else since it was read", "show the form again, and repeat the edit")
        write(self.path, text)
        return ParameterFile.read(self.path)


def problems_of(name: str, text: str) -> tuple[Problem, ...]:
    """List everything that is wrong with the text of a file of this name; somebody who edits it can also be asked."""
    try:
        validated(name, document(name, text), is_attended=True)
    except InvalidParameters as error:
        return error.problems
    return ()


def changed(values: Mapping[str, Any], changes: Mapping[Path_, Any]) -> dict[str, Any]:
    """Give values with others set and some removed; a section that is left without keys goes, and is made where one is needed."""
    found: dict[str, Any] = copy.deepcopy(dict(values))
    for path, value in changes.items():
        if isinstance(value, Absent):
            _removed(found, path)
        else:
            _put(found, path, copy.deepcopy(value))
    return found


def _put(values: dict[str, Any], path: Path_, value: Any) -> None:
    place: Any = values
    for part in path[:-1]:
        if isinstance(place, dict) and not isinstance(place.get(part), (dict, list)):
            place[part] = {}
        place = place[part]
    place[path[-1]] = value


def _removed(values: Any, path: Path_) -> None:
    first, *rest = path
    if not isinstance(values, dict) or first not in values:
        return
    if rest:
        _removed(values[first], tuple(rest))
    if not rest or values[first] == {}:
        del values[first]


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all; a link stays a link, and the file's mode stays."""
    target = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def new_problems(before: Iterable[Problem], after: Iterable[Problem]) -> tuple[Problem, ...]:
    """List what is wrong now and was not before, wherever it stands."""
    known = {(each.field, each.what) for each in before}
    return tuple(each for each in after if (each.field, each.what) not in known)
