"""Regions, routes and the instance's metadata: what stands between the server, the clusters and S3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runbook_lib.resources.ec2 import ClusterAnswer, ClusterAsked
from runbook_lib.resources.s3 import BucketAnswer, BucketAsked
from runbook_lib.stages._buckets import bucket_asks
from runbook_lib.stages._confirmations import asks_today, vouched
from runbook_lib.stages._confirmations import owed as unconfirmed
from runbook_lib.stages._judging import broken, kept, listed, unknown
from runbook_lib.stages._server import instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Inventory, Judgement, Question
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.warehouse import Side

SIDES: tuple[Side, ...] = ("source", "destination")
BRIDGED_HOPS = 2
"""Hops from a container on a bridge network to the instance's metadata."""
_HOST_REGION = re.compile(r"\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.redshift(?:-serverless)?\.")


def cluster_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for each cluster or workgroup that the file names."""
    return tuple(dict.fromkeys(question for side in SIDES if (question := _cluster_question(env, side))))


def place_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for clusters and buckets."""
    return (*cluster_asks(env), *bucket_asks(env))


def access_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for clusters and the date."""
    return (*cluster_asks(env), *asks_today(env))


def judge_path(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Leave to a person what cannot be seen from here."""
    detail = f"the server's way to {env.source.host}:{env.source.port} and {env.destination.host}:{env.destination.port}"
    yield vouched(env, inventory, "A1", unconfirmed("A1", f"{detail} cannot be seen from here", "Structural operator"))


def judge_instance(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Hold the instance to running, and to a hop limit that reaches into a bridged container."""
    if not env.server.instance_id:
        yield kept("the server is no EC2 instance", grade="")
        return
    found = instance(env, inventory)
    if found.hop_limit < BRIDGED_HOPS:
        change = f"aws ec2 modify-instance-metadata-options --instance-id {found.instance_id}"
        detail = f"hop limit {found.hop_limit} hides the role from a container on a bridge network"
        yield broken(detail, f"{change} --http-put-response-hop-limit {BRIDGED_HOPS} --region {env.aws.region}")
    elif found.state != "running":
        yield kept(f"{found.instance_id} is {found.state}", warning=True, way_out="start it before the first job")
    else:
        yield kept(f"{found.instance_id} is running, hop limit {found.hop_limit}")


def judge_regions(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Compare the region of each cluster with that of its bucket, or with the region in which it is going to be made."""
    for side in SIDES:
        name = (env.buckets.source if side == "source" else env.buckets.destination).name
        bucket: BucketAnswer | None = inventory[BucketAsked(name=name)]
        yield _judge_region(env, side, _cluster_region(env, inventory, side), name, bucket)


def _judge_region(env: Environment, side: str, cluster: str, name: str, bucket: BucketAnswer | None) -> Judgement:
    if not cluster:
        return unknown(f"the {side} host's name tells no region", f"name {side}.cluster or {side}.workgroup")
    if bucket is None and not env.buckets.create:
        return unknown(f"there is no bucket {name} whose region could be compared", "create it, or set buckets.create: true")
    region = bucket.region if bucket is not None else env.aws.region
    if cluster != region:
        return broken(f"the {side} cluster is in {cluster}, {name} in {region}", "use a bucket in the cluster's region")
    made = "" if bucket is not None else ", where storage makes it"
    return kept(f"the {side} cluster and {name} are in {region}{made}")


def judge_routing(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Hold a cluster with enhanced VPC routing to a way to S3."""
    for side in SIDES:
        question = _cluster_question(env, side)
        found: ClusterAnswer | None = inventory[question] if question else None
        if found is None:
            yield unknown(f"the {side} cluster's routing is not known", f"name {side}.cluster or {side}.workgroup as AWS does")
        else:
            yield _judge_route(side, found)


def _judge_route(side: str, found: ClusterAnswer) -> Judgement:
    if not found.enhanced_vpc_routing:
        return kept(f"{side}: {found.name} reaches S3 outside the VPC")
    if found.routes_to_s3 is None:
        return unknown(
            f"{side}: {found.name} routes through its VPC, whose endpoints cannot be read",
            "allow ec2:DescribeVpcEndpoints",
        )
    if not found.routes_to_s3:
        way_out = "add an S3 gateway endpoint to the VPC, or a NAT gateway and confirm it"
        return broken(f"{side}: {found.name} routes through its VPC, which has no S3 endpoint", way_out)
    return kept(f"{side}: {found.name} reaches S3 through {listed(found.routes_to_s3)}")


def judge_s3_access(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Leave to a person what is documented nowhere: the credentials of UNLOAD and COPY."""
    roles = [role for question in cluster_asks(env) if (found := inventory[question]) for role in found.iam_roles]
    seen = f"the clusters carry {listed(tuple(dict.fromkeys(roles)))}" if roles else "no role is seen on the clusters"
    detail = f"the vendor documents nowhere whether UNLOAD and COPY use the caller's credentials or a role; {seen}"
    yield vouched(env, inventory, "A5", unconfirmed("A5", detail, "Structural operator"))


def _cluster_question(env: Environment, side: str) -> ClusterAsked | None:
    place = env.side(side)
    return ClusterAsked(cluster=place.cluster, workgroup=place.workgroup) if place.cluster or place.workgroup else None


def _cluster_region(env: Environment, inventory: Inventory, side: str) -> str:
    question = _cluster_question(env, side)
    if question is not None:
        found: ClusterAnswer | None = inventory[question]
        return found.region if found is not None else ""
    match = _HOST_REGION.search(env.side(side).host)
    return match["region"] if match else ""
