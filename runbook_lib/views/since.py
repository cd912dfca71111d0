"""What differs from the environment's run before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.views.blocks import Code, Facts, Folded, Grid, Link, Note, counted
from runbook_lib.views.findings import VERDICTS
from runbook_lib.views.many import first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Verdict
    from runbook_lib.views.blocks import Block, Cell

FEW = 12
"""Rows that are shown without being asked for."""
NONE = "none"


@dataclass(frozen=True)
class Turned:
    """State that a claim's verdict is another one: `then` and `now` hold every verdict, since a claim may be judged of several things."""

    stage: str
    claim: str
    then: tuple[Verdict, ...]
    now: tuple[Verdict, ...]


@dataclass(frozen=True)
class Since:
    """State what differs from the run before, which `record` names: empty where there is none.

    Findings and plans are compared for `stages`, those that both runs came to. `unread` are the files of the run before that are missing
    or of another version. What is planned is said by address: then and now.
    """

    record: str = ""
    verb: str = ""
    started: str = ""
    stages: tuple[str, ...] = ()
    verdicts: tuple[Turned, ...] = ()
    planned: tuple[tuple[str, str, str], ...] = ()
    parameters: tuple[str, ...] = ()
    versions: tuple[tuple[str, str, str], ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing that was compared differs."""
        return not (self.verdicts or self.planned or self.parameters or self.versions)


def since(value: Since) -> Iterator[Block]:
    """Draw the differences, the run compared with first."""
    if not value.record:
        yield Note(("There is no run of this environment before this one and its plan.",))
        return
    before: tuple[tuple[str, Cell], ...] = (
        ("compared with", (Link(value.record, f"../{value.record}/index.html"), f"{value.verb}, {value.started}")),
        ("stages of both", (", ".join(value.stages) or NONE,)),
        *((("could not be read", tuple(Code(each) for each in value.unread)),) if value.unread else ()),
    )
    yield Facts("The run before", before)
    if value.is_empty:
        yield Note(
            (f"Nothing differs{' in what could be read' if value.unread else ''}: verdicts, plan, parameters and versions.",), "good"
        )
    yield from _table("verdict", "Findings with another verdict", ("stage", "claim", "then", "now"), tuple(map(_turned, value.verdicts)))
    yield from _table("planned value", "Plan", ("address", "then", "now"), tuple(map(_row, value.planned)))
    yield from _table("parameter", "Parameters", ("what differs",), tuple(((each,),) for each in value.parameters))
    yield from _table("version", "Versions", ("of", "then", "now"), tuple(map(_row, value.versions)))


def _table(noun: str, caption: str, columns: tuple[str, ...], rows: tuple[tuple[Cell, ...], ...]) -> Iterator[Block]:
    if rows:
        said = f"{counted(len(rows), noun)} {'differs' if len(rows) == 1 else 'differ'}"
        some, more = first(rows, "both records")
        grid = Grid(f"{caption}: {said}", columns, tuple(some), more=more)
        yield Folded(said, (grid,)) if len(rows) > FEW else grid


def _row(texts: tuple[str, str, str]) -> tuple[Cell, ...]:
    name, then, now = texts
    return ((Code(name),), (then,), (now,))


def _turned(each: Turned) -> tuple[Cell, ...]:
    sides: list[Cell] = [tuple(VERDICTS[verdict] for verdict in dict.fromkeys(side)) or ("not judged",) for side in (each.then, each.now)]
    return ((each.stage,), (each.claim,), *sides)
