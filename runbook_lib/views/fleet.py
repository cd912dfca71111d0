"""Draw a batch: a matrix of environments and stages, what needs attention, and where each record lies."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import shorten
from typing import TYPE_CHECKING

from runbook_lib.model.fleets import Reason
from runbook_lib.views import as_html, as_text
from runbook_lib.views.blocks import Code, Facts, Grid, Link, Mark, Note, Way, counted
from runbook_lib.views.board import STATES
from runbook_lib.views.whole_page import whole_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.model.fleets import BatchEnd, BatchFacts, Row, StageCell
    from runbook_lib.views.blocks import Block, Cell, Inline, Tone
    from runbook_lib.views.board import State

OPEN_CODE = 6
NOT_RUN = Mark("not run", "quiet", "\N{WHITE CIRCLE}")
CODES: Mapping[int, Mark] = {
    0: Mark("0", "good", "\N{CHECK MARK}"),
    6: Mark("6", "owed", "\N{RIGHTWARDS ARROW}"),
    7: Mark("7", "change", "+"),
}
BAD: tuple[State, ...] = ("blocked", "drifted")
OPEN: tuple[State, ...] = ("owed", "undecided")
LONGEST = 240
"""Characters of a reason that are read in a row; its own page has them all."""
FEW = 3
"""Lines of a way out that are read in a row."""
TONES: Mapping[int, Tone] = {0: "good", 6: "owed", 7: "change"}


@dataclass(frozen=True)
class BatchPage:
    """Hold all that is shown of a batch; `links` are the pages of the records by the row's number, `record` is where the batch's lies."""

    facts: BatchFacts
    rows: tuple[Row, ...]
    end: BatchEnd
    record: str = ""
    links: Mapping[int, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Name the verb and how many environments there are."""
        return f"{self.facts.verb} of {counted(len(self.rows), 'environment')}"

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing is left to run."""
        return all(each.is_done for each in self.rows)


def result(page: BatchPage) -> str:
    """Say in one sentence what came of the batch."""
    failed, idle = sum(each.is_failed for each in page.rows), sum(each.exit_code is None for each in page.rows)
    done, open_ = len(page.rows) - failed - idle, sum(each.exit_code == OPEN_CODE for each in page.rows)
    parts = (
        f"{done} of {len(page.rows)} environments done", f"in {open_} of them something is owed or unknown" * bool(open_),
        f"{failed} failed" * bool(failed), f"{idle} not begun" * bool(idle),
    )  # fmt: skip
    halted = f": {page.end.halted}" if page.end.halted else ""
    return f"{', '.join(filter(None, parts))}{halted}."


def batch_text(page: BatchPage, check: str = "") -> str:
    """Write the batch for a terminal: result, matrix, what needs attention, and where the record lies."""
    head = f"{page.title}. {result(page)}\nexit code {page.end.exit_code}: {page.end.meaning}"
    plain = BatchPage(page.facts, page.rows, page.end, page.record)
    return "\n\n".join(filter(None, (head, as_text.view((*matrix(plain), *attention(plain))), "\n".join(_foot(page, check)))))


def batch_html(page: BatchPage) -> str:
    """Write the batch as a page that stands alone."""
    head = as_html.body(
        (Note((result(page),), TONES.get(page.end.exit_code, "bad")), Note((f"Exit code {page.end.exit_code}: {page.end.meaning}.",)))
    )
    sections = (
        ("attention", "What needs attention", as_html.body(attention(page, "What failed first, then what is open, each reason once"))),
        ("matrix", "Environments and stages", as_html.body(matrix(page, "A row for each environment, a column for each stage"))),
        ("asked", "What was asked", as_html.body((_asked(page),))),
        ("records", "The environments' records", as_html.body((_records(page),))),
        ("versions", "Versions", as_html.body((Facts("Code", tuple((name, (text,)) for name, text in page.facts.versions)),))),
    )
    return whole_page(page.title, head, sections)


def matrix(page: BatchPage, caption: str = "Environments and stages") -> Iterator[Block]:
    """Draw a row for each environment and a column for each stage; a sign for each state, told below."""
    stages = sorted({(cell.number, cell.stage, cell.title) for row in page.rows for cell in row.stages})
    columns = ("environment", "code", *(str(number) for number, _, _ in stages), "changes", "seconds")
    yield Grid(caption, columns, tuple(_row(page, each, [slug for _, slug, _ in stages]) for each in page.rows))
    used = {cell.state for row in page.rows for cell in row.stages}
    if stages:
        yield Note((", ".join(f"{mark.letter} {mark.word}" for state, mark in STATES.items() if state in used),), "quiet")
        yield Note((", ".join(f"{number} {title}" for number, _, title in stages),), "quiet")


def _row(page: BatchPage, row: Row, stages: list[str]) -> tuple[Cell, ...]:
    cells = {cell.stage: _sign(cell.state) for cell in row.stages}
    numbers = (str(row.changes) if row.changes else "-", f"{row.seconds:.1f}" if row.seconds else "")
    return _name(page, row), (_code(row),), *((cells.get(slug, ""),) for slug in stages), *((each,) for each in numbers)


def _sign(state: str) -> Mark:
    mark = next((mark for known, mark in STATES.items() if known == state), NOT_RUN)
    return Mark("", mark.tone, mark.letter)


def _name(page: BatchPage, row: Row) -> Cell:
    return (Link(row.name, page.links[row.number]),) if row.number in page.links else (row.name,)


def _code(row: Row) -> Mark:
    if row.exit_code is None:
        return NOT_RUN
    return CODES.get(row.exit_code, Mark(str(row.exit_code), "bad", "\N{BALLOT X}"))


def attention(page: BatchPage, caption: str = "Needs attention") -> Iterator[Block]:
    """List what failed, then what is not in order: of each environment what is broken by stages, then what is open, each reason once."""
    gravest_first = sorted(page.rows, key=lambda row: not row.is_failed)
    found = tuple((_name(page, row), *cells) for row in gravest_first for cells in _told(row))
    if found:
        yield Grid(caption, ("environment", "what", "where, and why"), found)


def _told(row: Row) -> Iterator[tuple[Cell, Cell]]:
    """Tell of one environment. Stages stand in the order in which they build on each other: what is a cause comes before what follows."""
    if row.said:
        yield (_code(row),), (row.said, *((Way(row.way_out),) if row.way_out else ()))
    for each in row.stages:
        if each.state in BAD and not (each.detail and row.said.endswith(each.detail)):
            parts = [part for reason in _reasons(each) for part in _reason(reason)]
            more = (f"and {counted(each.more, 'more claim')} in its record",) if each.more else ()
            yield (STATES[each.state],), (each.title, *parts, *more)
    for state in OPEN:
        for titles, reason in _together([each for each in row.stages if each.state == state]):
            yield (STATES[state],), (titles, *_reason(reason))


def _reasons(cell: StageCell) -> tuple[Reason, ...]:
    return cell.reasons or ((Reason(what=cell.detail),) if cell.detail else ())


def _together(stages: Sequence[StageCell]) -> Iterator[tuple[str, Reason]]:
    """Give each reason once, with the titles of all stages that are open for it."""
    found: dict[tuple[str, str, str], list[tuple[str, Reason]]] = {}
    for cell in stages:
        for each in _reasons(cell):
            found.setdefault((each.what, each.way_out, each.by), []).append((cell.title, each))
    for some in found.values():
        number = sum(reason.number for _, reason in some)
        yield ", ".join(title for title, _ in some), some[0][1].model_copy(update={"number": number})


def _reason(reason: Reason) -> Iterator[Inline]:
    yield shorten(reason.text, LONGEST, placeholder=" ...")
    if reason.by:
        yield f"owed by the {reason.by}"
    if lines := reason.way_out.splitlines():
        yield Way("\n".join((*lines[:FEW], *(("...",) if len(lines) > FEW else ()))))


def _asked(page: BatchPage) -> Facts:
    facts, limits = page.facts, page.facts.limits
    pairs = (
        ("command", facts.command),
        ("by", facts.by),
        ("when", f"{facts.started} to {page.end.finished}"),
        ("at once", str(limits.jobs)),
        ("of one account at once", str(limits.per_account or "as many as there are")),
        ("waves", ", ".join((*limits.waves, "the rest"))),
        ("no more begin after", f"{counted(limits.max_failures, 'failure')}" if limits.max_failures else "any number of failures"),
        ("goes on from", facts.resumes),
    )
    return Facts("This batch", tuple((label, (text,)) for label, text in pairs if text))


def _records(page: BatchPage) -> Grid:
    rows = tuple(
        (_name(page, row), (row.file,), (str(row.wave),), (Code(row.record),) if row.record else ("",), (Code(row.record_digest),))
        for row in page.rows
    )
    return Grid("Records by digest", ("environment", "file", "wave", "record", "SHA-256 of its statement"), rows)


def _foot(page: BatchPage, check: str) -> Iterator[str]:
    yield f"record  {page.record}"
    yield f"open    {page.record}/index.html"
    if page.facts.resumes:
        yield f"goes on from {page.facts.resumes}"
    if not page.is_whole:
        yield f"next    runbook resume {shlex.quote(page.record)}"
    if page.facts.verb == "plan" and any(row.changes and row.is_done for row in page.rows):
        yield f"next    read the plans, then runbook approve {shlex.quote(page.record)}"
        yield f"        and {page.facts.anew('apply')}"
    yield check
