"""Render an environment offline: policies as JSON with CLI commands, SQL for each database, settings, the hand-over sheet.

It assumes an empty account: what exists already is found by `plan`, not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib import engine
from runbook_lib.documents.caller import least
from runbook_lib.engine.plan import desired
from runbook_lib.errors import RunbookError
from runbook_lib.model import Inventory, Unanswered
from runbook_lib.ports import Observation
from runbook_lib.resources.ec2 import InstanceAnswer, InstanceAsked
from runbook_lib.resources.iam import RoleAnswer, RoleAsked
from runbook_lib.resources.kms import KeyAsked
from runbook_lib.resources.records import FindingsAsked
from runbook_lib.resources.rights import RightsAnswer, RightsAsked
from runbook_lib.resources.s3 import BucketAsked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from runbook_lib.model import Change, Question, Resource, Stage
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.rights import Permission

    Declared = Callable[[Question | Resource | Change], tuple[Permission, ...]]


def nothing(_use: Question | Resource | Change) -> tuple[Permission, ...]:
    """Declare no permission: for files that are about other things."""
    return ()


def render(environment: Environment, stages: Sequence[Stage], folder: Path, permissions: Declared = nothing) -> tuple[str, ...]:
    """Write every stage's files into an empty folder; give their names. Raises RunbookError when the folder holds something.

    `permissions` declares what a use takes of AWS.
    """
    if folder.exists() and not folder.is_dir():
        raise RunbookError(str(folder), "is no folder", "name another one with --out")
    if folder.exists() and any(folder.iterdir()):
        raise RunbookError(str(folder), "is not empty", "name another folder with --out, or empty it")
    world = Offline(environment, stages, permissions)
    files = ((stage, offline(stage, environment, world)) for stage in stages)
    texts = {f"{stage.number:02d}_{stage.slug}/{name}": text for stage, named in files for name, text in named.items()}
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(0o755 if text.startswith("#!") else 0o644)
    return tuple(sorted(texts))


def offline(stage: Stage, environment: Environment, world: Offline | None = None) -> Mapping[str, str]:
    """Write one stage's files, by name."""
    world = world or Offline(environment)
    if stage.idle(environment):
        return {}
    inventory, refusals = engine.inventory_of(stage.parts, environment, world)
    wanted = desired(stage, environment, inventory, refusals).resources
    return {**stage.artefacts(environment, wanted), **stage.reports(environment, world.ask(tuple(stage.report_asks(environment))))}


class Offline:
    """Answer as an empty account does; what only a database knows stays unanswered."""

    def __init__(self, environment: Environment, stages: Sequence[Stage] = (), permissions: Declared = nothing) -> None:
        self._environment, self._stages, self._permissions = environment, stages, permissions

    def ask(self, questions: Sequence[Question]) -> Inventory:
        """Answer each question without asking anybody."""
        return Inventory({question: self._answer(question) for question in questions})

    def observe(self, wanted: Sequence[Resource]) -> Mapping[str, Observation]:
        """See nothing."""
        return {each.address: Observation() for each in wanted}

    def write(self, changes: Sequence[Change]) -> None:
        """Refuse: rendering writes files only."""
        raise RunbookError("render", f"would write {len(changes)} changes", "use apply")

    def permissions(self, use: Question | Resource | Change) -> tuple[Permission, ...]:
        """Declare what a use takes."""
        return self._permissions(use)

    def _answer(self, question: Question) -> Any:
        match question:
            case InstanceAsked(instance_id=name):
                return InstanceAnswer(instance_id=name, state="running", profile="", role="", hop_limit=2, http_tokens="required")
            case RoleAsked(name=name) if self._environment.server.role_arn.endswith(f"/{name}"):
                arn = self._environment.server.role_arn
                return RoleAnswer(name=name, arn=arn, path="/", trust="{}", permissions_boundary="", tags=(), inline=(), attached=())
            case RoleAsked() | BucketAsked() | KeyAsked():
                return None
            case FindingsAsked():
                return ()
            case RightsAsked(undo=undo, also=also):
                stages = () if undo else engine.setting_up(self._stages, self._environment)
                return RightsAnswer(needs=least(engine.needs(stages, self._environment, self, (), (), also)))
        return Unanswered("not asked: rendering is offline")
