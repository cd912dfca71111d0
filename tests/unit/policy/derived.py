"""Write cases derived by hand from AWS's documentation: each is a request, the policies, how it ends, and the page that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runbook_lib.policy import Attached, Outcome, Policy, Principal, Request, ResourceKind, Verdict, compiled, evaluate

OWN, OTHER = "111122223333", "444455556666"
ALICE = Principal(f"arn:aws:iam::{OWN}:user/alice", tags=(("team", "red"),))
BOB = Principal(f"arn:aws:iam::{OTHER}:user/bob")
ROLE = f"arn:aws:iam::{OWN}:role/app/tonic"
SESSION = Principal(f"arn:aws:sts::{OWN}:assumed-role/tonic/i-1", ROLE)
ROOT = Principal(f"arn:aws:iam::{OWN}:root")
FEDERATED = Principal(f"arn:aws:sts::{OWN}:federated-user/alice")
PROVIDER = Principal(f"arn:aws:iam::{OWN}:oidc-provider/idp.example.com")
LAMBDA, S3 = Principal(service="lambda.amazonaws.com"), Principal(service="s3.amazonaws.com")
NOBODY = Principal()
BUCKET = "arn:aws:s3:::tonic-in"
OBJECT = f"{BUCKET}/input/a.csv"
QUEUE = f"arn:aws:sqs:eu-west-1:{OWN}:tonic-jobs"
KEY = f"arn:aws:kms:eu-west-1:{OWN}:key/1234"
TARGET = f"arn:aws:iam::{OWN}:role/tonic-lambda"
IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide"

Statements = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Derived:
    """Hold one case. `page` is where the documentation says what `claim` repeats; statements stand without their document."""

    claim: str
    page: str
    expected: Outcome
    who: Principal = ALICE
    action: str = "s3:GetObject"
    on: str = OBJECT
    owner: str = OWN
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    identity: Statements = ()
    boundary: Statements | None = None
    session: Statements | None = None
    scps: Sequence[Statements] = ()
    resource: Statements | None = None
    kind: ResourceKind = "bucket"
    version: str = "2012-10-17"

    def verdict(self) -> Verdict:
        """Evaluate the case."""
        return evaluate(
            Request(self.who, self.action, self.on, self.owner, {key: _values(value) for key, value in self.context.items()}),
            identity=(self._policy("identity", self.identity),) if self.identity else (),
            boundary=None if self.boundary is None else self._policy("boundary", self.boundary),
            session=() if self.session is None else (self._policy("session", self.session),),
            scps=[(self._policy(f"scp {level}", each),) for level, each in enumerate(self.scps, 1)],
            resource=None if self.resource is None else Attached(self._policy("resource", self.resource), self.kind),
        )

    def _policy(self, name: str, statements: Statements) -> Policy:
        return compiled({"Version": self.version, "Statement": list(statements)}, name)


def _values(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def allow(action: str | list[str] = "*", on: str | list[str] = "*", **elements: Any) -> dict[str, Any]:
    """Write a statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": on, **elements}


def deny(action: str | list[str] = "*", on: str | list[str] = "*", **elements: Any) -> dict[str, Any]:
    """Write a statement that denies."""
    return {"Effect": "Deny", "Action": action, "Resource": on, **elements}


def trust(principal: object, action: str = "sts:AssumeRole", **elements: Any) -> dict[str, Any]:
    """Write a statement of a role's trust policy."""
    return {"Effect": "Allow", "Principal": principal, "Action": action, **elements}


def granting(principal: object, action: str = "s3:GetObject", **elements: Any) -> list[dict[str, object]]:
    """Write a resource's policy of one statement."""
    return [allow(action, Principal=principal, **elements)]


def when(operator: str, key: str, value: object) -> list[dict[str, Any]]:
    """Write an identity policy that allows everything under one condition."""
    return [allow(Condition={operator: {key: value}})]
