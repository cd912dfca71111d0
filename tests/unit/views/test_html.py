"""The HTML form: nothing is loaded, nothing runs, every name is text, tables say what they are."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from runbook_lib import views
from runbook_lib.model import Finding, Reading
from runbook_lib.views import as_html, findings
from runbook_lib.views.blocks import Mark
from runbook_lib.views.shown import Findings
from runbook_lib.views.style import stylesheet
from tests.unit.views.markup import asks_outside, read
from tests.unit.views.samples import CHANGES, FINDINGS, GATE, HOSTILE, PLAN, RECEIPT, VALUES, grants, hostile

ALLOWED = {
    "a", "b", "br", "caption", "code", "del", "details", "div", "h3", "i", "ins", "p", "pre", "span", "style",
    "summary", "table", "tbody", "td", "th", "thead", "time", "tr", "wbr",
    "defs", "desc", "figcaption", "figure", "g", "marker", "path", "rect", "svg", "text", "title", "tspan",
}  # fmt: skip
ATTRIBUTES = {
    "aria-label", "class", "datetime", "href", "role", "scope", "tabindex",
    "d", "dy", "height", "id", "lengthadjust", "marker-end", "markerheight", "markerwidth", "orient", "refx", "refy", "rx", "textlength",
    "viewbox", "width", "x", "y",
}  # fmt: skip
KILOBYTES = 100_000

every = pytest.mark.parametrize("value", VALUES, ids=lambda each: type(each).__name__)
every_hostile = pytest.mark.parametrize("value", hostile(), ids=lambda each: type(each).__name__)


def body(value: object) -> str:
    """Draw a value without its stylesheet."""
    return views.html(value).replace(as_html.STYLE, "")


@every
def test_loads_and_runs_nothing(value: object) -> None:
    """No view refers to anything outside of itself, and no element could run something."""
    reader = read(views.html(value))

    assert [] == asks_outside(reader)
    assert set() == set(reader.tags) - ALLOWED
    assert ATTRIBUTES >= {name for name, _ in reader.attributes}


@every
def test_is_well_formed(value: object) -> None:
    """Every element is closed in its place."""
    reader = read(views.html(value))

    assert ([], []) == (reader.open, reader.astray)


@every_hostile
def test_names_are_text(value: object) -> None:
    """A hostile name stays text wherever it stands."""
    reader = read(views.html(value))

    assert HOSTILE in reader.text
    assert set() == set(reader.tags) - ALLOWED
    assert ATTRIBUTES >= {name for name, _ in reader.attributes}
    assert [] == [value for name, value in reader.attributes if "<" in value or "alert" in value]


@every
def test_tables_have_captions_and_scopes(value: object) -> None:
    """Each table has a caption, and each heading cell says what it heads."""
    html = views.html(value)

    assert html.count("<table") == html.count("<caption>")
    assert html.count("<th ") == html.count('<th scope="')
    assert 0 == html.count("<th>")


def test_change_is_coloured_and_lettered() -> None:
    """A verb has its letter beside its colour."""
    html = body(PLAN)

    assert '<b class="good">+ create</b>' in html
    assert '<b class="change">~ update</b>' in html
    assert '<b class="bad">- remove</b>' in html


def test_difference_goes_both_ways() -> None:
    """What is added and what is removed are told apart by element and by sign."""
    html = body(CHANGES[1])

    assert "<ins>+   s3:DeleteObject</ins><del>-   s3:PutObject</del>" in html


def test_counts_come_first() -> None:
    """The first thing in a plan is what it would do, in numbers."""
    shown = re.sub(r"<[^>]+>", " ", body(PLAN)).split()

    assert "1 to create , 2 to update , 1 to remove , 1 kept , 1 owed , 1 contested ! widens access: 2 , ! deletes: 1" == " ".join(
        shown[:28]
    )


def test_grants_show_first_names_and_fold_all() -> None:
    """Many objects are a count and the first names; all of them are behind it."""
    many = CHANGES[2].model_copy(update={"before": None, "after": grants(*(f"t{number:03}" for number in range(300)))})
    html = body(many)

    assert "SELECT on 300 tables for tonic_user (source)" in html
    assert "<summary>+ sales.t000, sales.t001, sales.t002 and 297 more</summary>" in html
    assert 300 == html.count("<ins>")


def test_what_does_not_hold_is_open_and_the_rest_folded() -> None:
    """Broken, owed and unknown stand before the fold that holds what is kept."""
    html = body(Findings(FINDINGS, "Verify"))

    assert html.index("Broken: mend these") < html.index("Owed by somebody else") < html.index("Unknown") < html.index("<details>")
    assert html.index("2 claims kept") > html.index("<details>")


def test_way_out_and_grade_are_shown() -> None:
    """A finding shows how it is mended and how it is known; a word is somebody's."""
    html = body(FINDINGS)

    assert '<span class="way">aws iam detach-role-policy</span>' in html
    assert "<td>on the word of Ada</td>" in html
    assert "owed by security" in html


def test_five_hundred_findings_stay_small() -> None:
    """A table of 500 findings stays below 100 kB."""
    found = tuple(
        Finding(
            stage="source_database",
            rows=("G4", "G5"),
            claim=f"grants/source/tonic_user/SELECT/table/schema_{number:03} is as wanted",
            verdict="kept" if number % 5 else "broken",
            detail="1 without SELECT: sales.orders",
            grade="read back",
            way_out="plan this stage, read the SQL, apply it" if not number % 5 else "",
        )
        for number in range(500)
    )

    html = views.html(Findings(found, "Verify"))

    assert 500 == html.count("is as wanted")
    assert len(html.encode()) < KILOBYTES


def test_brings_its_stylesheet_once() -> None:
    """A view stands alone: one stylesheet, inside its own element."""
    html = views.html(RECEIPT)

    assert 1 == html.count(stylesheet())
    assert html.startswith('<div class="rb"><style>')


def test_gate_gives_the_words_to_approve_with() -> None:
    """Without an approval the gate shows the digest in the two ways in which it is given."""
    html = body(GATE)

    assert f"runbook apply staging --stage server_role --approve {PLAN.digest}" in html
    assert f"approve = &#34;{PLAN.digest}&#34;" in html


def test_what_was_not_applied_is_not_verified() -> None:
    """What holds before a change says nothing of what the change makes: no good word stands above it."""
    held = Findings(FINDINGS[:2], "Verify")

    assert ("all claims hold" in body(held), "not verified" in body(held)) == (True, False)
    html = body(replace(held, pending=5))
    assert ("all claims hold" in html, "note good" in html) == (False, False)
    assert "5 changes are not applied: only what holds before was judged" in html
    assert "1 change is not applied" in body(replace(held, pending=1))


def test_draws_nothing_unknown() -> None:
    """A value of another kind is an error, not an empty view."""
    with pytest.raises(TypeError, match="nothing draws a int"):
        views.html(3)


def test_every_line_opens_to_its_evidence() -> None:
    """What a claim is about, for which rows it stands, and what was read for it, when and by what."""
    finding = Finding(stage="storage", rows=("A4",), claim="it is ours", verdict="kept", grade="read back", address="s3_bucket/b")
    read = Reading(stage="storage", of="s3_bucket/b", value='{"name":"b"}', letters=12, calls=("s3:GetBucketTagging",), at="10:00")
    behind = '<summary>read back</summary><pre tabindex="0">  about s3_bucket/b\n  ledger row A4\n  stage storage\n'

    assert f"{behind}</pre>" in body(finding)
    assert f"{behind}  read s3_bucket/b at 10:00\n    by s3:GetBucketTagging\n    {{&#34;name&#34;:&#34;b&#34;}}\n</pre>" in body(
        Findings((finding,), "Verify", readings=(read,))
    )
    other = read.model_copy(update={"stage": "encryption"})
    assert "GetBucketTagging" not in body(Findings((finding,), "Verify", readings=(other,)))


def test_many_lines_show_little_of_what_was_read() -> None:
    """A table of 600 long values stays small enough to be opened."""
    found = tuple(Finding(stage="storage", rows=(), claim="it is ours", verdict="kept", address=f"s3_bucket/{n}") for n in range(600))
    read = tuple(Reading(stage="storage", of=each.address, value="x" * 4_000, letters=4_000) for each in found)
    shown = body(Findings(found, "Verify", readings=read))

    assert 600 == shown.count(f"{100_000 // 600} of 4,000 characters; all of them are in stages/storage.json")
    assert len(shown) < 4 * KILOBYTES


def test_a_long_value_is_cut_and_says_where_more_stands() -> None:
    """A page shows its beginning, and names the file of the record that has more of it, or all."""
    finding = Finding(stage="storage", rows=(), claim="it is ours", verdict="kept", address="s3_bucket/b")
    read = Reading(stage="storage", of="s3_bucket/b", value="x" * 4_000, letters=9_000)
    shown = body(Findings((finding,), "Verify", readings=(read,)))

    assert "x" * 800 in shown
    assert "x" * 801 not in shown
    assert "800 of 9,000 characters; the first 4,000 of them are in stages/storage.json" in shown


def test_long_detail_is_read_behind_its_beginning() -> None:
    """A detail of many lines takes one; all of it opens."""
    detail = "\n".join(f"line {number}" for number in range(100))
    html = body(Finding(stage="storage", rows=(), claim="it is ours", verdict="broken", detail=detail))

    assert "<summary>line 0</summary>" in html
    assert "line 99" in html


def test_finished_stage_is_marked() -> None:
    """A plan that keeps everything, and findings that all hold, say so before anything else, by sign and word."""
    assert '<b class="good">✓ finished</b>' in body(PLAN.model_copy(update={"changes": (), "owed": (), "contested": ()}))
    assert '<b class="good">✓ all claims hold</b>' in body(Findings(FINDINGS[:1], "Verify"))


def test_what_does_not_hold_stands_on_top() -> None:
    """In whatever order a stage judged: broken, owed, unknown, what comes with advice, and then the rest."""
    rows = findings.table("Stage", FINDINGS[::-1]).rows

    words = [part.word for row in rows for part in row[0] if isinstance(part, Mark)]
    assert ["broken", "owed", "unknown", "kept, with advice", "kept", "kept"] == words


def test_a_long_remark_of_a_receipt_opens() -> None:
    """Its first words stand in the table, in a column that holds them, and all of it behind them."""
    long = " ".join(["throttled"] * 60)
    html = body(RECEIPT.model_copy(update={"entries": (RECEIPT.entries[1].model_copy(update={"detail": long}),)}))

    assert '<table class="receipt">' in html
    assert f"<summary>{long[:239]} ...</summary>" in html
