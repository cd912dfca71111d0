"""Many environments: `runbook batch` beside as many straight scripts side by side, and Terraform, each on environments of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from runbook_lib.fleet.command import AT_ONCE
from tests.bench import terraform
from tests.bench.bed import RUNBOOK, Bed
from tests.bench.samples import STRAIGHT, Case, Line, line
from tests.bench.single import MEMORY, OURS, straight
from tests.bench.table import Goal

PART = "fleet"
TIMES_CPU, TIMES_ONE, TEN = 1.3, 3.0, 10
QUOTED = {"apply": 21.0, "unchanged": 13.0}
"""What Terraform took for ten of a similar set-up on a machine with two cores."""


def measure(bed: Bed, sizes: Sequence[int]) -> None:
    """Measure a batch's plan, apply and verify of what is then there."""
    has_terraform = min(sizes) <= TEN and terraform.is_there(bed)
    for (turn, ms), size in product(bed.turns(), sizes):
        files = bed.environments(2 * size)
        ours, theirs = files[:size], files[size:]
        for what in ("apply", "unchanged"):
            bed.take(Case(PART, what, STRAIGHT, ms, size, what), turn, [straight(each) for each in theirs], at_once=True)
        if has_terraform and size <= TEN:
            terraform.measure(bed, PART, turn, ms, bed.environments(size))
        (said,) = bed.take(Case(PART, "plan", OURS, ms, size, "unchanged"), turn, [batch("plan", ours)])
        bed.run((*RUNBOOK, "approve", *(row["record"] for row in records(bed, said)), "--json"))
        bed.take(Case(PART, "apply", OURS, ms, size, "apply"), turn, [batch("apply", ours)])
        bed.take(Case(PART, "unchanged", OURS, ms, size, "unchanged"), turn, [batch("verify", ours)])


def batch(verb: str, files: Sequence[Path]) -> tuple[str, ...]:
    """Write the command."""
    return (*RUNBOOK, "batch", *map(str, files), "--verb", verb, "--json")


def records(bed: Bed, said: str) -> list[dict[str, str]]:
    """Read the rows of a batch, each record by its folder."""
    rows = json.loads(said)["environments"]
    return [{**row, "record": str(bed.folder / "runs" / row["environment"] / row["record"])} for row in rows]


def goals(lines: Sequence[Line]) -> Iterator[Goal]:
    """State the goals of ten environments."""
    ms, cores = max(each.case.ms for each in lines), os.cpu_count() or 1
    for what, quoted in QUOTED.items():
        ten, one = line(lines, what, OURS, ms, TEN), line(lines, what, OURS, ms, 1)
        if ten is None or one is None:
            continue
        most = max(TIMES_CPU * (ten.cpu + ten.standins) / cores, TIMES_ONE * one.wall)
        yield Goal(
            f"{what} of ten, {ten.cpu:.1f} s of processors and {ten.standins:.1f} s of the stand-ins', one {one.wall:.1f} s", ten.wall, most
        )
        yield Goal(f"{what} of ten, half of Terraform's {quoted:.0f} s as quoted", ten.wall, quoted / 2)
        if (measured := line(lines, what, terraform.TOOL, ms, TEN)) is not None:
            yield Goal(f"{what} of ten, half of Terraform's {measured.wall:.1f} s as measured beside it", ten.wall, measured.wall / 2)
    for each in lines:
        if each.case.tool == OURS and each.case.ms == ms:
            in_flight = min(each.case.size, AT_ONCE)
            yield Goal(
                f"{each.case.what} of {each.case.size}, memory of each of {in_flight} in flight",
                each.memory / in_flight / 1e6,
                MEMORY,
                "MB",
            )
