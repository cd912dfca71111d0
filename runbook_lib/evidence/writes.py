"""Read from a journal when each change was sent, and what became of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from runbook_lib.evidence.journal import FILE, lines
from runbook_lib.views.writes import Write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def writes(folder: Path) -> tuple[Write, ...]:
    """List a record's changes in the order in which they were begun."""
    found: list[Write] = []
    begun: dict[str, int] = {}
    for line in lines(folder / FILE):
        if "begin" in line:
            begun[line["address"]] = len(found)
            found.append(Write(line["stage"], line["verb"], line["address"], line["at"], by=_sender(line["by"])))
        elif "end" in line and line["address"] in begun:
            place = begun.pop(line["address"])
            found[place] = replace(found[place], ended=line["at"], outcome=line["end"])
    return tuple(found)


def _sender(by: Mapping[str, Any]) -> str:
    """Name who sent: the caller in AWS, or the user of a database."""
    return str(by["caller"]) if "caller" in by else " in ".join(str(by[each]) for each in ("user", "database") if each in by)
