"""The policies of the two roles in either style, as named inline policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.documents import keys, scoped, trusts
from runbook_lib.documents.statements import policy
from runbook_lib.documents.vendor import documented
from runbook_lib.policy.canonical import canonical as canonical_document

if TYPE_CHECKING:
    from runbook_lib.parameters import Environment

V2 = "tonic-server-role-v2"
LEGACY = "tonic-server-role-legacy"
LAMBDA = "tonic-lambda-role"
KMS = "tonic-kms-role-addition"
EXTRA = "tonic-extra-statements"
NAMES = (V2, LEGACY, LAMBDA, KMS, EXTRA)
Named = tuple[tuple[str, str], ...]


def server_role_policies(env: Environment) -> Named:
    """List name and canonical document of each inline policy that the server's role gets; additions stand apart."""
    documents: dict[str, dict[str, Any]] = {}
    if env.is_v2:
        documents[V2] = _vendor(env, "server-role-v2") if _is_documented(env) else scoped.server_v2(env)
    if env.is_legacy:
        documents[LEGACY] = _vendor(env, "server-role-legacy") if _is_documented(env) else scoped.server_legacy(env)
    if keys.keys_in_use(env):
        documents[KMS] = keys.kms_addition(env, keys.keys_in_use(env))
    if env.extra_statements:
        documents[EXTRA] = extra_statements(env)
    return _canonical(documents)


def lambda_role_policies(env: Environment) -> Named:
    """List name and canonical document of each inline policy that the Lambda role gets; none under V2."""
    if not env.is_legacy:
        return ()
    documents = {LAMBDA: _vendor(env, "lambda-role") if _is_documented(env) else scoped.lambda_role(env)}
    if keys.keys_in_use(env):
        documents[KMS] = keys.kms_addition(env, keys.keys_in_use(env))
    return _canonical(documents)


def extra_statements(env: Environment) -> dict[str, Any]:
    """Build the labelled slot for what this environment needs beside the vendor's policies."""
    return policy(*env.extra_statements)


def lambda_trust(env: Environment) -> str:
    """Give the canonical trust of the Lambda role."""
    return canonical_document(trusts.lambda_trust(env))


def ec2_trust(env: Environment) -> str:
    """Give the canonical trust of the server's role on EC2."""
    return canonical_document(trusts.ec2_trust(env))


def key_policy(env: Environment) -> str:
    """Give the canonical policy that a created key starts with."""
    return canonical_document(keys.key_policy(env))


@dataclass(frozen=True)
class Comparison:
    """Hold one policy in both styles, canonical; empty where a style has none."""

    name: str
    documented: str
    scoped: str


def compare_styles(env: Environment) -> tuple[Comparison, ...]:
    """Put both styles of every role policy and of the key statement side by side."""
    sides = [_everything(env.model_copy(update={"policy_style": style})) for style in ("documented", "scoped")]
    names = dict.fromkeys(name for side in sides for name in side)
    return tuple(Comparison(name, sides[0].get(name, ""), sides[1].get(name, "")) for name in names)


def _everything(env: Environment) -> dict[str, str]:
    named = {f"server role: {name}": document for name, document in server_role_policies(env)}
    named |= {f"Lambda role: {name}": document for name, document in lambda_role_policies(env)}
    if keys.queue_keys(env):
        named["queue key: statement for S3"] = canonical_document(policy(keys.key_statement(env)))
    return named


def _is_documented(env: Environment) -> bool:
    return env.policy_style == "documented"


def _vendor(env: Environment, name: Any) -> dict[str, Any]:
    values = {
        "account_id": (env.aws.account,),
        "region": env.worker_settings.log_regions or (env.aws.region,),
        "lambda_role_arn": (env.role_arn(env.lambda_role),),
    }
    return documented(name, env.aws.partition, values)


def _canonical(documents: dict[str, dict[str, Any]]) -> Named:
    return tuple((name, canonical_document(document)) for name, document in documents.items())
