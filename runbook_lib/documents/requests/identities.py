"""The requests of roles, their policies, instance profiles and the instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.documents.requests.request import Request, later, tag_list, tag_steps
from runbook_lib.resources.ec2 import InstanceProfile, InstanceProfileRole, ProfileAssociation
from runbook_lib.resources.iam import AttachedPolicy, Role, RolePolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Change
    from runbook_lib.resources.iam import Tags


def requests(change: Change) -> Iterator[Request]:
    """List the requests of a change; none where it is not about identities."""
    match change.before, change.after:
        case None, Role() as after:
            boundary = {"PermissionsBoundary": after.permissions_boundary} if after.permissions_boundary else {}
            made = {"RoleName": after.name, "Path": after.path, "AssumeRolePolicyDocument": after.trust, "Tags": tag_list(after.tags)}
            yield _iam("CreateRole", **made, **boundary)
        case Role() as before, Role() as after:
            yield from _role(before, after)
        case Role() as before, None:
            yield _iam("DeleteRole", RoleName=before.name)
        case _, RolePolicy() as after:
            yield _iam("PutRolePolicy", RoleName=after.role, PolicyName=after.name, PolicyDocument=after.document)
        case RolePolicy() as before, None:
            yield _iam("DeleteRolePolicy", RoleName=before.role, PolicyName=before.name)
        case _, AttachedPolicy() as after:
            yield _iam("AttachRolePolicy", RoleName=after.role, PolicyArn=after.arn)
        case AttachedPolicy() as before, None:
            yield _iam("DetachRolePolicy", RoleName=before.role, PolicyArn=before.arn)
        case _:
            yield from _profiles(change)


def _role(before: Role, after: Role) -> Iterator[Request]:
    name = after.name
    if after.trust != before.trust:
        yield _iam("UpdateAssumeRolePolicy", RoleName=name, PolicyDocument=after.trust)
    if after.permissions_boundary != before.permissions_boundary:
        if after.permissions_boundary:
            yield _iam("PutRolePermissionsBoundary", RoleName=name, PermissionsBoundary=after.permissions_boundary)
        else:
            yield _iam("DeleteRolePermissionsBoundary", RoleName=name)
    yield from _tags("Role", {"RoleName": name}, before.tags, after.tags)


def _profiles(change: Change) -> Iterator[Request]:
    match change.before, change.after:
        case None, InstanceProfile() as after:
            yield _iam("CreateInstanceProfile", InstanceProfileName=after.name, Path=after.path, Tags=tag_list(after.tags))
        case InstanceProfile() as before, InstanceProfile() as after:
            yield from _tags("InstanceProfile", {"InstanceProfileName": after.name}, before.tags, after.tags)
        case InstanceProfile() as before, None:
            yield _iam("DeleteInstanceProfile", InstanceProfileName=before.name)
        case (InstanceProfileRole() | None) as before, (InstanceProfileRole() | None) as after:
            if before is not None:
                yield _iam("RemoveRoleFromInstanceProfile", InstanceProfileName=before.profile, RoleName=before.role)
            if after is not None:
                yield _iam("AddRoleToInstanceProfile", InstanceProfileName=after.profile, RoleName=after.role)
        case None, ProfileAssociation() as after:
            name = {"Name": after.profile}
            yield Request("ec2", "AssociateIamInstanceProfile", {"InstanceId": after.instance_id, "IamInstanceProfile": name})
        case ProfileAssociation() as before, None:
            found = later(f"the association of {before.profile} with {before.instance_id}")
            yield Request("ec2", "DisassociateIamInstanceProfile", {"AssociationId": found})


def _tags(kind: str, name: dict[str, str], before: Tags, after: Tags) -> Iterator[Request]:
    put, taken = tag_steps(before, after)
    if put:
        yield _iam(f"Tag{kind}", **name, Tags=tag_list(put))
    if taken:
        yield _iam(f"Untag{kind}", **name, TagKeys=list(taken))


def _iam(operation: str, **parameters: Any) -> Request:
    return Request("iam", operation, parameters)
