"""What the engine needs from the world: targets that observe, answer and write, secrets that resolve, and a store of objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib.errors import TargetError
    from runbook_lib.model import Change, Inventory, Question, Resource, Unanswered
    from runbook_lib.resources.rehearsals import Exercise
    from runbook_lib.resources.rights import Permission
    from runbook_lib.secrets import Masked

Ended = Callable[["Sequence[Change]", "TargetError | None"], None]
"""Hears of a group that was written, and of what was wrong with it."""


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
    """Reach AWS and the databases. Only what is written changes anything."""

    def ask(self, questions: Sequence[Question]) -> Inventory:
        """Answer questions; those that may not be asked are answered with `Unanswered`. Independent ones are asked together."""

    def observe(self, wanted: Sequence[Resource]) -> Mapping[str, Observation]:
        """Read what is there for each wanted resource, by address; set-based, symbols put back in."""

    def write(self, changes: Sequence[Change]) -> None:
        """Make the changes of one group: all or none where they share a transaction. Raises `TargetError`."""


class LanedTarget(Target, Protocol):
    """Be a target that writes in several lanes at once."""

    def write_together(self, groups: Sequence[Sequence[Change]], ended: Ended) -> None:
        """Make the changes of groups that do not build on each other at once, each as `write` does, and tell what came of each.

        `ended` is called from any thread with a group and what was wrong with it, as soon as that is known. What is no `TargetError` is
        raised once all have ended.
        """


class DeclaringTarget(Target, Protocol):
    """Be a target that can tell beforehand what it takes."""

    def permissions(self, use: Question | Resource | Change) -> tuple[Permission, ...]:
        """Declare which permissions it takes to ask a question, look at a resource or make a change; asks nobody."""


class ConnectedTarget(DeclaringTarget, LanedTarget, Protocol):
    """Be a target that holds connections, and can play the product's part."""

    def sender(self, change: Change) -> Mapping[str, str]:
        """Tell as whom, and where, a change is sent, for the journal; asks nobody."""

    def calls(self, use: Question | Resource) -> tuple[str, ...]:
        """Name the calls of AWS, or the statements, by which a question is answered or a resource is read; asks nobody."""

    def exercise(self, change: Change) -> Exercise:
        """Play the flow that a change wants as the product's own principals, and leave nothing; sweep first what an unfinished one left.

        Raises `TargetError` when that cannot begin: then nothing was made.
        """

    def forget(self) -> None:
        """Ask everything anew from now on: what was read is told again without asking until something is written."""

    def close(self) -> None:
        """Let the connections go; what is asked later makes new ones."""


class SigningKey(Protocol):
    """Sign what is put before it; the private key may be somewhere else."""

    @property
    def name(self) -> str:
        """Name the key as whoever checks a signature finds it: the SHA-256 of the public key, or the key's ARN."""

    def sign(self, message: bytes) -> bytes:
        """Give the signature of a message. Raises `TargetError`."""


class Secrets(Protocol):
    """Resolve references at the moment of use."""

    def resolve(self, reference: str) -> Masked:
        """Read the value a reference names. Raises `Unresolved` or `Denied`."""


@dataclass(frozen=True)
class Hold:
    """Keep an object from being deleted or replaced until a time; `mode` is S3's."""

    mode: Literal["GOVERNANCE", "COMPLIANCE"]
    until: datetime


@dataclass(frozen=True)
class StoredObject:
    """State what is stored: `etag` names its content at this moment, `sha256` is hexadecimal, `stored` when it was put there."""

    size: int
    etag: str
    sha256: str
    stored: datetime


class ObjectStore(Protocol):
    """Keep objects by key. Nothing is overwritten that was not named, and nothing is deleted."""

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """List the keys that begin with a prefix, with their sizes. Raises `TargetError`."""

    def read(self, key: str) -> tuple[bytes, str] | None:
        """Read an object and its ETag, checked against its checksum; None when it is not there. Raises `TargetError`."""

    def put(self, key: str, content: bytes, *, over: str = "", hold: Hold | None = None) -> str:
        """Store an object where none is, or over the one with an ETag; give its ETag. Raises `Conflict` when another is there."""

    def look(self, key: str) -> StoredObject | None:
        """State what is stored under a key, without reading it; None when nothing is. Raises `TargetError`."""

    def hold(self, key: str) -> Hold | None:
        """Read back what holds an object; None when nothing does. Raises `TargetError`."""
