"""What the calls about instances and their profiles take (`adapters.aws.ec2`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runbook_lib.adapters.aws.rights.iam import looked_for, role_arns
from runbook_lib.adapters.aws.rights.words import ANY, Permissions, given, on
from runbook_lib.documents.requests.request import tag_steps
from runbook_lib.documents.trusts import ec2_principal
from runbook_lib.resources.ec2 import InstanceProfile, InstanceProfileRole, ProfileAssociation

if TYPE_CHECKING:
    from runbook_lib.model import Change
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.ec2 import InstanceAsked


def _profile(env: Environment, name: str) -> str:
    return env.arn("iam", f"instance-profile{env.roles.path}{name}", region="")


def _looking(env: Environment, name: str) -> Permissions:
    return tuple(each for arn in looked_for(env, _profile(env, name)) for each in on(arn, "iam:GetInstanceProfile"))


def _passed(env: Environment, role: str) -> Permissions:
    service = ("iam:PassedToService", ec2_principal(env.aws.partition))
    return tuple(each for arn in role_arns(env, role) for each in on(arn, "iam:PassRole", service))


def reading_profile(profile: InstanceProfile, env: Environment) -> Permissions:
    """Declare `observe_profile`."""
    return _looking(env, profile.name)


def reading_profile_role(held: InstanceProfileRole, env: Environment) -> Permissions:
    """Declare `observe_profile_role`."""
    return _looking(env, held.profile)


def reading_association(_association: ProfileAssociation, _env: Environment) -> Permissions:
    """Declare `observe_association`."""
    return on(ANY, "ec2:DescribeIamInstanceProfileAssociations")


def asking_instance(_question: InstanceAsked, env: Environment) -> Permissions:
    """Declare `instance`: which profile it carries, only AWS knows."""
    return (*on(ANY, "ec2:DescribeInstances"), *on(env.arn("iam", "instance-profile/*", region=""), "iam:GetInstanceProfile"))


def changing_profile(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare what `write` does to a profile."""
    match change.before, change.after:
        case None, InstanceProfile() as after:
            yield on(_profile(env, after.name), "iam:CreateInstanceProfile", *given(after.tags))
            yield on(_profile(env, after.name), "iam:TagInstanceProfile", *given(after.tags)) if after.tags else ()
        case InstanceProfile() as before, InstanceProfile() as after:
            put, taken = tag_steps(before.tags, after.tags)
            yield on(_profile(env, after.name), "iam:TagInstanceProfile", *given(put)) if put else ()
            yield on(_profile(env, after.name), "iam:UntagInstanceProfile") if taken else ()
        case InstanceProfile() as before, None:
            yield on(_profile(env, before.name), "iam:DeleteInstanceProfile")


def changing_profile_role(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare what `write` does to the role in a profile: whoever puts one in passes it to EC2."""
    if isinstance(change.before, InstanceProfileRole):
        yield on(_profile(env, change.before.profile), "iam:RemoveRoleFromInstanceProfile")
    if isinstance(change.after, InstanceProfileRole):
        yield on(_profile(env, change.after.profile), "iam:AddRoleToInstanceProfile")
        yield _passed(env, change.after.role)


def changing_association(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare what `write` does to an association; a profile that is attached here holds the role that is made here."""
    match change.before, change.after:
        case _, ProfileAssociation() as after:
            yield on(env.arn("ec2", f"instance/{after.instance_id}"), "ec2:AssociateIamInstanceProfile")
            yield _passed(env, env.server_role)
        case ProfileAssociation() as before, None:
            yield on(ANY, "ec2:DescribeIamInstanceProfileAssociations")
            yield on(env.arn("ec2", f"instance/{before.instance_id}"), "ec2:DisassociateIamInstanceProfile")
