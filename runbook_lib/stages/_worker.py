"""Whether a worker's setting is sound, and whether the container has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents import worker
from runbook_lib.documents.keys import queue_keys
from runbook_lib.resources.files import ExportedSettingsAsked
from runbook_lib.resources.iam import RoleAnswer, RoleAsked
from runbook_lib.resources.kms import KeyAnswer, KeyAsked
from runbook_lib.stages._confirmations import owed, vouched
from runbook_lib.stages._judging import advised, broken, kept

if TYPE_CHECKING:
    from runbook_lib.model import Inventory, Judgement, Question
    from runbook_lib.parameters import Environment

OPERATOR = "Structural operator"
BOUNDS = {
    worker.TIMEOUT: (1, 900, "seconds"),
    worker.MEMORY: (128, 10240, "MB"),
    worker.VISIBILITY: (1, 43200, "seconds"),
}


def exported_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the exported file, where the parameter file names one."""
    path = env.worker_settings.exported
    return (ExportedSettingsAsked(path=path),) if path else ()


def key_id(env: Environment, inventory: Inventory) -> str:
    """Give the id of the queues' key, empty while there is none."""
    answers: list[KeyAnswer | None] = [inventory[KeyAsked(key=key)] for key in queue_keys(env)]
    return "".join(each.key_id for each in answers if each is not None)


def judge_rule(env: Environment, inventory: Inventory, name: str) -> Judgement:
    """Hold one setting to its rule, defaults filled in."""
    settings = dict(worker.worker_settings(env, key_id(env, inventory)))
    claim, value = f"the value of {name} is sound", settings.get(name, "")
    match name:
        case worker.ROLE:
            return _judge_role(env, inventory, value, claim)
        case worker.KMS_KEY:
            return _judge_key(env, value, claim)
        case worker.VISIBILITY if int(value) < int(settings[worker.TIMEOUT]):
            return broken(
                f"{value} is below the timeout of {settings[worker.TIMEOUT]}",
                "raise worker.sqs_visibility_timeout",
                claim=claim,
            )
    low, high, unit = BOUNDS[name]
    if not low <= int(value) <= high:
        return broken(f"{value} is outside {low} to {high} {unit}", "correct worker: in the file", claim=claim, grade="")
    advice = worker.ADVISED_FACTOR * int(settings[worker.TIMEOUT])
    if name == worker.VISIBILITY and int(value) < advice:
        return advised(f"{value} seconds", f"AWS advises six times the timeout: {advice}", claim=claim, grade="")
    return kept(f"{value} {unit}", claim=claim, grade="")


def _judge_role(env: Environment, inventory: Inventory, value: str, claim: str) -> Judgement:
    role: RoleAnswer | None = inventory[RoleAsked(name=env.lambda_role)]
    if role is not None and role.arn == value:
        return kept(f"{value} exists", claim=claim)
    found = role.arn if role is not None else "no such role"
    return broken(f"{value} is named, there is {found}", "apply the lambda_role stage", claim=claim)


def _judge_key(env: Environment, value: str, claim: str) -> Judgement:
    if not queue_keys(env):
        return kept("left out: queues are not encrypted with a customer managed key", claim=claim, grade="")
    if not value:
        return broken("the key does not exist yet", "apply the encryption stage", claim=claim)
    return kept(f"key id {value}", claim=claim)


def judge_setting(env: Environment, inventory: Inventory, row: str, name: str) -> Judgement:
    """Look into the exported file; without one the operator's word counts."""
    wanted = dict(worker.worker_settings(env, key_id(env, inventory))).get(name, "")
    asked = exported_asks(env)
    if not asked:
        detail = f"the container is out of sight; {name}={wanted}" if wanted else f"the container is out of sight; leave {name} out"
        return vouched(env, inventory, row, owed(row, f"{detail}, then restart the worker", OPERATOR))
    path, text = env.worker_settings.exported, inventory[asked[0]]
    if text is None:
        return broken(f"there is no file {path}", "export the worker's settings again, or remove worker.exported")
    for each in worker.differences(env, text, key_id(env, inventory)):
        if each.name == name:
            detail = f"{path} has {each.found or 'nothing'}, wanted is {each.wanted or 'nothing'}"
            return broken(detail, "paste the stage's snippet, restart the worker, export again")
    return kept(f"{path} has {wanted or 'nothing, as wanted'}")
