"""Stage 30: customer managed keys for queues and buckets, created or adopted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents.buckets import bucket_names, encryption
from runbook_lib.documents.commands import aws_artefacts
from runbook_lib.documents.keys import bucket_key, bucket_keys, choices_in_use, key_statement, keys_in_use, queue_keys
from runbook_lib.documents.policies import key_policy
from runbook_lib.model import Check, Part, Stage, canonical
from runbook_lib.parameters import OWNER_TAG
from runbook_lib.policy.canonical import canonical_statement
from runbook_lib.resources.kms import Key, KeyAlias, KeyAsked, KeyRotation, KeyStatement
from runbook_lib.resources.s3 import BucketAnswer, BucketAsked, BucketSetting
from runbook_lib.resources.symbols import symbol
from runbook_lib.stages import _keys, _linting, _validated
from runbook_lib.stages._buckets import bucket_asks, found_key_asks, is_made_here, judge_keys, key_asks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.model import Inventory, Question, Resource
    from runbook_lib.parameters import Environment


def desire_keys(env: Environment, _inventory: Inventory) -> Iterator[Resource]:
    """Want each key that the file says to create, with alias and yearly rotation."""
    for name in dict.fromkeys(each.create for each in choices_in_use(env) if each.create):
        key = symbol(f"kms_key/{name}")
        yield Key(name=name, policy=key_policy(env), tags=env.tags)
        yield KeyAlias(name=name, key=key)
        yield KeyRotation(name=name, key=key)


def adopted_queue_key_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the queues' key where it is adopted: only a customer managed one takes a statement."""
    return _keys.adopted_asks(queue_keys(env))


def adopted_bucket_key_asks(env: Environment) -> tuple[Question, ...]:
    """Ask about each bucket, and the buckets' keys where they are adopted: what an unfit one encrypts cannot be written."""
    return (*bucket_asks(env), *_keys.adopted_asks(bucket_keys(env)))


def adopted_key_asks(env: Environment) -> tuple[Question, ...]:
    """Ask about every key that is adopted."""
    return _keys.adopted_asks(keys_in_use(env))


def desire_statement(env: Environment, inventory: Inventory) -> Iterator[Resource]:
    """Want S3's statement in the policy of the queues' key. Raises Unanswered (broken) for an unfit key."""
    _keys.refuse_unfit(env, inventory, queue_keys(env))
    statement = key_statement(env)
    for key in queue_keys(env):
        yield KeyStatement(key=key, sid=statement["Sid"], statement=canonical_statement(statement))


def desire_bucket_encryption(env: Environment, inventory: Inventory) -> Iterator[Resource]:
    """Want the key as default encryption of each bucket that the runbook creates; others' buckets stay as they are.

    Raises Unanswered (broken) for an unfit key.
    """
    _keys.refuse_unfit(env, inventory, bucket_keys(env))
    for name, side in bucket_names(env).items():
        key = bucket_key(env, side)
        if not key or not is_made_here(env, name):
            continue
        found: BucketAnswer | None = inventory[BucketAsked(name=name)]
        if found is None or _is_ours(env, found):
            yield BucketSetting(bucket=name, setting="encryption", value=encryption(key))


def _is_ours(env: Environment, found: BucketAnswer) -> bool:
    tag = canonical({"Key": OWNER_TAG, "Value": env.environment})
    return not found.is_foreign and tag in dict(found.settings).get("tags", "")


def every_key(env: Environment) -> tuple[Question, ...]:
    """Ask about every key in use."""
    return tuple(KeyAsked(key=key) for key in keys_in_use(env))


def queue_key_asks(env: Environment) -> tuple[Question, ...]:
    """Ask about the queues' key."""
    return tuple(KeyAsked(key=key) for key in queue_keys(env))


def artefacts(env: Environment, desired: tuple[Resource, ...]) -> Mapping[str, str]:
    """Write the commands that create the keys and merge the statement."""
    return aws_artefacts(env, desired, "encryption")


STAGE = Stage(
    number=30,
    slug="encryption",
    title="Encryption",
    rows=("A8", "E1", "E2", "E4"),
    summary="Creates or checks the KMS keys of queues and buckets, and lets S3's notifications use the queues' key.",
    after=("storage",),
    keys=("kms", "adopt"),
    parts=(
        Part("keys", desire_keys),
        Part("statement for S3", desire_statement, adopted_queue_key_asks),
        Part("bucket encryption", desire_bucket_encryption, adopted_bucket_key_asks),
    ),
    checks=(
        Check(("E1",), "each adopted key can be used", _keys.judge_adopted, adopted_key_asks, when="plan"),
        Check(
            ("E1",),
            "each key is an enabled symmetric customer managed key of this account and region",
            _keys.judge_keys,
            every_key,
        ),
        Check(("E2",), "S3's event notifications may use the queues' key", _keys.judge_statement, queue_key_asks),
        Check(("E4",), "each key's policy lets the account's IAM policies decide", _keys.judge_delegation, every_key),
        Check(
            ("E2", "E4"),
            "the keys' policies are fit to install",
            _linting.judge(_linting.key_documents),
            _linting.asks_day,
            when="plan",
        ),
        _validated.check(("E2", "E4"), "Access Analyzer finds no fault in the keys' policies", _linting.key_documents),
        Check(("A8",), "the roles are granted the keys that encrypt the buckets", judge_keys, key_asks, found_key_asks),
    ),
    artefacts=artefacts,
)
