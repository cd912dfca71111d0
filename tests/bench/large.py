"""One environment whose source holds many schemas of ten tables each: the runbook and the straight script in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from tests.bench import warehouse
from tests.bench.bed import Bed
from tests.bench.samples import STRAIGHT, Case, Line, Sample, line
from tests.bench.single import OURS, STOCK, applying, runbook, straight, take_papermill
from tests.bench.table import Goal
from tests.contract.redshift.many import COUNTED, FILL

PART = "warehouse"
MOST, LONGEST = 9900, 5.0
ALONE = "both stages alone"
"""What has neither notebooks nor a record: the databases' two stages, against a stand-in of their own."""


def measure(bed: Bed, sizes: Sequence[int]) -> None:
    """Measure plan, apply with verify, and the unchanged run; calls of AWS are slowed down, the databases are not."""
    for size in sizes:
        _fill(bed, size)
    for (turn, ms), size in product(bed.turns(), sizes):
        ours, theirs = bed.environments(2, _names(size))
        for what in ("apply", "unchanged"):
            bed.take(Case(PART, what, STRAIGHT, ms, size, what), turn, [straight(theirs)])
        planned = bed.take(Case(PART, "plan", OURS, ms, size, "unchanged"), turn, [runbook("plan", ours)])
        bed.take(Case(PART, "apply and verify", OURS, ms, size, "apply"), turn, [applying(ours, planned)])
        planned = bed.run(runbook("plan", ours))
        bed.take(Case(PART, "unchanged", OURS, ms, size, "unchanged"), turn, [applying(ours, planned)])
        bed.drop(ours, theirs)
        # They ask no AWS.
        if ms == min(bed.latencies):
            _measure_alone(bed, size, turn)


def measure_papermill(bed: Bed, sizes: Sequence[int]) -> None:
    """Measure the notebooks under the stock command, beside the script."""
    for size in sizes:
        _fill(bed, size)
    for (turn, ms), size in product(bed.turns(), sizes):
        stock, theirs = bed.environments(2, _names(size))
        take_papermill(bed, turn, Case(PART, "", STOCK, ms, size), ([stock], [theirs]))
        bed.drop(stock, theirs)


def _names(size: int) -> tuple[str, str]:
    return f"many-{size}", f"many-{size}-masked"


def _fill(bed: Bed, size: int) -> None:
    """Make the schemas on both sides, and the tables in the source, to be copied."""
    for name, tables in zip(_names(size), (warehouse.TABLES, 0), strict=True):
        bed.past("dev", f'CREATE DATABASE "{name}"')
        bed.past(name, FILL.format(schemas=size, tables=tables), COUNTED)


def _measure_alone(bed: Bed, size: int, turn: int) -> None:
    for figure in warehouse.measure(size):
        sent, most = (int(word) for word in figure.remark.split() if word.isdigit())
        case = Case(PART, figure.name.partition(": ")[2], ALONE, 0, size)
        bed.samples.append(Sample(case, turn, figure.wall, figure.cpu, most * 1024**2, 0, sent))


def goals(lines: Sequence[Line]) -> Iterator[Goal]:
    """State the goal of the largest warehouse that Redshift allows."""
    latencies = sorted({each.case.ms for each in lines})
    alone = (("plan, nothing granted", ALONE, 0), ("plan, all granted", ALONE, 0))
    for what, tool, ms in (*alone, *(("plan", OURS, ms) for ms in latencies)):
        if (found := line(lines, what, tool, ms, MOST)) is not None:
            slowly = f", {ms} ms a call" if ms else ""
            yield Goal(f"{what}, of {MOST:,} schemas with {MOST * warehouse.TABLES:,} tables{slowly}, {tool}", found.wall, LONGEST)
