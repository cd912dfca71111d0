"""What makes a key usable: for the product, for S3's notifications, and for IAM policies at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib.documents.keys import KEY_STATEMENT_SID, key_statement, keys_in_use, queue_keys
from runbook_lib.model import Unanswered
from runbook_lib.policy.canonical import canonical_statement
from runbook_lib.resources.kms import KeyAnswer, KeyAsked
from runbook_lib.resources.symbols import symbols_in
from runbook_lib.stages._judging import advised, broken, kept, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runbook_lib.model import Inventory, Judgement, Question
    from runbook_lib.parameters import Environment


def adopted_asks(keys: Iterable[str]) -> tuple[Question, ...]:
    """Ask about those keys that are not to be created here."""
    return tuple(KeyAsked(key=key) for key in keys if not symbols_in(key))


def refuse_unfit(env: Environment, inventory: Inventory, keys: Iterable[str]) -> None:
    """Let nothing be built on an adopted key that cannot be used. Raises Unanswered (broken)."""
    for question in adopted_asks(keys):
        found = problem(env, inventory[question])
        if found is not None:
            raise Unanswered(found.detail, verdict="broken", way_out=found.way_out)


def problem(env: Environment, key: KeyAnswer | None) -> Judgement | None:
    """Name the first thing that makes a key unusable, or None."""
    if key is None:
        return broken("there is no such key here", "correct the id, account or region, or apply this stage")
    for holds, detail, way_out in _requirements(env, key):
        if not holds:
            return broken(f"{key.arn} {detail}", way_out)
    return None


def _requirements(env: Environment, key: KeyAnswer) -> tuple[tuple[bool, str, str], ...]:
    restore = f"aws kms cancel-key-deletion --key-id {key.key_id} and aws kms enable-key --key-id {key.key_id}"
    return (
        (
            key.account == env.aws.account,
            f"belongs to account {key.account}",
            f"use a key of account {env.aws.account}",
        ),
        (key.region == env.aws.region, f"is in {key.region}", f"use a key in {env.aws.region}"),
        (
            key.manager == "CUSTOMER",
            "is managed by AWS: its policy cannot be edited, so S3 can never be let in",
            "use a customer managed key (kms: create: NAME)",
        ),
        (key.state == "Enabled", f"is {key.state}", f"{restore}, with the key owner's consent"),
        (
            (key.spec, key.usage) == ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
            f"is {key.spec} for {key.usage}",
            "use a symmetric encryption key",
        ),
    )


def judge_adopted(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Judge the keys that were there before, as long as nothing is built on them."""
    adopted = [key for key in keys_in_use(env) if not symbols_in(key)]
    yield from _judged(env, inventory, adopted)
    if not adopted:
        yield kept("no key is adopted", grade="")


def judge_keys(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Judge every key in use; report id and ARN of a good one."""
    yield from _judged(env, inventory, keys_in_use(env))
    if not keys_in_use(env):
        yield kept("no customer managed key is in use", grade="")


def _judged(env: Environment, inventory: Inventory, keys: Iterable[str]) -> Iterator[Judgement]:
    for reference in keys:
        key: KeyAnswer | None = inventory[KeyAsked(key=reference)]
        found = problem(env, key)
        if found is not None or key is None:
            yield found if found is not None else broken("there is no such key", "apply this stage")
        elif reference.startswith("arn:") and reference != key.arn:
            yield broken(f"{reference} is not the key's own ARN, which policies need", f"adopt {key.arn}")
        elif key.rotation is None:
            yield unknown(
                f"id {key.key_id}, ARN {key.arn}; whether it rotates cannot be read", f"allow kms:GetKeyRotationStatus on {key.arn}"
            )
        elif not key.rotation:
            yield advised(
                f"id {key.key_id}, ARN {key.arn}, without yearly rotation",
                f"aws kms enable-key-rotation --key-id {key.key_id}",
            )
        else:
            yield kept(f"id {key.key_id}, ARN {key.arn}")


def judge_statement(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Hold the queues' key to exactly one statement with the vendor's Sid, as wanted."""
    for reference in queue_keys(env):
        key: KeyAnswer | None = inventory[KeyAsked(key=reference)]
        statements = _statements(key)
        found = [each for each in statements if each.get("Sid") == KEY_STATEMENT_SID]
        if [canonical_statement(each) for each in found] == [canonical_statement(key_statement(env))]:
            yield _confirm_live(env, f"one such statement beside {len(statements) - 1} others")
        else:
            yield broken(f"{len(found)} statements with that Sid, not as wanted", "apply this stage: it merges the one statement")
    if not queue_keys(env):
        yield kept("queues are not encrypted with a customer managed key", grade="")


def _confirm_live(env: Environment, detail: str) -> Judgement:
    if env.policy_style == "documented":
        return kept(detail)
    narrowed = f"{detail}, narrowed to this account's buckets"
    return advised(narrowed, "AWS's examples have no such condition: run one job and see that notifications arrive")


def judge_delegation(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Hold each key policy to the account's statement: without it no role policy has effect."""
    root = env.arn("iam", "root", region="")
    for reference in keys_in_use(env):
        key: KeyAnswer | None = inventory[KeyAsked(key=reference)]
        if any(_delegates(each, root, env.aws.account) for each in _statements(key)):
            yield kept(f"{reference} lets the account's policies decide")
        else:
            way_out = f"ask the key's owner for a statement that allows kms:* to {root}, or for the roles by name"
            yield broken(f"{reference} does not let IAM policies decide, so the role policies have no effect", way_out)
    if not keys_in_use(env):
        yield kept("no customer managed key is in use", grade="")


def _delegates(statement: dict[str, Any], root: str, account: str) -> bool:
    principal = statement.get("Principal")
    names = _many(principal.get("AWS", [])) if isinstance(principal, dict) else _many(principal)
    is_allowed = statement.get("Effect") == "Allow" and "Condition" not in statement
    return is_allowed and bool({root, account, "*"} & set(names)) and "kms:*" in _many(statement.get("Action", []))


def _statements(key: KeyAnswer | None) -> list[dict[str, Any]]:
    return _many(json.loads(key.policy).get("Statement", [])) if key is not None and key.policy else []


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
