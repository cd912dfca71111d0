"""What legacy workspaces need beside policies: the very Lambda role that may be passed, and an image to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.resources.iam import RoleAnswer, RoleAsked
from runbook_lib.stages._confirmations import owed, vouched
from runbook_lib.stages._judging import broken, kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Inventory, Judgement, Question
    from runbook_lib.parameters import Environment


def asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the Lambda role; nothing under V2."""
    return (RoleAsked(name=env.lambda_role),) if env.is_legacy else ()


def judge(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Compare the ARN that may be passed with the role that exists."""
    if not env.is_legacy:
        yield kept("no role is passed under V2", grade="")
        return
    role: RoleAnswer | None = inventory[RoleAsked(name=env.lambda_role)]
    wanted = env.role_arn(env.lambda_role)
    if role is None:
        yield broken(f"iam:PassRole names {wanted}, which does not exist", "apply the lambda_role stage")
    elif role.arn != wanted:
        yield broken(f"iam:PassRole names {wanted}, the role is {role.arn}", f"set roles.path: {role.path}")
    else:
        yield kept(f"{wanted} exists and is the one")


def judge_image(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Leave to a person what is documented nowhere: how the function's image reaches this region's registry."""
    if not env.is_legacy:
        yield kept("V2 runs no Lambda function", grade="")
        return
    detail = "the vendor documents nowhere how the function's image gets into the account's private registry"
    yield vouched(env, inventory, "C1", owed("C1", detail, "Structural operator"))
