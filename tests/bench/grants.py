"""Plan the grants of 2,000 schemas x 5 tables, through the real adapter, on a stand-in of its own."""

from __future__ import annotations

from tests.bench.figures import Figure, best, timed
from tests.contract.redshift.many import Many, many
from tests.contract.redshift.standin import standing_in

FEW, MANY, TABLES = 20, 2000, 5


def measure() -> tuple[Figure, Figure]:
    """Time a plan before the grants are made, and one after; the remark counts the statements for few schemas and for many."""
    with standing_in() as standin, many(standin, FEW, TABLES) as few, many(standin, MANY, TABLES) as large:
        # The plan of few comes first, so that loading the driver does not count: importing is measured elsewhere.
        first = _planned("(e) plan 2,000 schemas x 5, nothing granted", few, large)
        few.grant()
        large.grant()
        return first, _planned("(e) plan 2,000 schemas x 5, all granted", few, large)


def _planned(name: str, few: Many, large: Many) -> Figure:
    counts = [len(each.statements()) for each in (few, large)]
    remark = f"{counts[0]} statements for {FEW} schemas, {counts[1]} for {MANY:,}"
    return best(timed(name, lambda: _sized(large, remark)) for _ in range(3))


def _sized(large: Many, remark: str) -> str:
    """Plan and take the digest, which an approval needs."""
    plan = large.plan()
    return f"{remark}; {len(plan.changes)} changes, digest {plan.digest[:8]}"
