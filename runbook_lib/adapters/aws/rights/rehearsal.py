"""What a rehearsal takes of the operator (`adapters.rehearsal`): the twins, and the clean-up of what the product may not remove.

What it does as the product's own roles is theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runbook_lib.adapters.aws.rights import databases, iam, kms, stores
from runbook_lib.adapters.aws.rights.words import Permissions, given, on
from runbook_lib.documents.keys import bucket_key, queue_keys
from runbook_lib.documents.rehearsal import is_twin, name_of, twin_name
from runbook_lib.resources.iam import RoleAsked
from runbook_lib.resources.rehearsals import Rehearsal
from runbook_lib.resources.symbols import symbols_in
from runbook_lib.resources.warehouse import UserIdAsked

if TYPE_CHECKING:
    from runbook_lib.model import Change
    from runbook_lib.parameters import Environment

_COPIED = "iam:GetRole iam:ListRolePolicies iam:GetRolePolicy iam:ListAttachedRolePolicies"
_LOOKED_AT = "iam:GetRole iam:ListRolePolicies iam:ListAttachedRolePolicies"


def looking_at(rehearsal: Rehearsal, env: Environment) -> Permissions:
    """Declare what tells whether a rehearsal still counts: whose it was."""
    for name in rehearsal.acts_as:
        side, _, user = name.rpartition("/")
        if side:
            yield from databases.of_warehouse(UserIdAsked(side=side, user=user), env)
        else:
            yield from iam.asking_role(RoleAsked(name=name), env)


def playing(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare what playing a flow takes, or sweeping up after one."""
    rehearsal = change.subject
    if not isinstance(rehearsal, Rehearsal):
        return
    roles = [name for name in rehearsal.acts_as if "/" not in name]
    for role in roles:
        if is_twin(env, role, roles[0]):
            yield from _twin(role, env)
    if rehearsal.flow == "orchestration":
        yield from _cleaning_up(env)
    if rehearsal.flow == "unload_and_copy" and symbols_in(bucket_key(env, "source")):
        yield kms.looking_up(env)
    for name in rehearsal.acts_as:
        side, _, user = name.rpartition("/")
        if side:
            yield databases.of_warehouse(UserIdAsked(side=side, user=user), env)
            yield stores.resolving(env.side(side).user.password, env)


def _twin(role: str, env: Environment) -> Iterator[Permissions]:
    """Declare `principals.twin`; its trust names the operator, which alone lets him take it.

    It carries what its role carries: a role that was there before may have any boundary, and policies attached.
    """
    is_adopted = iam.is_adopted(env, role)
    bounded = () if is_adopted else iam.bounded(env.roles.permissions_boundary)
    arn = env.role_arn(twin_name(env, role))
    yield from (on(each, _COPIED) for each in iam.role_arns(env, role))
    yield on(arn, "iam:CreateRole", *given(env.tags), *bounded)
    yield on(arn, "iam:TagRole", *given(env.tags))
    yield on(arn, "iam:PutRolePolicy", *bounded)
    yield on(arn, "iam:DeleteRolePolicy iam:DeleteRole")
    yield on(arn, "iam:AttachRolePolicy iam:DetachRolePolicy") if is_adopted else ()
    yield from (on(each, _LOOKED_AT) for each in iam.looked_for(env, arn))


def _cleaning_up(env: Environment) -> Iterator[Permissions]:
    """Declare `cleanup`: functions and logs are the operator's to remove, and the mappings that a killed rehearsal left."""
    name = name_of(env)
    function = env.arn("lambda", f"function:{name}")
    yield on(function, "lambda:GetFunctionConfiguration lambda:DeleteFunction")
    yield on("*", "lambda:ListEventSourceMappings")
    yield on(env.arn("lambda", "event-source-mapping:*"), "lambda:DeleteEventSourceMapping", ("lambda:FunctionArn", function))
    yield on(env.arn("logs", f"log-group:/aws/lambda/{name}:*"), "logs:DeleteLogGroup")
    if any(symbols_in(each) for each in queue_keys(env)):
        yield kms.looking_up(env)
