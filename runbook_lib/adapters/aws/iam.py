"""Observe and write roles, their inline policies and what is attached to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runbook_lib.adapters.aws.tags import is_ours, read_tags, wanted_tags
from runbook_lib.documents.requests.request import tag_list, tag_steps
from runbook_lib.errors import Denied, InUse, NotFound, Rejected
from runbook_lib.policy import canonical, same_meaning
from runbook_lib.ports import Observation
from runbook_lib.resources.iam import AttachedPolicy, Role, RolePolicy

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.reading import Reader
    from runbook_lib.adapters.aws.session import AwsSession
    from runbook_lib.model import Change

INLINE_LIMIT = 10_240
"""Characters without white space that the inline policies of one role may have together (IAM quotas)."""


def observe_role(wanted: Role, reader: Reader) -> Observation:
    """Read a role; path, trust, boundary and the wanted tags count."""
    answer = reader.maybe("iam", "get_role", wanted.address, RoleName=wanted.name)
    if answer is None:
        return Observation()
    role = answer["Role"]
    tags = read_tags(role.get("Tags", []))
    value = Role(
        name=wanted.name,
        path=role["Path"],
        trust=mirrored(role["AssumeRolePolicyDocument"], wanted.trust),
        permissions_boundary=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        tags=wanted_tags(tags, wanted.tags),
    )
    return Observation(value, is_ours(tags, reader.session.environment))


def observe_role_policy(wanted: RolePolicy, reader: Reader) -> Observation:
    """Read one inline policy."""
    answer = reader.maybe("iam", "get_role_policy", wanted.address, RoleName=wanted.role, PolicyName=wanted.name)
    if answer is None:
        return Observation()
    document = mirrored(answer["PolicyDocument"], wanted.document)
    return Observation(wanted.model_copy(update={"document": document}))


def observe_attached(wanted: AttachedPolicy, reader: Reader) -> Observation:
    """Read whether a managed policy is attached."""
    try:
        attached = attached_policies(wanted.role, reader)
    except NotFound:
        return Observation()
    return Observation(wanted if wanted.arn in attached else None)


def attached_policies(role: str, reader: Reader) -> tuple[str, ...]:
    """List the ARNs of the managed policies of a role, sorted."""
    found = reader.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role)
    return tuple(sorted(each["PolicyArn"] for each in found))


def mirrored(present: str | dict[str, object], wanted: str) -> str:
    """Give the wanted text when what is present means the same, else the canonical text of what is present."""
    return wanted if wanted and same_meaning(present, wanted) else canonical(present)


def write(change: Change, session: AwsSession) -> None:
    """Write one change of a role, an inline policy or an attachment. Raises TargetError."""
    match change.before, change.after:
        case None, Role() as after:
            _create_role(after, session)
        case Role() as before, Role() as after:
            _update_role(before, after, session)
        case Role() as before, None:
            _remove_role(before, session)
        case _, RolePolicy() as after:
            _put_policy(after, session)
        case RolePolicy() as before, None:
            session.write("iam", "delete_role_policy", RoleName=before.role, PolicyName=before.name)
            session.gone(before.address)
        case _, AttachedPolicy() as after:
            session.write("iam", "attach_role_policy", RoleName=after.role, PolicyArn=after.arn)
        case AttachedPolicy() as before, None:
            session.write("iam", "detach_role_policy", RoleName=before.role, PolicyArn=before.arn)


def _create_role(role: Role, session: AwsSession) -> None:
    boundary = {"PermissionsBoundary": role.permissions_boundary} if role.permissions_boundary else {}
    session.write(
        "iam",
        "create_role",
        RoleName=role.name,
        Path=role.path,
        AssumeRolePolicyDocument=role.trust,
        Tags=tag_list(role.tags),
        **boundary,
    )
    session.born(role.address)


def _update_role(before: Role, after: Role, session: AwsSession) -> None:
    name = after.name
    if after.path != before.path:
        raise Rejected(
            after.address,
            f"its path is {before.path}, not {after.path}, and IAM cannot move a role",
            "correct roles.path",
        )
    if after.trust != before.trust:
        session.write("iam", "update_assume_role_policy", RoleName=name, PolicyDocument=after.trust)
    if after.permissions_boundary != before.permissions_boundary:
        if after.permissions_boundary:
            session.write("iam", "put_role_permissions_boundary", RoleName=name, PermissionsBoundary=after.permissions_boundary)
        else:
            session.write("iam", "delete_role_permissions_boundary", RoleName=name)
    put, taken = tag_steps(before.tags, after.tags)
    if put:
        session.write("iam", "tag_role", RoleName=name, Tags=tag_list(put))
    if taken:
        session.write("iam", "untag_role", RoleName=name, TagKeys=list(taken))


def _remove_role(role: Role, session: AwsSession) -> None:
    left = _still_there(role.name, session)
    if left:
        raise InUse(role.address, f"the role still has {', '.join(left)}", "take these away, then run again", "\n".join(left))
    session.write("iam", "delete_role", RoleName=role.name)
    session.gone(role.address)


_CARRIED = (
    ("inline policy", "list_role_policies", "PolicyNames", ""),
    ("attached policy", "list_attached_role_policies", "AttachedPolicies", "PolicyArn"),
    ("instance profile", "list_instance_profiles_for_role", "InstanceProfiles", "InstanceProfileName"),
)


def _still_there(role: str, session: AwsSession) -> list[str]:
    """List what keeps IAM from deleting a role."""
    left = []
    for title, operation, key, name in _CARRIED:
        found = session.pages("iam", operation, key, RoleName=role)
        left += [f"{title} {each[name] if name else each}" for each in found]
    return left


def _put_policy(policy: RolePolicy, session: AwsSession) -> None:
    _refuse_length(policy, session)
    holder = f"{Role.kind}/{policy.role}"
    session.write("iam", "put_role_policy", holder, RoleName=policy.role, PolicyName=policy.name, PolicyDocument=policy.document)
    session.born(policy.address)


def _refuse_length(policy: RolePolicy, session: AwsSession) -> None:
    length = len("".join(policy.document.split())) + _others_length(policy, session)
    if length > INLINE_LIMIT:
        raise Rejected(
            policy.address,
            f"the inline policies of {policy.role} would have {length} characters, IAM allows {INLINE_LIMIT}",
            "use policy_style: scoped, shorten extra_statements, or use another role",
        )


def _others_length(policy: RolePolicy, session: AwsSession) -> int:
    """Count the other inline policies of the role; what may not be read is left to IAM's own check."""
    try:
        names = session.pages("iam", "list_role_policies", "PolicyNames", RoleName=policy.role)
        others = [name for name in names if name != policy.name]
        documents = [session.read("iam", "get_role_policy", RoleName=policy.role, PolicyName=name) for name in others]
    except (Denied, NotFound):
        return 0
    return sum(len(json.dumps(each["PolicyDocument"], separators=(",", ":"))) for each in documents)
