"""Read the files of a batch: what is wrong with one is its own row, and two of one environment are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib import place
from runbook_lib.errors import InvalidParameters, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from runbook_lib.parameters import Environment


ONCE = "name each environment once: one run at a time writes it"


@dataclass(frozen=True)
class Member:
    """Hold one file as it was typed, where it lies and what it says; `problem` says why it cannot be used."""

    typed: str
    file: Path | None = None
    environment: Environment | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """Give the environment's name, empty where the file does not say it."""
        return self.environment.environment if self.environment is not None else ""

    @property
    def account(self) -> str:
        """Give the environment's account, empty where the file does not say it."""
        return self.environment.aws.account if self.environment is not None else ""


def members(files: Sequence[str]) -> tuple[Member, ...]:
    """Read every file. Raises InvalidParameters where one is named twice, or two are of one environment."""
    found = tuple(map(_member, files))
    if problems := list(_twice(found)):
        raise InvalidParameters("batch", problems)
    return found


def _twice(found: Sequence[Member]) -> Iterator[Problem]:
    files: dict[Path, Member] = {}
    names: dict[str, Member] = {}
    for each in found:
        if each.file is not None and (first := files.setdefault(each.file.resolve(), each)) is not each:
            yield Problem(0, each.typed, f"is the file that {first.typed} names too", ONCE)
        elif each.name and (first := names.setdefault(each.name, each)) is not each:
            yield Problem(0, each.typed, f"is of {each.name}, as {first.typed} is", ONCE)


def _member(typed: str) -> Member:
    from runbook_lib.parameters.load import load

    file: Path | None = None
    try:
        file = place.parameter_file(typed)
        return Member(typed, file, load(file))
    except InvalidParameters as error:
        return Member(typed, file, problem=str(error))
