"""The policies that decide the product's calls: on its two roles, its keys and its buckets; wanted, or read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.documents import buckets, keys, policies
from runbook_lib.policy.canonical import canonical
from runbook_lib.resources.symbols import filled, symbols_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.parameters import Environment

Named = tuple[tuple[str, str], ...]
"""Pairs of a document's name and its text."""


@dataclass(frozen=True)
class Carrier:
    """Hold what decides about a role: its policies, the boundary around them, and who may take it (empty where that is not ours to say)."""

    arn: str
    identity: Named
    trust: str
    boundary: str = ""
    boundary_name: str = ""

    @property
    def name(self) -> str:
        """Give the role's name without its path."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class Keyed:
    """Hold a key: how the environment names it, its ARN and its policy."""

    reference: str
    arn: str
    policy: str

    @property
    def name(self) -> str:
        """Name the key in a few words: by its alias where it is to be made here, else by its id."""
        return self.reference.removesuffix(")").rpartition("/")[2]


@dataclass(frozen=True)
class Carried:
    """Hold every policy that decides; a bucket without a policy is left out."""

    server: Carrier
    function: Carrier | None
    keys: tuple[Keyed, ...] = ()
    buckets: Named = ()

    def arn_of(self, reference: str) -> str:
        """Give the ARN of a key by the name that the environment has for it."""
        return next(each.arn for each in self.keys if each.reference == reference)

    def acting(self, holder: str) -> str:
        """Say what acts under the policies of a holder, by its ARN: the server, the Lambda function, or whom a resource lets in."""
        return "server" if holder == self.server.arn else "lambda" if self.function and holder == self.function.arn else "others"

    @property
    def roles(self) -> tuple[Carrier, ...]:
        """List the roles that are there."""
        return (self.server,) if self.function is None else (self.server, self.function)


def wanted(env: Environment) -> Carried:
    """Give the policies as the stages want them; a key that is yet to be made has an ARN that stands in for its own."""
    arns = {reference: stand_in(env, reference) for reference in keys.keys_in_use(env)}
    server, trust = (env.server.role_arn, "") if env.server.role_arn else (env.role_arn(env.server_role), policies.ec2_trust(env))
    function = Carrier(env.role_arn(env.lambda_role), placed(policies.lambda_role_policies(env), arns), policies.lambda_trust(env))
    return Carried(
        server=Carrier(server, placed(policies.server_role_policies(env), arns), trust),
        function=function if env.is_legacy else None,
        keys=tuple(Keyed(reference, arn, _key_policy(env, reference)) for reference, arn in arns.items()),
        buckets=_bucket_policies(env),
    )


def stand_in(env: Environment, reference: str) -> str:
    """Give a key's ARN, or one in the place of the key that a symbol stands for."""
    return filled(reference, {each: env.arn("kms", f"key/{each.rpartition('/')[2]}") for each in symbols_in(reference)})


def placed(named: Named, arns: Mapping[str, str]) -> Named:
    """Put ARNs in the place of symbols; `arns` gives them by the key's reference."""
    known = {address: arns[reference] for reference in arns for address in symbols_in(reference)}
    return tuple((name, filled(document, known)) for name, document in named)


def _key_policy(env: Environment, reference: str) -> str:
    policy = keys.key_policy(env)
    if reference in keys.queue_keys(env):
        policy["Statement"].append(keys.key_statement(env))
    return canonical(policy)


def _bucket_policies(env: Environment) -> Named:
    """Give the policies of the buckets that the runbook makes; others' are theirs."""
    made = buckets.bucket_names(env) if are_made_here(env) else ()
    return tuple((name, canonical(_bucket_policy(env, name))) for name in made)


def _bucket_policy(env: Environment, name: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [buckets.bucket_tls_statement(env, name)]}


def are_made_here(env: Environment) -> bool:
    """Tell whether every bucket is the runbook's to make."""
    return env.buckets.create and not any(f"s3_bucket/{name}" in env.adopt for name in buckets.bucket_names(env))
