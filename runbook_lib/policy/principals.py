"""Decide whether the `Principal` or `NotPrincipal` of a statement names the caller, and how closely.

Sources: IAM user guide, "AWS JSON policy elements: Principal", "... NotPrincipal" and "Permissions boundaries for IAM entities".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from runbook_lib.policy.truth import Truth, Unknown
from runbook_lib.policy.wildcards import ANY

if TYPE_CHECKING:
    from runbook_lib.policy.request import Principal


class Closeness(IntEnum):
    """Rank how a policy names the caller: what it grants reaches further the closer the name is.

    By the account, it lets that account's own policies grant; by the role, boundary and session policy still limit; directly (a user,
    a session, a service, everyone) nothing but an explicit denial does.
    """

    NOT = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECT = 3


@dataclass(frozen=True)
class Naming:
    """Say how closely the caller is named for certain; `unknown` where it may be named more closely than that."""

    closeness: Closeness
    unknown: Unknown | None = None

    @property
    def is_named(self) -> Truth:
        """Tell whether the caller is named at all."""
        return True if self.closeness else self.unknown if self.unknown is not None else False


_ACCOUNT = re.compile(r"(?:arn:(?P<partition>[^:]+):iam::)?(?P<account>\d{12})(?(partition):root)\Z")
_ROLE = re.compile(r"arn:(?P<partition>[^:]+):iam::(?P<account>\d{12}):role/(?:[^*?]*/)?(?P<name>[^/*?]+)\Z")
_SESSION = re.compile(r"arn:(?P<partition>[^:]+):sts::(?P<account>\d{12}):assumed-role/(?P<name>[^/*?]+)/")
_REMOVED = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,}\Z")
_UNSIGNED = frozenset(("anonymous", "provider", "service"))
_ASSUMED = frozenset(("session", "role"))
_DIRECT = Naming(Closeness.DIRECT)
_NOT = Naming(Closeness.NOT)


@dataclass(frozen=True)
class PrincipalElement:
    """Hold the names of an element by their type; `everyone` is `*`, written alone or as an AWS principal."""

    names: tuple[tuple[str, str], ...]
    everyone: bool = False

    def names_caller(self, caller: Principal) -> Naming:
        """Say how closely the element names the caller."""
        if self.everyone:
            return _DIRECT
        namings = [_naming(kind, name, caller) for kind, name in self.names]
        closest = max((each.closeness for each in namings), default=Closeness.NOT)
        unknown = next((each.unknown for each in namings if each.unknown is not None), None)
        return Naming(closest, None if closest is Closeness.DIRECT else unknown)

    def spares(self, caller: Principal, *, has_boundary: bool) -> Truth:
        """Tell whether a denial with this `NotPrincipal` leaves the caller alone.

        Besides user or role, its account must be listed; who has a permissions boundary is never spared.
        """
        if self.everyone:
            return Unknown("NotPrincipal with * is not modelled")
        namings = [_naming(kind, name, caller) for kind, name in self.names]
        if caller.kind in _UNSIGNED:
            return Naming(max((each.closeness for each in namings), default=Closeness.NOT)).is_named
        if has_boundary and caller.kind in {"user", *_ASSUMED}:
            return False
        listed = {each.closeness for each in namings}
        if Closeness.ACCOUNT in listed and (caller.kind == "root" or _suffices(caller) in listed):
            return True
        if any(each.unknown is not None for each in namings):
            return Unknown("whether NotPrincipal names the caller is not known")
        if listed & {Closeness.ROLE, Closeness.DIRECT}:
            return Unknown("NotPrincipal names the caller in part: account, and role or user, must be listed together")
        return False


def _suffices(caller: Principal) -> Closeness:
    return Closeness.ROLE if caller.kind in _ASSUMED else Closeness.DIRECT


def _naming(kind: str, name: str, caller: Principal) -> Naming:
    match kind:
        case "AWS":
            return _of_aws(name, caller)
        case "Service":
            return _of_service(name, caller)
        case "Federated":
            return _of_federated(name, caller)
        case "CanonicalUser" if caller.kind in _UNSIGNED:
            return _NOT
    return Naming(Closeness.NOT, Unknown(f"principals of type {kind} are not modelled"))


def _of_service(name: str, caller: Principal) -> Naming:
    if caller.kind != "service":
        return _NOT
    if name == caller.service:
        return _DIRECT
    return Naming(Closeness.NOT, Unknown(f"the service principal {name} is not modelled")) if ANY in name else _NOT


def _of_federated(name: str, caller: Principal) -> Naming:
    if caller.kind == "provider":
        return _DIRECT if name == caller.arn else _NOT
    if caller.kind in _ASSUMED:
        return Naming(Closeness.NOT, Unknown(f"whether the session came from {name} is not known"))
    return _NOT


def _of_aws(name: str, caller: Principal) -> Naming:
    if caller.kind in _UNSIGNED or _REMOVED.match(name):
        return _NOT
    if account := _ACCOUNT.match(name):
        return Naming(Closeness.ACCOUNT) if _is_account(account, caller) else _NOT
    if name == caller.arn:
        return Naming(Closeness.ROLE) if caller.kind == "role" else _DIRECT
    if ANY in name or "?" in name:
        return Naming(Closeness.NOT, Unknown(f"a wildcard within a principal is not modelled: {name}"))
    return _of_another(name, caller)


def _is_account(found: re.Match[str], caller: Principal) -> bool:
    return found["account"] == caller.account and found["partition"] in {None, caller.partition}


def _of_another(name: str, caller: Principal) -> Naming:
    """Compare a name that is not the caller's ARN: of the role behind a session, of one of a role's sessions, of the user who federated."""
    if caller.kind in _ASSUMED:
        if role := _ROLE.match(name):
            is_role = name == caller.role if caller.role else role["name"] == caller.role_name and _is_account(role, caller)
            return Naming(Closeness.ROLE) if is_role else _NOT
        session = _SESSION.match(name) if caller.kind == "role" else None
        if session and session["name"] == caller.role_name and _is_account(session, caller):
            return Naming(Closeness.NOT, Unknown(f"{name} is one session of the role, and the caller is any"))
    if caller.kind == "federated user":
        federated = caller.arn.replace(":sts:", ":iam:", 1).replace(":federated-user/", ":user/", 1)
        return Naming(Closeness.ROLE) if name == federated else _NOT
    return _NOT
