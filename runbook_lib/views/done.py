"""What was done: each stage with its notebook, the run in time, each change that was sent, and the receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from runbook_lib.views import as_html, changes, findings, plans
from runbook_lib.views.blocks import Folded, Grid, Link, Mark
from runbook_lib.views.many import ROWS
from runbook_lib.views.run_page import in_place
from runbook_lib.views.timeline import timeline
from runbook_lib.views.writes import writes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.views.blocks import Block, Cell
    from runbook_lib.views.run_page import RunPage, StageLine

STATES: dict[str, Mark] = {
    "done": Mark("done", "good", "\N{CHECK MARK}"),
    "failed": Mark("failed", "bad", "\N{BALLOT X}"),
    "idle": Mark("idle", "quiet", "\N{EN DASH}"),
    "not finished": Mark("not finished", "open", "?"),
    "not reached": Mark("not reached", "quiet", "\N{EN DASH}"),
}


def done(page: RunPage) -> Markup:
    """Draw the stages, the picture, the writes and the receipts."""
    rest = (*writes(page.writes, page.started), *_receipts(page))
    return Markup("\n").join((as_html.body((_stages(page),)), _picture(page), as_html.body(rest)))


def _stages(page: RunPage) -> Grid:
    columns = ("stage", "state", "planned", "applied", "verdicts", "owed by", "seconds", "notebook")
    return Grid("Each stage and its executed notebook", columns, tuple(_stage(page, each) for each in page.stages))


def _stage(page: RunPage, each: StageLine) -> tuple[Cell, ...]:
    title = f"{each.number} {each.title}"
    notebook: Cell = (Link(each.notebook.rpartition("/")[2], each.notebook),) if each.notebook else ()
    owed = sorted({found.by for found in page.findings_of(each.slug) if found.verdict == "owed" and found.by})
    state: Cell = (STATES[each.state], *((each.message,) if each.message else ()))
    seconds = f"{each.seconds:.1f}" if each.seconds else ""
    words = (_planned(page, each.slug), _applied(page, each.slug))
    return (
        (Link(title, each.html) if each.html else title,),
        state,
        *((word,) for word in words),
        _verdicts(page, each.slug),
        (", ".join(owed),),
        (seconds,),
        notebook,
    )


def _planned(page: RunPage, slug: str) -> str:
    plan = page.plan_of(slug)
    if plan is None:
        return ""
    verbs = [change.verb for change in plan.changes]
    signs = (f"{mark.letter} {verbs.count(verb)}" for verb, mark in changes.VERBS.items() if verb in verbs)
    return "  ".join(signs) or "no change"


def _applied(page: RunPage, slug: str) -> str:
    receipt = page.receipt_of(slug)
    entries = receipt.entries if receipt else ()
    outcomes = [entry.outcome for entry in entries if not in_place(entry)]
    standing = len(entries) - len(outcomes)
    said = [f"{outcomes.count(each)} {each}" for each in plans.OUTCOMES if each in outcomes]
    return ", ".join((*said, *((f"{standing} in place already",) if standing else ())))


def _verdicts(page: RunPage, slug: str) -> Cell:
    return tuple(
        Mark(f"{number} {verdict}", mark.tone) for verdict, mark in findings.VERDICTS.items() if (number := page.number_of(verdict, slug))
    )


def _picture(page: RunPage) -> Markup:
    picture = timeline(page.stages, page.writes, page.started)
    if not picture:
        return picture
    said = "Each bar is one notebook, where it stands in the run"
    said += ", from its opening to the last that was done in it" if page.is_stepped else ""
    said += "; of each, the stronger part was spent waiting for AWS and the databases" if any(each.waiting for each in page.stages) else ""
    tick = "one change, when it was sent" if len(page.writes) <= ROWS else "what was sent there"
    said += f"; each tick below a bar is {tick}." if page.writes else "."
    return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(as_html.scrolling("picture", picture), said)


def _receipts(page: RunPage) -> Iterator[Block]:
    for each in page.receipts:
        if each.entries:
            said = _applied(page, each.stage)
            yield Folded(f"Receipt of {each.stage}: {said}", tuple(plans.receipt(each)))
