"""Snippets of the worker's settings."""

from __future__ import annotations

from ruamel.yaml import YAML

from runbook_lib.documents import worker
from tests.stages.worlds import environment, legacy

ROLE = "arn:aws:iam::111122223333:role/tonic-staging-lambda"
KEY_ID = "11111111-1111-1111-1111-111111111111"
SETTINGS = {
    "TONIC_LAMBDA_ROLE": ROLE,
    "TONIC_LAMBDA_TIMEOUT": "30",
    "TONIC_LAMBDA_MEMORY_SIZE": "1024",
    "TONIC_LAMBDA_SQS_VISIBILITY_TIMEOUT": "180",
    "TONIC_LAMBDA_KMS_MASTER_KEY": KEY_ID,
}


def test_the_env_snippet_reads_back_as_the_settings() -> None:
    """Defaults are written out; the role is an ARN, the key an id."""
    assert worker.read_env(worker.env_snippet(legacy())) == SETTINGS


def test_the_compose_snippet_sets_the_workers_environment() -> None:
    """Compose: services.tonic_worker.environment, every value a string."""
    assert YAML(typ="safe").load(worker.compose_snippet(legacy())) == {"services": {"tonic_worker": {"environment": SETTINGS}}}


def test_the_helm_snippet_uses_the_charts_own_key_for_the_role() -> None:
    """Helm: awsLambdaRoleArn at the top, the rest under tonicai.worker.env as strings."""
    rest = {name: value for name, value in SETTINGS.items() if name != "TONIC_LAMBDA_ROLE"}
    assert YAML(typ="safe").load(worker.helm_snippet(legacy())) == {
        "awsLambdaRoleArn": ROLE,
        "tonicai": {"worker": {"env": rest}},
    }


def test_without_an_encrypted_queue_the_key_is_left_out() -> None:
    """F5: set if and only if the queues' key is in use; never an empty string."""
    assert "TONIC_LAMBDA_KMS_MASTER_KEY" not in worker.env_snippet(legacy().model_copy(update={"kms": environment().kms}))


def test_a_key_yet_to_be_created_is_told_by_the_command_that_reads_its_id() -> None:
    """No symbol and no alias stands in a snippet."""
    env = legacy(kms={"queue_key": {"create": "tonic-q"}})
    snippet = worker.env_snippet(env)
    assert snippet.splitlines()[:2] == [
        "# TONIC_LAMBDA_KMS_MASTER_KEY is the id of the key that the encryption stage creates; read it with:",
        "#   aws kms describe-key --key-id alias/tonic-q --region us-east-1 --query KeyMetadata.KeyId --output text",
    ]
    assert "@(" not in snippet
    assert worker.read_env(worker.env_snippet(env, "the-id"))["TONIC_LAMBDA_KMS_MASTER_KEY"] == "the-id"


def test_an_env_file_is_read_as_shells_write_it() -> None:
    """Export, quotes, comments and repeated assignments."""
    text = '# A=1\nexport B="two words"\nC=\'3\' # three\nD=a=b\nB2\nE=unbalanced"\nD=last\n'
    assert worker.read_env(text) == {"B": "two words", "C": "3", "D": "last", "E": 'unbalanced"'}


def test_drift_is_told_setting_by_setting() -> None:
    """What is missing counts as the vendor's default."""
    assert worker.differences(legacy(), "TONIC_LAMBDA_TIMEOUT=60\n") == (
        worker.Difference("TONIC_LAMBDA_ROLE", ROLE, ""),
        worker.Difference("TONIC_LAMBDA_TIMEOUT", "30", "60"),
        worker.Difference("TONIC_LAMBDA_SQS_VISIBILITY_TIMEOUT", "180", "30"),
        worker.Difference("TONIC_LAMBDA_KMS_MASTER_KEY", KEY_ID, ""),
    )


def test_a_key_that_nobody_asked_for_is_drift() -> None:
    """F5: set though the queues are not encrypted with it."""
    env = legacy().model_copy(update={"kms": environment().kms})
    text = worker.env_snippet(env) + "TONIC_LAMBDA_KMS_MASTER_KEY=other\n"
    assert worker.differences(env, text) == (worker.Difference("TONIC_LAMBDA_KMS_MASTER_KEY", "", "other"),)
