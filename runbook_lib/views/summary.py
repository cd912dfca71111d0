"""Write the one page that a terminal shows at the end of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.views import as_text
from runbook_lib.views.blocks import Grid, Way, counted
from runbook_lib.views.findings import VERDICTS
from runbook_lib.views.run_page import in_place, next_step, result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Finding
    from runbook_lib.views.blocks import Cell
    from runbook_lib.views.run_page import RunPage, StageLine

SHOWN = 12
"""Findings that fit on the page; the record holds them all."""


def summary_text(page: RunPage) -> str:
    """Write the summary: result, stages, what needs attention, and where the record lies."""
    parts = (_head(page), _stages(page), _attention(page), _foot(page))
    return "\n\n".join(filter(None, ("\n".join(part) for part in parts))) + "\n"


def _head(page: RunPage) -> Iterator[str]:
    yield f"{page.title}, {page.seconds:.0f} s. {result(page)}"
    yield f"account {page.account}, {page.region}, {page.endpoint or 'AWS'}; exit code {page.exit_code}: {page.exit_meaning}"


def _stages(page: RunPage) -> Iterator[str]:
    columns = ("stage", "state", "changes", "applied", *VERDICTS, "seconds")
    if page.stages:
        yield from as_text.block(Grid("Stages", columns, tuple(_stage(page, each) for each in page.stages)))


def _stage(page: RunPage, each: StageLine) -> tuple[Cell, ...]:
    plan, receipt = page.plan_of(each.slug), page.receipt_of(each.slug)
    applied = sum(entry.outcome == "applied" and not in_place(entry) for entry in receipt.entries) if receipt else 0
    numbers = (len(plan.changes) if plan else 0, applied, *(page.number_of(verdict, each.slug) for verdict in VERDICTS))
    seconds = f"{each.seconds:.1f}" if each.seconds else ""
    return ((f"{each.number} {each.title}",), (each.state,), *((str(number or "-"),) for number in numbers), (seconds,))


def _attention(page: RunPage) -> Iterator[str]:
    for each in page.stages:
        if each.state in {"failed", "not finished"} and each.message:
            yield f"{each.title}: {each.message}"
    found = [each for verdict in ("broken", "owed", "unknown") for each in page.findings if each.verdict == verdict]
    if found:
        rows = tuple(_finding(each) for each in found[:SHOWN])
        yield from as_text.block(Grid("Needs attention", ("verdict", "stage", "claim"), rows))
    if len(found) > SHOWN:
        yield f"  ... and {counted(len(found) - SHOWN, 'more', 'more')} in the record"


def _finding(each: Finding) -> tuple[Cell, ...]:
    claim = f"{each.claim} ({', '.join(each.rows)})" if each.rows else each.claim
    detail = (each.detail,) if each.detail else ()
    by = (f"owed by {each.by}",) if each.by else ()
    way = (Way(each.way_out),) if each.way_out else ()
    return ((VERDICTS[each.verdict],), (each.stage,), (claim, *detail, *by, *way))


def _foot(page: RunPage) -> Iterator[str]:
    if page.plan is not None and not page.is_stepped:
        yield f"plan    {page.plan.digest}"
    if page.record:
        yield f"record  {page.record}"
        yield f"open    {page.record.rstrip('/')}/index.html"
    if page.resumes:
        yield f"goes on from {page.resumes}"
    if step := next_step(page):
        yield f"next    {step}"
