"""What holds for every stage."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import runbook_lib.stages
from runbook_lib.model import Unanswered
from tests.stages.worlds import STAGES, World, amiss, environment, judged, legacy, refused, wanted, world

if TYPE_CHECKING:
    from runbook_lib.model import Question

ROWS = {
    *(f"A{number}" for number in range(1, 9)),
    *("B1", "B2"),
    *(f"C{number}" for number in range(1, 7)),
    *("D1", "D2", "D3"),
    *(f"E{number}" for number in range(1, 5)),
    *(f"F{number}" for number in range(1, 6)),
    *(f"G{number}" for number in range(1, 7)),
    *("H1", "H2", "H3", "H3a", "H3b", "H3c", "H3d", "H4"),
}
ENVIRONMENTS = {
    "v2": environment(),
    "v2 scoped": environment(policy_style="scoped"),
    "legacy": legacy(),
    "both scoped": legacy(pipeline="both", policy_style="scoped"),
    "separate keys": legacy(kms={"queue_key": {"create": "tonic-q"}, "bucket_keys": {"source": {"create": "tonic-b"}}}),
}


def test_stages_are_found_in_order_of_number() -> None:
    """Discovery reads the package: each stage once, in the order of its notebook, the way back as the last."""
    found = [(stage.number, stage.slug) for stage in runbook_lib.stages.all_stages()]
    modules = {path.stem for path in Path(runbook_lib.stages.__file__).parent.glob("[a-z]*.py")}

    assert sorted(found) == found
    assert modules == {slug for _, slug in found}
    assert (99, "teardown") == found[-1]


def test_stages_cover_every_row() -> None:
    """The rows of all stages add up to the ledger's, no more and no less."""
    assert {row for stage in STAGES.values() for row in stage.rows} == ROWS


def test_every_row_of_a_stage_is_judged() -> None:
    """Each row that some stage names is named by a check too."""
    checked = {row for stage in STAGES.values() for check in stage.checks for row in check.rows}
    assert checked == ROWS


@pytest.mark.parametrize("slug", STAGES)
def test_a_stage_imports_neither_an_sdk_nor_another_stage(slug: str) -> None:
    """A stage's imports are values, documents and the shared pure parts."""
    tree = ast.parse((Path(runbook_lib.stages.__file__).parent / f"{slug}.py").read_text(encoding="utf-8"))
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    allowed = ("__future__", "dataclasses", "typing", "collections.abc", "runbook_lib.")
    stages = {f"runbook_lib.stages.{other}" for other in STAGES}
    assert [each for each in modules if not each.startswith(allowed) or each in stages] == []
    assert [node for node in ast.walk(tree) if isinstance(node, ast.Import)] == []


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_complete_set_up_leaves_nothing_amiss(name: str) -> None:
    """In a world that is as wanted every check of every stage is kept."""
    env = ENVIRONMENTS[name]
    answers = world(env) | _created_keys(name)
    assert [(slug, *each) for slug in STAGES for each in amiss(slug, env, answers)] == []


def _created_keys(name: str) -> World:
    from runbook_lib.documents.keys import bucket_key
    from runbook_lib.resources.kms import KeyAsked
    from runbook_lib.resources.s3 import BucketAsked
    from tests.stages.worlds import BUCKET_KEY, QUEUE_KEY, bucket, key

    if name != "separate keys":
        return {}
    env = ENVIRONMENTS[name]
    queue, data = "@(kms_key/tonic-q)", bucket_key(env, "source")
    return {
        KeyAsked(key=queue): key(env, QUEUE_KEY, policy=key(env, queue).policy),
        KeyAsked(key=data): key(env, BUCKET_KEY),
        BucketAsked(name="tonic-src"): bucket(env, "tonic-src", encryption="aws:kms", encryption_key=BUCKET_KEY),
    }


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_addresses_are_unique_over_all_stages(name: str) -> None:
    """No two resources of an environment share an address."""
    env = ENVIRONMENTS[name]
    addresses = [each.address for slug in STAGES for each in wanted(slug, env, world(env) | _created_keys(name))]
    assert len(addresses) == len(set(addresses)) > 0


@pytest.mark.parametrize("slug", STAGES)
def test_what_is_not_kept_names_a_way_out(slug: str) -> None:
    """Against a world in which nothing is there, every judgement says what to do."""
    env = legacy(pipeline="both", confirmations=[])
    silent = [each.detail for _, each in judged(slug, env, _empty_world()) if each.verdict != "kept" and not each.way_out]
    assert silent == []


@pytest.mark.parametrize("slug", STAGES)
def test_a_refused_question_ends_in_the_refusal(slug: str) -> None:
    """When nothing may be asked, no part and no check fails in another way than by the refusal itself."""
    env = legacy(pipeline="both", confirmations=[])
    refusal = Unanswered("you may not", verdict="owed", way_out="ask")
    answers = Refusing(refusal)
    assert {id(each) for each in refused(slug, env, answers).values()} <= {id(refusal)}
    assert "broken" not in [each.verdict for _, each in judged(slug, env, answers) if each.detail == refusal.reason]


class Refusing(dict["Question", Unanswered]):
    """Refuse every question."""

    def __init__(self, refusal: Unanswered) -> None:
        super().__init__()
        self._refusal = refusal

    def __getitem__(self, _question: Question) -> Unanswered:
        return self._refusal

    def get(self, _question: Question, _default: object = None) -> Unanswered:
        """Refuse here too."""
        return self._refusal


def _empty_world() -> World:
    kinds = {"ask_role", "ask_bucket", "ask_key", "ask_instance"}
    return {question: None if question.kind in kinds else answer for question, answer in world(legacy(pipeline="both")).items()}
