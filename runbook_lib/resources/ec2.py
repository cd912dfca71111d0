"""The instance that runs the product's server, its profile, and the clusters it talks to."""

from __future__ import annotations

from typing import ClassVar

from runbook_lib.model import Question, Resource, Value
from runbook_lib.resources.iam import Tags


class InstanceProfile(Resource):
    """Describe an instance profile without its role."""

    kind: ClassVar[str] = "iam_instance_profile"
    is_claimed: ClassVar[bool] = True
    name: str
    path: str = "/"
    tags: Tags = ()

    @property
    def address(self) -> str:
        """Name the profile."""
        return f"{self.kind}/{self.name}"

    @property
    def mark(self) -> str:
        """Name the profile itself: it is made with its tags."""
        return self.address


class InstanceProfileRole(Resource):
    """Put a role into an instance profile (AWS allows one)."""

    kind: ClassVar[str] = "iam_instance_profile_role"
    profile: str
    role: str

    @property
    def address(self) -> str:
        """Name the profile."""
        return f"{self.kind}/{self.profile}"

    @property
    def holder(self) -> str:
        """Name the profile."""
        return f"{InstanceProfile.kind}/{self.profile}"

    def on_the_way(self, after: Resource | None) -> tuple[Resource | None, ...]:
        """List the empty profile: a role is taken out before another is put in."""
        return () if after is None else (None,)


class ProfileAssociation(Resource):
    """Attach a profile to an instance that has none."""

    kind: ClassVar[str] = "ec2_profile_association"
    instance_id: str
    profile: str

    @property
    def address(self) -> str:
        """Name the instance."""
        return f"{self.kind}/{self.instance_id}"

    @property
    def holder(self) -> str:
        """Name the profile: without it there is nothing to attach."""
        return f"{InstanceProfile.kind}/{self.profile}"


class InstanceAsked(Question):
    """Ask for an instance by id; answered with `InstanceAnswer`, or None."""

    kind: ClassVar[str] = "ask_instance"
    instance_id: str


class InstanceAnswer(Value):
    """State profile, role and metadata settings; `profile` and `role` are names, empty when there is none."""

    instance_id: str
    state: str
    profile: str
    role: str
    hop_limit: int
    http_tokens: str
    vpc_id: str = ""


class ClusterAsked(Question):
    """Ask for a provisioned cluster or a serverless workgroup; answered with `ClusterAnswer`, or None."""

    kind: ClassVar[str] = "ask_cluster"
    cluster: str = ""
    workgroup: str = ""


class ClusterAnswer(Value):
    """State where a cluster is and how it reaches S3; `routes_to_s3` lists the VPC's S3 endpoints, None when not readable."""

    name: str
    region: str
    host: str
    port: int
    status: str
    enhanced_vpc_routing: bool
    iam_roles: tuple[str, ...]
    managed_secret: str = ""
    routes_to_s3: tuple[str, ...] | None = None
