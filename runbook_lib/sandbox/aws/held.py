"""What the account holds that decides about a call: documents, owners, tags and keys, read from moto."""

from __future__ import annotations

from typing import Any, NamedTuple

Tags = dict[str, str]


class Document(NamedTuple):
    """Hold a policy's text and the name that decisions cite it by."""

    name: str
    text: str


def tagged(pairs: Any) -> Tags:
    """Read tags however a service lists them."""
    if isinstance(pairs, dict):
        return {str(key): str(value) for key, value in pairs.items()}
    return {str(each.get("Key", each.get("TagKey"))): str(each.get("Value", each.get("TagValue", ""))) for each in pairs or ()}


def iam_of(account: str, partition: str) -> Any:
    """Give moto's IAM of an account."""
    from moto.iam.models import iam_backends

    return iam_backends[account][partition]


def role_of(arn: str) -> Any:
    """Find a role by its ARN, path and all; None when there is none."""
    parts = arn.split(":", 5)
    backend = iam_of(parts[4], parts[1]) if parts[5:] and parts[4].isdigit() else None
    return next((each for each in backend.roles.values() if each.arn == arn), None) if backend else None


def role_named(account: str, partition: str, name: str) -> Any:
    """Find a role by its name."""
    return next((each for each in list(iam_of(account, partition).roles.values()) if each.name == name), None)


def documents_of(holder: Any, kind: str) -> tuple[Document, ...]:
    """List inline and attached policies of a role, a user or a group."""
    of = f"{kind} {holder.name}"
    inline = [Document(f"inline policy {name} of {of}", text) for name, text in list(holder.policies.items())]
    attached = [Document(f"policy {each.name} of {of}", default_version(each)) for each in list(holder.managed_policies.values())]
    return (*inline, *attached)


def default_version(policy: Any) -> str:
    """Give the text of a managed policy that counts."""
    return next((str(each.document) for each in policy.versions if each.is_default), "")


def managed(account: str, partition: str, arn: str) -> Document | None:
    """Find a managed policy by its ARN."""
    found = iam_of(account, partition).managed_policies.get(arn)
    return None if found is None else Document(f"policy {found.name}", default_version(found))


def bucket_of(name: str) -> tuple[str, Any]:
    """Find a bucket of any account: its owner, and what moto holds of it; nothing when there is none."""
    from moto.s3.models import s3_backends

    partition, owner = s3_backends.bucket_accounts.get(name, ("", ""))
    return owner, s3_backends[owner][partition].buckets.get(name) if owner else None


def object_tags(bucket: str, key: str) -> Tags:
    """Give the tags of an object; none where there is no such object."""
    from moto.s3.models import s3_backends

    owner, found = bucket_of(bucket)
    there = found.keys.get(key) if found is not None else None
    return dict(s3_backends[owner][found.partition].tagger.get_tag_dict_for_resource(there.arn)) if there is not None else {}


def queue_of(account: str, region: str, name: str) -> Any:
    """Find a queue; None when there is none."""
    from moto.sqs.models import sqs_backends

    return sqs_backends[account][region].queues.get(name)


def function_of(account: str, region: str, name: str) -> Any:
    """Find a function by its name or ARN; None when there is none."""
    from moto.awslambda.models import lambda_backends

    wanted = name.rsplit(":function:", maxsplit=1)[-1].split(":", maxsplit=1)[0]
    return next((each for each in lambda_backends[account][region].list_functions() if each.function_name == wanted), None)


def key_of(account: str, region: str, name: str) -> Any:
    """Find a KMS key by id, ARN or alias, in the account that an ARN names; None when there is none."""
    from moto.kms.models import kms_backends

    parts = name.split(":", 5)
    if parts[5:]:
        region, account, name = parts[3], parts[4], parts[5].removeprefix("key/")
    backend = kms_backends[account][region]
    known = backend.get_key_id_from_alias(name) if name.startswith("alias/") else name
    return backend.keys.get(known or "")


def secret_of(account: str, region: str, name: str) -> Any:
    """Find a secret by its name or ARN; None when there is none."""
    from moto.secretsmanager.models import secretsmanager_backends

    return secretsmanager_backends[account][region].secrets.get(name)


def key_tags(key: Any) -> Tags:
    """Give the tags of a KMS key."""
    from moto.kms.models import kms_backends

    listed = kms_backends[key.account_id][key.region].tagger.list_tags_for_resource(key.id)
    return tagged(next(iter(listed.values()), []))


def user_tags(backend: Any, name: str) -> Tags:
    """Give the tags of a user."""
    return tagged(backend.list_user_tags(name))
