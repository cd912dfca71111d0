"""What the engine needs from the world: targets that observe, answer and write, and secrets that resolve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib.model import Change, Inventory, Question, Resource, Unanswered
    from runbook_lib.resources.rehearsals import Exercise
    from runbook_lib.resources.rights import Permission
    from runbook_lib.secrets import Masked


@dataclass(frozen=True)
class Observation:
    """Tell what is there in place of a wanted resource.

    `value` has the wanted resource's class and mirrors its fields that are not compared; None means absent. `is_ours` tells of our
    ownership tag. `refusal` tells why it could not be read: verdict `owed` when a right is missing, `unknown` otherwise.
    """

    value: Resource | None = None
    is_ours: bool = False
    refusal: Unanswered | None = None


class Target(Protocol):
    """Reach AWS and the databases. Only `write` changes anything."""

    def ask(self, questions: Sequence[Question]) -> Inventory:
        """Answer questions; those that may not be asked are answered with `Unanswered`. Independent ones are asked together."""

    def observe(self, wanted: Sequence[Resource]) -> Mapping[str, Observation]:
        """Read what is there for each wanted resource, by address; set-based, symbols put back in."""

    def write(self, changes: Sequence[Change]) -> None:
        """Make the changes of one group: all or none where they share a transaction. Raises `TargetError`."""


class DeclaringTarget(Target, Protocol):
    """Be a target that can tell beforehand what it takes."""

    def permissions(self, use: Question | Resource | Change) -> tuple[Permission, ...]:
        """Declare which permissions it takes to ask a question, look at a resource or make a change; asks nobody."""


class ConnectedTarget(DeclaringTarget, Protocol):
    """Be a target that holds connections, and can play the product's part."""

    def exercise(self, change: Change) -> Exercise:
        """Play the flow that a change wants as the product's own principals, and leave nothing; sweep first what an unfinished one left.

        Raises `TargetError` when that cannot begin: then nothing was made.
        """

    def close(self) -> None:
        """Let the connections go; what is asked later makes new ones."""


class Secrets(Protocol):
    """Resolve references at the moment of use."""

    def resolve(self, reference: str) -> Masked:
        """Read the value a reference names. Raises `Unresolved` or `Denied`."""
