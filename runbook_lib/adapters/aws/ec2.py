"""Observe and write instance profiles and their association with an instance; answer what an instance is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.aws.tags import is_ours, read_tags, wanted_tags
from runbook_lib.documents.requests.request import tag_list, tag_steps
from runbook_lib.errors import Conflict, NotFound, Rejected
from runbook_lib.ports import Observation
from runbook_lib.resources.ec2 import (
    InstanceAnswer,
    InstanceAsked,
    InstanceProfile,
    InstanceProfileRole,
    ProfileAssociation,
)
from runbook_lib.resources.iam import Role

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.reading import Reader
    from runbook_lib.adapters.aws.session import AwsSession
    from runbook_lib.model import Change

_ATTACHED = ("associating", "associated")


def observe_profile(wanted: InstanceProfile, reader: Reader) -> Observation:
    """Read an instance profile without its role."""
    profile = _profile(wanted.name, reader)
    if profile is None:
        return Observation()
    tags = read_tags(profile.get("Tags", []))
    value = InstanceProfile(name=wanted.name, path=profile["Path"], tags=wanted_tags(tags, wanted.tags))
    return Observation(value, is_ours(tags, reader.session.environment))


def observe_profile_role(wanted: InstanceProfileRole, reader: Reader) -> Observation:
    """Read which role a profile holds."""
    profile = _profile(wanted.profile, reader)
    role = _role_of(profile)
    return Observation(InstanceProfileRole(profile=wanted.profile, role=role) if role else None)


def observe_association(wanted: ProfileAssociation, reader: Reader) -> Observation:
    """Read which profile an instance carries."""
    association = _association(wanted.instance_id, reader)
    if association is None:
        return Observation()
    profile = _last(association["IamInstanceProfile"]["Arn"])
    return Observation(ProfileAssociation(instance_id=wanted.instance_id, profile=profile))


def instance(question: InstanceAsked, reader: Reader) -> InstanceAnswer | None:
    """Look an instance up, then its profile, then the profile's role."""
    try:
        answer = reader.read("ec2", "describe_instances", InstanceIds=[question.instance_id])
    except (NotFound, Rejected) as error:
        if isinstance(error, Rejected) and "InvalidInstanceID" not in error.what:
            raise
        return None
    found = [each for reservation in answer["Reservations"] for each in reservation["Instances"]]
    if not found:
        return None
    profile = _last(found[0].get("IamInstanceProfile", {}).get("Arn", ""))
    metadata = found[0].get("MetadataOptions", {})
    return InstanceAnswer(
        instance_id=question.instance_id,
        state=found[0]["State"]["Name"],
        profile=profile,
        role=_role_of(_profile(profile, reader)) if profile else "",
        hop_limit=metadata.get("HttpPutResponseHopLimit", 1),
        http_tokens=metadata.get("HttpTokens", "optional"),
        vpc_id=found[0].get("VpcId", ""),
    )


def write(change: Change, session: AwsSession) -> None:
    """Write one change of a profile, its role or its association. Raises TargetError."""
    match change.before, change.after:
        case None, InstanceProfile() as after:
            session.write(
                "iam",
                "create_instance_profile",
                InstanceProfileName=after.name,
                Path=after.path,
                Tags=tag_list(after.tags),
            )
            session.born(after.address)
        case InstanceProfile() as before, InstanceProfile() as after:
            _update_profile(before, after, session)
        case InstanceProfile() as before, None:
            session.write("iam", "delete_instance_profile", InstanceProfileName=before.name)
            session.gone(before.address)
        case (InstanceProfileRole() | None) as before, (InstanceProfileRole() | None) as after:
            _write_profile_role(before, after, session)
        case (ProfileAssociation() | None) as before, (ProfileAssociation() | None) as after:
            _write_association(before, after, session)


def _update_profile(before: InstanceProfile, after: InstanceProfile, session: AwsSession) -> None:
    name = after.name
    if after.path != before.path:
        raise Rejected(after.address, f"its path is {before.path}, not {after.path}, and IAM cannot move it", "correct roles.path")
    put, taken = tag_steps(before.tags, after.tags)
    if put:
        session.write("iam", "tag_instance_profile", InstanceProfileName=name, Tags=tag_list(put))
    if taken:
        session.write("iam", "untag_instance_profile", InstanceProfileName=name, TagKeys=list(taken))


def _write_profile_role(before: InstanceProfileRole | None, after: InstanceProfileRole | None, session: AwsSession) -> None:
    if before is not None:
        session.write("iam", "remove_role_from_instance_profile", InstanceProfileName=before.profile, RoleName=before.role)
    if after is not None:
        young = f"{Role.kind}/{after.role}"
        session.write("iam", "add_role_to_instance_profile", young, InstanceProfileName=after.profile, RoleName=after.role)


def _write_association(before: ProfileAssociation | None, after: ProfileAssociation | None, session: AwsSession) -> None:
    if before is not None and after is not None:
        raise Conflict(
            after.address,
            f"the instance carries the profile {before.profile}",
            f"give that profile's role the policies (server.role_arn), or replace it yourself with {after.profile}",
        )
    if after is not None:
        session.write(
            "ec2",
            "associate_iam_instance_profile",
            InstanceId=after.instance_id,
            IamInstanceProfile={"Name": after.profile},
        )
    elif before is not None:
        for each in _associations(session.pages, before.instance_id):
            session.write("ec2", "disassociate_iam_instance_profile", AssociationId=each["AssociationId"])


def _profile(name: str, reader: Reader) -> dict[str, Any] | None:
    answer = reader.maybe("iam", "get_instance_profile", f"{InstanceProfile.kind}/{name}", InstanceProfileName=name)
    return answer["InstanceProfile"] if answer is not None else None


def _role_of(profile: dict[str, Any] | None) -> str:
    roles = profile["Roles"] if profile is not None else []
    return str(roles[0]["RoleName"]) if roles else ""


def _association(instance_id: str, reader: Reader) -> dict[str, Any] | None:
    return next(iter(_associations(reader.pages, instance_id)), None)


def _associations(pages: Any, instance_id: str) -> list[Any]:
    filters = [{"Name": "instance-id", "Values": [instance_id]}]
    found = pages("ec2", "describe_iam_instance_profile_associations", "IamInstanceProfileAssociations", Filters=filters)
    return [each for each in found if each["State"] in _ATTACHED]


def _last(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
