"""A batch as text, as a page, and as the XML that every CI reads."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.model.fleets import BatchEnd, BatchFacts, Limits, Reason, Row, StageCell
from runbook_lib.views.fleet import BatchPage, batch_html, batch_text
from runbook_lib.views.junit import junit
from tests.unit.views.markup import asks_outside, read


def cells(*states: str, detail: str = "") -> tuple[StageCell, ...]:
    """Make a cell of each state; the last has the detail."""
    known = ((20, "storage", "Storage"), (50, "server_role", "Server role"))
    return tuple(
        StageCell(number=number, stage=slug, title=title, state=state, detail=detail if state == states[-1] else "")
        for (number, slug, title), state in zip(known, states, strict=True)
    )


ROWS = (
    Row(
        number=1, file="a.yaml", environment="alpha", account="111122223333", state="ended", exit_code=0,
        started="2026-06-30T10:00:00.000Z", seconds=4.25,
        record="20260630T100000Z-plan-abc123", folder="runs/alpha/20260630T100000Z-plan-abc123", record_digest="ab12",
        digest="d1", changes=14, stages=cells("changes pending", "converged"),
    ),
    Row(
        number=2, file="b.yaml", environment="beta", state="ended", exit_code=4, seconds=3.0,
        stages=cells("not needed", "drifted", detail="1 no longer as applied"),
    ),
    Row(number=3, file="c.yaml", state="ended", exit_code=2, said="c.yaml:7: pipeline is v3", way_out="runbook check c.yaml"),
    Row(number=4, file="d.yaml", environment="delta", wave=2),
)  # fmt: skip
FACTS = BatchFacts(
    verb="plan", started="2026-06-30T10:00:00.000Z", files=("a.yaml", "b.yaml", "c.yaml", "d.yaml"), by="Jo",
    limits=Limits(jobs=2, waves=("3",)), command="runbook batch a.yaml b.yaml c.yaml d.yaml --verb plan", versions=(("python", "3.11"),),
)  # fmt: skip
END = BatchEnd(finished="2026-06-30T10:01:00.000Z", exit_code=2, meaning="bad usage or parameters", halted="wave 1 ended with 2 failures")
PAGE = BatchPage(
    FACTS, ROWS, END, "runs/_batches/20260630T100000Z-batch-abc123", {1: "../../alpha/20260630T100000Z-plan-abc123/index.html"}
)
DASH = "\N{EN DASH}"
TEXT = f"""\
plan of 4 environments. 1 of 4 environments done, 2 failed, 1 not begun: wave 1 ended with 2 failures.
exit code 2: bad usage or parameters

Environments and stages
  environment  code       20  50  changes  seconds
  alpha        ✓ 0        +   ✓   14       4.2
  beta         ✗ 4        {DASH}   ≈   -        3.0
  c.yaml       ✗ 2                -
  delta        ○ not run          -

≈ drifted, + changes pending, ✓ converged, {DASH} not needed

20 Storage, 50 Server role

Needs attention
  environment  what       where, and why
  beta         ≈ drifted  Server role
                          1 no longer as applied
  c.yaml       ✗ 2        c.yaml:7: pipeline is v3
        -> runbook check c.yaml

record  runs/_batches/20260630T100000Z-batch-abc123
open    runs/_batches/20260630T100000Z-batch-abc123/index.html
next    runbook resume runs/_batches/20260630T100000Z-batch-abc123
next    read the plans, then runbook approve runs/_batches/20260630T100000Z-batch-abc123
        and runbook batch a.yaml b.yaml c.yaml d.yaml --verb apply --jobs 2 --waves 3
check it: so"""
NO_LOG_IN = Reason(what="there are no AWS credentials here", way_out="log in", verdict="owed", by="cloud engineer", number=2)
DONE = BatchEnd(finished=END.finished, exit_code=6, meaning="something is owed")
HOSTILE = '"><script>alert(1)</script>\x00\x1b[31m'


def test_the_matrix_as_text() -> None:
    """A row for each environment, a column for each stage, what the signs mean, what needs attention, and what to type next."""
    assert TEXT == batch_text(PAGE, "check it: so")


def test_a_reason_of_several_stages_is_told_once() -> None:
    """With its way out, in the matrix and on the page, though the environment is done; the first line says that something is owed."""
    stages = tuple(each.model_copy(update={"reasons": (NO_LOG_IN,)}) for each in cells("owed", "owed"))
    page = dataclasses.replace(PAGE, rows=(Row(number=1, file="a.yaml", state="ended", exit_code=6, stages=stages),), end=DONE)

    text, html = batch_text(page), " ".join(read(batch_html(page)).texts)

    assert "1 of 1 environments done, in 1 of them something is owed or unknown." in text.splitlines()[0]
    assert 1 == text.count("-> log in")
    for said in ("Storage, Server role", "4 claims are open: there are no AWS", "owed by the cloud engineer", "log in"):
        assert said in text
        assert said in html


def test_causes_stand_before_what_follows_from_them() -> None:
    """Stage by stage, whether it is drifted or blocked; each with its first reasons and how many more claims do not hold."""
    cause, symptom = (Reason(what=each, claim="claim", verdict="broken", way_out="mend it") for each in ("600 without SELECT", "refused"))
    drifted, blocked = cells("drifted", "blocked")
    stages = (drifted.model_copy(update={"reasons": (cause,)}), blocked.model_copy(update={"reasons": (symptom,), "more": 76}))

    text = batch_text(dataclasses.replace(PAGE, rows=(Row(number=1, file="a.yaml", state="ended", exit_code=4, stages=stages),)))

    said = ("Storage", "not so: claim: 600 without SELECT", "-> mend it", "Server role", "not so: claim: refused", "and 76 more claims")
    told = text[text.index("Needs attention") :]
    assert sorted(map(told.index, said[:2] + said[3:])) == [told.index(each) for each in said[:2] + said[3:]]


def test_the_page_stands_alone() -> None:
    """It is well formed, asks nobody, leads to the environments' own pages, and names each record by its digest."""
    page = read(batch_html(PAGE))

    assert ([], []) == (page.open, page.astray)
    assert [] == asks_outside(page)
    assert ("href", PAGE.links[1]) in page.attributes
    assert "script" not in page.tags
    for said in ("What needs attention", "ab12", "3, the rest", "runbook batch a.yaml b.yaml c.yaml d.yaml --verb plan"):
        assert said in " ".join(page.texts)


def test_what_files_and_errors_say_is_text() -> None:
    """Nothing in a name or a message becomes markup."""
    row = Row(number=1, file=HOSTILE, state="ended", exit_code=1, said=HOSTILE, way_out=HOSTILE, stages=cells("blocked", HOSTILE))
    page = read(batch_html(dataclasses.replace(PAGE, rows=(row,), links={1: "x.html"})))

    assert "script" not in page.tags


def test_the_report_for_ci() -> None:
    """An environment is a suite; what failed, drifted, is owed or never ran is what a CI calls it."""
    root = ET.XML(junit(PAGE))

    assert {"tests": "8", "failures": "1", "errors": "2", "skipped": "1"} == {
        name: root.attrib[name] for name in ("tests", "failures", "errors", "skipped")
    }
    assert ["alpha", "beta", "c.yaml", "delta"] == [each.attrib["name"] for each in root]
    assert [("20 Storage", None), ("50 Server role", "drifted: 1 no longer as applied"), ("run", None)] == [
        (case.attrib["name"], failure.attrib["message"] if (failure := case.find("failure")) is not None else None)
        for case in root[1].findall("testcase")
    ]
    assert "exit code 2: c.yaml:7: pipeline is v3" == root[2].findall("testcase/error")[0].attrib["message"]
    assert {"name": "record_digest", "value": "ab12"} in [each.attrib for each in root[0].findall("properties/property")]


def test_the_report_for_ci_says_why() -> None:
    """Of a stage that is owed each reason, with its way out."""
    [stage] = cells("owed", "owed")[:1]
    row = Row(number=1, file="a.yaml", state="ended", exit_code=6, stages=(stage.model_copy(update={"reasons": (NO_LOG_IN,), "more": 2}),))

    [skipped] = ET.XML(junit(dataclasses.replace(PAGE, rows=(row,)))).iter("skipped")

    assert "owed: 2 claims are open: there are no AWS credentials here -> log in; and 2 more claims" == skipped.attrib["message"]


@given(st.text(), st.text())
def test_any_text_can_be_reported(name: str, said: str) -> None:
    """Whatever a message holds, the report is XML."""
    row = Row(number=1, file=name, state="ended", exit_code=1, said=said, stages=cells("blocked", "blocked", detail=said))

    ET.XML(junit(BatchPage(FACTS, (row,), END)))
