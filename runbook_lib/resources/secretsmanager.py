"""Passwords that the runbook generates, kept in Secrets Manager."""

from __future__ import annotations

from typing import ClassVar, Literal

from runbook_lib.model import Question, Resource, Value
from runbook_lib.resources.iam import Tags


class Secret(Resource):
    """Describe a secret with a generated password that satisfies Redshift's rules; its value is never part of this.

    With a `username`, which counts at creation only, it holds JSON with username and password, else the password alone.
    """

    kind: ClassVar[str] = "secretsmanager_secret"
    is_claimed: ClassVar[bool] = True
    name: str
    username: str = ""
    state: Literal["Active", "PendingDeletion"] = "Active"
    tags: Tags = ()

    @property
    def address(self) -> str:
        """Name the secret."""
        return f"{self.kind}/{self.name}"

    @property
    def mark(self) -> str:
        """Name the secret itself: it is made with its tags."""
        return self.address

    def once_removed(self) -> Resource | None:
        """Give the waiting state: Secrets Manager deletes after a recovery window."""
        return self.model_copy(update={"state": "PendingDeletion"})

    def on_the_way(self, after: Resource | None) -> tuple[Resource | None, ...]:
        """List the secret whose state is changed already and whose tags are not."""
        return (self.model_copy(update={"state": after.state}),) if isinstance(after, Secret) else ()


class ReferenceAsked(Question):
    """Ask whether a secret reference resolves and satisfies Redshift's password rules; answered with `ReferenceAnswer`."""

    kind: ClassVar[str] = "ask_reference"
    reference: str
    user: str = ""


class ReferenceAnswer(Value):
    """State that a reference resolves, and which password rules its value breaks (rule names, never the value)."""

    resolves: bool
    broken_rules: tuple[str, ...] = ()
