"""What the calls about roles, their policies and the caller take (`adapters.aws.iam`, `adapters.aws.identity`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runbook_lib.adapters.aws.rights.words import Permissions, given, on
from runbook_lib.documents.requests.request import tag_steps
from runbook_lib.resources.iam import AttachedPolicy, ManagedPolicyAsked, Role, RoleAsked, RolePolicy

if TYPE_CHECKING:
    from runbook_lib.model import Change
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.rights import RefusedAsked
    from runbook_lib.resources.simulation import SimulationAsked, ValidationAsked

_BOUNDARY = "iam:PermissionsBoundary"


def role_arns(env: Environment, name: str) -> tuple[str, ...]:
    """Name a role, one that only an instance tells of with and without a path."""
    if env.server.role_arn.endswith(f"/{name}"):
        return (env.server.role_arn,)
    if _is_named(env, name):
        return (env.role_arn(name),)
    return tuple(env.arn("iam", f"role/{path}{name}", region="") for path in ("", "*/"))


def looked_for(env: Environment, arn: str) -> tuple[str, ...]:
    """Name what may not be there also without its path, which a request does not tell: AWS documents no ARN of what is not there."""
    kind, _, path = arn.rpartition(":")[2].partition("/")
    return tuple(dict.fromkeys((arn, env.arn("iam", f"{kind}/{path.rpartition('/')[2]}", region=""))))


def is_adopted(env: Environment, name: str) -> bool:
    """Tell whether a role may have been there before: then no parameter file says what it carries and what bounds it."""
    return not _is_named(env, name) or f"{Role.kind}/{name}" in env.adopt


def bounded(boundary: str) -> tuple[tuple[str, str], ...]:
    """State the boundary of the role that a request makes or changes."""
    return ((_BOUNDARY, boundary),) if boundary else ()


def _is_named(env: Environment, name: str) -> bool:
    return not env.server.role_arn.endswith(f"/{name}") and name in {env.server_role, env.lambda_role}


def _on_role(env: Environment, name: str, actions: str, *context: tuple[str, str]) -> Permissions:
    return tuple(each for arn in role_arns(env, name) for each in on(arn, actions, *context))


def _looking(env: Environment, name: str, actions: str) -> Permissions:
    arns = dict.fromkeys(each for arn in role_arns(env, name) for each in looked_for(env, arn))
    return tuple(each for arn in arns for each in on(arn, actions))


def reading_role(role: Role, env: Environment) -> Permissions:
    """Declare `observe_role`."""
    return _looking(env, role.name, "iam:GetRole")


def reading_policy(policy: RolePolicy, env: Environment) -> Permissions:
    """Declare `observe_role_policy`."""
    return _looking(env, policy.role, "iam:GetRolePolicy")


def reading_attached(policy: AttachedPolicy, env: Environment) -> Permissions:
    """Declare `observe_attached`."""
    return _looking(env, policy.role, "iam:ListAttachedRolePolicies")


def asking_role(question: RoleAsked, env: Environment) -> Permissions:
    """Declare `identity.role`."""
    return _looking(env, question.name, "iam:GetRole iam:ListRolePolicies iam:GetRolePolicy iam:ListAttachedRolePolicies")


def asking_managed_policy(question: ManagedPolicyAsked, _env: Environment) -> Permissions:
    """Declare `identity.managed_policy`."""
    return on(question.arn, "iam:GetPolicy iam:GetPolicyVersion")


def asking_simulation(question: SimulationAsked, _env: Environment) -> Permissions:
    """Declare `simulating.simulate`."""
    return on(question.principal, "iam:SimulatePrincipalPolicy") if question.principal else on("*", "iam:SimulateCustomPolicy")


def asking_validation(_question: ValidationAsked, _env: Environment) -> Permissions:
    """Declare `validating.validate`."""
    return on("*", "access-analyzer:ValidatePolicy")


def asking_simulator(_question: RefusedAsked, env: Environment) -> Permissions:
    """Declare `identity.refused_permissions`: whoever asks asks about himself; a session's role is looked up for its path."""
    roles = env.arn("iam", "role/*", region="")
    return (*on(env.arn("iam", "user/*", region=""), "iam:SimulatePrincipalPolicy"), *on(roles, "iam:SimulatePrincipalPolicy iam:GetRole"))


def changing_role(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare what `write` does to a role."""
    match change.before, change.after:
        case None, Role() as after:
            yield _on_role(env, after.name, "iam:CreateRole", *given(after.tags), *bounded(after.permissions_boundary))
            yield _on_role(env, after.name, "iam:TagRole", *given(after.tags)) if after.tags else ()
        case Role() as before, Role() as after:
            yield from _updating(before, after, env)
        case Role() as before, None:
            carried = "iam:ListRolePolicies iam:ListAttachedRolePolicies iam:ListInstanceProfilesForRole"
            yield _on_role(env, before.name, f"{carried} iam:DeleteRole")


def _updating(before: Role, after: Role, env: Environment) -> Iterator[Permissions]:
    if after.trust != before.trust:
        yield _on_role(env, after.name, "iam:UpdateAssumeRolePolicy")
    if after.permissions_boundary != before.permissions_boundary:
        verb = "Put" if after.permissions_boundary else "Delete"
        yield _on_role(env, after.name, f"iam:{verb}RolePermissionsBoundary", *bounded(after.permissions_boundary))
    put, taken = tag_steps(before.tags, after.tags)
    yield _on_role(env, after.name, "iam:TagRole", *given(put)) if put else ()
    yield _on_role(env, after.name, "iam:UntagRole") if taken else ()


def changing_policy(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare what `write` does to an inline policy; the role's others are read before one is put, for the sum of their lengths."""
    match change.before, change.after:
        case _, RolePolicy() as after:
            yield _on_role(env, after.role, "iam:ListRolePolicies iam:GetRolePolicy")
            yield _on_role(env, after.role, "iam:PutRolePolicy", *bounded(_boundary_of(after.role, env)))
        case RolePolicy() as before, None:
            yield _on_role(env, before.role, "iam:DeleteRolePolicy")


def changing_attached(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare what `write` does to an attachment."""
    match change.before, change.after:
        case _, AttachedPolicy() as after:
            yield _on_role(env, after.role, "iam:AttachRolePolicy", ("iam:PolicyARN", after.arn))
        case AttachedPolicy() as before, None:
            yield _on_role(env, before.role, "iam:DetachRolePolicy", ("iam:PolicyARN", before.arn))


def _boundary_of(role: str, env: Environment) -> str:
    """Give the boundary that a role has by the time its policies are put: those that are made here get the file's."""
    return env.roles.permissions_boundary if _is_named(env, role) else ""
