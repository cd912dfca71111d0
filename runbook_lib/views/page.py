"""Write the page that an auditor opens, and each executed notebook as a page beside it: no script, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.views import as_html, findings, plans, proof
from runbook_lib.views.blocks import Code, Facts, Folded, Grid, Link, Note, Way, counted
from runbook_lib.views.done import done
from runbook_lib.views.notebook_page import notebook_html
from runbook_lib.views.run_page import RunPage, StageLine, next_step, result
from runbook_lib.views.since import since
from runbook_lib.views.summary import summary_text
from runbook_lib.views.whole_page import whole_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

    from runbook_lib.views.blocks import Block, Cell

__all__ = ["RunPage", "StageLine", "index_page", "notebook_html", "summary_text"]

SAID = {"environment", "account", "aws endpoint", "run"}
"""Facts of a stage's banner that the page says itself."""


def index_page(page: RunPage) -> str:
    """Write a run's page: the result and what needs attention, then the run from what was asked to what is proven, and what differs."""
    return whole_page(page.title, as_html.body(_head(page)), tuple(_sections(page)))


def _head(page: RunPage) -> Iterator[Block]:
    yield Note((f"{result(page)}",), page.tone)
    yield Note((f"Exit code {page.exit_code}: {page.exit_meaning}.",))
    yield _facts(page)


def _facts(page: RunPage) -> Facts:
    took = f", {page.seconds:.0f} s" if page.seconds else ""
    pairs: tuple[tuple[str, Cell], ...] = (
        ("when", (f"{page.started} to {page.finished}{took}",)),
        ("who", (page.by,)),
        ("account", (f"{page.account}, {page.region}",)),
        ("AWS endpoint", (page.endpoint or "AWS",)),
        *((label.lower(), (text,)) for label, text in page.facts if label.lower() not in SAID),
        ("plan", (Code(page.plan.digest if page.plan and not page.is_stepped else ""),)),
        ("record", (Code(page.record),)),
        ("goes on from", (Code(page.resumes),)),
        ("next", (Code(next_step(page)),)),
    )
    return Facts("This run", tuple((label, parts) for label, parts in pairs if parts not in (("",), (Code(""),))))


def _sections(page: RunPage) -> Iterator[tuple[str, str, Markup]]:
    yield "attention", "What needs attention", as_html.body(_attention(page))
    yield "owed", "What is owed, and by whom", as_html.body(proof.owed(page.findings, page.plan.plans if page.plan else ()))
    yield "asked", "What was asked", as_html.body(_asked(page))
    if page.plan is not None:
        yield "plan", "What was planned", as_html.body((plans.stage_plans if page.is_stepped else plans.environment_plan)(page.plan))
    yield "approval", "Who approved it", as_html.body(_approval(page))
    yield "done", "What was done", done(page)
    yield "proof", "What is proven, and how it is known", as_html.body((*proof.grades(page.findings), *_findings(page)))
    yield "since", "What differs from the run before", as_html.body(since(page.since) if page.since is not None else ())
    yield "artefacts", "To hand over", as_html.body(_artefacts(page))
    yield "versions", "Versions", as_html.body(_versions(page))


def _attention(page: RunPage) -> Iterator[Block]:
    for each in page.stages:
        if each.state in {"failed", "not finished"}:
            notebook: Cell = (Link("open its notebook", each.html),) if each.html else ()
            is_failed = each.state == "failed"
            said = "stopped" if is_failed else "was not run to its end"
            yield Note((f"{each.title} {said}: {each.message or 'see its notebook'}", *notebook), "bad" if is_failed else "open")
    found = tuple(findings.pending([each for each in page.findings if each.verdict != "owed"], page.readings))
    if owed := page.number_of("owed"):
        yield Note((Link(f"{counted(owed, 'claim')} owed by somebody else", "#owed"),), "owed")
    elif not found and not any(each.state in {"failed", "not finished"} for each in page.stages):
        said = "Nothing is broken or unknown." if page.findings else "Nothing was judged in this run."
        yield Note((said,), "good" if page.findings else "quiet")
    yield from found
    advised = [each for each in page.findings if each.verdict == "kept" and each.warning]
    if advised:
        yield Folded(f"{counted(len(advised), 'claim')} kept, with advice", (findings.table("Advice", advised, page.readings),))


def _approval(page: RunPage) -> Iterator[Block]:
    for each in page.approvals:
        yield from plans.approval(each)
    if not page.approvals:
        yield Note(("No approval was given, so nothing was applied.",))
        step = next_step(page)
        if step:
            yield Note((Way(step),))


def _asked(page: RunPage) -> Iterator[Block]:
    stages = ", ".join(each.title for each in page.stages)
    pairs: tuple[tuple[str, Cell], ...] = (
        ("command", (Code(page.command),)),
        ("parameter file", (Link("parameters.yaml", "parameters.yaml"), f"as used; read from {page.target}")),
        ("stages", (stages,)),
    )
    if page.command:
        yield Facts("The command", pairs)
    elif page.is_stepped and stages:
        yield Note((f"Somebody stepped through these notebooks, of which each is approved by itself: {stages}.",))
    elif stages:
        yield Note((f"A notebook was run by itself: {stages}.",))


def _findings(page: RunPage) -> Iterator[Block]:
    if page.findings:
        yield findings.counts(page.findings)
    for stage in dict.fromkeys(each.stage for each in page.findings):
        found = page.findings_of(stage)
        yield Folded(f"{stage}: {counted(len(found), 'finding')}", (findings.table(stage, found, page.readings),))


def _artefacts(page: RunPage) -> Iterator[Block]:
    if page.artefacts:
        stages = dict.fromkeys(_stage_of(path) for _, path in page.artefacts)
        rows = tuple(((stage,), tuple(Link(name, path) for name, path in page.artefacts if _stage_of(path) == stage)) for stage in stages)
        said = "Policies, commands, SQL and settings for whoever has the right to apply them."
        yield Note((said,))
        yield Grid("Files", ("stage", "file"), rows)


def _stage_of(path: str) -> str:
    """Name the stage that an artefact is of: its folder."""
    return path.rpartition("/")[0].rpartition("/")[2]


def _versions(page: RunPage) -> Iterator[Block]:
    if page.versions:
        yield Facts("Code, and what policies are made and judged from", tuple((name, (version,)) for name, version in page.versions))
    if page.packages:
        installed = Facts("Packages", tuple((name, (version,)) for name, version in page.packages))
        yield Folded(f"{counted(len(page.packages), 'package')} installed", (installed,))
