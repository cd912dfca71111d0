"""Evaluate requests of the product's principals against the policies that decide them, each compiled once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from runbook_lib.documents.keys import key_policy
from runbook_lib.policy.canonical import statements
from runbook_lib.policy.compiling import compiled
from runbook_lib.policy.evaluate import Attached, evaluate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.documents.proof.carried import Carried
    from runbook_lib.parameters import Environment
    from runbook_lib.policy.evaluate import ResourceKind
    from runbook_lib.policy.request import Request
    from runbook_lib.policy.statements import Policy
    from runbook_lib.policy.verdict import Verdict

_OPEN: dict[str, Any] = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}


_SILENT: dict[str, Any] = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "runbook:Nothing", "Resource": "*"}]}
_SILENT_RESOURCE: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{**_SILENT["Statement"][0], "Principal": {"Service": "nobody.amazonaws.com"}}],
}
OF_RESOURCES = ("trust of ", "policy of key ", "policy of bucket ")
"""How the names of documents begin that stand on a resource."""
STAND_INS = ("the account's rule", "a stranger's own policy")
"""What is evaluated where nobody's policy is known: a key or role of the account leaves it to IAM, a stranger lets everybody in."""


_KINDS: dict[str, ResourceKind] = {"kms": "key", "s3": "bucket", "sts": "trust", "sqs": "queue", "lambda": "function", "ecr": "repository"}


@dataclass(frozen=True)
class Document:
    """Name a policy document by what it stands on (an ARN) and its own name; `is_identity` tells a role's own from a resource's."""

    holder: str
    name: str
    text: str
    is_identity: bool

    def concerns(self, request: Request) -> bool:
        """Tell whether the document is asked about a request at all."""
        if self.is_identity:
            return request.principal.role_arn == self.holder
        return request.resource == self.holder or request.resource.startswith(f"{self.holder}/")


@dataclass(frozen=True)
class Deciding:
    """Hold compiled policies: of roles and of resources by ARN, and what stands in where nobody's policy is known."""

    identity: Mapping[str, Mapping[str, Policy]]
    boundaries: Mapping[str, Policy]
    resources: Mapping[str, Policy]
    delegating: Policy
    account: str

    def verdict(self, request: Request) -> Verdict:
        """Evaluate one request. A stranger lets everybody in to what is his: there only our own side can refuse."""
        role = request.principal.role_arn
        identity = tuple(self.identity.get(role, {}).values())
        return evaluate(request, identity=identity, boundary=self.boundaries.get(role), resource=self._resource(request))

    def instead(self, document: Document) -> Deciding:
        """Give the same with one document in the place of the one with its name."""
        policy = _compiled(document)
        if not document.is_identity:
            return replace(self, resources={**self.resources, document.holder: policy})
        return replace(self, identity={**self.identity, document.holder: {**self.identity[document.holder], document.name: policy}})

    def _resource(self, request: Request) -> Attached | None:
        kind = _KINDS.get(request.service, "other")
        if request.owner != self.account:
            return Attached(_STRANGERS, kind)
        name = request.resource.partition("/")[0] if request.service == "s3" else request.resource
        found = self.resources.get(name)
        if found is None and kind in {"key", "trust"}:
            found = self.delegating
        return None if found is None else Attached(found, kind)


def deciding(env: Environment, carried: Carried) -> Deciding:
    """Compile the policies."""
    documents = tuple(documents_of(env, carried))
    return Deciding(
        identity={
            role.arn: {each.name: _compiled(each) for each in documents if each.is_identity and each.holder == role.arn}
            for role in carried.roles
        },
        boundaries={role.arn: compiled(role.boundary, role.boundary_name) for role in carried.roles if role.boundary},
        resources={each.holder: _compiled(each) for each in documents if not each.is_identity},
        delegating=compiled(key_policy(env), STAND_INS[0]),
        account=env.aws.account,
    )


def _compiled(document: Document) -> Policy:
    """Compile a document; one without statements, which AWS would not take, says nothing."""
    if statements(document.text):
        return compiled(document.text, document.name)
    return compiled(_SILENT if document.is_identity else _SILENT_RESOURCE, document.name)


def documents_of(env: Environment, carried: Carried) -> Iterator[Document]:
    """List every document but the boundaries, which allow nothing."""
    for role in carried.roles:
        yield from (Document(role.arn, name, text, is_identity=True) for name, text in role.identity)
        if role.trust:
            yield Document(role.arn, f"trust of {role.name}", role.trust, is_identity=False)
    for key in carried.keys:
        yield Document(key.arn, f"policy of key {key.name}", key.policy, is_identity=False)
    for name, text in carried.buckets:
        yield Document(env.arn("s3", name, region="", account=""), f"policy of bucket {name}", text, is_identity=False)


_STRANGERS = compiled(_OPEN, STAND_INS[1])
