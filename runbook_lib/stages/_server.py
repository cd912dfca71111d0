"""Which role the product's server runs as: found from the instance, named in the file, or made here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.model import Unanswered
from runbook_lib.resources.ec2 import InstanceAnswer, InstanceAsked
from runbook_lib.resources.iam import Role, RoleAsked
from runbook_lib.stages._roles import role_answer

if TYPE_CHECKING:
    from runbook_lib.model import Inventory, Question
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.iam import RoleAnswer


@dataclass(frozen=True)
class Identity:
    """Name the server's role; role and profile may be ours to make; `profile` is what the instance carries."""

    role: str
    is_made_here: bool
    profile: str = ""


def instance_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the instance, where the file names one."""
    return (InstanceAsked(instance_id=env.server.instance_id),) if env.server.instance_id else ()


def role_asks(env: Environment, inventory: Inventory) -> tuple[Question, ...]:
    """Ask for the role that the server turned out to run as."""
    return (RoleAsked(name=identity(env, inventory).role),)


def instance(env: Environment, inventory: Inventory) -> InstanceAnswer:
    """Give the instance. Raises Unanswered (broken) when there is none of that id."""
    answer: InstanceAnswer | None = inventory[InstanceAsked(instance_id=env.server.instance_id)]
    if answer is None:
        raise Unanswered(
            f"there is no instance {env.server.instance_id} in {env.aws.account} {env.aws.region}",
            verdict="broken",
            way_out="correct server.instance_id, aws.account or aws.region",
        )
    return answer


def identity(env: Environment, inventory: Inventory) -> Identity:
    """Find the server's role: by ARN, from the instance's profile, or the one that is made here."""
    if env.server.role_arn:
        return Identity(env.server.role_arn.rpartition("/")[2], is_made_here=False)
    if not env.server.instance_id:
        return Identity(env.server_role, is_made_here=True)
    found = instance(env, inventory)
    if found.role and (found.role != env.server_role or found.profile != env.server_role):
        return Identity(found.role, is_made_here=False, profile=found.profile)
    return Identity(env.server_role, is_made_here=True, profile=found.profile)


def server_role(env: Environment, inventory: Inventory) -> RoleAnswer:
    """Give the server's role. Raises Unanswered (broken) when there is none, or when its path or account is not that of the file's ARN."""
    role, wanted = role_answer(identity(env, inventory).role, inventory), env.server.role_arn
    if wanted and role.arn != wanted:
        reason = f"the role {role.name} is {role.arn}, the file names {wanted}"
        raise Unanswered(reason, verdict="broken", way_out="correct server.role_arn", address=f"{Role.kind}/{role.name}")
    return role
