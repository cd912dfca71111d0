"""Who may assume the roles, and who an existing trust lets in."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from runbook_lib.documents.statements import dns_suffix, policy
from runbook_lib.documents.vendor import documented

if TYPE_CHECKING:
    from runbook_lib.parameters import Environment

LAMBDA = "lambda.amazonaws.com"
ASSUME, WITH_WEB_IDENTITY = "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"


def ec2_principal(partition: str) -> str:
    """Name EC2 as a principal; in China by its regional name, which a finding asks to confirm."""
    return f"ec2.{dns_suffix(partition)}"


def lambda_trust(env: Environment) -> dict[str, Any]:
    """Build the vendor's trust of the Lambda role."""
    return documented("lambda-role-trust", env.aws.partition, {})


def ec2_trust(env: Environment) -> dict[str, Any]:
    """Build the trust of the server's role on EC2 (the vendor's page has none)."""
    principal = {"Service": ec2_principal(env.aws.partition)}
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def trusted(trust: str, call: str = "") -> tuple[str, ...]:
    """List who a trust document allows to take the role, as `Type:name`, sorted; `*` stands for everybody.

    With a call (`sts:AssumeRole`) only those whom a statement lets make it.
    """
    document = json.loads(trust) if trust else {}
    return tuple(
        sorted(
            {
                name
                for each in _many(document.get("Statement", []))
                if each.get("Effect") == "Allow" and (not call or _lets_make(each, call))
                for name in _principals(each.get("Principal", {}))
            }
        )
    )


def _lets_make(statement: dict[str, Any], call: str) -> bool:
    return any(fnmatchcase(call.lower(), action.lower()) for action in _many(statement.get("Action", [])))


def _principals(principal: Any) -> list[str]:
    if isinstance(principal, str):
        return [principal]
    return [f"{kind}:{name}" for kind, names in principal.items() for name in _many(names)]


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
