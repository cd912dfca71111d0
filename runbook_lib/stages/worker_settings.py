"""Stage 80 (legacy only): the five settings of the worker container, handed over as snippets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents import worker
from runbook_lib.documents.keys import queue_keys
from runbook_lib.model import Check, Inventory, Stage
from runbook_lib.resources.iam import RoleAsked
from runbook_lib.resources.kms import KeyAsked
from runbook_lib.stages import _worker
from runbook_lib.stages._confirmations import asks_today

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runbook_lib.model import Judgement, Question, Resource
    from runbook_lib.parameters import Environment


def asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the date, the exported file, the queues' key and the Lambda role; nothing under V2."""
    if not env.is_legacy:
        return ()
    keys = tuple(KeyAsked(key=key) for key in queue_keys(env))
    return (*asks_today(env), *_worker.exported_asks(env), *keys, RoleAsked(name=env.lambda_role))


def setting_judge(row: str, name: str) -> Callable[[Environment, Inventory], Iterator[Judgement]]:
    """Judge one setting: its own rule first, then the exported file, else the operator's word."""

    def judge(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
        if env.is_legacy:
            yield _worker.judge_rule(env, inventory, name)
            yield _worker.judge_setting(env, inventory, row, name)

    return judge


def idle(env: Environment) -> str:
    """Say why nothing is to do under V2."""
    return "" if env.is_legacy else "pipeline: v2 uses none of these settings"


def artefacts(env: Environment, _desired: tuple[Resource, ...]) -> Mapping[str, str]:
    """Write the settings as .env, Compose and Helm snippets."""
    if not env.is_legacy:
        return {}
    return {
        "worker.env": worker.env_snippet(env),
        "worker.compose.yaml": worker.compose_snippet(env),
        "worker.helm.yaml": worker.helm_snippet(env),
    }


SETTINGS = (
    ("F1", worker.ROLE),
    ("F2", worker.TIMEOUT),
    ("F3", worker.MEMORY),
    ("F4", worker.VISIBILITY),
    ("F5", worker.KMS_KEY),
)
STAGE = Stage(
    number=80,
    slug="worker_settings",
    title="Worker settings",
    rows=("F1", "F2", "F3", "F4", "F5"),
    summary="Writes the worker container's TONIC_LAMBDA_* settings (legacy only).",
    after=("lambda_role",),
    keys=("worker",),
    checks=tuple(Check((row,), f"{name} is set as wanted", setting_judge(row, name), asks) for row, name in SETTINGS),
    idle=idle,
    artefacts=artefacts,
)
