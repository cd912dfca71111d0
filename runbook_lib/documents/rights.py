"""The calls that setting up an environment takes, for the check of the operator's rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents.buckets import bucket_names
from runbook_lib.documents.keys import choices_in_use
from runbook_lib.secrets import parse_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.parameters import Environment

Call = tuple[str, str]


def calls(env: Environment) -> tuple[Call, ...]:
    """List action and ARN of each call, sorted, each once; those that only read before a write are left out."""
    return tuple(sorted({*_roles(env), *_profile(env), *_buckets(env), *_keys(env), *_secrets(env)}))


def _roles(env: Environment) -> Iterator[Call]:
    if env.is_legacy:
        yield from _created(env.role_arn(env.lambda_role))
    if env.server.role_arn:
        yield ("iam:PutRolePolicy", env.server.role_arn)
    else:
        yield from _created(env.role_arn(env.server_role))


def _created(role: str) -> Iterator[Call]:
    for action in ("CreateRole", "TagRole", "PutRolePolicy"):
        yield (f"iam:{action}", role)


def _profile(env: Environment) -> Iterator[Call]:
    if env.server.role_arn:
        return
    profile = env.arn("iam", f"instance-profile{env.roles.path}{env.server_role}", region="")
    for action in ("CreateInstanceProfile", "TagInstanceProfile", "AddRoleToInstanceProfile"):
        yield (f"iam:{action}", profile)
    yield ("iam:PassRole", env.role_arn(env.server_role))
    if env.server.attach_profile:
        yield ("ec2:AssociateIamInstanceProfile", env.arn("ec2", f"instance/{env.server.instance_id}"))


def _buckets(env: Environment) -> Iterator[Call]:
    if not env.buckets.create:
        return
    settings = ("BucketPublicAccessBlock", "EncryptionConfiguration", "LifecycleConfiguration", "BucketTagging")
    names = (*settings, "BucketOwnershipControls", "BucketPolicy")
    for name in bucket_names(env):
        if f"s3_bucket/{name}" not in env.adopt:
            arn = env.arn("s3", name, region="", account="")
            yield ("s3:CreateBucket", arn)
            yield from ((f"s3:Put{setting}", arn) for setting in names)


def _keys(env: Environment) -> Iterator[Call]:
    for choice in choices_in_use(env):
        if choice.create:
            yield ("kms:CreateKey", "*")
            for action in ("TagResource", "EnableKeyRotation", "CreateAlias"):
                yield (f"kms:{action}", env.arn("kms", "key/*"))
            yield ("kms:CreateAlias", env.arn("kms", f"alias/{choice.create}"))
    if env.is_legacy and env.kms.queue_key is not None:
        adopted = env.kms.queue_key.adopt
        key = adopted if adopted.startswith("arn:") else env.arn("kms", f"key/{adopted or '*'}")
        yield ("kms:PutKeyPolicy", key)


def _secrets(env: Environment) -> Iterator[Call]:
    for side in (env.source, env.destination):
        reference = parse_reference(side.user.password)
        if reference.source == "generate":
            for action in ("CreateSecret", "TagResource"):
                yield (f"secretsmanager:{action}", env.arn("secretsmanager", f"secret:{reference.name}-*"))
