"""Draw an error as people read it: the cause, what was asked, the way out, the ledger's rows; the traceback is folded."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

from runbook_lib import place
from runbook_lib.errors import InvalidParameters, RunbookError
from runbook_lib.parameters.ledger import LEDGER, anchor
from runbook_lib.views import as_html, as_markdown, as_text
from runbook_lib.views.blocks import Code, Facts, Grid, Link, Listing, Mark, Note, Way
from runbook_lib.views.causes import cause_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from runbook_lib.views.blocks import Block, Cell, Inline

FAILED = Mark("failed", "bad", "\N{BALLOT X}")


def failure(error: RunbookError) -> Iterator[Block]:
    """Draw the cause first, then the call or statement with what was said of it; rows and documentation are links where their pages are."""
    cause = cause_of(error)
    yield Note((FAILED, cause.means if cause is not None else error.what), "bad")
    if isinstance(error, InvalidParameters):
        yield _problems(error)
    else:
        told: list[tuple[str, Cell]] = [("where", (Code(error.where),)), ("what was said", (error.what,))]
        yield Facts(type(error).__name__, (*told, *((("way out", (Way(error.way_out),)),) if error.way_out else ())))
    if cause is not None and cause.rows:
        rows = ((row, _link(f"{row} in the ledger", place.LEDGER, row, anchor(row))) for row in cause.rows)
        yield Facts("Ledger", tuple((row, (LEDGER[row].claim, link)) for row, link in rows))
    if cause is not None and cause.page:
        name, _, heading = cause.page.partition("#")
        yield Facts("Read on", (("what to look at", (_link(heading, name, heading, f"{name}, {heading}"),)),))


def _link(words: str, name: str, heading: str, otherwise: str) -> Inline:
    """Lead to a heading of a page beside the working copies, as JupyterLab names it; elsewhere say where it is in the checkout."""
    page = place.page(name)
    return Link(words, f"{page}#{heading.replace(' ', '-')}") if page else Code(otherwise)


def _problems(error: InvalidParameters) -> Grid:
    rows = tuple(
        ((str(each.line) if each.line else "",), (each.field,), (each.what, *((Way(each.way_out),) if each.way_out else ())))
        for each in error.problems
    )
    return Grid(error.source, ("line", "key", "problem"), rows)


def bundle(error: RunbookError, trace: TracebackType | None = None) -> dict[str, str]:
    """Draw an error in the three forms that a cell keeps; a traceback shows lines of code, never values."""
    blocks = tuple(failure(error))
    lines = "".join(traceback.format_tb(trace)) if trace is not None else ""
    folded = (*blocks, Listing("traceback", lines)) if lines else blocks
    return {"text/html": as_html.view(folded), "text/markdown": as_markdown.view(folded), "text/plain": as_text.view(blocks)}


def register(shell: Any) -> None:
    """Let the running notebook draw the runbook's errors; the cell fails all the same, for papermill and for whoever reads the record."""
    shell.set_custom_exc((RunbookError,), _shown)


def _shown(
    shell: Any, kind: type[RunbookError], error: RunbookError, trace: TracebackType | None, tb_offset: int | None = None
) -> list[str]:
    del tb_offset
    shell.display_pub.publish(bundle(error, trace))
    said = [f"{kind.__name__}: {error}"]
    shell._showtraceback(kind, error, said)  # noqa: SLF001 - what IPython's own handler calls to fail the cell
    return said
