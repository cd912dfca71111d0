"""Call resources what their services call them: a kind, a name, and one line about what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from runbook_lib.resources.ec2 import InstanceProfile, InstanceProfileRole, ProfileAssociation
from runbook_lib.resources.iam import AttachedPolicy, Role, RolePolicy
from runbook_lib.resources.kms import Key, KeyAlias, KeyRotation, KeyStatement
from runbook_lib.resources.rehearsals import Rehearsal
from runbook_lib.resources.s3 import Bucket, BucketSetting, BucketStatement
from runbook_lib.resources.secretsmanager import Rotation, Secret
from runbook_lib.resources.warehouse import Database, DatabaseUser, DefaultPrivileges, Grants, Ownership
from runbook_lib.views.blocks import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbook_lib.model import Resource
    from runbook_lib.resources.warehouse import Name

T = TypeVar("T")
KINDS: dict[type[Resource], str] = {
    Role: "IAM role",
    RolePolicy: "inline policy",
    AttachedPolicy: "attached policy",
    InstanceProfile: "instance profile",
    InstanceProfileRole: "role in the profile",
    ProfileAssociation: "profile on the instance",
    Key: "KMS key",
    KeyAlias: "KMS alias",
    KeyRotation: "key rotation",
    KeyStatement: "key policy statement",
    Bucket: "S3 bucket",
    BucketSetting: "bucket setting",
    BucketStatement: "bucket policy statement",
    Secret: "secret",
    Rotation: "password rotation",
    Database: "database",
    DatabaseUser: "database user",
    Grants: "grants",
    DefaultPrivileges: "default privileges",
    Ownership: "ownership",
    Rehearsal: "rehearsal",
}
FLOWS = {
    "files": "files in and out, as the server",
    "orchestration": "queue, function and log, as the server and the Lambda role",
    "unload_and_copy": "UNLOAD and COPY, as both users with the server's credentials",
    "source_user": "what the source user does",
    "destination_user": "what the destination user does",
}
NAMES_IN_A_LINE = 3
FEW = 100
"""Tables that a person knows by name."""


def kind(resource: Resource) -> str:
    """Say what a resource is."""
    return KINDS.get(type(resource), resource.kind.replace("_", " "))


def name(resource: Resource) -> str:
    """Name a resource without its kind."""
    return _held(resource) or _in_database(resource) or resource.address.removeprefix(f"{resource.kind}/")


def _held(resource: Resource) -> str:
    parts: tuple[str, str, str] = ("", "", "")
    match resource:
        case RolePolicy(role=role, name=policy):
            parts = (policy, "on", role)
        case AttachedPolicy(role=role, arn=arn):
            parts = (arn, "on", role)
        case InstanceProfileRole(profile=profile, role=role):
            parts = (role, "in", profile)
        case ProfileAssociation(instance_id=instance, profile=profile):
            parts = (profile, "on", instance)
        case KeyStatement(key=key, sid=sid):
            parts = (sid, "of", key)
        case BucketSetting(bucket=bucket, setting=setting):
            parts = (setting.replace("_", " "), "of", bucket)
        case BucketStatement(bucket=bucket, sid=sid):
            parts = (sid, "of", bucket)
        case Rehearsal(flow=flow):
            return FLOWS[flow]
    return " ".join(parts).strip()


def _in_database(resource: Resource) -> str:
    match resource:
        case Grants(side=side, grantee=grantee, privilege=privilege, external=True, label=schema):
            return f"{privilege} on external schema {schema} for {grantee} ({side})"
        case Grants(side=side, grantee=grantee, privilege=privilege):
            return f"{privilege} on {counted(len(resource.objects), resource.on)}{_spread(resource)} for {grantee} ({side})"
        case DefaultPrivileges(side=side, creator=creator, grantee=grantee):
            return f"SELECT on later tables of {creator} for {grantee} ({side})"
        case Ownership(side=side, on=on, owners=owners):
            return f"owners of {counted(len(owners), on)} ({side})"
        case Database(side=side, name=name) | DatabaseUser(side=side, name=name):
            return f"{name} ({side})"
        case Rotation(side=side, user=user):
            return f"{user} ({side})"
    return ""


def _spread(grants: Grants) -> str:
    """Say of many tables in how many schemas they are."""
    schemas = {each[0] for each in grants.objects} if grants.on == "table" and len(grants.objects) > FEW else ()
    return f" in {len(schemas):,} schemas" if len(schemas) > 1 else ""


def dotted(parts: Name) -> str:
    """Write an object's name as people read it: parts are quoted only where a dot would mislead."""
    return ".".join(f'"{part}"' if "." in part or '"' in part else part for part in parts)


def some(names: Sequence[T], shown: int = NAMES_IN_A_LINE, say: Callable[[T], str] = str) -> str:
    """Write the first names and how many follow."""
    rest = len(names) - shown
    said = ", ".join(map(say, names[:shown]))
    return said if rest <= 0 else f"{said} and {rest:,} more"
