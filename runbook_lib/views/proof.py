"""What is proven at which grade, and what is owed by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.views import findings
from runbook_lib.views.blocks import Code, Grid, Mark, Note, Way, counted
from runbook_lib.views.many import first

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.model import Finding, Grade, Plan
    from runbook_lib.views.blocks import Block, Cell

GRADES: dict[Grade, str] = {
    "": "follows from the parameter file or from this plan; nobody was asked",
    "on the word of": "a person vouches for it in the parameter file, under confirmations",
    "read back": "AWS or the database was asked again and holds what is wanted",
    "evaluated offline": "the runbook's own evaluator decided the policies; no request was made",
    "simulated by AWS": "IAM's policy simulator decided",
    "exercised in the sandbox": "done as the real principal, on the embedded AWS and Redshift: it proves the runbook, not your account",
    "exercised live": "done as the real principal, in the account and the databases above",
    "seen in CloudTrail": "joined with an exported trail (runbook audit cloudtrail)",
}
"""Every grade, the weakest first, and what stands behind it; they are never merged."""


def grades(found: Sequence[Finding]) -> Iterator[Block]:
    """Draw how many claims are known at each grade; one that no claim has is shown too."""
    if found:
        rows = tuple(_grade(grade, says, [each for each in found if each.grade == grade]) for grade, says in GRADES.items())
        yield Grid("How each claim is known, the weakest grade first", ("grade", "claims", "of stages", "what stands behind it"), rows)


def _grade(grade: Grade, says: str, found: Sequence[Finding]) -> tuple[Cell, ...]:
    verdicts = [each.verdict for each in found]
    marks = tuple(Mark(f"{verdicts.count(each)} {each}", mark.tone) for each, mark in findings.VERDICTS.items() if each in verdicts)
    name = (f"{grade} {', '.join(sorted({each.by for each in found}))}".strip() if grade == "on the word of" else grade) or "by itself"
    stages = ", ".join(dict.fromkeys(each.stage for each in found))
    return ((name,), marks or (Mark("none", "quiet"),), (stages,), (says,))


def owed(found: Sequence[Finding], plans: Sequence[Plan]) -> Iterator[Block]:
    """Draw what is owed, by whom, with the way out; what a plan left out and no finding names stands there too."""
    some = [each for each in found if each.verdict == "owed"]
    named = {each.address for each in some}
    rows: list[tuple[str, tuple[Cell, ...]]] = [
        (each.by, _owed(each.by, each.stage, (each.claim, each.detail), each.way_out)) for each in some
    ]
    for plan in plans:
        left = [each for each in plan.owed if each.verdict == "owed" and each.address not in named]
        rows += [(each.by, _owed(each.by, plan.stage, (Code(each.address), each.reason), each.way_out)) for each in left]
    if rows:
        people = sorted({by or "somebody" for by, _ in rows})
        yield Note((f"{counted(len(rows), 'thing')} owed, by {', '.join(people)}.",), "owed")
        ordered, more = first([cells for _, cells in sorted(rows, key=lambda row: row[0])], "findings.json and plan.json")
        yield Grid("What others owe", ("by whom", "stage", "what", "way out"), tuple(ordered), more=more)
    elif found:
        yield Note(("Nobody owes anything.",), "good")


def _owed(by: str, stage: str, what: Cell, way_out: str) -> tuple[Cell, ...]:
    return ((by or "somebody",), (stage,), tuple(each for each in what if each), (Way(way_out),) if way_out else ())
