"""The run's page and its summary."""

from __future__ import annotations

import dataclasses
import re

import pytest

from runbook_lib.engine.apply import IN_PLACE
from runbook_lib.model import Entry, EnvironmentPlan, Finding, Receipt
from runbook_lib.views.checking import check_command
from runbook_lib.views.page import RunPage, StageLine, index_page, summary_text
from runbook_lib.views.run_page import next_step, result
from tests.unit.views.markup import asks_outside, read
from tests.unit.views.samples import APPROVAL, EMPTY, FINDINGS, HOSTILE, PAGE, PLAN, RECEIPT, WHOLE, WITHHELD, hostile

STANDING = Receipt(stage="server_role", digest=PLAN.digest, entries=(Entry(change=PLAN.changes[0], outcome="applied", detail=IN_PLACE),))
SUMMARY = f"""\
staging: apply, 42 s. Server role stopped with an error; 1 change applied, 3 not; 1 claim broken; \
1 claim owed by somebody else; 1 claim undecided.
account 111122223333, us-east-1, AWS; exit code 1: failed

Stages
  stage           state        changes  applied  broken  unknown  owed  kept  seconds
  20 Storage      done         -        -        -       1        1     1     2.0
  40 Lambda role  idle         -        -        -       -        -     -     0.5
  50 Server role  failed       4        1        1       -        -     2     4.0
  95 Hand-over    not reached  -        -        -       -        -     -

Server role: throttled
Needs attention
  verdict    stage        claim
  ✗ broken   server_role  nothing else is attached (A5)
                          AdministratorAccess is attached
        -> aws iam detach-role-policy
  → owed     storage      the bucket is empty (A4)
                          owed by security
        -> empty it
  ? unknown  storage      the bucket is ours (A4)
                          may not be read
        -> allow it

plan    {WHOLE.digest}
record  runs/staging/20260630T100000Z-apply-abc123
open    runs/staging/20260630T100000Z-apply-abc123/index.html
next    runbook resume 20260630T100000Z-apply-abc123 staging
"""
FINE = (FINDINGS[0],)
PLANNED = dataclasses.replace(PAGE, verb="plan", target="", writes=(), approvals=(), receipts=(), findings=(), stages=(), exit_code=0)
NOT_FINISHED = dataclasses.replace(
    PLANNED,
    verb="step",
    plan=None,
    stages=(StageLine("teardown", 99, "Teardown", "not finished", message="its Evidence cell was not run"),),
)


def page(**changes: object) -> RunPage:
    """Change the sample page."""
    return dataclasses.replace(PAGE, **changes)  # type: ignore[arg-type]


def test_summary_is_one_page() -> None:
    """The whole summary, as a terminal shows it."""
    assert SUMMARY == summary_text(PAGE)


def test_both_say_from_which_run_another_goes_on() -> None:
    """The record that was stopped is named in the summary and on the page."""
    run = page(resumes="20260630T090000Z-apply-000000")

    assert "goes on from 20260630T090000Z-apply-000000\n" in summary_text(run)
    assert re.search("goes on from.*20260630T090000Z-apply-000000", index_page(run), re.DOTALL)


def test_summary_names_a_dozen_and_counts_the_rest() -> None:
    """More findings than fit are counted."""
    many = tuple(Finding(stage="storage", rows=(), claim=f"claim {number}", verdict="broken") for number in range(20))
    text = summary_text(page(findings=many))

    assert "claim 11" in text
    assert "claim 12" not in text
    assert "  ... and 8 more in the record" in text


def test_what_was_in_place_is_not_counted_as_applied() -> None:
    """A stage that was gone on with shows what this run made, and how much an earlier one had made."""
    run = page(receipts=(STANDING,))
    row = next(line for line in summary_text(run).splitlines() if "50 Server role" in line)

    assert "1 in place already" in index_page(run)
    assert "1 applied" not in index_page(run)
    assert "-" == row.split()[row.split().index("failed") + 2]


def test_a_notebook_that_was_not_run_to_its_end_needs_attention() -> None:
    """Nobody knows what it would have found: the page and the summary name it, and neither says that all is well."""
    html, text = index_page(NOT_FINISHED), summary_text(NOT_FINISHED)

    assert "Teardown was not run to its end: its Evidence cell was not run" in html
    assert "Nothing was judged" not in html
    assert ["  99 Teardown  not finished", "Teardown: its Evidence cell was not run"] == [
        line[:27] if "99" in line else line for line in text.splitlines() if "Teardown" in line
    ]


def test_a_signed_record_is_checked_by_its_key() -> None:
    """Whoever has the key needs no digest; without one, the digest is all there is."""
    assert "runbook audit verify 'a b' --key PUBLIC.pem    (the public half of k)" == check_command("a b", "d", "k")
    assert "runbook audit verify a --digest d" == check_command("a", "d")


@pytest.mark.parametrize(
    ("expected", "run"),
    [
        ("4 changes planned, nothing written.", PLANNED),
        ("Nothing would change.", dataclasses.replace(PLANNED, plan=EnvironmentPlan(environment="s", plans=(EMPTY,)))),
        ("1 claim kept.", page(verb="verify", findings=FINE, stages=(), receipts=())),
        ("1 claim broken.", page(verb="verify", findings=FINDINGS[2:3], stages=(), receipts=())),
        ("Nothing had to be written; 1 claim kept.", page(findings=FINE, stages=(), receipts=())),
        ("1 change applied, 3 not; 1 claim kept.", page(findings=FINE, stages=())),
        ("Nothing had to be written, 1 in place already; 1 claim kept.", page(findings=FINE, stages=(), receipts=(STANDING,))),
        ("Nothing was written, 1 withheld; 1 claim kept.", page(findings=FINE, stages=(), receipts=(WITHHELD,))),
        ("1 change applied, 3 not, 1 withheld; 1 claim kept.", page(findings=FINE, stages=(), receipts=(*PAGE.receipts, WITHHELD))),
        ("Nothing was written; 1 notebook was not run to its end.", NOT_FINISHED),
        ("Failed.", page(verb="verify", findings=(), stages=(), receipts=())),
    ],
)
def test_result_in_a_sentence(expected: str, run: RunPage) -> None:
    """Each kind of run has its sentence."""
    assert expected == result(run)


@pytest.mark.parametrize(
    ("expected", "run"),
    [
        (f"runbook apply staging --approve {WHOLE.digest}", PLANNED),
        (f"runbook apply files/mine.yaml --approve {WHOLE.digest}", dataclasses.replace(PLANNED, target="files/mine.yaml")),
        (f"runbook destroy staging --approve {WHOLE.digest}", dataclasses.replace(PLANNED, verb="destroy")),
        (
            "runbook approve staging/20260630T100000Z-apply-abc123 --key PRIVATE.pem --acknowledge ADDRESS",
            dataclasses.replace(PLANNED, has_approvers=True),
        ),
        ("runbook plan staging", dataclasses.replace(PLANNED, verb="verify")),
        ("", dataclasses.replace(PLANNED, plan=EnvironmentPlan(environment="s", plans=(EMPTY,)))),
        ("", dataclasses.replace(PLANNED, exit_code=5)),
        ("runbook resume 20260630T100000Z-apply-abc123 staging", PAGE),
        ("", page(verb="step")),
        ("runbook plan staging", page(exit_code=3)),
        ("runbook destroy staging", page(exit_code=3, verb="destroy")),
        ("", page(stages=(), receipts=())),
    ],
)
def test_next_step(expected: str, run: RunPage) -> None:
    """A plan says how it is approved, an approved run that was stopped how it goes on, one that was refused that it is planned anew."""
    assert expected == next_step(run)


def test_page_loads_and_runs_nothing() -> None:
    """The page refers to nothing but files of its own record, and forbids everything else to the browser."""
    html = index_page(PAGE)
    reader = read(html)

    assert [] == asks_outside(reader)
    assert "script" not in reader.tags
    assert [] == [name for name, _ in reader.attributes if name.startswith("on")]
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'" in html.replace("&#39;", "'")


def test_page_is_well_formed() -> None:
    """Every element is closed in its place."""
    reader = read(index_page(PAGE))

    assert ([], []) == (reader.open, reader.astray)


def test_page_tells_a_screen_reader_where_it_is() -> None:
    """Language, one main heading, named regions, captions, and a picture with words."""
    html = index_page(PAGE)

    assert '<html lang="en">' in html
    assert 1 == html.count("<h1>") == html.count("<main>")
    assert html.count("<section ") == html.count("aria-labelledby=")
    assert html.count("<table") == html.count("<caption>")
    assert "<desc>Storage 2.0 s, Lambda role 0.5 s, Server role 4.0 s, 3 writes</desc>" in html


def test_jumps_lead_to_sections() -> None:
    """Every link within the page has its target."""
    html = index_page(PAGE)

    sections = re.findall(r'<section id="([a-z]+)"', html)

    assert sections == re.findall(r'href="#([a-z]+)"', html.partition("</nav>")[0])
    assert set(re.findall(r'href="#([a-z]+)"', html)) == set(sections)


def test_what_needs_attention_comes_first() -> None:
    """The page opens with the result, the stage that stopped and what does not hold."""
    html = index_page(PAGE)
    order = [
        "Server role stopped with an error",
        "Server role stopped: throttled",
        "AdministratorAccess",
        "What others owe",
        "The digest",
        "Each stage",
    ]

    assert sorted(html.index(each) for each in order) == [html.index(each) for each in order]


def test_stage_row_holds_its_numbers_and_links() -> None:
    """A stage's row says what was planned, what came of it, who owes, and leads to its notebook."""
    row = next(each for each in index_page(PAGE).split("<tr>") if "20 Storage" in each)
    broken = next(each for each in index_page(PAGE).split("<tr>") if "50 Server role</td>" in each)

    assert '<a href="notebooks/20_storage.html">20 Storage</a>' in row
    assert '<a href="notebooks/20_storage.ipynb">20_storage.ipynb</a>' in row
    assert "<td>security</td><td>2.0</td>" in row
    assert "<td>+ 1  ~ 2  - 1</td><td>1 applied, 1 failed, 1 rolled back, 1 owed</td>" in broken


def test_sections_without_content_are_left_out() -> None:
    """A plan has no receipts, and no heading for them either."""
    html = index_page(dataclasses.replace(PLANNED, artefacts=(), versions=(), packages=(), since=None, stages=PAGE.stages))

    assert ["attention", "owed", "asked", "plan", "approval", "done"] == re.findall(r'<section id="([a-z]+)"', html)


def test_fine_run_says_so() -> None:
    """Nothing to attend to is said, not left blank."""
    html = index_page(page(findings=FINE, stages=(), exit_code=0, exit_meaning="fine"))

    assert '<p class="note good">Nothing is broken or unknown.</p>' in html


def test_names_are_text() -> None:
    """A hostile name stays text wherever it stands on the page."""
    line = StageLine(HOSTILE, 1, HOSTILE, "failed", 1.0, "n.ipynb", "n.html", HOSTILE)
    plan = next(each for each in hostile() if isinstance(each, EnvironmentPlan))
    run = page(
        environment=HOSTILE, account=HOSTILE, region=HOSTILE, endpoint=HOSTILE, exit_meaning=HOSTILE, record=HOSTILE,
        stages=(line,), plan=plan, versions=((HOSTILE, HOSTILE),), artefacts=((HOSTILE, "a.sql"),), facts=((HOSTILE, HOSTILE),),
    )  # fmt: skip
    reader = read(index_page(run))

    assert "script" not in reader.tags
    assert [] == [name for name, _ in reader.attributes if name.startswith("on")]
    assert HOSTILE in reader.text


def test_facts_are_said_once() -> None:
    """What the page says itself is left out of the banner's facts."""
    html = index_page(page(facts=(("Account", "twice"), ("Source", "src.example:5439/dev"))))

    assert '<th scope="row">source</th><td>src.example:5439/dev</td>' in html
    assert "twice" not in html


def test_seconds_need_both_times() -> None:
    """A run that was killed has no duration, and its page is written all the same."""
    assert 41.5 == PAGE.seconds
    assert 0.0 == page(finished="").seconds
    assert "staging: apply" in index_page(page(finished=""))


def test_lookups_by_stage() -> None:
    """Plans, receipts and findings are found by their stage."""
    assert (PLAN, RECEIPT, None) == (PAGE.plan_of("server_role"), PAGE.receipt_of("server_role"), PAGE.plan_of("storage"))
    assert 3 == len(PAGE.findings_of("storage"))
    assert (APPROVAL,) == PAGE.approvals


def test_the_page_of_steps_says_what_steps_are() -> None:
    """Each stage was approved by itself and under its own digest; nobody approved one of all, and no notebook ran by itself."""
    html = index_page(page(verb="step", command=""))

    assert "Somebody stepped through these notebooks" in html
    assert "was run by itself" not in html
    assert (True, False) == (PLAN.digest in html, WHOLE.digest in html)
    assert "from its opening to the last that was done in it" in html
    assert WHOLE.digest not in summary_text(page(verb="step"))
    assert "A notebook was run by itself" in index_page(page(command=""))
