"""Roles, their inline policies, and what may be asked about identities."""

from __future__ import annotations

from typing import ClassVar, Literal

from runbook_lib.model import Question, Resource, Value

Tags = tuple[tuple[str, str], ...]


class Role(Resource):
    """Describe a role; `trust` is a canonical policy document, `tags` are those we set, sorted by key."""

    kind: ClassVar[str] = "iam_role"
    is_claimed: ClassVar[bool] = True
    name: str
    path: str = "/"
    trust: str
    permissions_boundary: str = ""
    tags: Tags = ()

    @property
    def address(self) -> str:
        """Name the role."""
        return f"{self.kind}/{self.name}"

    @property
    def mark(self) -> str:
        """Name the role itself: it is made with its tags."""
        return self.address

    def on_the_way(self, after: Resource | None) -> tuple[Resource | None, ...]:
        """List the roles seen while trust, boundary and tags are changed in that order, a call each."""
        if not isinstance(after, Role):
            return ()
        trusted = self.model_copy(update={"trust": after.trust})
        return (trusted, trusted.model_copy(update={"permissions_boundary": after.permissions_boundary}))


class RolePolicy(Resource):
    """Describe one inline policy; `document` is canonical and may hold symbols."""

    kind: ClassVar[str] = "iam_role_policy"
    is_ours_by_name: ClassVar[bool] = True
    gives_access: ClassVar[bool] = True
    role: str
    name: str
    document: str

    @property
    def address(self) -> str:
        """Name role and policy."""
        return f"{self.kind}/{self.role}/{self.name}"

    @property
    def holder(self) -> str:
        """Name the role."""
        return f"{Role.kind}/{self.role}"


class AttachedPolicy(Resource):
    """Describe a managed policy attached to a role; desired by nobody, removed only under `exclusive_policies`."""

    kind: ClassVar[str] = "iam_role_attachment"
    role: str
    arn: str

    @property
    def address(self) -> str:
        """Name role and policy."""
        return f"{self.kind}/{self.role}/{self.arn}"

    @property
    def holder(self) -> str:
        """Name the role."""
        return f"{Role.kind}/{self.role}"


class Caller(Question):
    """Ask who calls; answered with `CallerAnswer`."""

    kind: ClassVar[str] = "ask_caller"


class CallerAnswer(Value):
    """State the caller's identity and the endpoint that told it."""

    account: str
    arn: str
    partition: str
    region: str
    endpoint: str
    foreign_endpoints: tuple[str, ...] = ()


class RoleAsked(Question):
    """Ask about a role by name; answered with `RoleAnswer`, or None when there is none."""

    kind: ClassVar[str] = "ask_role"
    name: str


class RoleAnswer(Value):
    """State what a role is and carries; `inline` maps policy names to canonical documents, `id` is no other role's, ever."""

    name: str
    arn: str
    path: str
    trust: str
    permissions_boundary: str
    tags: Tags
    inline: tuple[tuple[str, str], ...]
    attached: tuple[str, ...]
    id: str = ""


class ManagedPolicyAsked(Question):
    """Ask for the default version of a managed policy by ARN; answered with its canonical document, or None."""

    kind: ClassVar[str] = "ask_managed_policy"
    arn: str


class ProductLeftovers(Question):
    """Ask what the product itself left: functions, log groups, mappings, queues by prefix; answered with sorted ARNs or names."""

    kind: ClassVar[str] = "ask_leftovers"
    service: Literal["lambda", "logs", "mappings", "sqs"]
