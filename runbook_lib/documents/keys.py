"""Which keys are in use, and what principals and key policies need for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.documents.statements import VERSION, Condition, dns_suffix, policy, statement
from runbook_lib.documents.vendor import documented
from runbook_lib.resources.symbols import symbol

if TYPE_CHECKING:
    from runbook_lib.parameters import Environment
    from runbook_lib.parameters.schema import KeyChoice

KEY_STATEMENT_SID = "Allow access for Amazon S3 Event Notifications to Amazon SQS"


def key_reference(env: Environment, choice: KeyChoice) -> str:
    """Name a key as policies do: its ARN, or the symbol of one that is to be created. An alias never matches in IAM."""
    if choice.create:
        return symbol(f"kms_key/{choice.create}")
    return choice.adopt if choice.adopt.startswith("arn:") else env.arn("kms", f"key/{choice.adopt}")


def queue_keys(env: Environment) -> tuple[str, ...]:
    """Name the key of the product's queues: legacy only, one or none."""
    choice = env.kms.queue_key
    return (key_reference(env, choice),) if choice is not None and env.is_legacy else ()


def bucket_key(env: Environment, side: str) -> str:
    """Name the key of a side's bucket, or nothing."""
    choice = env.kms.bucket_keys.source if side == "source" else env.kms.bucket_keys.destination
    return "" if choice is None else key_reference(env, choice)


def bucket_keys(env: Environment) -> tuple[str, ...]:
    """Name the distinct keys of the buckets, the source's first."""
    return tuple(dict.fromkeys(filter(None, (bucket_key(env, "source"), bucket_key(env, "destination")))))


def keys_in_use(env: Environment) -> tuple[str, ...]:
    """Name every key in use once: the queues' first."""
    return tuple(dict.fromkeys((*queue_keys(env), *bucket_keys(env))))


def choices_in_use(env: Environment) -> tuple[KeyChoice, ...]:
    """List the distinct key choices of the environment, the queues' first."""
    queue = env.kms.queue_key if env.is_legacy else None
    chosen = (queue, env.kms.bucket_keys.source, env.kms.bucket_keys.destination)
    return tuple(dict.fromkeys(each for each in chosen if each is not None))


def key_policy(env: Environment) -> dict[str, Any]:
    """Build the policy a created key starts with: the account's IAM policies decide."""
    root = env.arn("iam", "root", region="")
    account = {"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    return {"Version": VERSION, "Statement": [account]}


def key_statement(env: Environment) -> dict[str, Any]:
    """Build the statement that lets S3's event notifications use the queues' key; scoped: for our buckets only.

    Both styles carry the vendor's Sid, so that a change of style replaces the statement.
    """
    vendor = documented("kms-key-statement", env.aws.partition, {})
    if env.policy_style == "documented":
        return vendor
    sources = list(dict.fromkeys(env.arn("s3", each.name, region="", account="") for each in _buckets(env)))
    condition = {"StringEquals": {"aws:SourceAccount": env.aws.account}, "ArnLike": {"aws:SourceArn": sources}}
    return {**vendor, "Condition": condition}


def _buckets(env: Environment) -> tuple[Any, ...]:
    return (env.buckets.source, env.buckets.destination)


def kms_addition(env: Environment, keys: tuple[str, ...]) -> dict[str, Any]:
    """Build the policy that lets a role use the keys; scoped: each through the service that needs it, and without kms:Encrypt.

    Sending to an encrypted queue takes a data key: that goes with sqs:SendMessage, which the vendor lists and no step shows.
    """
    if env.policy_style == "documented":
        return documented("kms-role-addition", env.aws.partition, {"kms_key_arn": keys})
    buckets, queue = list(bucket_keys(env)), list(queue_keys(env))
    statements = (
        (buckets, statement("UseBucketKeys", ["kms:GenerateDataKey", "kms:Decrypt"], buckets, _through(env, "s3"))),
        (queue, statement("UseQueueKey", ["kms:Decrypt"], queue, _through(env, "sqs"))),
        (queue, statement("VendorListedQueueKey", ["kms:GenerateDataKey"], queue, _through(env, "sqs"))),
    )
    return policy(*(each for resources, each in statements if resources))


def _through(env: Environment, service: str) -> Condition:
    return {"StringEquals": {"kms:ViaService": f"{service}.{env.aws.region}.{dns_suffix(env.aws.partition)}"}}
