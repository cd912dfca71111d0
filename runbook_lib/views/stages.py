"""Draw where a stage works, what it wants, and where its evidence lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.views import naming
from runbook_lib.views.blocks import Code, Counts, Facts, Fold, Folded, Grid, Heading, Line, Link, Listing, Mark, Note, counted
from runbook_lib.views.board import STATES
from runbook_lib.views.difference import shown
from runbook_lib.views.many import begun, first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.views.blocks import Block
    from runbook_lib.views.shown import Closing, DesiredResources, Sheet, StageBanner, Table

LONGEST = 50_000
"""Characters of a text that is shown, and copied, as a whole."""


def banner(value: StageBanner) -> Iterator[Block]:
    """Draw account, endpoint, databases and run: what to read before anything else."""
    stage = value.stage
    # A tab has the file's name alone, which each environment's copy has.
    where = f" · {value.environment}" if value.environment else ""
    yield Heading(f"{stage.number} · {stage.title}{where}")
    yield Note((stage.summary,))
    if value.idle:
        yield Note((f"Nothing to do here: {value.idle}.",), "quiet")
    yield Facts("Where this run works", tuple((label, (text,)) for label, text in value.facts))


def desired(value: DesiredResources) -> Iterator[Block]:
    """Draw what a stage wants, and the texts to hand over; its tables are drawn by their types."""
    if value.idle:
        yield Note((f"Nothing is wanted: {value.idle}.",))
        return
    texts = value.artefacts
    yield Counts(
        (
            Mark(f"{counted(len(value.resources), 'resource')} wanted", "good" if value.resources else "quiet"),
            Mark(f"{counted(len(texts), 'artefact')} to hand over", "open" if texts else "quiet"),
        )
    )
    if value.resources:
        some, more = first(value.resources, "plan.json")
        rows = tuple(((naming.kind(each),), (naming.name(each),), shown(None, each)) for each in some)
        yield Grid("Wanted", ("what", "name", "holds"), rows, more=more)
    if texts:
        listings = tuple(_listing(name, text) for name, text in texts.items())
        yield Folded(f"{counted(len(texts), 'artefact')} for someone else to apply", listings)


def folded(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Fold what a stage wants that has it, as the records say."""
    yield Counts((STATES["converged"],))
    yield Folded("What is wanted, and was found so last time", blocks)


def _listing(name: str, text: str) -> Block:
    """Hand over a text as it is; of one that nobody reads here, show the beginning, which cannot be taken for the whole."""
    if len(text) <= LONGEST:
        return Listing(name, text)
    lines = text.splitlines()
    some = begun(lines)
    said = f"{name}: the first {counted(len(some), 'line')} of {len(lines):,}; the whole file is under artefacts, in the record"
    return Note((Fold(said, tuple(map(Line, some)), is_list=True),))


def closing(value: Closing) -> Iterator[Block]:
    """Say where the evidence lies, and lead on."""
    yield Note((f"The evidence of {value.stage} is kept.",), "good")
    shown = (Link(each, value.files + each) if value.files else Code(each) for each in value.artefacts)
    files = (("artefacts", tuple(shown)),) if value.artefacts else ()
    ways = (("go on with", tuple(Link(words, to) for words, to in value.ways)),) if value.ways else ()
    yield Facts("Evidence", (("record", (Code(value.record),)), *files, *ways))


def sheet(value: Sheet) -> Iterator[Block]:
    """Draw settings to copy."""
    yield Facts(value.caption, tuple((label, (text,)) for label, text in value.pairs), is_sheet=True)


def table(value: Table) -> Iterator[Block]:
    """Draw a plain table."""
    rows = tuple(tuple((text,) for text in row) for row in value.rows)
    yield Grid(value.caption, value.columns, rows)
