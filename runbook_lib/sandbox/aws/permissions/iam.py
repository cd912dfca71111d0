"""The permissions of IAM's and STS's operations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.permissions.needs import Context, Need, Resources, Table, also, anything, arn, has, passed, rows, tags_given

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.requests import Call


def _backend(call: Call) -> Any:
    return held.iam_of(call.account, call.partition)


def _named(call: Call, kind: str, name: str, there: Iterable[Any]) -> str:
    """Give the ARN of what a name stands for, path and all; of what is to be made, with the path that the call gives."""
    found = next((each.arn for each in there if each.name == name), None)
    return str(found or arn(call, "iam", f"{kind}{call.text('Path') or '/'}{name}", region=""))


def role(call: Call) -> tuple[str, ...]:
    """Name the role."""
    return (_named(call, "role", call.text("RoleName"), list(_backend(call).roles.values())),)


def user(call: Call) -> tuple[str, ...]:
    """Name the user."""
    return (_named(call, "user", call.text("UserName") or "*", list(_backend(call).users.values())),)


def group(call: Call) -> tuple[str, ...]:
    """Name the group."""
    return (_named(call, "group", call.text("GroupName"), list(_backend(call).groups.values())),)


def profile(call: Call) -> tuple[str, ...]:
    """Name the instance profile."""
    return (_named(call, "instance-profile", call.text("InstanceProfileName"), list(_backend(call).instance_profiles.values())),)


def policy(call: Call) -> tuple[str, ...]:
    """Name the managed policy."""
    return (call.text("PolicyArn") or arn(call, "iam", f"policy{call.text('Path') or '/'}{call.text('PolicyName')}", region=""),)


def _source(call: Call) -> tuple[str, ...]:
    """Name the principal whose policies are asked about."""
    return (call.text("PolicySourceArn"),)


def _role_facts(call: Call) -> Context:
    """Tell what conditions know of a role: its tags and its boundary, or the boundary that it is to get."""
    found = held.role_named(call.account, call.partition, call.text("RoleName"))
    tags = held.tagged(found.tags) if found is not None else {}
    boundary = call.text("PermissionsBoundary") or (found.permissions_boundary_arn if found is not None else "")
    known = {f"aws:ResourceTag/{key}": value for key, value in tags.items()} | {f"iam:ResourceTag/{key}": tags[key] for key in tags}
    return known | ({"iam:PermissionsBoundary": boundary} if boundary else {})


def _user_facts(call: Call) -> Context:
    name = call.text("UserName")
    tags = held.user_tags(_backend(call), name) if name in _backend(call).users else {}
    return {f"{prefix}:ResourceTag/{key}": value for key, value in tags.items() for prefix in ("aws", "iam")}


def _policy_arn(call: Call) -> Context:
    return {"iam:PolicyARN": call.text("PolicyArn")}


def _passed_with_profile(call: Call) -> Iterable[Need]:
    for each in role(call):
        yield passed(each, ec2_service(call))


def ec2_service(call: Call) -> str:
    """Name EC2's principal in the call's partition."""
    return "ec2.amazonaws.com.cn" if call.partition == "aws-cn" else "ec2.amazonaws.com"


def _tagging(action: str, resources: Resources) -> Any:
    return also(f"iam:{action}", resources, has("Tags.member.1.Key"), tags_given)


_ROLE = (
    "DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy GetRole GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole"
    " ListRolePolicies ListRoleTags PutRolePermissionsBoundary PutRolePolicy UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription"
)
_PROFILE = "DeleteInstanceProfile GetInstanceProfile ListInstanceProfileTags RemoveRoleFromInstanceProfile"
_USER = (
    "DeleteUser GetUser ListUserPolicies GetUserPolicy PutUserPolicy DeleteUserPolicy ListAttachedUserPolicies CreateAccessKey"
    " DeleteAccessKey UpdateAccessKey ListAccessKeys ListGroupsForUser ListUserTags UpdateUser"
)
_GROUP = (
    "CreateGroup DeleteGroup GetGroup ListGroupPolicies GetGroupPolicy PutGroupPolicy DeleteGroupPolicy ListAttachedGroupPolicies"
    " AddUserToGroup RemoveUserFromGroup UpdateGroup"
)
_POLICY = (
    "CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion ListEntitiesForPolicy ListPolicyTags"
    " ListPolicyVersions SetDefaultPolicyVersion"
)
_LISTS = (
    "ListRoles ListUsers ListGroups ListPolicies ListInstanceProfiles ListAccountAliases GetAccountSummary SimulateCustomPolicy"
    " GetContextKeysForCustomPolicy GetAccountAuthorizationDetails"
)
IAM: Table = {
    **rows("iam", anything, _LISTS),
    **rows("iam", role, "CreateRole", (_role_facts, tags_given), (_tagging("TagRole", role),)),
    **rows("iam", role, _ROLE, (_role_facts,)),
    **rows("iam", role, "AttachRolePolicy DetachRolePolicy", (_role_facts, _policy_arn)),
    **rows("iam", role, "TagRole UntagRole", (_role_facts, tags_given)),
    **rows("iam", profile, "CreateInstanceProfile", (tags_given,), (_tagging("TagInstanceProfile", profile),)),
    **rows("iam", profile, _PROFILE),
    **rows("iam", profile, "AddRoleToInstanceProfile", implied=(_passed_with_profile,)),
    **rows("iam", profile, "TagInstanceProfile UntagInstanceProfile", (tags_given,)),
    **rows("iam", user, "CreateUser", (_user_facts, tags_given), (_tagging("TagUser", user),)),
    **rows("iam", user, _USER, (_user_facts,)),
    **rows("iam", user, "AttachUserPolicy DetachUserPolicy", (_user_facts, _policy_arn)),
    **rows("iam", user, "TagUser UntagUser", (_user_facts, tags_given)),
    **rows("iam", group, _GROUP),
    **rows("iam", group, "AttachGroupPolicy DetachGroupPolicy", (_policy_arn,)),
    **rows("iam", policy, "CreatePolicy", (tags_given,), (_tagging("TagPolicy", policy),)),
    **rows("iam", policy, _POLICY),
    **rows("iam", policy, "TagPolicy UntagPolicy", (tags_given,)),
    **rows("iam", _source, "SimulatePrincipalPolicy GetContextKeysForPrincipalPolicy"),
}


def assumed(call: Call) -> tuple[str, ...]:
    """Name the role to be assumed."""
    return (call.text("RoleArn"),)


def _session(call: Call) -> Context:
    given = {"sts:ExternalId": call.text("ExternalId"), "sts:RoleSessionName": call.text("RoleSessionName")}
    given |= {"sts:SourceIdentity": call.text("SourceIdentity"), "sts:DurationSeconds": call.text("DurationSeconds")}
    found = held.role_of(call.text("RoleArn"))
    tags = held.tagged(found.tags) if found is not None else {}
    known = {f"{prefix}:ResourceTag/{key}": value for key, value in tags.items() for prefix in ("aws", "iam")}
    return {key: value for key, value in given.items() if value} | known


STS: Table = {
    **rows("sts", assumed, "AssumeRole", (_session, tags_given), (
        also("sts:TagSession", assumed, has("Tags.member.1.Key"), _session, tags_given),
        also("sts:SetSourceIdentity", assumed, has("SourceIdentity"), _session),
    )),
    **rows("sts", anything, "GetAccessKeyInfo"),
}  # fmt: skip
FREE = frozenset({"sts:GetCallerIdentity"})
"""What takes no permission; not even a denial counts."""
TABLE: Table = {**IAM, **STS}
