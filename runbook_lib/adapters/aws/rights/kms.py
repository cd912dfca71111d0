"""What the calls about keys take (`adapters.aws.kms`, `adapters.aws.keys`).

Tags at creation must be allowed on all keys of account and region (KMS developer guide, "Managing KMS key tags with API operations").
A key that goes is known by its tag, which counts five minutes after it is given ("Using tags to control access to KMS keys").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runbook_lib.adapters.aws.rights.words import ANY, Permissions, carried, given, on
from runbook_lib.documents.buckets import bucket_names
from runbook_lib.documents.requests.request import tag_steps
from runbook_lib.resources.kms import DIGEST_SIGNED, Key, KeyAlias, KeyRotation
from runbook_lib.resources.symbols import symbols_in

if TYPE_CHECKING:
    from runbook_lib.model import Change
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.kms import KeyAsked, KeyStatement, SigningKeyAsked

_MOVES = {"Enabled": "kms:EnableKey", "Disabled": "kms:DisableKey"}


def key_arn(env: Environment, key: str) -> str:
    """Name a key; one that is named by symbol or alias has an id that only KMS knows."""
    if key.startswith("arn:") and ":key/" in key:
        return key
    return env.arn("kms", "key/*" if key.startswith(("@(", "alias/", "arn:")) else f"key/{key}")


def looking_up(env: Environment) -> Permissions:
    """Declare `find_key`."""
    return (*on(env.arn("kms", "key/*"), "kms:DescribeKey kms:ListResourceTags"), *on(ANY, "kms:ListKeys"))


def reading_key(_key: Key, env: Environment) -> Permissions:
    """Declare `observe_key`."""
    return looking_up(env)


def reading_alias(_alias: KeyAlias, env: Environment) -> Permissions:
    """Declare `observe_alias`."""
    return on(env.arn("kms", "key/*"), "kms:DescribeKey")


def reading_rotation(rotation: KeyRotation, env: Environment) -> Permissions:
    """Declare `observe_rotation`."""
    return on(key_arn(env, rotation.key), "kms:DescribeKey kms:GetKeyRotationStatus")


def reading_statement(statement: KeyStatement, env: Environment) -> Permissions:
    """Declare `observe_statement`."""
    return on(key_arn(env, statement.key), "kms:DescribeKey kms:GetKeyPolicy")


def asking_key(question: KeyAsked, env: Environment) -> Permissions:
    """Declare `answer_key`."""
    return on(key_arn(env, question.key), "kms:DescribeKey kms:GetKeyPolicy kms:GetKeyRotationStatus")


def signing(question: SigningKeyAsked, _env: Environment) -> Permissions:
    """Declare `answer_signing_key` and `KmsKey`."""
    how = tuple((f"kms:{name}", value) for name, value in DIGEST_SIGNED.items())
    return (*on(question.key, "kms:DescribeKey"), *on(question.key, "kms:Sign", *how))


def changing_key(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare what `write` does to a key, which it looks up first."""
    keys = env.arn("kms", "key/*")
    match change.before, change.after:
        case None, Key() as after:
            yield on(ANY, "kms:CreateKey", *given(after.tags))
            yield on(keys, "kms:TagResource", *given(after.tags))
            # CreateKey refuses a policy under which its caller could not put another (KMS API reference, CreateKey, Policy).
            yield on(keys, "kms:PutKeyPolicy")
        case Key() as before, (Key() | None) as after:
            yield looking_up(env)
            yield from _moving(before, after.state if after is not None else "PendingDeletion", env)
            put, taken = tag_steps(before.tags, after.tags if after is not None else before.tags)
            yield on(keys, "kms:TagResource", *given(put)) if put else ()
            yield on(keys, "kms:UntagResource") if taken else ()


def _moving(key: Key, after: str, env: Environment) -> Iterator[Permissions]:
    """Declare the way from one state to another; before a key goes, what uses it is looked for."""
    keys = env.arn("kms", "key/*")
    if key.state == after:
        return
    if key.state == "PendingDeletion":
        yield on(keys, "kms:CancelKeyDeletion")
    if after != "PendingDeletion":
        yield on(keys, _MOVES[after]) if (key.state, after) != ("PendingDeletion", "Disabled") else ()
        return
    for name in bucket_names(env):
        yield on(env.arn("s3", name, region="", account=""), "s3:GetEncryptionConfiguration s3:ListBucket")
    yield on(ANY, "sqs:ListQueues")
    yield on(env.arn("sqs", "tonic-*"), "sqs:GetQueueAttributes")
    yield on(keys, "kms:DisableKey", *carried(key.tags)) if key.state == "Enabled" else ()
    yield on(keys, "kms:ScheduleKeyDeletion", *carried(key.tags))


def changing_alias(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare what `write` does to an alias: AWS asks for it on the alias and on the key."""
    verb = "Create" if isinstance(change.after, KeyAlias) else "Delete"
    subject = change.subject
    if isinstance(subject, KeyAlias):
        yield on(env.arn("kms", f"alias/{subject.name}"), f"kms:{verb}Alias")
        ours = carried(env.tags) if change.after is None and symbols_in(subject.key) else ()
        yield on(key_arn(env, subject.key), f"kms:{verb}Alias", *ours)
    if change.after is None:
        yield on(env.arn("kms", "key/*"), "kms:DescribeKey")


def changing_rotation(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare what `write` does to a key's rotation."""
    subject, after = change.subject, change.after
    if isinstance(subject, KeyRotation):
        verb = "Enable" if isinstance(after, KeyRotation) and after.enabled else "Disable"
        yield on(key_arn(env, subject.key), f"kms:{verb}KeyRotation")


def changing_statement(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare what `write` does to a statement: the policy around it is read first."""
    subject = change.subject
    yield on(key_arn(env, subject.key), "kms:GetKeyPolicy kms:PutKeyPolicy")  # type: ignore[attr-defined]
