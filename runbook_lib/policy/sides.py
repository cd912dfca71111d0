"""Put what the layers say together: the caller's side, what limits it, and the resource's side.

Sources: IAM user guide, "Policy evaluation logic", "Cross-account policy evaluation logic", "Permissions boundaries for IAM entities";
AWS KMS developer guide, "Key policies in AWS KMS"; AWS Organizations user guide, "SCP evaluation".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from runbook_lib.policy.layers import NOTHING, SILENT, Weighed, WeighedResource
from runbook_lib.policy.truth import Truth, Unknown, all_of, any_of

if TYPE_CHECKING:
    from runbook_lib.policy.request import Request
    from runbook_lib.policy.verdict import Cited, Layer

UNSIGNED = frozenset(("anonymous", "provider", "service"))
"""Callers without policies of their own: only the resource's policy speaks for them."""


class Sides(NamedTuple):
    """Hold each layer weighed; a limit that is None does not stand in the way.

    `rules` is set for a resource whose own policy must allow, as that of a key and of a role does; `noun` names that policy.
    """

    request: Request
    identity: Weighed = NOTHING
    boundary: Weighed | None = None
    session: Weighed | None = None
    organisation: tuple[Weighed, ...] = ()
    resource: WeighedResource = SILENT
    rules: bool = False
    noun: str = "the resource's policy"

    @property
    def layers(self) -> list[tuple[Layer, Weighed]]:
        """List what was weighed, layer by layer."""
        found: list[tuple[Layer, Weighed]] = [("identity", self.identity), ("resource", self.resource.direct)]
        if self.boundary is not None:
            found.append(("boundary", self.boundary))
        if self.session is not None:
            found.append(("session", self.session))
        return found + [("organisation", each) for each in self.organisation]

    @property
    def allowed(self) -> Truth:
        """Tell whether the layers together allow the request, denials aside."""
        by_policies = self._by_policies()
        return all_of((*(each.allows for each in self.organisation), by_policies)) if self.organisation else by_policies

    @property
    def allowing(self) -> tuple[Cited, ...]:
        """List the statements of all layers that allow."""
        if self.resource is SILENT and self.boundary is None and self.session is None and not self.organisation:
            return self.identity.allowing
        outer = (each.allowing for each in (self.boundary, self.session, *self.organisation) if each is not None)
        return (*self.identity.allowing, *(cited for each in outer for cited in each), *self.resource.allowing)

    @property
    def doubtful(self) -> tuple[Cited, ...]:
        """List the statements of all layers of which it is not known whether they meet the request."""
        before = (cited for name, each in self.layers if name != "resource" for cited in each.doubtful)
        return (*before, *self.resource.doubtful)

    @property
    def lacks(self) -> Iterator[tuple[Layer, str]]:
        """List the layers for want of whose allow the request is denied, each with its sentence."""
        what = f"{self.request.action} on {self.request.resource}"
        for number, each in enumerate(self.organisation, 1):
            if each.allows is False:
                yield "organisation", f"no service control policy of level {number} allows {what}"
        if self.request.principal.kind not in UNSIGNED:
            yield from self._own_lacks(what)
        if self.resource.allows is False and (self.rules or self.is_cross_account is not False):
            yield "resource", f"{self.noun} does not allow {what}{self._why()}"

    @property
    def is_cross_account(self) -> Truth:
        """Tell whether caller and resource belong to different accounts."""
        owner = self.request.owner
        return owner != self.request.principal.account if owner else Unknown(f"whose {self.request.resource} is, is not known")

    def _by_policies(self) -> Truth:
        if self.request.principal.kind in UNSIGNED:
            return self.resource.direct.allows
        crossing = self.is_cross_account
        if crossing is False:
            return self._within()
        both = all_of((self._own(), self.resource.allows))
        if crossing is True or both is True:
            # Where both sides allow, it does not matter whose the resource is.
            return both
        return all_of((crossing, self._within()))

    def _within(self) -> Truth:
        """Decide within one account: either side is enough, but for keys and roles, and as far as a grant reaches."""
        resource = self.resource
        if resource is SILENT:
            return False if self.rules else self._own()
        own = all_of((self._own(), resource.allows)) if self.rules else self._own()
        return any_of((own, resource.direct.allows, all_of((resource.role.allows, *self._limits()))))

    def _own(self) -> Truth:
        if self.boundary is None and self.session is None:
            return self._identity()
        return all_of((self._identity(), *self._limits()))

    def _identity(self) -> Truth:
        return True if self.request.principal.kind == "root" else self.identity.allows

    def _limits(self) -> Iterator[Truth]:
        return (each.allows for each in (self.boundary, self.session) if each is not None)

    def _own_lacks(self, what: str) -> Iterator[tuple[Layer, str]]:
        if self._identity() is False:
            yield "identity", f"no identity policy allows {what}"
        if self.boundary is not None and self.boundary.allows is False:
            yield "boundary", f"the permissions boundary does not allow {what}"
        if self.session is not None and self.session.allows is False:
            yield "session", f"no session policy allows {what}"

    def _why(self) -> str:
        if self.request.principal.kind in UNSIGNED:
            return ", and nothing else can"
        if self.is_cross_account is True:
            return f", and both sides must: the resource belongs to {self.request.owner}"
        return ", neither to the caller nor to its account, without which identity policies do not count" if self.rules else ""
