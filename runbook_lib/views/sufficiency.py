"""Draw the sufficiency matrix: the calls of each principal, which statement allows each in either style, and what nothing allows."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from runbook_lib.documents.proof.ledger import Call, Probe, is_due, ledger
from runbook_lib.views.blocks import Counts, Folded, Grid, Mark, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.documents.proof.ledger import Asked
    from runbook_lib.documents.proof.matrix import Line, Matrix
    from runbook_lib.views.blocks import Block, Cell
    from runbook_lib.views.shown import Sufficiency

ALLOWED = Mark("allowed", "good", "\N{CHECK MARK}")
SPARE = Mark("allowed, use not shown", "change", "!")
MISSING = Mark("nothing allows this", "bad", "\N{BALLOT X}")
DENIED = Mark("denied", "bad", "\N{BALLOT X}")
NOT_GRANTED = Mark("not granted", "quiet", "-")
OPEN = Mark("undecided", "open", "?")
ELSEWHERE = Mark("decided elsewhere", "owed", "\N{RIGHTWARDS ARROW}")
REFUSED = Mark("refused", "good", "\N{CHECK MARK}")
LEAKS = Mark("let through", "bad", "\N{BALLOT X}")
_NEEDS = {"needed": "needed", "listed": "vendor-listed, use not shown"}


def sufficiency(value: Sufficiency) -> Iterator[Block]:
    """Draw counts of the chosen style, a table of calls for each principal, and the probes."""
    chosen = dict(value.sides)[value.chosen]
    yield Counts(tuple(_counts(chosen)))
    names = tuple(f"{name} (chosen)" if name == value.chosen else name for name, _ in value.sides)
    calls = zip(*(side.calls for _, side in value.sides), strict=True)
    for actor, rows in groupby(calls, key=lambda lines: lines[0].actor):
        yield Grid(f"What is called: {actor}", ("call", "on", *names, "need", "why", "on whose word"), tuple(map(_call, rows)))
    probes = tuple(zip(*(side.probes for _, side in value.sides), strict=True))
    grids = tuple(
        Grid(f"What must be refused: {actor}", ("call", "on", *names, "it would mean that it"), tuple(map(_probe, rows)))
        for actor, rows in groupby(probes, key=lambda lines: lines[0].actor)
    )
    yield Folded(f"{counted(len(probes), 'call')} that nobody should make, and what becomes of each", grids)


def _counts(side: Matrix) -> Iterator[Mark]:
    allowed = sum(each.state == "allowed" for each in side.calls)
    yield Mark(f"{counted(allowed, 'call')} allowed", "good")
    yield Mark(f"{len(side.misses):,} needed and not allowed", "bad" if side.misses else "quiet")
    refused = sum(each.state == "refused" for each in side.probes)
    yield Mark(f"{counted(refused, 'probe')} refused", "good")
    yield Mark(f"{len(side.leaks):,} let through", "bad" if side.leaks else "quiet")


def _call(lines: tuple[Line, ...]) -> tuple[Cell, ...]:
    asked = lines[0].asked
    if not isinstance(asked, Call):
        raise TypeError(f"{lines[0].name} is no call")
    source = ledger().sources[asked.source]
    return (
        (asked.action,),
        (_on(asked),),
        *(_ends(each) for each in lines),
        (need(asked),),
        (asked.why,),
        (f"{source.kind}: {source.title}",),
    )


def _probe(lines: tuple[Line, ...]) -> tuple[Cell, ...]:
    asked = lines[0].asked
    if not isinstance(asked, Probe):
        raise TypeError(f"{lines[0].name} is no probe")
    return ((asked.action,), (_on(asked),), *(_ends(each) for each in lines), (asked.says,))


def _on(asked: Asked) -> str:
    return asked.said.partition(" on ")[2]


def need(call: Call) -> str:
    """Say whether and when a call is needed."""
    return _NEEDS.get(call.need) or f"if {ledger().cases[call.case].says}"


def word(call: Call) -> str:
    """Say on whose word a call stands."""
    source = ledger().sources[call.source]
    return f"{source.kind}: {source.title}"


def _ends(line: Line) -> Cell:
    by = tuple(f"{each.document}, {each.statement}" for each in line.by)
    return (_mark(line), *by) if line.state != "elsewhere" else (ELSEWHERE, line.reason)


def _mark(line: Line) -> Mark:
    match line.state, line.asked:
        case "undetermined", _:
            return OPEN
        case "allowed", Probe():
            return LEAKS
        case "refused", Probe():
            return REFUSED
        case "allowed", Call(need=need):
            return SPARE if need == "listed" else ALLOWED
        case _, Call() as call if is_due(call):
            return DENIED if line.by else MISSING
    return NOT_GRANTED
