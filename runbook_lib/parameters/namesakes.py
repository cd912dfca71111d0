"""Find parameter files that are about an environment of one name: they would share its records, working copies and what is created."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from runbook_lib import place
from runbook_lib.errors import InvalidParameters
from runbook_lib.parameters.reading import parsed, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RUNS = "runs"
"""Where records are kept when a file does not say."""
TEXTS = 1024
"""Texts of which is kept what they are about: of each file of a folder it is asked again for each of the others."""


class About(NamedTuple):
    """Say of a file which environment it is about, and where that keeps its records."""

    file: str
    environment: str
    records: str = RUNS


def neighbours(folder: Path) -> tuple[About, ...]:
    """Read what the files of a folder, and those of `parameters/`, are about; one that cannot be read is about nothing."""
    found: list[About | None] = []
    for each in dict.fromkeys((place.home().resolve() / "parameters", folder.resolve())):
        found += [_about(path, of(each)) for path in sorted(each.glob("*.yaml"))]
    return tuple(each for each in found if each is not None)


def of(folder: Path) -> str:
    """Say of which folder a file is that is not in `parameters/`, where another may have its name."""
    return "" if folder.resolve() == place.home().resolve() / "parameters" else f" (of {folder.resolve().name})"


def about(path: Path, environment: str, records: str) -> About:
    """Say what a file is about, by the name by which `neighbours` has it."""
    return About(f"{path.name}{of(path.parent)}", environment, records)


def namesakes(one: About, among: Iterable[About]) -> tuple[str, ...]:
    """Name the other files that are about an environment of the same name with records in the same place."""
    return tuple(each.file for each in among if each.file != one.file and each[1:] == one[1:])


def shared(others: tuple[str, ...]) -> str:
    """Say what comes of it."""
    return f"is that of {', '.join(others)} too: they share records, working copies and what is created"


def _about(path: Path, of_folder: str) -> About | None:
    try:
        named = _named(text_of(path))
    except (InvalidParameters, OSError):
        return None
    return About(f"{path.name}{of_folder}", *named) if named is not None else None


@lru_cache(maxsize=TEXTS)
def _named(text: str) -> tuple[str, str] | None:
    """Read from a file's text which environment it is about, and where that keeps its records; None where it does not say."""
    try:
        values = parsed("", text).values
    except InvalidParameters:
        return None
    return (str(values["environment"]), str(values.get("records", RUNS))) if values.get("environment") else None
