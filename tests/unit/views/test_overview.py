"""The picture of the set-up and its tables."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from runbook_lib import views
from runbook_lib.parameters.load import load
from runbook_lib.views.board import StageState, State
from runbook_lib.views.overview import overview
from runbook_lib.views.picture import BOX_HEIGHT, BOX_WIDTH, COLUMN, ROW, SetUp
from tests.machine import ROOT

EXAMPLES = sorted(path.stem for path in (ROOT / "parameters").glob("*.yaml"))


def drawn_of(name: str, *stages: StageState) -> SetUp:
    """Draw an environment of `parameters/`."""
    return overview(load(ROOT / "parameters" / f"{name}.yaml"), stages)


def svg(value: SetUp) -> str:
    """Take the drawing out of the view."""
    found = re.search("<svg.*</svg>", views.html(value), re.DOTALL)
    assert found is not None
    return found[0]


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_two_parts_lie_on_each_other(name: str) -> None:
    """Every part of every example has a place of its own, and lies within the picture."""
    value = drawn_of(name)
    overlapping = [
        (one.id, other.id)
        for one, other in combinations(value.pieces, 2)
        if abs(one.column - other.column) * COLUMN < BOX_WIDTH and abs(one.row - other.row) * ROW < BOX_HEIGHT
    ]
    width, height = map(float, re.findall('viewBox="0 0 ([0-9]+) ([0-9]+)"', svg(value))[0])

    assert [] == overlapping
    assert all(each.column * COLUMN + BOX_WIDTH <= width and each.row * ROW + BOX_HEIGHT <= height for each in value.pieces)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_part_is_joined_to_another(name: str) -> None:
    """No part stands alone, and no arrow leads nowhere."""
    value = drawn_of(name)
    joined = {end for each in value.arrows for end in (each.start, each.end)}

    assert {each.id for each in value.pieces} == joined


def test_the_drawing_says_what_it_shows() -> None:
    """It has a title and a description that names every part with its state."""
    drawing = svg(drawn_of("sandbox"))

    assert drawing.startswith('<svg viewBox="0 0')
    assert 'role="img" class="setup"><title>The set-up of sandbox</title><desc>' in drawing
    assert "Source bucket tonic-sandbox-source: not planned" in drawing.partition("<desc>")[2].partition("</desc>")[0]


def test_tables_say_the_same_without_a_picture() -> None:
    """Markdown and text hold every part and every permission."""
    value = drawn_of("example-legacy")
    text = views.text(value)

    assert [] == [each.name for each in value.pieces if each.name not in text]
    assert "<svg" not in views.markdown(value)
    assert "sqs:ReceiveMessage" in views.markdown(value)


def test_a_part_has_the_state_of_its_own_addresses() -> None:
    """One bucket may be in order while the other drifted; a part of which nothing is told has its stage's state."""
    parts: tuple[tuple[str, State], ...] = (
        ("s3_bucket/tonic-sandbox-source", "blocked"),
        ("s3_bucket/tonic-sandbox-destination", "converged"),
    )
    stage = StageState(20, "storage", "Storage", "", "", state="blocked", parts=parts)
    role = StageState(50, "server_role", "Server role", "", "", state="owed")
    found = {each.id: each.state for each in drawn_of("sandbox", stage, role).pieces}

    assert ("blocked", "converged", "owed", "not planned") == (found["from"], found["to"], found["role"], found["reader"])


def test_a_name_is_shown_as_text() -> None:
    """Whatever a parameter file calls something, it stays text."""
    environment = load(ROOT / "parameters" / "sandbox.yaml")
    source = environment.source.model_copy(update={"database": "<script>x</script>"})
    value = overview(environment.model_copy(update={"source": source}), ())

    assert "<script" not in views.html(value)
