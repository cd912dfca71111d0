"""When each change was sent, as a table: what the picture of the run shows as ticks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from runbook_lib.views.blocks import Code, Folded, Grid, Mark, counted
from runbook_lib.views.many import first

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.model import Outcome, Verb
    from runbook_lib.views.blocks import Block

OPEN = Mark("nobody knows", "open", "?")
ENDS: dict[Outcome | str, Mark] = {
    "applied": Mark("applied", "good", "\N{CHECK MARK}"),
    "failed": Mark("failed", "bad", "\N{BALLOT X}"),
    "rolled back": Mark("rolled back", "change", "\N{ANTICLOCKWISE OPEN CIRCLE ARROW}"),
    "owed": Mark("owed", "owed", "\N{RIGHTWARDS ARROW}"),
}


@dataclass(frozen=True)
class Write:
    """State one change that was sent: between which times (ISO 8601, UTC), by whom, and what became of it.

    `ended` and `outcome` are empty where nobody knows.
    """

    stage: str
    verb: Verb
    address: str
    begun: str
    ended: str = ""
    outcome: Outcome | str = ""
    by: str = ""


def seconds(start: str, end: str) -> float | None:
    """Give the seconds from one time to another; None when either is no time."""
    try:
        return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    except (TypeError, ValueError):
        return None


def writes(found: Sequence[Write], started: str) -> Iterator[Block]:
    """Draw writes in the order in which they were sent."""
    if found:
        some, more = first(found, "journal.jsonl")
        rows = tuple(
            (
                (_after(started, each),),
                (each.begun,),
                (each.stage,),
                (f"{each.verb} ", Code(each.address)),
                (ENDS.get(each.outcome, OPEN), *((f"in {taken * 1000:,.0f} ms",) if (taken := seconds(each.begun, each.ended)) else ())),
                (each.by,),
            )
            for each in some
        )
        grid = Grid("Each change, when it was sent", ("after", "at", "stage", "change", "end", "sent by"), rows, more=more)
        yield Folded(f"{counted(len(found), 'change')} sent, with the time of each", (grid,))


def _after(started: str, each: Write) -> str:
    passed = seconds(started, each.begun)
    return "" if passed is None else f"{passed:.1f} s"
