"""Become one of the product's roles: with the credentials of the instance itself, or through a twin that is removed again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runbook_lib.adapters.aws.retry import patiently
from runbook_lib.adapters.aws.tags import is_ours, read_tags
from runbook_lib.documents.rehearsal import twin_name
from runbook_lib.documents.requests.request import tag_list
from runbook_lib.errors import Conflict, Denied, NotFound, Unresolved
from runbook_lib.secrets import Masked

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.credentials import Keys
    from runbook_lib.adapters.aws.session import AwsSession
    from runbook_lib.adapters.rehearsal.steps import Played

SESSION = "tonic-runbook-rehearsal"
TWIN = ("tonic-runbook:twin", "true")
"""The tag that tells a twin from a role that the runbook made to stay."""


@dataclass(frozen=True)
class Actor:
    """Act as a role: `name` is who AWS says it is, `keys` open its session for UNLOAD and COPY as well."""

    name: str
    session: AwsSession
    keys: Keys = field(repr=False)


def server(role: str, operator: AwsSession, played: Played) -> Actor:
    """Act as the server: as the instance itself where its metadata service can be asked, else through a twin.

    Raises Unresolved when the parameter file allows neither.
    """
    address = operator.environment.server.metadata
    return _actor(operator, _of_instance(address, role)) if address else twin(role, operator, played)


def twin(role: str, operator: AwsSession, played: Played) -> Actor:
    """Act through a role that carries the same policies and boundary and trusts the operator alone; it is taken back in the end.

    Raises Unresolved when the parameter file does not allow it, Conflict when somebody else's role has the twin's name.
    """
    env = operator.environment
    if not env.roles.twins:
        way_out = "allow roles.twins, or name server.metadata and run on the instance: only AWS's service may take the role itself"
        raise Unresolved(f"role {role}", "the rehearsal has no credentials of it", way_out)
    name = twin_name(env, role)
    _refuse_foreign(name, operator)
    _remove(name, operator)
    played.take_back(f"role {name}", lambda: _removed(name, operator, played))
    return _actor(operator, _assumed(_make(name, role, operator), operator))


def _actor(operator: AwsSession, keys: Keys) -> Actor:
    session = operator.acting(keys)
    return Actor(session.identity().arn, session, keys)


def _of_instance(address: str, role: str) -> Keys:
    """Ask the instance metadata service (IMDSv2). Raises Unresolved when it gives nothing, or another role's."""
    name, keys = _told_by(address)
    if name != role or keys is None:
        what = f"gives credentials of {name}" if name else "gives no credentials"
        raise Unresolved(f"server.metadata {address}", f"{what}, not of {role}", "run on the server's instance, or allow roles.twins")
    return keys


def _told_by(address: str) -> tuple[str, Keys | None]:
    """Give the role's name and its keys; no frame of an error holds what came."""
    from botocore.utils import InstanceMetadataFetcher

    found = InstanceMetadataFetcher(timeout=2, num_attempts=2, base_url=address, env={}).retrieve_iam_role_credentials()
    return (found["role_name"], (found["access_key"], Masked(found["secret_key"]), Masked(found["token"]))) if found else ("", None)


def _make(name: str, role: str, operator: AwsSession) -> str:
    try:
        found = operator.read("iam", "get_role", RoleName=role)["Role"]
    except NotFound:
        raise Unresolved(
            f"role {role}", "is not there, so nobody can act as it", "apply the stage that makes it, then apply again"
        ) from None
    boundary = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
    trust = {"Effect": "Allow", "Principal": {"AWS": operator.identity().arn}, "Action": "sts:AssumeRole"}
    made = operator.write(
        "iam",
        "create_role",
        RoleName=name,
        Path=operator.environment.roles.path,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        Tags=tag_list((*operator.environment.tags, TWIN)),
        **({"PermissionsBoundary": boundary} if boundary else {}),
    )
    for policy in operator.pages("iam", "list_role_policies", "PolicyNames", RoleName=role):
        document = operator.read("iam", "get_role_policy", RoleName=role, PolicyName=policy)["PolicyDocument"]
        operator.write("iam", "put_role_policy", RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
    for each in operator.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role):
        operator.write("iam", "attach_role_policy", RoleName=name, PolicyArn=each["PolicyArn"])
    return str(made["Role"]["Arn"])


def _assumed(arn: str, operator: AwsSession) -> Keys:
    """Take the twin; a role that was made a moment ago is not known everywhere yet."""
    take = lambda: operator.write("sts", "assume_role", RoleArn=arn, RoleSessionName=SESSION, DurationSeconds=3600)  # noqa: E731
    found = patiently(take, operator.patience, lambda error: isinstance(error, Denied | NotFound))["Credentials"]
    return found["AccessKeyId"], Masked(found["SecretAccessKey"]), Masked(found["SessionToken"])


def _refuse_foreign(name: str, operator: AwsSession) -> None:
    try:
        role = operator.read("iam", "get_role", RoleName=name)["Role"]
    except NotFound:
        return
    tags = read_tags(role.get("Tags", []))
    if not is_ours(tags, operator.environment) or TWIN not in tags:
        raise Conflict(f"role {name}", "exists, and is not the runbook's", "rename it: the rehearsal makes and removes a role of that name")


def _removed(name: str, operator: AwsSession, played: Played) -> None:
    """Remove the twin, and look until it is gone. Raises TargetError."""
    _remove(name, operator)

    def gone() -> bool | None:
        try:
            operator.read("iam", "get_role", RoleName=name)
        except NotFound:
            return True
        return None

    played.until(gone, f"role {name} was not gone")


def _remove(name: str, operator: AwsSession) -> None:
    try:
        for policy in operator.pages("iam", "list_role_policies", "PolicyNames", RoleName=name):
            operator.write("iam", "delete_role_policy", RoleName=name, PolicyName=policy)
        for each in operator.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name):
            operator.write("iam", "detach_role_policy", RoleName=name, PolicyArn=each["PolicyArn"])
        operator.write("iam", "delete_role", RoleName=name)
    except NotFound:
        return
