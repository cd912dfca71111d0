"""What is known at which grade, what is owed by whom, and what differs from the run before."""

from __future__ import annotations

import dataclasses
from typing import get_args

from runbook_lib.model import Finding, Grade
from runbook_lib.views import as_text
from runbook_lib.views.blocks import Block, Folded, Grid, Note
from runbook_lib.views.proof import GRADES, grades, owed
from runbook_lib.views.since import FEW, Since, since
from tests.unit.views.samples import FINDINGS, PLAN, SINCE


def text(*blocks: Block) -> str:
    """Render blocks as text."""
    return "\n".join(line for block in blocks for line in as_text.block(block))


def test_every_grade_has_its_words() -> None:
    """The table tells what stands behind each grade of the model, also behind those that nothing has."""
    (grid,) = grades(FINDINGS)

    assert isinstance(grid, Grid)
    assert set(get_args(Grade)) == set(GRADES)
    assert len(GRADES) == len(grid.rows)


def test_claims_are_counted_by_grade_and_verdict() -> None:
    """Grades are never merged, and a word is somebody's."""
    said = text(*grades(FINDINGS))

    assert "on the word of Ada" in said
    assert sum(len([each for each in FINDINGS if each.grade == grade]) for grade in GRADES) == len(FINDINGS)
    assert [] == list(grades(()))


def test_what_is_owed_is_grouped_by_whom() -> None:
    """Findings and what a plan left out, each once, in order of who owes it."""
    other = Finding(stage="storage", rows=(), claim="a queue", verdict="owed", by="ada", address="sqs/a")
    note, grid = owed((*FINDINGS, other), (PLAN,))

    assert isinstance(note, Note)
    assert isinstance(grid, Grid)
    assert ("3 things owed, by ada, security.",) == note.parts
    assert [("ada",), ("security",), ("security",)] == [row[0] for row in grid.rows]


def test_what_a_finding_names_is_not_owed_twice() -> None:
    """A plan's open end that a finding tells of stands there once."""
    finding = Finding(stage="server_role", rows=(), claim="alias", verdict="owed", by="security", address=PLAN.owed[0].address)
    _, grid = owed((finding,), (PLAN,))

    assert isinstance(grid, Grid)
    assert 1 == len(grid.rows)


def test_nobody_owes_anything_is_said() -> None:
    """Only where something was judged."""
    assert "Nobody owes anything." in text(*owed(FINDINGS[:1], ()))
    assert [] == list(owed((), ()))


def test_differences_name_the_run_compared_with() -> None:
    """The run before, then what turned, what is planned otherwise, which parameters and versions differ."""
    said = text(*since(SINCE))
    order = ("20260629T100000Z-apply-def456", "storage, server_role", "1 verdict differs", "kept", "broken", "policy_style was", "1.44.7")

    assert [said.index(each) for each in order] == sorted(said.index(each) for each in order)


def test_no_run_before_is_said() -> None:
    """The first run of an environment has nothing to be compared with."""
    assert "There is no run of this environment before this one" in text(*since(Since()))


def test_nothing_that_differs_is_said() -> None:
    """Also that not everything could be read."""
    same = Since(record="r", verb="plan", started="2026-01-01T00:00:00Z")

    assert "Nothing differs: verdicts" in text(*since(same))
    assert "Nothing differs in what could be read" in text(*since(dataclasses.replace(same, unread=("stages/",))))


def test_many_differences_are_folded() -> None:
    """A long table waits behind its count."""
    many = dataclasses.replace(SINCE, planned=tuple((f"a/{each}", "kept", "create") for each in range(FEW + 1)))

    assert [f"{FEW + 1} planned values differ"] == [each.summary for each in since(many) if isinstance(each, Folded)]
