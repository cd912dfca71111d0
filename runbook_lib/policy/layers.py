"""Weigh the policies of one layer against a request: what denies it, what allows it, and what cannot be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from runbook_lib.policy.principals import Closeness
from runbook_lib.policy.statements import about
from runbook_lib.policy.truth import Truth, Unknown, all_of, any_of, negated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from runbook_lib.policy.request import Request
    from runbook_lib.policy.statements import Policy, Statement
    from runbook_lib.policy.verdict import Cited

_NO_PRINCIPAL = Unknown("a statement without Principal is not modelled in a resource's policy")
_NO_RESOURCE = Unknown("a statement without Resource is not modelled outside a resource's policy")
_PRINCIPAL = Unknown("a statement with Principal is not modelled outside a resource's policy")


class Weighed(NamedTuple):
    """Hold the statements that certainly deny and certainly allow, and why others, the `doubtful`, may."""

    denying: tuple[Cited, ...] = ()
    allowing: tuple[Cited, ...] = ()
    may_deny: Unknown | None = None
    may_allow: Unknown | None = None
    doubtful: tuple[Cited, ...] = ()

    @property
    def allows(self) -> Truth:
        """Tell whether the layer allows the request."""
        return True if self.allowing else self.may_allow if self.may_allow is not None else False


NOTHING = Weighed()


@dataclass(frozen=True)
class WeighedResource:
    """Hold what a resource's policy says, apart by how closely it names the caller; its denials stand under `direct`."""

    direct: Weighed = NOTHING
    role: Weighed = NOTHING
    account: Weighed = NOTHING

    @property
    def allows(self) -> Truth:
        """Tell whether the policy allows the request, however it names the caller."""
        return any_of((self.direct.allows, self.role.allows, self.account.allows))

    @property
    def allowing(self) -> tuple[Cited, ...]:
        """List the statements that allow, those that name the caller most closely first."""
        return (*self.direct.allowing, *self.role.allowing, *self.account.allowing)

    @property
    def doubtful(self) -> tuple[Cited, ...]:
        """List the statements of which it is not known whether they meet the request."""
        return (*self.direct.doubtful, *self.role.doubtful, *self.account.doubtful)


SILENT = WeighedResource()


def weigh(policies: Sequence[Policy], request: Request) -> Weighed:
    """Weigh policies that stand with the principal or around it: they have no `Principal`."""
    action = request.lowered
    met = [(each, _outside(each, request)) for policy in policies for each in about(policy, action)]
    return _sorted(met, _malformed(policies))


def weigh_resource(policy: Policy, request: Request, *, has_boundary: bool) -> WeighedResource:
    """Weigh the policy of the resource."""
    found: dict[Closeness, list[tuple[Statement, Truth]]] = {closeness: [] for closeness in Closeness}
    for statement in about(policy, request.lowered):
        for closeness, truth in _inside(statement, request, has_boundary=has_boundary):
            found[closeness].append((statement, truth))
    return WeighedResource(
        _sorted(found[Closeness.DIRECT], _malformed((policy,))), _sorted(found[Closeness.ROLE]), _sorted(found[Closeness.ACCOUNT])
    )


def _malformed(policies: Sequence[Policy]) -> Unknown | None:
    return next((each.unknown for each in policies if each.problems), None)


def _sorted(met: Iterable[tuple[Statement, Truth]], malformed: Unknown | None = None) -> Weighed:
    denying: list[Cited] = []
    allowing: list[Cited] = []
    doubtful: list[Cited] = []
    may_deny = may_allow = malformed
    for statement, truth in met:
        if truth is True:
            (allowing if statement.is_allow else denying).append(statement.cited)
        elif isinstance(truth, Unknown):
            doubtful.append(statement.cited)
            may_allow, may_deny = (truth, may_deny) if statement.is_allow else (may_allow, truth)
    return Weighed(tuple(denying), tuple(allowing), may_deny, may_allow, tuple(doubtful))


def _outside(statement: Statement, request: Request) -> Truth:
    found = statement.meets(request)
    if found is False or (statement.principals is None and statement.resources is not None):
        return found
    return _PRINCIPAL if statement.principals is not None else _NO_RESOURCE


def _inside(statement: Statement, request: Request, *, has_boundary: bool) -> Iterator[tuple[Closeness, Truth]]:
    """Tell whether a statement of the resource's policy meets the request, and for how close a caller."""
    if statement.principals is None:
        yield Closeness.DIRECT, all_of((_NO_PRINCIPAL, statement.meets(request)))
        return
    if statement.is_not_principal:
        spared = statement.principals.spares(request.principal, has_boundary=has_boundary)
        yield Closeness.DIRECT, all_of((negated(spared), statement.meets(request)))
        return
    naming = statement.principals.names_caller(request.principal)
    if not statement.is_allow:
        yield Closeness.DIRECT, all_of((naming.is_named, statement.meets(request)))
        return
    if naming.closeness:
        yield naming.closeness, statement.meets(request)
    if naming.unknown is not None:
        yield Closeness.DIRECT, all_of((naming.unknown, statement.meets(request)))
