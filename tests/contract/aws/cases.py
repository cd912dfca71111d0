"""One case for each kind of resource: what it sits on, what it is, and what it becomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runbook_lib.model import Resource, canonical
from runbook_lib.parameters import Environment
from runbook_lib.policy import canonical as canonical_policy
from runbook_lib.policy import canonical_statement
from runbook_lib.resources.ec2 import InstanceProfile, InstanceProfileRole
from runbook_lib.resources.iam import Role, RolePolicy
from runbook_lib.resources.kms import Key, KeyAlias, KeyRotation, KeyStatement
from runbook_lib.resources.s3 import Bucket, BucketSetting, BucketStatement, Setting
from runbook_lib.resources.secretsmanager import Secret
from runbook_lib.resources.symbols import symbol


@dataclass(frozen=True)
class Case:
    """Hold what a resource sits on, the resource, and the same resource changed (None: it has nothing to change)."""

    held: tuple[Resource, ...]
    value: Resource
    changed: Resource | None = None


def trust(service: str) -> str:
    """Write a trust policy."""
    return policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def policy(*statements: dict[str, Any]) -> str:
    """Write a policy document."""
    return canonical_policy({"Version": "2012-10-17", "Statement": list(statements)})


def role(environment: Environment, name: str = "tonic-server") -> Role:
    """Make a role."""
    return Role(name=f"{name}-{environment.environment}", trust=trust("ec2.amazonaws.com"), tags=environment.tags)


def key(environment: Environment) -> Key:
    """Make a key whose policy lets the account decide."""
    root = {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": environment.arn("iam", "root", region="")}}
    document = policy({**root, "Action": "kms:*", "Resource": "*"})
    return Key(name=f"tonic-{environment.environment}", policy=document, tags=environment.tags)


def bucket(environment: Environment) -> Bucket:
    """Make a bucket."""
    return Bucket(name=environment.buckets.source.name, region=environment.aws.region)


def of_role(environment: Environment) -> Case:
    """Change a role's trust and tags."""
    value = role(environment)
    tags = tuple(sorted((*environment.tags, ("team", "data"))))
    return Case((), value, value.model_copy(update={"trust": trust("lambda.amazonaws.com"), "tags": tags}))


def of_role_policy(environment: Environment) -> Case:
    """Change an inline policy that names a key by symbol."""
    holder, used = role(environment), key(environment)

    def make(*actions: str) -> RolePolicy:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": [symbol(used.address), "arn:aws:kms:::z"]}
        return RolePolicy(role=holder.name, name="tonic-v2", document=policy(statement))

    return Case((used, holder), make("kms:Decrypt"), make("kms:Decrypt", "kms:GenerateDataKey"))


def of_profile(environment: Environment) -> Case:
    """Change a profile's tags."""
    value = InstanceProfile(name=f"tonic-{environment.environment}", tags=environment.tags)
    return Case((), value, value.model_copy(update={"tags": tuple(sorted((*environment.tags, ("team", "data"))))}))


def of_profile_role(environment: Environment) -> Case:
    """Put another role into a profile."""
    profile = InstanceProfile(name=f"tonic-{environment.environment}", tags=environment.tags)
    one, other = role(environment), role(environment, "tonic-other")
    value = InstanceProfileRole(profile=profile.name, role=one.name)
    return Case((one, other, profile), value, value.model_copy(update={"role": other.name}))


def of_key(environment: Environment) -> Case:
    """Disable a key."""
    value = key(environment)
    return Case((), value, value.model_copy(update={"state": "Disabled"}))


def of_alias(environment: Environment) -> Case:
    """Name a key."""
    holder = key(environment)
    return Case((holder,), KeyAlias(name=holder.name, key=symbol(holder.address)))


def of_rotation(environment: Environment) -> Case:
    """Turn rotation on."""
    holder = key(environment)
    return Case((holder,), KeyRotation(name=holder.name, key=symbol(holder.address)))


def of_key_statement(environment: Environment) -> Case:
    """Change a statement of a key's policy; its Sid has spaces, as the vendor's has."""
    holder, sid = key(environment), "Allow access for Amazon S3"

    def make(*actions: str) -> KeyStatement:
        statement = {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": list(actions),
        }
        text = canonical_statement({**statement, "Resource": "*"})
        return KeyStatement(key=symbol(holder.address), sid=sid, statement=text)

    return Case((holder,), make("kms:Decrypt"), make("kms:Decrypt", "kms:GenerateDataKey"))


def of_bucket(environment: Environment) -> Case:
    """Make a bucket."""
    return Case((), bucket(environment))


def of_setting(setting: Setting, value: Any, changed: Any) -> Callable[[Environment], Case]:
    """Change a setting of a bucket."""

    def make(environment: Environment) -> Case:
        holder = bucket(environment)
        one, other = (BucketSetting(bucket=holder.name, setting=setting, value=canonical(each)) for each in (value, changed))
        return Case((holder,), one, other)

    return make


def of_bucket_statement(environment: Environment) -> Case:
    """Change a statement of a bucket's policy."""
    holder = bucket(environment)

    def make(*resources: str) -> BucketStatement:
        statement = {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "s3:*",
            "Resource": list(resources),
        }
        text = canonical_statement({**statement, "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
        return BucketStatement(bucket=holder.name, sid="TlsOnly", statement=text)

    arn = f"arn:{environment.aws.partition}:s3:::{holder.name}"
    return Case((holder,), make(f"{arn}/*"), make(arn, f"{arn}/*"))


def of_secret(environment: Environment) -> Case:
    """Change a secret's tags."""
    value = Secret(name=f"tonic/{environment.environment}", tags=environment.tags)
    return Case((), value, value.model_copy(update={"tags": tuple(sorted((*environment.tags, ("team", "data"))))}))


def _blocked(policies: bool) -> dict[str, bool]:
    return {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": policies,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": policies,
    }


def _expiry(days: int) -> dict[str, Any]:
    uploads = {
        "ID": "uploads",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }
    return {
        "Rules": [
            {"ID": "staged", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": days}},
            uploads,
        ]
    }


CASES: dict[str, Callable[[Environment], Case]] = {
    "role": of_role,
    "role policy": of_role_policy,
    "profile": of_profile,
    "profile role": of_profile_role,
    "key": of_key,
    "alias": of_alias,
    "rotation": of_rotation,
    "key statement": of_key_statement,
    "bucket": of_bucket,
    "public access block": of_setting("public_access_block", _blocked(False), _blocked(True)),
    "lifecycle": of_setting("lifecycle", _expiry(7), _expiry(30)),
    "ownership controls": of_setting(
        "ownership_controls",
        {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
        {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    ),
    "tags": of_setting("tags", {"TagSet": [{"Key": "team", "Value": "a"}]}, {"TagSet": [{"Key": "team", "Value": "b"}]}),
    "encryption": of_setting(
        "encryption",
        {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}]},
        {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]},
    ),
    "bucket statement": of_bucket_statement,
    "secret": of_secret,
}
