"""Passwords that the runbook generates, or somebody types once, kept in Secrets Manager, and their rotation."""

from __future__ import annotations

import hashlib
from typing import ClassVar, Literal

from runbook_lib.model import Question, Resource, Value
from runbook_lib.resources.iam import Tags
from runbook_lib.secrets import Reference


class Secret(Resource):
    """Describe a secret with a password that satisfies Redshift's rules; its value is never part of this, only whence that comes.

    With a `username` it holds JSON with username and password, else the password alone. `version` is the id of its first version, for
    AWS to choose when empty. These and `value` count at creation only.
    """

    kind: ClassVar[str] = "secretsmanager_secret"
    is_claimed: ClassVar[bool] = True
    name: str
    username: str = ""
    version: str = ""
    value: Literal["generated", "typed"] = "generated"
    state: Literal["Active", "PendingDeletion"] = "Active"
    tags: Tags = ()

    @property
    def address(self) -> str:
        """Name the secret."""
        return f"{self.kind}/{self.name}"

    @property
    def reference(self) -> str:
        """Name it as a parameter file does."""
        return str(Reference("typed" if self.value == "typed" else "generate", self.name))

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


class Rotation(Resource):
    """Describe the version that is current of a generated password, in its secret and in its database.

    It is written in three steps: the new password is kept as pending, set in the database, and made current. Until the last of them the
    version that is read is the one before, so that a run which was stopped anywhere is gone on with.
    """

    kind: ClassVar[str] = "password_rotation"
    leaves_nothing: ClassVar[bool] = True
    side: Literal["source", "destination"]
    user: str
    secret: str
    version: str

    @property
    def address(self) -> str:
        """Name side and user."""
        return f"{self.kind}/{self.side}/{self.user}"

    @property
    def holder(self) -> str:
        """Name the user whose password it is."""
        return f"database_user/{self.side}/{self.user}"

    @property
    def place(self) -> tuple[str, ...]:
        """Name the account and the side."""
        return (*super().place, self.side)


def version_of(secret: str, word: str) -> str:
    """Name the version of a secret that a word of the parameter file asks for: Secrets Manager takes ids of 32 to 64 characters."""
    return hashlib.sha256(f"{secret}\n{word}".encode()).hexdigest() if word else ""


class ReferenceAsked(Question):
    """Ask whether a secret reference resolves and satisfies Redshift's password rules; answered with `ReferenceAnswer`."""

    kind: ClassVar[str] = "ask_reference"
    reference: str
    user: str = ""


class ReferenceAnswer(Value):
    """State that a reference resolves, and which password rules its value breaks (rule names, never the value)."""

    resolves: bool
    broken_rules: tuple[str, ...] = ()
