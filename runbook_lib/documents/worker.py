"""The worker container's five TONIC_LAMBDA_* settings: snippets to paste, and comparison with an exported file."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.documents.keys import queue_keys
from runbook_lib.resources.symbols import symbols_in

if TYPE_CHECKING:
    from runbook_lib.parameters import Environment

ROLE = "TONIC_LAMBDA_ROLE"
TIMEOUT = "TONIC_LAMBDA_TIMEOUT"
MEMORY = "TONIC_LAMBDA_MEMORY_SIZE"
VISIBILITY = "TONIC_LAMBDA_SQS_VISIBILITY_TIMEOUT"
KMS_KEY = "TONIC_LAMBDA_KMS_MASTER_KEY"
DEFAULTS = {TIMEOUT: "30", MEMORY: "1024", VISIBILITY: "30"}
NAMES = (ROLE, TIMEOUT, MEMORY, VISIBILITY, KMS_KEY)
ADVISED_FACTOR = 6
Settings = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Difference:
    """Hold one setting of an exported file that is not as wanted; `found` is empty when it is missing."""

    name: str
    wanted: str
    found: str


def worker_settings(env: Environment, key_id: str = "") -> Settings:
    """List every setting with its value, defaults included; the key only where queues are encrypted.

    `key_id` is the queue key's id once it is known; a key that is yet to be created has none.
    """
    worker = env.worker_settings
    settings = (
        (ROLE, env.role_arn(env.lambda_role)),
        (TIMEOUT, str(worker.timeout)),
        (MEMORY, str(worker.memory_size)),
        (VISIBILITY, str(worker.sqs_visibility_timeout)),
    )
    key = key_id or _known_key_id(env)
    return (*settings, (KMS_KEY, key)) if key else settings


def env_snippet(env: Environment, key_id: str = "") -> str:
    """Write the settings as lines of an .env file."""
    lines = [f"{name}={value}" for name, value in worker_settings(env, key_id)]
    return "\n".join([*_pending(env, key_id), *lines]) + "\n"


def compose_snippet(env: Environment, key_id: str = "") -> str:
    """Write the settings for Docker Compose: they go to the worker's service."""
    entries = [f"      {name}: {json.dumps(value)}" for name, value in worker_settings(env, key_id)]
    return "\n".join([*_pending(env, key_id), "services:", "  tonic_worker:", "    environment:", *entries]) + "\n"


def helm_snippet(env: Environment, key_id: str = "") -> str:
    """Write the settings as Helm values: the role has a key of its own, the rest is the worker's env."""
    settings = dict(worker_settings(env, key_id))
    role = f"awsLambdaRoleArn: {json.dumps(settings.pop(ROLE))}"
    entries = [f"      {name}: {json.dumps(value)}" for name, value in settings.items()]
    return "\n".join([*_pending(env, key_id), role, "tonicai:", "  worker:", "    env:", *entries]) + "\n"


def differences(env: Environment, exported: str, key_id: str = "") -> tuple[Difference, ...]:
    """Compare an exported .env file with what is wanted; a setting that is left out has the vendor's default."""
    wanted, found = dict(worker_settings(env, key_id)), {**DEFAULTS, **read_env(exported)}
    names = [name for name in NAMES if name != KMS_KEY or key_id or not queue_keys(env) or name in wanted]
    return tuple(
        Difference(name, wanted.get(name, ""), found.get(name, "")) for name in names if wanted.get(name, "") != found.get(name, "")
    )


def read_env(text: str) -> dict[str, str]:
    """Read the assignments of an .env file; `export`, quotes and comments are allowed, the last assignment counts."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, separator, value = line.strip().removeprefix("export ").partition("=")
        if separator and not name.startswith("#"):
            values[name.strip()] = _unquoted(value.strip())
    return values


def _unquoted(value: str) -> str:
    try:
        words = shlex.split(value, comments=True)
    except ValueError:
        return value
    return " ".join(words)


def _known_key_id(env: Environment) -> str:
    return "".join(key.rpartition("/")[2] for key in queue_keys(env) if not symbols_in(key))


def _pending(env: Environment, key_id: str) -> list[str]:
    """Tell how to find the id of a key that is yet to be created, as comments."""
    if key_id or _known_key_id(env) or not queue_keys(env) or env.kms.queue_key is None:
        return []
    alias, region = env.kms.queue_key.create, env.aws.region
    command = f"aws kms describe-key --key-id alias/{alias} --region {region} --query KeyMetadata.KeyId --output text"
    return [f"# {KMS_KEY} is the id of the key that the encryption stage creates; read it with:", f"#   {command}"]
