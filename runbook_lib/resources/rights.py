"""What a caller has to be allowed, what it is for, and whether he is."""

from __future__ import annotations

from typing import ClassVar, Literal

from runbook_lib.model import Question, Value
from runbook_lib.resources.secretsmanager import ReferenceAsked

Purpose = Literal["plan", "verify", "apply"]
"""What a permission is needed for first: verifying takes what planning takes, applying takes both."""


class Permission(Value):
    """Want one action allowed on one resource, an ARN or a pattern; `context` is what the request states, by condition key."""

    action: str
    resource: str = "*"
    context: tuple[tuple[str, str], ...] = ()


class Need(Value):
    """Say what a permission is needed for, and by which question, resource or change."""

    permission: Permission
    purpose: Purpose
    reason: str


class RightsAsked(Question):
    """Ask what this environment's plan takes, and which of it the caller is refused; answered with `RightsAnswer`.

    `undo` asks it of the way back. `also` are references that are resolved where no plan without a database can tell.
    """

    kind: ClassVar[str] = "ask_rights"
    undo: bool = False
    also: tuple[ReferenceAsked, ...] = ()


class RightsAnswer(Value):
    """State the least needs, those among them that are refused, and those that nobody can tell of, with the reason.

    `unasked` says why nobody told of any, else it is empty. `purposes` are those that the run itself has.
    """

    needs: tuple[Need, ...] = ()
    refused: tuple[Need, ...] = ()
    undecided: tuple[tuple[Need, str], ...] = ()
    unasked: str = ""
    purposes: tuple[Purpose, ...] = ("plan", "verify", "apply")


class RefusedAsked(Question):
    """Ask IAM's simulator which permissions the caller lacks; answered with `RefusedAnswer`."""

    kind: ClassVar[str] = "ask_refused"
    permissions: tuple[Permission, ...]


class RefusedAnswer(Value):
    """State which permissions are refused, and which the simulator cannot tell of, with the reason; each in the order asked."""

    refused: tuple[Permission, ...] = ()
    undecided: tuple[tuple[Permission, str], ...] = ()
