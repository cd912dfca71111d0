"""Draw changes, plans, approvals and receipts: counts first, then what changes, then what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.engine.apply import USED_UP
from runbook_lib.engine.risk import made_by
from runbook_lib.views import changes, findings, naming
from runbook_lib.views.blocks import Code, Counts, Facts, Folded, Grid, Mark, Note, Way, counted
from runbook_lib.views.changes import VERBS
from runbook_lib.views.many import ROWS, first
from runbook_lib.views.run_page import in_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from runbook_lib.model import (
        Approval,
        Change,
        Contested,
        Entry,
        EnvironmentPlan,
        Outcome,
        Owed,
        Plan,
        Receipt,
        Resource,
        Verdict,
    )
    from runbook_lib.views.blocks import Block, Cell, Tone

PLAN = "plan.json"
LEFT_OUT: dict[Verdict, Tone] = {"owed": "owed", "unknown": "open", "broken": "bad"}
"""Verdicts on what is left out of a plan."""
OUTCOMES: dict[Outcome, Mark] = {
    "applied": Mark("applied", "good", "\N{CHECK MARK}"),
    "failed": Mark("failed", "bad", "\N{BALLOT X}"),
    "rolled back": Mark("rolled back", "change", "\N{ANTICLOCKWISE OPEN CIRCLE ARROW}"),
    "withheld": Mark("withheld", "quiet", "\N{EN DASH}"),
    "owed": Mark("owed", "owed", "\N{RIGHTWARDS ARROW}"),
}


def plan_counts(plans: Sequence[Plan]) -> Counts:
    """Count what would change and what would not."""
    verbs = [change.verb for plan in plans for change in plan.changes]
    verdicts = [each.verdict for plan in plans for each in plan.owed]
    numbers: tuple[tuple[int, str, Tone], ...] = (
        (verbs.count("create"), "to create", "good"),
        (verbs.count("update"), "to update", "change"),
        (verbs.count("remove"), "to remove", "bad"),
        (sum(len(plan.kept) for plan in plans), "kept", "plain"),
        *((verdicts.count(verdict), verdict, tone) for verdict, tone in LEFT_OUT.items()),
        (sum(len(plan.contested) for plan in plans), "contested", "bad"),
    )
    always = {"to create", "to update", "to remove", "kept"}
    return Counts(
        tuple(Mark(f"{number:,} {words}", tone if number else "quiet") for number, words, tone in numbers if number or words in always)
    )


def plan(value: Plan, made: AbstractSet[str] | None = None) -> Iterator[Block]:
    """Draw one stage's plan; as a part of others, which make `made` together, it leaves out what the digest binds."""
    is_part = made is not None
    yield plan_counts((value,))
    yield from changes.gravest((value,)) if made is None else ()
    if not value.changes:
        yield _unchanged(value)
    else:
        yield changes.table(value.changes, made_by((value,)) if made is None else made)
    yield from left_out(value)
    if value.kept:
        yield Folded(f"{counted(len(value.kept), 'resource')} kept", (resources(value.kept, "Kept as they are"),))
    scope = tuple((label, (Code(text or "AWS"),)) for label, text in value.scope)
    yield Facts("The digest", (("digest", (Code(value.digest),)),))
    if scope and not is_part:
        yield Folded("What the digest binds beside the changes", (Facts("Scope", scope),))


def _unchanged(value: Plan) -> Note:
    """Say why there is nothing to do; a stage that is done is marked for as long as what was read just now says so."""
    if value.owed or value.contested:
        return Note(("Nothing that may be changed from here.",))
    if not value.kept:
        return Note(("This stage sets up nothing.",))
    return Note((Mark("finished", "good", "\N{CHECK MARK}"), "Nothing to change: everything is as wanted."), "good")


def change(value: Change) -> Iterator[Block]:
    """Draw one change."""
    yield changes.table((value,), frozenset(), "Change")


def resources(found: Sequence[Resource], caption: str) -> Grid:
    """List resources by kind and name."""
    some, more = first(found, PLAN)
    rows = tuple(((naming.kind(each),), (naming.name(each),)) for each in some)
    return Grid(caption, ("what", "name"), rows, more=more)


def left_out(value: Plan) -> Iterator[Block]:
    """Name what a plan leaves alone, and what it leaves out."""
    if value.contested:
        yield _contested(value.contested)
    if value.owed:
        yield _owed(value.owed)


def _contested(found: Sequence[Contested]) -> Grid:
    some, more = first(found, PLAN)
    rows = tuple(((Code(each.address),), (each.reason, Way(each.way_out))) for each in some)
    return Grid("Contested: left alone, they are not ours", ("address", "why, and the way out"), rows, more=more)


def _owed(found: Sequence[Owed]) -> Grid:
    some, more = first(found, PLAN)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            (Mark(each.verdict, LEFT_OUT.get(each.verdict, "quiet")),),
            (Code(each.address),),
            (each.by,),
            (each.reason, *((Way(each.way_out),) if each.way_out else ())),
        )
        for each in some
    )
    return Grid("Left out of the plan", ("verdict", "address", "by whom", "why, and the way out"), rows, more=more)


def environment_plan(value: EnvironmentPlan) -> Iterator[Block]:
    """Draw the plan of all stages: the one digest first."""
    yield plan_counts(value.plans)
    yield from changes.gravest(value.plans)
    made = made_by(value.plans)
    yield Facts("The digest that one approval is for", (("digest", (Code(value.digest),)),))
    yield from (_folded(each, made) for each in value.plans)


def stage_plans(value: EnvironmentPlan) -> Iterator[Block]:
    """Draw plans that are approved stage by stage: each has its own digest, and nobody is asked for that of all."""
    yield plan_counts(value.plans)
    yield from (_folded(each, None) for each in value.plans)


def _folded(value: Plan, made: AbstractSet[str] | None) -> Folded:
    verbs = [change.verb for change in value.changes]
    said = ", ".join(f"{verbs.count(verb)} to {verb}" for verb in VERBS if verb in verbs) or "nothing to change"
    return Folded(f"{value.stage}: {said}", tuple(plan(value, made)))


def approval(value: Approval) -> Iterator[Block]:
    """Draw an approval."""
    stated: tuple[tuple[str, Cell], ...] = (
        ("by", (value.by,)),
        ("at", (value.at,)),
        ("until", (value.expires,) if value.expires else ()),
        ("digest", (Code(value.digest),)),
        ("acknowledged", tuple(Code(each) for each in value.acknowledged)),
        ("signed by", (Code(value.key),) if value.key else ()),
    )
    yield Facts("Approval", tuple(each for each in stated if each[1]))


def receipt(value: Receipt) -> Iterator[Block]:
    """Draw what became of each change."""
    outcomes = [entry.outcome for entry in value.entries if not in_place(entry)]
    counts = tuple(
        Mark(f"{outcomes.count(each):,} {each}", mark.tone if each in outcomes else "quiet")
        for each, mark in OUTCOMES.items()
        if each in outcomes or each == "applied"
    )
    standing = len(value.entries) - len(outcomes)
    yield Counts((*counts, *((Mark(f"{standing:,} in place already", "good"),) if standing else ())))
    if not value.entries:
        yield Note(("There was nothing to apply.",))
        return
    if not value.approvals:
        is_used_up = value.entries[0].detail == USED_UP
        why = f": what was approved {USED_UP}" if is_used_up else ", because nobody approved it"
        yield Note((f"Withheld{why}. Nothing was written.",))
    some, more = first(_worst_first(value.entries), "receipt.json")
    rows = tuple(
        (
            (OUTCOMES[entry.outcome],),
            (VERBS[entry.change.verb],),
            (naming.kind(entry.change.subject),),
            (naming.name(entry.change.subject),),
            (*findings.folded(entry.detail), *((f"by {entry.by}",) if entry.by else ())),
            (entry.at,),
        )
        for entry in some
    )
    yield Grid("Receipt", ("outcome", "change", "what", "name", "remark", "at"), rows, "receipt", more)


def _worst_first(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Put what was not applied before the rest where not all can be shown."""
    return sorted(entries, key=lambda each: each.outcome == "applied") if len(entries) > ROWS else entries
