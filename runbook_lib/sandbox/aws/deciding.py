"""Put a permission to the evaluator, with the policies that the account holds about caller and resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from runbook_lib.policy import Attached, Policy, Principal, Request, ResourceKind, compiled, evaluate
from runbook_lib.policy.request import account_of
from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.callers import Caller
from runbook_lib.sandbox.aws.permissions.needs import Context, Need

if TYPE_CHECKING:
    from runbook_lib.policy import Verdict
    from runbook_lib.sandbox.aws.held import Document
    from runbook_lib.sandbox.aws.requests import Call

BY_SERVICE = {"aws:ViaAWSService": "true"}
DELEGATING = """{{"Version": "2012-10-17", "Statement": [{{"Sid": "Enable IAM User Permissions", "Effect": "Allow",
"Principal": {{"AWS": "arn:{partition}:iam::{account}:root"}}, "Action": "kms:*", "Resource": "*"}}]}}"""
"""The policy of a key that nobody gave one: whoever asks for a key that is not there is to learn that, if his own policies let him ask."""


def decided(call: Call, caller: Caller, need: Need, facts: Mapping[str, Any]) -> Verdict:
    """Decide one permission of a caller."""
    return evaluate(
        _request(call, caller.principal, need, facts),
        identity=tuple(map(_compiled, caller.identity)),
        boundary=None if caller.boundary is None else _compiled(caller.boundary),
        session=tuple(map(_compiled, caller.session)),
        resource=_attached(need),
    )


def may_under(call: Call, caller: Caller, policy: Document, need: Need) -> bool:
    """Tell whether a caller may use a key if it had another policy."""
    key = Attached(_compiled(policy), "key")
    identity = tuple(map(_compiled, caller.identity))
    return evaluate(_request(call, caller.principal, need, caller.context), identity=identity, resource=key).is_allowed


def service_may(call: Call, service: str, action: str, resource: str, context: Context | None = None) -> bool:
    """Tell whether a service's principal may do something by itself, with what it carries of whom it acts for."""
    need = Need(action, resource, context or {})
    return evaluate(_request(call, Principal(service=service), need, {}), resource=_attached(need)).is_allowed


def role_may(call: Call, role: str, action: str, resource: str) -> bool:
    """Tell whether any session of a role may do something; Lambda asks so before it reads a queue in a function's name."""
    found = held.role_of(role)
    if found is None:
        return False
    principal = Principal(role, role, tags=tuple(held.tagged(found.tags).items()))
    boundary = held.managed(found.account_id, found.partition, found.permissions_boundary_arn or "")
    caller = Caller(principal, "", identity=held.documents_of(found, "role"), boundary=boundary)
    return decided(call, caller, Need(action, resource), {"aws:SecureTransport": "true", "aws:RequestedRegion": call.region}).is_allowed


def owner_of(call: Call, resource: str) -> str:
    """Give the account of a resource: a bucket's is looked up, and what is not there yet, or is to be made anew, is the caller's."""
    if call.name == "s3:CreateBucket":
        return call.account
    if resource.split(":")[2:3] == ["s3"]:
        owner, _ = held.bucket_of(_bucket(resource))
        return owner or call.account
    return account_of(resource) or call.account


def _request(call: Call, principal: Principal, need: Need, facts: Mapping[str, Any]) -> Request:
    forwarded = BY_SERVICE if need.action.partition(":")[0] != call.service and "kms:ViaService" in need.context else {}
    return Request(principal, need.action, need.resource, owner_of(call, need.resource), {**facts, **forwarded, **need.context})


def _bucket(resource: str) -> str:
    return resource.split(":", 5)[-1].partition("/")[0]


def _compiled(document: Document) -> Policy:
    return compiled(document.text, document.name)


def _attached(need: Need) -> Attached | None:
    """Find the policy that stands with a resource; None where there is none."""
    find = _POLICIES.get(need.action.partition(":")[0])
    parts = need.resource.split(":", 5)
    return find(need.resource, parts) if find is not None and parts[5:] else None


def _of(name: str, text: str | None, kind: ResourceKind) -> Attached | None:
    return Attached(compiled(text, name), kind) if text else None


def _of_bucket(resource: str, _parts: list[str]) -> Attached | None:
    _, bucket = held.bucket_of(_bucket(resource))
    return _of(f"policy of bucket {bucket.name}", (bucket.policy or b"").decode(), "bucket") if bucket is not None else None


def _of_queue(_resource: str, parts: list[str]) -> Attached | None:
    queue = held.queue_of(parts[4], parts[3], parts[5])
    return _of(f"policy of queue {queue.name}", queue.policy, "queue") if queue is not None else None


def _of_key(resource: str, parts: list[str]) -> Attached | None:
    if not parts[5].startswith("key/"):
        return None
    key = held.key_of(parts[4], parts[3], resource)
    if key is not None:
        return _of(f"policy of key {key.id}", key.policy, "key")
    return _of("policy of no key", DELEGATING.format(partition=parts[1], account=parts[4]), "key")


def _of_secret(resource: str, parts: list[str]) -> Attached | None:
    secret = held.secret_of(parts[4], parts[3], resource)
    return _of(f"policy of secret {secret.name}", secret.policy, "secret") if secret is not None else None


def _of_role(resource: str, _parts: list[str]) -> Attached | None:
    """Find a role's trust; that of a role which is not there lets nobody in."""
    role = held.role_of(resource)
    if role is None:
        return Attached(Policy("trust of no role"), "trust")
    return _of(f"trust of role {role.name}", role.assume_role_policy_document, "trust")


def _of_repository(_resource: str, parts: list[str]) -> Attached | None:
    from moto.ecr.models import ecr_backends

    name = parts[5].removeprefix("repository/")
    repository = ecr_backends[parts[4]][parts[3]].repositories.get(name)
    return _of(f"policy of repository {name}", repository.policy, "repository") if repository is not None else None


_POLICIES: dict[str, Callable[[str, list[str]], Attached | None]] = {
    "s3": _of_bucket, "sqs": _of_queue, "kms": _of_key, "secretsmanager": _of_secret, "sts": _of_role, "ecr": _of_repository,
}  # fmt: skip
