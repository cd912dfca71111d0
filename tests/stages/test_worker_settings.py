"""Stage 80: worker settings."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.documents.worker import NAMES
from runbook_lib.resources.files import ExportedSettingsAsked
from runbook_lib.resources.iam import RoleAsked
from runbook_lib.resources.kms import KeyAsked
from tests.stages.worlds import QUEUE_KEY, STAGES, amiss, environment, judged, legacy, world

ROLE_ARN = "arn:aws:iam::111122223333:role/tonic-staging-lambda"
EXPORTED = f"""# from the worker
TONIC_LAMBDA_ROLE={ROLE_ARN}
export TONIC_LAMBDA_SQS_VISIBILITY_TIMEOUT="180"
TONIC_LAMBDA_KMS_MASTER_KEY='11111111-1111-1111-1111-111111111111'
"""
ASKED = ExportedSettingsAsked(path="worker.env")


def test_v2_is_idle() -> None:
    """Under V2 there is nothing to set, ask or judge."""
    stage, env = STAGES["worker_settings"], environment()
    assert (stage.idle(env), judged("worker_settings", env), stage.artefacts(env, ())) == (
        "pipeline: v2 uses none of these settings",
        [],
        {},
    )


def test_settings_are_kept_on_the_operators_word() -> None:
    """The container is out of sight: handed over, then confirmed."""
    grades = [each.grade for check, each in judged("worker_settings", legacy()) if not each.claim]
    assert grades == ["on the word of"] * 5


def test_without_word_or_file_every_setting_is_owed_by_the_operator() -> None:
    """F1 to F5 each, with the value to set."""
    env = legacy(confirmations=[])
    owed = [(check.rows, each.by) for check, each in judged("worker_settings", env) if each.verdict == "owed"]
    assert owed == [((f"F{number}",), "Structural operator") for number in range(1, 6)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (EXPORTED, []),
        (EXPORTED.replace("180", "181"), ["TONIC_LAMBDA_SQS_VISIBILITY_TIMEOUT is set as wanted"]),
        (EXPORTED.replace(ROLE_ARN, "tonic-staging-lambda"), ["TONIC_LAMBDA_ROLE is set as wanted"]),
        (EXPORTED + "TONIC_LAMBDA_TIMEOUT=60\n", ["TONIC_LAMBDA_TIMEOUT is set as wanted"]),
        (EXPORTED + "TONIC_LAMBDA_MEMORY_SIZE=1GB\n", ["TONIC_LAMBDA_MEMORY_SIZE is set as wanted"]),
        (EXPORTED.replace("TONIC_LAMBDA_KMS", "#TONIC_LAMBDA_KMS"), ["TONIC_LAMBDA_KMS_MASTER_KEY is set as wanted"]),
        (None, [f"{name} is set as wanted" for name in NAMES]),
    ],
    ids=["as wanted, defaults left out", "visibility", "bare role name", "timeout", "memory with a unit", "no key", "no file"],
)
def test_an_exported_file_is_compared_setting_by_setting(text: str | None, expected: list[str]) -> None:
    """Drift is told of each setting by itself; what the file leaves out has the vendor's default."""
    env = legacy(worker={"sqs_visibility_timeout": 180, "exported": "worker.env"}, confirmations=[])
    assert [claim for claim, _ in amiss("worker_settings", env, world(env, {ASKED: text}))] == expected


@pytest.mark.parametrize(
    ("worker", "verdict", "warning", "detail"),
    [
        ({"timeout": 60, "sqs_visibility_timeout": 30}, "broken", False, "30 is below the timeout of 60"),
        ({}, "kept", True, "30 seconds"),
        ({"sqs_visibility_timeout": 180}, "kept", False, "180 seconds"),
    ],
)
def test_visibility_is_held_to_the_timeout_with_defaults_filled_in(
    worker: dict[str, Any], verdict: str, warning: bool, detail: str
) -> None:
    """F4: at least the timeout; AWS advises six times."""
    env = legacy(worker=worker)
    claim = "the value of TONIC_LAMBDA_SQS_VISIBILITY_TIMEOUT is sound"
    [found] = [each for _, each in judged("worker_settings", env) if each.claim == claim]
    assert (found.verdict, found.warning, found.detail) == (verdict, warning, detail)


@pytest.mark.parametrize(
    ("question", "claim"),
    [
        (RoleAsked(name="tonic-staging-lambda"), "the value of TONIC_LAMBDA_ROLE is sound"),
        (KeyAsked(key="@(kms_key/tonic-q)"), "the value of TONIC_LAMBDA_KMS_MASTER_KEY is sound"),
    ],
)
def test_a_setting_names_something_that_exists(question: Any, claim: str) -> None:
    """F1 and F5: role and key are looked up."""
    env = legacy(kms={"queue_key": {"create": "tonic-q"}})
    answers = world(env, {KeyAsked(key="@(kms_key/tonic-q)"): world(env)[KeyAsked(key=QUEUE_KEY)], question: None})
    assert (claim, "broken") in amiss("worker_settings", env, answers)


def test_the_artefacts_are_three_snippets() -> None:
    """The operator pastes one of them."""
    artefacts = STAGES["worker_settings"].artefacts(legacy(), ())
    assert list(artefacts) == ["worker.env", "worker.compose.yaml", "worker.helm.yaml"]
