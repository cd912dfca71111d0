"""Write the page that an auditor opens, and each executed notebook as a page beside it: no script, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from runbook_lib.views import as_html, changes, findings, plans
from runbook_lib.views.blocks import Code, Facts, Folded, Grid, Link, Mark, Note, Way, counted
from runbook_lib.views.notebook_page import notebook_html
from runbook_lib.views.run_page import RunPage, StageLine, next_step, result
from runbook_lib.views.style import POLICY, page_stylesheet, stylesheet
from runbook_lib.views.summary import summary_text
from runbook_lib.views.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runbook_lib.views.blocks import Block, Cell

__all__ = ["RunPage", "StageLine", "index_page", "notebook_html", "summary_text"]

STATES: dict[str, Mark] = {
    "done": Mark("done", "good", "\N{CHECK MARK}"),
    "failed": Mark("failed", "bad", "\N{BALLOT X}"),
    "idle": Mark("idle", "quiet", "\N{EN DASH}"),
    "not reached": Mark("not reached", "quiet", "\N{EN DASH}"),
}
SAID = {"environment", "account", "aws endpoint", "run"}
"""Facts of a stage's banner that the page says itself."""
_PAGE = Markup(
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n'
    '<meta http-equiv="Content-Security-Policy" content="{}">\n<title>{}</title>\n<style>{}</style>\n</head>\n'
    '<body class="rb">\n<main>\n{}\n</main>\n</body>\n</html>\n'
)
_SECTION = Markup('<section id="{}" aria-labelledby="{}-h"><h2 id="{}-h">{}</h2>\n{}</section>')


def index_page(page: RunPage) -> str:
    """Write a run's page: the result, what needs attention, the stages, then plan, receipts and the rest."""
    sections = tuple(each for each in _sections(page) if each[2])
    jumps = Markup(" ").join(Markup('<a href="#{}">{}</a>').format(name, title) for name, title, _ in sections)
    inside = Markup("\n").join(_SECTION.format(name, name, name, title, body) for name, title, body in sections)
    main = Markup("\n").join((_head(page), Markup('<nav aria-label="On this page">{}</nav>').format(jumps), inside))
    style = Markup(stylesheet() + page_stylesheet())  # noqa: S704 - our own
    return str(_PAGE.format(POLICY, f"{page.title} - Redshift Runbook", style, main))


def _head(page: RunPage) -> Markup:
    note = Note((f"{result(page)}",), page.tone)
    exit_note = Note((f"Exit code {page.exit_code}: {page.exit_meaning}.",))
    title = Markup("<h1>{}</h1>").format(page.title)
    return Markup("<header>{}{}</header>").format(title, as_html.body((note, exit_note, _facts(page))))


def _facts(page: RunPage) -> Facts:
    took = f", {page.seconds:.0f} s" if page.seconds else ""
    pairs: tuple[tuple[str, Cell], ...] = (
        ("when", (f"{_time(page.started)} to {_time(page.finished)} UTC{took}",)),
        ("who", (page.by,)),
        ("account", (f"{page.account}, {page.region}",)),
        ("AWS endpoint", (page.endpoint or "AWS",)),
        *((label.lower(), (text,)) for label, text in page.facts if label.lower() not in SAID),
        ("plan", (Code(page.plan.digest if page.plan else ""),)),
        ("record", (Code(page.record),)),
        ("next", (Code(next_step(page)),)),
    )
    return Facts("This run", tuple((label, parts) for label, parts in pairs if parts not in (("",), (Code(""),))))


def _time(stamp: str) -> str:
    return stamp.replace("T", " ").removesuffix("Z").split(".")[0]


def _sections(page: RunPage) -> Iterator[tuple[str, str, Markup]]:
    yield "attention", "What needs attention", as_html.body(_attention(page))
    yield "stages", "Stages", as_html.body((_stages(page),)) + _picture(page)
    if page.plan is not None:
        yield "plan", "Plan", as_html.body(plans.environment_plan(page.plan))
    yield "approval", "Approval", as_html.body(_approval(page))
    yield "receipts", "Receipts", as_html.body(_receipts(page))
    yield "findings", "Every finding", as_html.body(_findings(page))
    yield "artefacts", "To hand over", as_html.body(_artefacts(page))
    yield "versions", "Versions", as_html.body(_versions(page))


def _attention(page: RunPage) -> Iterator[Block]:
    for each in page.stages:
        if each.state == "failed":
            notebook: Cell = (Link("open its notebook", each.html),) if each.html else ()
            yield Note((f"{each.title} stopped: {each.message or 'see its notebook'}", *notebook), "bad")
    found = tuple(findings.pending(page.findings))
    if not found and not any(each.state == "failed" for each in page.stages):
        said = "Nothing is broken, owed or unknown." if page.findings else "Nothing was judged in this run."
        yield Note((said,), "good" if page.findings else "quiet")
    yield from found
    advised = [each for each in page.findings if each.verdict == "kept" and each.warning]
    if advised:
        yield Folded(f"{counted(len(advised), 'claim')} kept, with advice", (findings.table("Advice", advised),))


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
    outcomes = [entry.outcome for entry in receipt.entries] if receipt else []
    return ", ".join(f"{outcomes.count(each)} {each}" for each in plans.OUTCOMES if each in outcomes)


def _verdicts(page: RunPage, slug: str) -> Cell:
    return tuple(
        Mark(f"{number} {verdict}", mark.tone) for verdict, mark in findings.VERDICTS.items() if (number := page.number_of(verdict, slug))
    )


def _picture(page: RunPage) -> Markup:
    picture = timeline(page.stages)
    if not picture:
        return picture
    said = "Each bar is one notebook, in the order of the run"
    said += "; the stronger part was spent waiting for AWS and the databases." if any(each.waiting for each in page.stages) else "."
    return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(picture, said)


def _approval(page: RunPage) -> Iterator[Block]:
    for each in page.approvals:
        yield from plans.approval(each)
    if not page.approvals:
        yield Note(("No approval was given, so nothing was applied.",))
        step = next_step(page)
        if step:
            yield Note((Way(step),))


def _receipts(page: RunPage) -> Iterator[Block]:
    for each in page.receipts:
        if each.entries:
            said = _applied(page, each.stage)
            yield Folded(f"{each.stage}: {said}", tuple(plans.receipt(each)))


def _findings(page: RunPage) -> Iterator[Block]:
    if page.findings:
        yield findings.counts(page.findings)
    for stage in dict.fromkeys(each.stage for each in page.findings):
        found = page.findings_of(stage)
        yield Folded(f"{stage}: {counted(len(found), 'finding')}", (findings.table(stage, found),))


def _artefacts(page: RunPage) -> Iterator[Block]:
    if page.artefacts:
        rows = tuple(((Link(name, path),),) for name, path in page.artefacts)
        said = "Policies, commands, SQL and settings for whoever has the right to apply them."
        yield Note((said,))
        yield Grid("Files", ("file",), rows)


def _versions(page: RunPage) -> Iterable[Block]:
    return (Facts("Versions", tuple((name, (version,)) for name, version in page.versions)),) if page.versions else ()
