"""Hold a statement ready to be asked: whether its action, principal, resource and conditions meet a request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from runbook_lib.policy.conditions import Asked, holds
from runbook_lib.policy.truth import Truth, Unknown, all_of, any_of, negated

if TYPE_CHECKING:
    from runbook_lib.policy.arns import ResourcePattern
    from runbook_lib.policy.principals import PrincipalElement
    from runbook_lib.policy.request import Request
    from runbook_lib.policy.verdict import Cited
    from runbook_lib.policy.wildcards import Pattern

_UNFILLED = Unknown("nothing fills a policy variable of NotResource")


@dataclass(frozen=True, eq=False)
class Statement:
    """Hold one statement; `unmodelled` names what in it is not, `resources` is None where it has no such element."""

    cited: Cited
    is_allow: bool
    actions: tuple[Pattern, ...]
    is_not_action: bool = False
    resources: tuple[ResourcePattern, ...] | None = None
    is_not_resource: bool = False
    principals: PrincipalElement | None = None
    is_not_principal: bool = False
    conditions: tuple[Asked, ...] = ()
    unmodelled: Unknown | None = None

    def has_action(self, lowered: str) -> bool:
        """Tell whether the statement is about an action, given in lower case."""
        return any(each.matches(lowered) for each in self.actions) is not self.is_not_action

    def meets(self, request: Request) -> Truth:
        """Tell whether resource and conditions meet a request whose action does, in a policy whose principal does."""
        resource = self._covers(request)
        if resource is False:
            return False
        if not self.conditions and self.unmodelled is None:
            return resource
        found = all_of((resource, *(holds(each, request) for each in self.conditions)))
        return found if found is False or self.unmodelled is None else self.unmodelled

    def _covers(self, request: Request) -> Truth:
        if self.resources is None:
            return True
        if self.is_not_resource:
            return negated(any_of(each.covers(request, _UNFILLED) for each in self.resources))
        if len(self.resources) == 1:
            return self.resources[0].covers(request, unfilled=False)
        return any_of([each.covers(request, unfilled=False) for each in self.resources])


@dataclass(frozen=True, eq=False)
class Policy:
    """Hold a compiled document. With `problems` it is malformed: it has no statements, and nothing is known of what it says.

    Two policies are the same only when they are one object: compile a document once and keep it.
    """

    name: str
    statements: tuple[Statement, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def unknown(self) -> Unknown | None:
        """Say that the document is malformed; None when it is well formed."""
        return Unknown(f"{self.name} is malformed: {self.problems[0]}") if self.problems else None


@lru_cache(maxsize=16384)
def about(policy: Policy, lowered: str) -> tuple[Statement, ...]:
    """List the statements of a policy about an action, given in lower case."""
    return tuple(each for each in policy.statements if each.has_action(lowered))
