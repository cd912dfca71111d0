"""Say who owes what an apply could not make, and the way out that fits the thing: it is read by somebody else, or another day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.resources.rehearsals import Rehearsal
from runbook_lib.resources.secretsmanager import Secret
from runbook_lib.resources.warehouse import DatabaseUser, OfSide

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from runbook_lib.model import Change, Finding, Receipt, Stage

PLAYED = "there is nothing to hand over: once what it lacks is there, apply this stage again, and it is played"
CONTINUED = {"failed", "rolled back", "withheld"}
"""Outcomes of an approved change that goes on under the same approval."""


def owner(stage: Stage, change: Change, left: Mapping[str, str]) -> str:
    """Name who owes a change: of a rehearsal, who owes the roles and users that it is played as; `left` are the owners by address."""
    subject = change.subject
    if not isinstance(subject, Rehearsal):
        return stage.owner
    needed = {by for address, by in left.items() if address.partition("/")[2] in subject.acts_as}
    part = next((each for each in stage.parts if each.name.replace(" ", "_") == subject.flow), None)
    return ", ".join(sorted(needed)) or (part.owner if part is not None else stage.owner)


def ways_out(slug: str, receipt: Receipt | None, names: Sequence[str], goes_on: str) -> dict[str, str]:
    """Give the way out for what a receipt leaves open, by address; `names` are the stage's artefacts, `goes_on` continues a stopped run."""
    entries = receipt.entries if receipt is not None and receipt.approvals else ()
    told = tuple(dict.fromkeys(each.artefact for each in entries if each.artefact))
    found = {each.change.address: goes_on for each in entries if each.outcome in CONTINUED}
    for each in entries:
        if each.outcome == "owed":
            file = f"owed-{told.index(each.artefact) + 1}.sql" if each.artefact else _file(slug, each.change, names)
            found[each.change.address] = _handed(slug, each.change, file)
    return found


def elsewhere(found: Iterable[Finding]) -> Iterator[tuple[str, str]]:
    """Pair what other stages left to someone else with the way to it."""
    return ((each.address, f"{each.stage} tells who makes it, and what to hand over: artefacts/{each.stage}") for each in found)


def _file(slug: str, change: Change, names: Sequence[str]) -> str:
    """Find the artefact that makes a thing; empty where none does."""
    match change.subject:
        case Secret():
            return next((each for each in names if each.endswith("_password.sh")), "")
        case OfSide():
            name = f"{slug}.sql"
        case _:
            name = f"{slug}.sh"
    return name if name in names else ""


def _handed(slug: str, change: Change, file: str) -> str:
    if isinstance(change.subject, Rehearsal):
        return PLAYED
    words = f"hand over artefacts/{slug}/{file}" if file else f"ask {change.address} of whoever has the right, or have it given to you"
    # Nothing tells whose a database user is.
    is_adopted = isinstance(change.subject, DatabaseUser) and change.before is None
    return f"{words}; when it is there, add {change.address} to adopt:" if is_adopted else words
