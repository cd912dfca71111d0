"""AWS CLI commands and JSON files that do what a set of changes would, for the one who has the right."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.documents import merges
from runbook_lib.resources.ec2 import InstanceProfile, InstanceProfileRole, ProfileAssociation
from runbook_lib.resources.iam import AttachedPolicy, Role, RolePolicy
from runbook_lib.resources.kms import NAME_TAG, Key, KeyAlias, KeyRotation, KeyStatement
from runbook_lib.resources.s3 import Bucket, BucketSetting, BucketStatement
from runbook_lib.resources.secretsmanager import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runbook_lib.model import Resource
    from runbook_lib.parameters import Environment

_SETTING = {
    "public_access_block": ("put-public-access-block", "public-access-block-configuration"),
    "encryption": ("put-bucket-encryption", "server-side-encryption-configuration"),
    "lifecycle": ("put-bucket-lifecycle-configuration", "lifecycle-configuration"),
    "tags": ("put-bucket-tagging", "tagging"),
    "ownership_controls": ("put-bucket-ownership-controls", "ownership-controls"),
}


@dataclass(frozen=True)
class Script:
    """Hold the shell lines that make one resource, and the JSON files they read."""

    lines: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


def aws_artefacts(env: Environment, desired: Iterable[Resource], name: str) -> dict[str, str]:
    """Write JSON files and one shell script that make the AWS resources among `desired`, if any."""
    scripts = [script_for(env, resource) for resource in desired]
    lines = [line for script in scripts for line in script.lines]
    if not lines:
        return {}
    files = {file: text for script in scripts for file, text in script.files}
    return {**files, f"{name}.sh": "\n".join((*_head(env, name), *lines)) + "\n"}


def _head(env: Environment, name: str) -> tuple[str, ...]:
    """Begin a script: it stops at the first error, works in the environment's region, and in no account but its own."""
    account = env.aws.account
    return (
        "#!/usr/bin/env bash",
        f"# {name} of {env.environment}, account {account}. It needs the AWS CLI, and jq where it merges policies.",
        "set -euo pipefail",
        'cd "$(dirname "$0")"',
        f"export AWS_REGION={env.aws.region} AWS_DEFAULT_REGION={env.aws.region}",
        "caller=$(aws sts get-caller-identity --query Account --output text)",
        f'[ "$caller" = {account} ] || {{ echo "this is account $caller, not {account}" >&2; exit 5; }}',
    )


def removal_command(resource: Resource) -> str:
    """Write the command that takes a foreign policy off a role."""
    match resource:
        case AttachedPolicy():
            return _aws("iam detach-role-policy", role_name=resource.role, policy_arn=resource.arn)
        case RolePolicy():
            return _aws("iam delete-role-policy", role_name=resource.role, policy_name=resource.name)
    raise TypeError(f"no removal command for {resource.kind}")


def script_for(env: Environment, resource: Resource) -> Script:
    """Write the commands for one resource; SQL resources have none here."""
    match resource:
        case Role() | RolePolicy():
            return _role(env, resource)
        case InstanceProfile() | InstanceProfileRole() | ProfileAssociation():
            return Script((_profile(env, resource),))
        case Key() | KeyAlias() | KeyRotation() | KeyStatement():
            return _key(env, resource)
        case Bucket() | BucketSetting() | BucketStatement():
            return _bucket(env, resource)
        case Secret():
            return Script(merges.secret_lines(env, resource))
    return Script()


def commands_for(env: Environment, resource: Resource) -> str:
    """Write the commands for one resource so that they can be pasted into a shell as they are, files included."""
    script = script_for(env, resource)
    files = [f"cat > {shlex.quote(name)} <<'JSON'\n{text}JSON" for name, text in script.files]
    return "\n".join((*files, *script.lines))


def _role(env: Environment, resource: Role | RolePolicy) -> Script:
    if isinstance(resource, Role):
        file = f"{resource.name}.trust.json"
        command = _aws(
            "iam create-role",
            role_name=resource.name,
            assume_role_policy_document=f"file://{file}",
            path=resource.path,
            permissions_boundary=resource.permissions_boundary,
        )
        return Script((command + _tags(resource.tags),), ((file, pretty(resource.trust)),))
    file = f"{resource.role}.{resource.name}.json"
    option = merges.document_option(env, "policy-document", file, resource.document)
    command = _aws("iam put-role-policy", role_name=resource.role, policy_name=resource.name) + option
    return Script((command,), ((file, pretty(resource.document)),))


def _profile(env: Environment, resource: InstanceProfile | InstanceProfileRole | ProfileAssociation) -> str:
    match resource:
        case InstanceProfile():
            command = _aws("iam create-instance-profile", instance_profile_name=resource.name, path=resource.path)
            return command + _tags(resource.tags)
        case InstanceProfileRole():
            names = {"instance_profile_name": resource.profile, "role_name": resource.role}
            return _aws("iam add-role-to-instance-profile", **names)
        case ProfileAssociation():
            return associate_command(env, resource.instance_id, resource.profile)


def associate_command(env: Environment, instance_id: str, profile: str) -> str:
    """Write the command that attaches a profile to an instance."""
    options = {"instance_id": instance_id, "iam_instance_profile": f"Name={profile}", "region": env.aws.region}
    return _aws("ec2 associate-iam-instance-profile", **options)


def _key(env: Environment, resource: Resource) -> Script:
    region = env.aws.region
    match resource:
        case Key():
            file = f"{resource.name.replace('/', '_')}.key-policy.json"
            tags = " --tags " + " ".join(
                shlex.quote(f"TagKey={key},TagValue={value}") for key, value in (*resource.tags, (NAME_TAG, resource.name))
            )
            made = _aws("kms create-key", policy=f"file://{file}", region=region) + tags
            line = f"{merges.key_variable(resource.name)}=$({made} --query KeyMetadata.Arn --output text)"
            return Script((line,), ((file, pretty(resource.policy)),))
        case KeyAlias():
            made = _aws("kms create-alias", alias_name=f"alias/{resource.name}", region=region)
            return Script((f'{made} --target-key-id "${merges.key_variable(resource.name)}"',))
        case KeyRotation():
            made = _aws("kms enable-key-rotation", region=region)
            return Script((f'{made} --key-id "${merges.key_variable(resource.name)}"',))
        case KeyStatement():
            return Script(*merges.key_statement(env, resource))
    raise TypeError(f"no command for {resource.kind}")


def _bucket(env: Environment, resource: Resource) -> Script:
    match resource:
        case Bucket():
            made = _aws("s3api create-bucket", bucket=resource.name, region=resource.region)
            place = (
                "" if resource.region == "us-east-1" else _option("create_bucket_configuration", f"LocationConstraint={resource.region}")
            )
            # In one region S3 lets an owner make his bucket again; what stands on it would be overwritten.
            there = _aws("s3api head-bucket", bucket=resource.name, region=resource.region)
            told = shlex.quote(
                f"the bucket {resource.name} is there already, and this script changes nothing on a bucket that it did not make"
            )
            return Script((f"if {there} > /dev/null 2>&1; then echo {told} >&2; exit 1; fi", made + place))
        case BucketSetting():
            command, option = _SETTING[resource.setting]
            file = f"{resource.bucket}.{resource.setting}.json"
            made = _aws(f"s3api {command}", bucket=resource.bucket, region=env.aws.region)
            line = made + merges.document_option(env, option, file, resource.value)
            return Script((line,), ((file, pretty(resource.value)),))
        case BucketStatement():
            return Script(*merges.bucket_statement(env, resource))
    raise TypeError(f"no command for {resource.kind}")


def pretty(document: str) -> str:
    """Indent a JSON document for people."""
    return json.dumps(json.loads(document), indent=2) + "\n"


def _aws(command: str, **options: str) -> str:
    return f"aws {command}" + "".join(_option(name, value) for name, value in options.items() if value)


def _option(name: str, value: str) -> str:
    return f" --{name.replace('_', '-')} {shlex.quote(value)}"


def _tags(tags: Iterable[tuple[str, str]]) -> str:
    pairs = [shlex.quote(f"Key={key},Value={value}") for key, value in tags]
    return " --tags " + " ".join(pairs) if pairs else ""
