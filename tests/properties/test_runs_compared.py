"""Laws of what a run's page computes: differences are of two runs, and the picture holds all that it draws."""

from __future__ import annotations

import re
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.evidence import comparing
from runbook_lib.model import Finding, Plan, Resource, Verdict
from runbook_lib.resources.s3 import Bucket
from runbook_lib.views.run_page import StageLine
from runbook_lib.views.timeline import WIDTH, timeline
from runbook_lib.views.writes import Write
from tests.unit.views.markup import read

WORDS = st.sampled_from(("a", "b", "c"))
FINDINGS = st.lists(
    st.builds(
        Finding, stage=WORDS, rows=st.just(()), claim=WORDS, verdict=st.sampled_from(get_args(Verdict)), address=WORDS,
        detail=WORDS,
    ),
    max_size=8,
)  # fmt: skip
SECONDS = st.floats(min_value=0, max_value=3599, allow_nan=False)


def moment(seconds: float) -> str:
    """Write a time within the hour."""
    return f"2026-01-01T00:{int(seconds) // 60:02d}:{seconds % 60:06.3f}Z".replace(":60.000Z", ":59.999Z")


@given(FINDINGS, FINDINGS)
def test_findings_differ_both_ways_or_not_at_all(then: list[Finding], now: list[Finding]) -> None:
    """Nothing differs from itself, order is no difference, and who looks from the other side sees the same claims turned around."""
    forth, back = list(comparing._turned([then], [now])), list(comparing._turned([now], [then]))

    assert [] == list(comparing._turned([then], [then[::-1]]))
    assert sorted((each.stage, each.claim, each.then, each.now) for each in forth) == sorted(
        (each.stage, each.claim, each.now, each.then) for each in back
    )


@given(st.sets(WORDS), st.sets(WORDS))
def test_what_is_planned_otherwise_is_what_one_alone_keeps(then: set[str], now: set[str]) -> None:
    """Of two plans that keep things, what differs is what stands in one of them."""

    def plan(names: set[str]) -> Plan:
        kept: tuple[Resource, ...] = tuple(Bucket(name=each, region="us-east-1") for each in sorted(names))
        return Plan(stage="storage", environment="e", scope=(), kept=kept)

    found = {address for address, _, _ in comparing._planned([plan(then)], [plan(now)])}

    assert {f"s3_bucket/{each}" for each in then ^ now} == found


@given(st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=5), st.lists(SECONDS, max_size=5))
def test_the_picture_holds_all_that_it_draws(stages: list[tuple[float, float]], sent: list[float]) -> None:
    """Wherever stages and writes stand in time, the drawing is well formed, and no bar or tick lies outside of it."""
    lines = [StageLine(f"s{place}", place, "s", "done", took, started=moment(start)) for place, (start, took) in enumerate(stages)]
    writes = [Write("s0", "create", "a/b", moment(each)) for each in sent]
    picture = str(timeline(lines, writes, moment(0)))
    reader = read(picture)

    assert ([], []) == (reader.open, reader.astray)
    assert all(0 <= float(left) <= WIDTH for left in re.findall(r'<rect x="(-?[\d.]+)"', picture))
