"""Customer managed keys: created or adopted, with statements merged into their policies by Sid."""

from __future__ import annotations

from typing import ClassVar, Literal

from runbook_lib.model import Question, Resource, Value
from runbook_lib.resources.iam import Tags

NAME_TAG = "tonic-runbook:key"
"""Tag that names our key once its alias is gone."""
DIGEST_SIGNED = {"SigningAlgorithm": "ECDSA_SHA_256", "MessageType": "DIGEST"}
"""How the digest of a statement is signed: parameters of Sign, and what conditions may ask for."""


class Key(Resource):
    """Describe a symmetric customer managed key that we create; it is found by alias, or by its tags when the alias is gone.

    `policy` counts at creation only: afterwards statements are compared one by one.
    """

    kind: ClassVar[str] = "kms_key"
    is_claimed: ClassVar[bool] = True
    name: str
    policy: str
    state: Literal["Enabled", "Disabled", "PendingDeletion"] = "Enabled"
    tags: Tags = ()

    @property
    def address(self) -> str:
        """Name the key by its alias without the prefix."""
        return f"{self.kind}/{self.name}"

    @property
    def mark(self) -> str:
        """Name the key itself: it is made with its tags."""
        return self.address

    def once_removed(self) -> Resource | None:
        """Give the waiting state: KMS deletes after 7 to 30 days."""
        return self.model_copy(update={"state": "PendingDeletion"})

    def on_the_way(self, after: Resource | None) -> tuple[Resource | None, ...]:
        """List the disabled key that lies between enabled and pending, both ways, and the key whose tags are not changed yet."""
        states = ("Disabled", after.state) if isinstance(after, Key) else ()
        return tuple(self.model_copy(update={"state": state}) for state in states)


class KeyAlias(Resource):
    """Point alias/NAME at a key (`key` is its symbol)."""

    kind: ClassVar[str] = "kms_alias"
    name: str
    key: str

    @property
    def address(self) -> str:
        """Name the alias."""
        return f"{self.kind}/{self.name}"

    @property
    def holder(self) -> str:
        """Name the key."""
        return f"{Key.kind}/{self.name}"


class KeyRotation(Resource):
    """Turn yearly rotation on."""

    kind: ClassVar[str] = "kms_key_rotation"
    goes_with_holder: ClassVar[bool] = True
    name: str
    key: str
    enabled: bool = True

    @property
    def address(self) -> str:
        """Name the key."""
        return f"{self.kind}/{self.name}"

    @property
    def holder(self) -> str:
        """Name the key."""
        return f"{Key.kind}/{self.name}"


class KeyStatement(Resource):
    """Hold one statement, found by Sid, in the policy of a key (`key` is an ARN or a symbol)."""

    kind: ClassVar[str] = "kms_key_statement"
    is_ours_by_name: ClassVar[bool] = True
    goes_with_holder: ClassVar[bool] = True
    gives_access: ClassVar[bool] = True
    key: str
    sid: str
    statement: str

    @property
    def address(self) -> str:
        """Name key and Sid."""
        return f"{self.kind}/{self.key}/{self.sid}"

    @property
    def holder(self) -> str:
        """Name the key: a symbol's address, or the ARN."""
        return self.key.removeprefix("@(").removesuffix(")")


class KeyAsked(Question):
    """Ask for a key by ARN, id, alias or symbol; answered with `KeyAnswer`, or None."""

    kind: ClassVar[str] = "ask_key"
    key: str


class KeyAnswer(Value):
    """State what DescribeKey and GetKeyPolicy tell; `policy` is canonical."""

    arn: str
    key_id: str
    account: str
    region: str
    state: str
    manager: str
    spec: str
    usage: str
    policy: str
    rotation: bool | None = None


class SigningKeyAsked(Question):
    """Ask for the key that signs the records, by ARN; answered with `SigningKeyAnswer`, or None."""

    kind: ClassVar[str] = "ask_signing_key"
    key: str


class SigningKeyAnswer(Value):
    """State what DescribeKey tells of it."""

    state: str
    spec: str
    usage: str
