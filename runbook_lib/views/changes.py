"""Draw changes as a reviewer reads them: the gravest first, a line each, with the difference and what is sent behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.engine.risk import RISKS, made_by, rank, risks
from runbook_lib.views import naming
from runbook_lib.views.blocks import Counts, Grid, Mark
from runbook_lib.views.difference import shown
from runbook_lib.views.many import first
from runbook_lib.views.sending import sent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from runbook_lib.engine.risk import Risk
    from runbook_lib.model import Change, Plan, Verb
    from runbook_lib.views.blocks import Block, Cell

VERBS: dict[Verb, Mark] = {
    "create": Mark("create", "good", "+"),
    "update": Mark("update", "change", "~"),
    "remove": Mark("remove", "bad", "-"),
}
SIGNS: dict[Risk, Mark] = {
    "makes a superuser": Mark("makes a superuser", "bad", "!"),
    "widens access": Mark("widens access", "bad", "!"),
    "changes ownership": Mark("changes ownership", "bad", "!"),
    "deletes": Mark("deletes", "bad", "!"),
    "replaces": Mark("replaces", "change", "!"),
    "takes over": Mark("takes over", "change", "!"),
}
"""What a reviewer looks at first: letter and word say what the colour says."""
CAPTION = "Changes, the gravest first; apply makes them in the order of their numbers"


def gravest(plans: Sequence[Plan]) -> Iterator[Block]:
    """Count the risks of plans that are approved together; nothing where there is none."""
    made = made_by(plans)
    found = [risk for plan in plans for change in plan.changes for risk in risks(change, made)]
    if found:
        yield Counts(tuple(Mark(f"{each}: {found.count(each):,}", SIGNS[each].tone, "!") for each in RISKS if each in found))


def table(found: Sequence[Change], made: AbstractSet[str], caption: str = CAPTION) -> Grid:
    """Draw changes as a table; `made` are the addresses that the same approval makes. Without a risk there is no column of risks.

    Of more than a person reads, those that are not shown carry no graver risk than those that are.
    """
    numbered = [(risks(each, made), number, each) for number, each in enumerate(found, 1)]
    some, more = first(sorted(numbered, key=lambda each: (rank(each[0]), each[1])), "plan.json")
    rows = [_row(*each) for each in some]
    columns = ("no.", "risk", "change", "what", "name", "difference", "apply sends")
    kept = [place for place, name in enumerate(columns) if name != "risk" or any(row[place] for row in rows)]
    cells = tuple(tuple(row[place] for place in kept) for row in rows)
    return Grid(caption, tuple(columns[place] for place in kept), cells, "changes", more)


def _row(found: tuple[Risk, ...], number: int, each: Change) -> tuple[Cell, ...]:
    subject = each.subject
    difference = (*((each.reason,) if each.reason else ()), *shown(each.before, each.after))
    marks = tuple(SIGNS[risk] for risk in found)
    return ((str(number),), marks, (VERBS[each.verb],), (naming.kind(subject),), (naming.name(subject),), difference, sent(each))
