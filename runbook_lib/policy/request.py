"""Say who asks for what: the principal, the action, the resource and what is known of the request.

Keys of the context are compared without regard to case, as IAM does; each has one value or several. A modelled key that a request does
not carry is absent, as in a real request; a key that a real request may carry, but whose value nobody knows here, belongs in
`unknown_keys` (one that ends in `/` names all that begin with it), and what depends on it is undetermined. A key with no values
(`()`) is absent for certain, also one that nearly every request carries.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal, TypeAlias

from runbook_lib.policy.keys import absence, derived_keys
from runbook_lib.policy.truth import Unknown

Kind: TypeAlias = Literal["user", "session", "role", "root", "federated user", "provider", "service", "anonymous"]
"""What a principal is; `role` stands for any session of it, `provider` for a web or SAML identity that has no session yet."""
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("user", re.compile(r"arn:[^:]+:iam::\d{12}:user/")),
    ("session", re.compile(r"arn:[^:]+:sts::\d{12}:assumed-role/[^/]+/.")),
    ("role", re.compile(r"arn:[^:]+:iam::\d{12}:role/")),
    ("root", re.compile(r"arn:[^:]+:iam::\d{12}:root\Z")),
    ("federated user", re.compile(r"arn:[^:]+:sts::\d{12}:federated-user/")),
    ("provider", re.compile(r"arn:[^:]+:iam::\d{12}:(oidc|saml)-provider/")),
)
_ACCOUNT_FIELD = 4
_ACCOUNT = re.compile(r"\d{12}\Z")
Values: TypeAlias = str | Collection[str]


@dataclass(frozen=True)
class Principal:
    """Name the caller. The account is read from the ARN; `role_arn` tells the path of an assumed role, which its session's ARN lacks.

    A service principal has no ARN, the anonymous one nothing at all. `tags` are those of the user, or of role and session together.
    """

    arn: str = ""
    role_arn: str = ""
    service: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    @cached_property
    def kind(self) -> Kind:
        """Tell what the principal is. Raises ValueError for an ARN of which no caller can be."""
        if self.service:
            return "service"
        if not self.arn:
            return "anonymous"
        found = next((kind for kind, pattern in _KINDS if pattern.match(self.arn)), None)
        if found is None:
            raise ValueError(f"{self.arn} is not the ARN of a caller")
        return found

    @cached_property
    def account(self) -> str:
        """Give the account that the principal belongs to; empty for a service and for the anonymous one."""
        return account_of(self.arn)

    @cached_property
    def partition(self) -> str:
        """Give the partition of the principal's ARN."""
        return self.arn.split(":")[1] if self.arn else ""

    @cached_property
    def role_name(self) -> str:
        """Give the name of the role of a session or of the role itself, without its path; empty for all others."""
        match self.kind:
            case "session":
                return self.arn.split("/")[1]
            case "role":
                return self.arn.rpartition("/")[2]
            case _:
                return ""

    @cached_property
    def role(self) -> str:
        """Give the ARN of the role behind a session as far as it is known, or of the role itself; empty for all others."""
        return self.arn if self.kind == "role" else self.role_arn if self.kind == "session" else ""


@dataclass(frozen=True)
class Request:
    """Ask for one action (`service:Action`) on one resource: its ARN, or `*` for an action that has none.

    `resource_account` is needed where the ARN does not tell it (a bucket's); left empty there, nobody knows whose the resource is.
    """

    principal: Principal
    action: str
    resource: str = "*"
    resource_account: str = ""
    context: Mapping[str, Values] = field(default_factory=dict, hash=False)
    unknown_keys: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        lowered = {key.lower(): (value,) if isinstance(value, str) else tuple(value) for key, value in self.context.items()}
        object.__setattr__(self, "context", MappingProxyType(lowered))
        object.__setattr__(self, "unknown_keys", frozenset(map(str.lower, self.unknown_keys)))

    @cached_property
    def owner(self) -> str:
        """Give the account of the resource; empty when nobody knows it. Without a resource it is the caller's own."""
        return self.resource_account or (self.principal.account if self.resource == "*" else account_of(self.resource))

    @cached_property
    def lowered(self) -> str:
        """Give the action as IAM compares it."""
        return self.action.lower()

    @cached_property
    def service(self) -> str:
        """Give the action's service."""
        return self.lowered.partition(":")[0]

    @cached_property
    def keys(self) -> Mapping[str, tuple[str, ...]]:
        """Give the context with what follows from principal and resource; what the context says itself wins."""
        said: dict[str, tuple[str, ...]] = {key: tuple(values) for key, values in self.context.items()}
        return {**dict(self._derived()), **said}

    def values(self, key: str) -> tuple[str, ...] | Unknown:
        """Give what the request carries under a key in lower case: nothing where it is absent."""
        found = self.keys.get(key)
        if found is not None:
            return found
        if key in self.unknown_keys or any(each[-1:] == "/" and key.startswith(each) for each in self.unknown_keys):
            return Unknown(f"the value of {key} is not known")
        missing = absence(key, self.principal.kind)
        if missing == "absent":
            return ()
        if missing == "unknown":
            return Unknown(f"the value of {key} is not known: the request does not state it")
        return Unknown(f"the condition key {key} is not modelled")

    def _derived(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        principal = self.principal
        arn = principal.role if principal.kind == "session" else principal.arn
        owner = self.owner if self.resource != "*" else ""
        yield from derived_keys(principal.kind, arn, principal.account, principal.service, owner, self.service)
        yield from ((f"aws:principaltag/{key.lower()}", (value,)) for key, value in principal.tags)


def account_of(arn: str) -> str:
    """Read the account from an ARN; empty where it has none."""
    parts = arn.split(":", _ACCOUNT_FIELD + 1)
    return parts[_ACCOUNT_FIELD] if len(parts) > _ACCOUNT_FIELD and _ACCOUNT.match(parts[_ACCOUNT_FIELD]) else ""
