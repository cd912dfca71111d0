"""What can be told of a staging bucket that exists, and of the key that encrypts it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib.documents.buckets import TLS_SID, bucket_names, bucket_settings, bucket_tls_statement, encryption
from runbook_lib.documents.commands import commands_for
from runbook_lib.documents.keys import bucket_key
from runbook_lib.policy.canonical import canonical_statement
from runbook_lib.resources.kms import KeyAnswer, KeyAsked
from runbook_lib.resources.s3 import BucketAnswer, BucketAsked, BucketSetting, BucketStatement
from runbook_lib.resources.symbols import symbols_in
from runbook_lib.stages._judging import advised, broken, kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Inventory, Judgement, Question
    from runbook_lib.parameters import Environment

_JUDGED = ("public_access_block", "lifecycle", "ownership_controls")
"""Settings that an adopted bucket is held to; its tags are its owner's."""


def bucket_asks(env: Environment) -> tuple[Question, ...]:
    """Ask about each bucket."""
    return tuple(BucketAsked(name=name) for name in bucket_names(env))


def key_asks(env: Environment) -> tuple[Question, ...]:
    """Ask about each bucket and the key that the file names for it."""
    keys = dict.fromkeys(bucket_key(env, side) for side in bucket_names(env).values())
    return (*bucket_asks(env), *(KeyAsked(key=key) for key in keys if key))


def judge_missing(env: Environment, name: str) -> Judgement:
    """Tell what to do about a bucket that is not there."""
    way_out = "apply this stage" if env.buckets.create else "create it, or set buckets.create: true"
    return broken(f"there is no bucket {name}", way_out, address=f"s3_bucket/{name}")


def judge_owners(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Hold each bucket that is there to the file's account: bucket names are shared by all accounts."""
    for name in bucket_names(env):
        answer: BucketAnswer | None = inventory[BucketAsked(name=name)]
        if answer is not None and answer.is_foreign:
            yield _foreign(env, name)
        else:
            yield kept(
                f"{name} is of account {env.aws.account}" if answer is not None else f"nobody has {name}", address=f"s3_bucket/{name}"
            )


def _foreign(env: Environment, name: str) -> Judgement:
    way_out = f"name a bucket of account {env.aws.account}, or ask its owner to let this account in"
    return broken(f"{name} belongs to another account", way_out, address=f"s3_bucket/{name}")


def judge_existing(env: Environment, found: BucketAnswer) -> Iterator[Judgement]:
    """State account and region first, then each setting that differs: findings, never changes."""
    address = f"s3_bucket/{found.name}"
    if found.is_foreign:
        yield _foreign(env, found.name)
        return
    if found.region != env.aws.region:
        way_out = "use a bucket in the cluster's region: UNLOAD and COPY stay within one"
        yield broken(f"{found.name} is in {found.region}, not {env.aws.region}", way_out, address=address)
        return
    differing = list(_differences(env, found))
    yield from differing or [kept(f"{found.name} is in {found.region}, private, encrypted and short-lived", address=address)]


def _differences(env: Environment, found: BucketAnswer) -> Iterator[Judgement]:
    address, present = f"s3_bucket/{found.name}", dict(found.settings)
    for setting, wanted in bucket_settings(env):
        now = present.get(setting)
        if setting in _JUDGED and now != wanted and not _is_covered(setting, wanted, now):
            caution = "this replaces what is set now, so add to it what has to stay:\n" if now else ""
            way_out = caution + commands_for(env, BucketSetting(bucket=found.name, setting=setting, value=wanted))
            judge = broken if setting == "public_access_block" else advised
            yield judge(f"{found.name}: {setting} is {now or 'not set'}", way_out, address=address)
    if found.versioning == "Enabled":
        detail = f"{found.name} keeps old versions, so that raw personal data outlives its deletion"
        yield advised(detail, "use a bucket without versioning, or expire noncurrent versions", address=address)
    if not found.encryption and not bucket_key(env, bucket_names(env)[found.name]):
        way_out = commands_for(env, BucketSetting(bucket=found.name, setting="encryption", value=encryption()))
        yield broken(f"{found.name} has no default encryption", way_out, address=address)
    if TLS_SID not in found.policy and "aws:SecureTransport" not in found.policy:
        statement = canonical_statement(bucket_tls_statement(env, found.name))
        way_out = commands_for(env, BucketStatement(bucket=found.name, sid=TLS_SID, statement=statement))
        yield advised(f"{found.name} answers calls without TLS", way_out, address=address)


def _is_covered(setting: str, wanted: str, present: str | None) -> bool:
    """Tell whether other lifecycle rules expire objects no later and clean up uploads too."""
    if setting != "lifecycle" or present is None:
        return False
    limit = max(_days(json.loads(wanted), "Expiration", "Days"))
    rules = json.loads(present)
    expires = _days(rules, "Expiration", "Days")
    aborts = _days(rules, "AbortIncompleteMultipartUpload", "DaysAfterInitiation")
    return bool(aborts) and any(days <= limit for days in expires)


def _days(configuration: dict[str, Any], element: str, unit: str) -> list[int]:
    rules = [rule for rule in configuration.get("Rules", []) if rule.get("Status") == "Enabled"]
    return [rule[element][unit] for rule in rules if unit in rule.get(element, {})]


def found_key_asks(env: Environment, inventory: Inventory) -> tuple[Question, ...]:
    """Ask about the keys that the buckets turned out to be encrypted with."""
    answers: list[BucketAnswer | None] = [inventory[BucketAsked(name=name)] for name in bucket_names(env)]
    keys = dict.fromkeys(each.encryption_key for each in answers if each is not None and each.encryption_key)
    return tuple(KeyAsked(key=key) for key in keys)


def is_made_here(env: Environment, name: str) -> bool:
    """Tell whether the runbook makes a bucket."""
    return env.buckets.create and f"s3_bucket/{name}" not in env.adopt


def judge_keys_before(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Compare as `judge_keys` does, for the buckets whose key this runbook does not set itself."""
    for name in bucket_names(env):
        if is_made_here(env, name):
            yield kept(f"{name} is made here, with its key", grade="", address=f"s3_bucket/{name}")
    yield from _judged_keys(env, inventory, [name for name in bucket_names(env) if not is_made_here(env, name)])


def judge_keys(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Compare the key that encrypts each bucket with the key that the roles are granted."""
    yield from _judged_keys(env, inventory, list(bucket_names(env)))


def _judged_keys(env: Environment, inventory: Inventory, names: list[str]) -> Iterator[Judgement]:
    for name in names:
        side = bucket_names(env)[name]
        answer: BucketAnswer | None = inventory[BucketAsked(name=name)]
        granted = _arn(inventory, bucket_key(env, side))
        yield _judge_key(inventory, side, name, answer, granted)


def _judge_key(inventory: Inventory, side: str, name: str, answer: BucketAnswer | None, granted: str) -> Judgement:
    address = f"s3_bucket/{name}"
    if answer is None:
        return kept(f"{name} does not exist yet; the roles are granted {granted or 'no key'}", address=address)
    found = answer.encryption_key
    if found == granted:
        return kept(f"{name} is encrypted with {found or 'keys that S3 manages'}", address=address)
    if not found:
        detail = f"{name} is not encrypted with {granted}, which the roles are granted"
        return broken(detail, f"apply the encryption stage, or remove kms.bucket_keys.{side}", address=address)
    key: KeyAnswer | None = inventory[KeyAsked(key=found)]
    if not granted and key is not None and key.manager == "AWS":
        return kept(f"{name} is encrypted with the AWS managed key, which needs no grant", address=address)
    return broken(
        f"{name} is encrypted with {found}, and the roles are granted {granted or 'no key'}",
        f"set kms.bucket_keys.{side}: {{adopt: '{found}'}}",
        address=address,
    )


def _arn(inventory: Inventory, key: str) -> str:
    """Give the ARN of a key, of one that is to be created once it exists."""
    if not symbols_in(key):
        return key
    answer: KeyAnswer | None = inventory[KeyAsked(key=key)]
    return answer.arn if answer is not None else key
