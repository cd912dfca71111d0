"""What secrets take, ours and those that references name (`adapters.aws.secretsmanager`, `adapters.aws.secret_store`).

A secret's ARN ends with six characters that nobody knows before (Secrets Manager user guide, "Limiting access to specific secrets").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runbook_lib.adapters.aws.rights.words import Permissions, given, on
from runbook_lib.documents.requests.request import tag_steps
from runbook_lib.resources.secretsmanager import Secret
from runbook_lib.secrets import parse_reference

if TYPE_CHECKING:
    from runbook_lib.model import Change
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.secretsmanager import ReferenceAsked


def secret_arn(env: Environment, name: str) -> str:
    """Name a secret by name or ARN."""
    return name if name.startswith("arn:") else env.arn("secretsmanager", f"secret:{name}-??????")


def reading_secret(secret: Secret, env: Environment) -> Permissions:
    """Declare `observe_secret`."""
    return on(secret_arn(env, secret.name), "secretsmanager:DescribeSecret")


def asking_reference(question: ReferenceAsked, env: Environment) -> Permissions:
    """Declare `answer_reference`."""
    return resolving(question.reference, env)


def resolving(reference: str, env: Environment) -> Permissions:
    """Declare `AwsSecrets.resolve`."""
    parsed = parse_reference(reference)
    match parsed.source:
        case "env" | "prompt":
            return ()
        case "ssm":
            name = parsed.name
            return on(name if name.startswith("arn:") else env.arn("ssm", f"parameter/{name.lstrip('/')}"), "ssm:GetParameter")
        case "secretsmanager" | "generate" | "typed":
            return on(secret_arn(env, parsed.name), "secretsmanager:GetSecretValue")


def changing_secret(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare what `write` does to a secret."""
    match change.before, change.after:
        case None, Secret() as after:
            arn = secret_arn(env, after.name)
            yield on(arn, "secretsmanager:CreateSecret", *given(after.tags))
            yield on(arn, "secretsmanager:TagResource", *given(after.tags)) if after.tags else ()
        case Secret() as before, (Secret() | None) as after:
            yield from _updating(before, after, secret_arn(env, before.name))


def _updating(before: Secret, after: Secret | None, arn: str) -> Iterator[Permissions]:
    state = after.state if after is not None else "PendingDeletion"
    if (before.state, state) == ("PendingDeletion", "Active"):
        yield on(arn, "secretsmanager:RestoreSecret")
    put, taken = tag_steps(before.tags, after.tags if after is not None else before.tags)
    yield on(arn, "secretsmanager:TagResource", *given(put)) if put else ()
    yield on(arn, "secretsmanager:UntagResource") if taken else ()
    if (before.state, state) == ("Active", "PendingDeletion"):
        yield on(arn, "secretsmanager:DeleteSecret")
