"""Hold what the evaluation of one request comes to, and on whose word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

Outcome: TypeAlias = Literal["allowed", "denied explicitly", "denied implicitly", "undetermined"]
Layer: TypeAlias = Literal["identity", "boundary", "session", "organisation", "resource", "none"]
"""Where policies stand: with the principal, around it (boundary, session, organisation), or with the resource."""


class Cited(NamedTuple):
    """Name a statement: its document, and its Sid or its place (`statement 1`)."""

    document: str
    statement: str


@dataclass(frozen=True)
class Verdict:
    """Say how a request ends, which statements decide it, and why in a sentence.

    `layer` is where the decision falls: that of the deciding statements, or for an implicit denial the one that lacks an allow.
    An undetermined verdict is neither allowed nor denied: its reason names what is not modelled or not known.
    """

    outcome: Outcome
    reason: str
    decided_by: tuple[Cited, ...] = ()
    layer: Layer = "none"

    @property
    def is_allowed(self) -> bool:
        """Tell whether the request is certainly allowed."""
        return self.outcome == "allowed"

    @property
    def is_denied(self) -> bool:
        """Tell whether the request is certainly denied."""
        return self.outcome.startswith("denied")
