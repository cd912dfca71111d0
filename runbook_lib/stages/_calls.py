"""Whether what is installed lets the product make its calls and nothing else: the call ledger put to the policies as they are read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runbook_lib.documents.buckets import bucket_names
from runbook_lib.documents.keys import keys_in_use
from runbook_lib.documents.proof.carried import Carried, Carrier, Keyed, placed, wanted
from runbook_lib.model import Inventory, Unanswered
from runbook_lib.resources.iam import ManagedPolicyAsked, RoleAnswer, RoleAsked
from runbook_lib.resources.kms import KeyAnswer, KeyAsked
from runbook_lib.resources.s3 import Bucket, BucketAnswer, BucketAsked
from runbook_lib.resources.symbols import symbols_in
from runbook_lib.stages import _roles
from runbook_lib.stages._server import identity, instance_asks, role_asks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.documents.proof.matrix import Line
    from runbook_lib.model import Question
    from runbook_lib.parameters import Environment

Group = Literal["server", "lambda", "key"]
"""Whose policies are read back together: what cannot be read leaves only its own group undecided."""


def group_of(line: Line) -> Group:
    """Say whose policies decide a line: who takes a role is the role's affair, what a service may with a key the key's."""
    match line.acts_as, line.asked.on:
        case "server", _:
            return "server"
        case "lambda", _:
            return "lambda"
        case _, "server role":
            return "server"
        case _, "Lambda role" | "repository":
            return "lambda"
    return "key"


def asks(env: Environment) -> tuple[Question, ...]:
    """Ask for what every call of either role depends on: the keys and the buckets."""
    keys = (KeyAsked(key=key) for key in keys_in_use(env))
    return (*keys, *(BucketAsked(name=name) for name in bucket_names(env)))


def server_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the instance too."""
    return (*asks(env), *instance_asks(env))


def server_policies(env: Environment, inventory: Inventory) -> Iterator[Question]:
    """Ask for the server's role, then for its managed policies and its boundary."""
    yield from role_asks(env, inventory)
    yield from _managed(inventory, identity(env, inventory).role)


def function_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the Lambda role too; nothing under V2."""
    return (*asks(env), RoleAsked(name=env.lambda_role)) if env.is_legacy else ()


def function_policies(env: Environment, inventory: Inventory) -> Iterator[Question]:
    """Ask for the Lambda role's managed policies and its boundary."""
    yield from _managed(inventory, env.lambda_role)


def _managed(inventory: Inventory, name: str) -> Iterator[Question]:
    role: RoleAnswer | None = inventory.get(RoleAsked(name=name))
    if role is not None:
        yield from (ManagedPolicyAsked(arn=arn) for arn in (*role.attached, role.permissions_boundary) if arn)


def installed(env: Environment, inventory: Inventory, group: Group) -> Carried:
    """Give the policies of a group as they were read back, the others as they are wanted. Raises Unanswered for what is missing."""
    ideal = wanted(env)
    keys = tuple(_key(inventory, each.reference) for each in ideal.keys)
    server, function = ideal.server, ideal.function
    if group == "server":
        server = _carrier(inventory, identity(env, inventory).role, keys)
    elif group == "lambda":
        function = _carrier(inventory, env.lambda_role, keys)
    return Carried(server, function, keys, tuple(_buckets(env, inventory)))


def _carrier(inventory: Inventory, name: str, keys: tuple[Keyed, ...]) -> Carrier:
    role = _roles.role_answer(name, inventory)
    inline = placed(role.inline, {each.reference: each.arn for each in keys})
    attached = tuple((arn, _document(inventory, arn)) for arn in role.attached)
    boundary = role.permissions_boundary
    around = _document(inventory, boundary) if boundary else ""
    return Carrier(role.arn, (*inline, *attached), role.trust, around, boundary)


def _document(inventory: Inventory, arn: str) -> str:
    text: str | None = inventory[ManagedPolicyAsked(arn=arn)]
    if text is None:
        raise Unanswered(f"{arn} is attached, and was gone when it was read", way_out="verify again")
    return text


def _key(inventory: Inventory, reference: str) -> Keyed:
    key: KeyAnswer | None = inventory[KeyAsked(key=reference)]
    if key is None:
        address = next(iter(symbols_in(reference)), "")
        way_out = "apply 30_encryption, or correct kms:"
        raise Unanswered(f"there is no key {reference}", verdict="broken", way_out=way_out, address=address)
    return Keyed(reference, key.arn, key.policy)


def _buckets(env: Environment, inventory: Inventory) -> Iterator[tuple[str, str]]:
    for name in bucket_names(env):
        bucket: BucketAnswer | None = inventory[BucketAsked(name=name)]
        if bucket is None:
            address = f"{Bucket.kind}/{name}"
            raise Unanswered(
                f"there is no bucket {name}", verdict="broken", way_out="apply 20_storage, or correct buckets:", address=address
            )
        if bucket.policy:
            yield name, bucket.policy
