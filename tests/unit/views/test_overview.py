"""The picture of the set-up and its tables."""

from __future__ import annotations

import json
import re
from itertools import combinations

import pytest

from runbook_lib import views
from runbook_lib.documents import policies
from runbook_lib.parameters.load import load
from runbook_lib.views.board import StageState, State
from runbook_lib.views.overview import overview
from runbook_lib.views.picture import BOX_HEIGHT, BOX_WIDTH, COLUMN, ROW, SetUp
from tests.machine import ROOT

EXAMPLES = sorted(path.stem for path in (ROOT / "parameters").glob("*.yaml"))


def drawn_of(name: str, *stages: StageState) -> SetUp:
    """Draw an environment of `parameters/`."""
    return overview(load(ROOT / "parameters" / f"{name}.yaml"), stages)


def stated(documents: policies.Named) -> set[str]:
    """Read every action out of documents, without the code under test."""
    return {
        action
        for _, text in documents
        for each in json.loads(text)["Statement"]
        for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    }


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


@pytest.mark.parametrize("pipeline", ["v2", "legacy", "both"])
@pytest.mark.parametrize("style", ["documented", "scoped"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_arrows_name_what_the_role_is_allowed_and_nothing_else(name: str, style: str, pipeline: str) -> None:
    """All actions of a role's arrows stand in that role's documents, and each that stands there is on one of its arrows."""
    environment = load(ROOT / "parameters" / f"{name}.yaml").model_copy(update={"policy_style": style, "pipeline": pipeline})
    on_arrows: dict[str, set[str]] = {}
    for each in overview(environment, ()).arrows:
        on_arrows.setdefault(each.role, set()).update(each.actions)
    documents = {"role": policies.server_role_policies(environment), "execution": policies.lambda_role_policies(environment)}

    assert on_arrows == {"": set()} | {role: stated(each) for role, each in documents.items() if each}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_key_is_used_where_it_encrypts(name: str) -> None:
    """A role's arrow to a bucket or to the queues takes actions of KMS where a key encrypts it, and nowhere else."""
    value = drawn_of(name)
    encrypted = {each.end for each in value.arrows if each.short == "encrypts"}
    taking = {
        each.start if each.end == "function" else each.end
        for each in value.arrows
        if any(action.startswith("kms:") for action in each.actions)
    }

    assert encrypted == taking


def test_no_arrow_names_a_permission_that_nobody_has() -> None:
    """What the picture and its tables call an action of AWS stands in a policy or a trust of the set-up."""
    environment = load(ROOT / "parameters" / "example-legacy-kms.yaml")
    held = stated((*policies.server_role_policies(environment), *policies.lambda_role_policies(environment))) | {"sts:AssumeRole"}
    words = " ".join(f"{each.short} {each.long}" for each in overview(environment, ()).arrows)
    named = set(re.findall(r"\b(?:s3|sqs|lambda|iam|ecr|logs|kms|sts):[A-Z]\w+", words))

    assert set() == named - held


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
