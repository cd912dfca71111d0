"""What a person sees of 10,000 changes: counts, the gravest, how many are not shown, and where all of them are."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib import views
from runbook_lib.model import Change, Entry, Finding, Plan, Receipt
from runbook_lib.resources.warehouse import DatabaseUser, Grants
from runbook_lib.views import as_html, as_text
from runbook_lib.views.many import ROWS, begun, first
from runbook_lib.views.shown import Asking, Findings, Gate
from runbook_lib.views.timeline import timeline
from runbook_lib.views.watching import Watch
from runbook_lib.views.writes import Write, writes
from tests.unit.views.samples import APPROVAL, PAGE

MANY, MOST = 10_000, 1_000_000
FORMS = pytest.mark.parametrize("form", [views.html, views.markdown, views.text], ids=lambda each: each.__name__)


def usage(number: int) -> Grants:
    """Grant USAGE on one external schema, which is a change of its own."""
    name = f"external_{number:05}"
    objects = ((name,),)
    return Grants(side="source", grantee="u", privilege="USAGE", on="schema", objects=objects, external=True, label=name)


def name(number: int, form: Any) -> str:
    """Name a schema as a form of a view does."""
    return f"external{chr(92) if form is views.markdown else ''}_{number:05}"


USER = Change(before=None, after=DatabaseUser(side="source", name="u", password="env:P"))
"""Made with the grants, so that those widen nothing."""
CHANGES = (USER, *(Change(before=None, after=usage(each)) for each in range(MANY - 2)), Change(before=usage(MANY), after=None))
"""The last of them takes something away."""
PLAN = Plan(stage="source_database", environment="staging", scope=(), changes=CHANGES)
ENTRIES = (*(Entry(change=each, outcome="applied") for each in CHANGES[:-1]), Entry(change=CHANGES[-1], outcome="failed", detail="no"))
FINDINGS = (
    *(Finding(stage="s", rows=(), claim=f"{each} holds", verdict="kept") for each in range(MANY)),
    Finding(stage="s", rows=(), claim="it is broken", verdict="broken"),
)


@FORMS
def test_a_plan_shows_the_gravest_and_counts_the_rest(form: Any) -> None:
    """What is removed is the first row though it is the last change, and the others are counted."""
    shown = form(PLAN)

    assert len(shown) < MOST
    assert shown.index(name(MANY, form)) < shown.index(name(0, form))
    assert "9,400 more not shown; all 10,000 are in plan.json" in shown
    assert "9,999 to create" in shown


@FORMS
def test_a_receipt_shows_what_failed_first(form: Any) -> None:
    """The one that failed stands above what was applied."""
    shown = form(Receipt(stage="source_database", digest="d", approvals=(APPROVAL,), entries=ENTRIES))

    assert len(shown) < MOST
    assert shown.index(name(MANY, form)) < shown.index(name(0, form))
    assert "all 10,000 are in receipt.json" in shown


@FORMS
def test_findings_show_what_does_not_hold(form: Any) -> None:
    """The broken one stands above 10,000 that are kept."""
    shown = form(Findings(FINDINGS, "Verify"))

    assert len(shown) < MOST
    assert shown.index("it is broken") < shown.index("0 holds")
    assert "are in findings.json" in shown


def test_writes_are_limited_in_table_and_picture() -> None:
    """10,000 ticks on one another are as many as the picture has room for."""
    sent = [Write(PAGE.stages[0].slug, "create", f"grants/{each}", PAGE.started, PAGE.started, "applied") for each in range(MANY)]
    drawn = timeline(PAGE.stages, sent, PAGE.started)

    assert "are in journal.jsonl" in as_html.body(writes(sent, PAGE.started))
    assert len(drawn) < 20_000


def test_progress_shows_few_and_counts_statements() -> None:
    """While a transaction of 10,000 changes runs, some of them stand there, with how many statements of all were sent."""
    watch = Watch(CHANGES)
    watch.begins(*CHANGES)
    for _ in range(3):
        watch.sends({"sql": "GRANT USAGE ON SCHEMA a TO u;"})
    shown = as_text.view(watch.now())

    assert "0 of 10,000 changes done, 3 of 10,000 statements sent" not in shown  # one statement a change says no more than the changes do
    assert len(shown) < 10_000

    large = Change(before=None, after=usage(1).model_copy(update={"objects": tuple((f"s{each:04}",) for each in range(500))}))
    watch = Watch((large,))
    watch.begins(large)
    watch.sends({"sql": "GRANT USAGE ON SCHEMA a TO u;"})
    assert "1 of 5 statements sent" in as_text.view(watch.now())


@FORMS
def test_a_gate_names_what_is_acknowledged_one_by_one(form: Any) -> None:
    """Each has a line of its own, however many there are; of more than a table holds it says how many are left out."""
    grave = tuple((f"grants/source/u/{each:05}", "widens access") for each in range(MANY))
    asking = Asking(facts=(), name="", acknowledge=grave, approve=lambda _typed, _ticked: Gate(PLAN, PLAN))
    shown = form(Gate(PLAN, PLAN, asking=asking))

    assert [] == [each for each in range(ROWS) if f"u/{each:05}" not in shown]
    assert "9,400 more not shown; all 10,000 are in plan.json" in shown


def test_limits_say_what_they_leave_out() -> None:
    """Nothing is left out silently; a single text that is too long says how much of it is missing."""
    assert first(range(ROWS), "x") == (range(ROWS), "")
    assert first(range(ROWS + 1), "x")[1] == "1 more not shown; all 601 are in x"
    assert begun(("a" * 10, "b" * 10), 15) == ("a" * 10,)
    assert begun(("a" * 20,), 15) == (f"{'a' * 15} ... and 5 characters more",)
