"""Rules across the fields that name AWS's things: accounts, ARNs, buckets, keys, roles and the queue's times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from runbook_lib.parameters.broken import Broken, Rule, is_loopback, sides

if TYPE_CHECKING:
    from runbook_lib.parameters.schema import Environment

Place = tuple["str | int", ...]
ARN = re.compile(r"arn:([^:]*:){4}")
TONIC = re.compile(r"tonic-")
TAG_KEY, TAG_VALUE = 128, 256
"""Characters that AWS takes of each."""
PARTITIONS = {"aws-us-gov": "us-gov-", "aws-cn": "cn-"}


def visibility(env: Environment) -> Iterator[Broken]:
    """Hold the queue's visibility timeout against the function's timeout, defaults filled in (ledger F4)."""
    worker = env.worker_settings
    if env.is_legacy and worker.sqs_visibility_timeout < worker.timeout:
        yield Broken(
            ("worker", "sqs_visibility_timeout"),
            f"{worker.sqs_visibility_timeout} is below worker.timeout {worker.timeout}; AWS refuses the mapping",
            f"raise it to at least {worker.timeout} (AWS advises {worker.timeout * 6})",
        )


def legacy_only(env: Environment) -> Iterator[Broken]:
    """Refuse sections that mean nothing without SQS and Lambda."""
    if env.is_legacy:
        return
    way_out = "remove it, or set pipeline: legacy or both"
    if env.worker is not None:
        yield Broken(("worker",), "belongs to the legacy pipeline", way_out)
    if env.kms.queue_key is not None:
        yield Broken(("kms", "queue_key"), "belongs to the legacy pipeline", way_out)
    if env.roles.lambda_:
        yield Broken(("roles", "lambda"), "belongs to the legacy pipeline", way_out)


def bucket_names(env: Environment) -> Iterator[Broken]:
    """Ask for the prefix that the documented policies reach (ledger A4, D2)."""
    for side in ("source", "destination"):
        name = getattr(env.buckets, side).name
        if env.policy_style == "documented" and not TONIC.match(name):
            yield Broken(("buckets", side, "name"), f"{name} does not begin with tonic-", "rename it, or set policy_style: scoped")
        if ".." in name or re.fullmatch(r"[0-9.]+", name):
            yield Broken(("buckets", side, "name"), f"{name} is no name that S3 takes", "no two dots in a row, and no IP address")
    source, destination = env.buckets.source, env.buckets.destination
    if (source.name, source.path.strip("/")) == (destination.name, destination.path.strip("/")):
        yield Broken(("buckets", "destination", "path"), "is the source's place", "use another bucket or another path")


def partition(env: Environment) -> Iterator[Broken]:
    """Hold the region against the partition."""
    wanted = next((name for name, prefix in PARTITIONS.items() if env.aws.region.startswith(prefix)), "aws")
    if env.aws.partition != wanted:
        yield Broken(("aws", "partition"), f"{env.aws.partition} has no region {env.aws.region}", f"write {wanted}")


def arns(env: Environment) -> Iterator[Broken]:
    """Hold every ARN's partition, account and region against the environment's."""
    for path, arn, region in _arns(env):
        _, partition_, _, region_, account, _ = arn.split(":", 5)
        for name, got, want in (
            ("partition", partition_, env.aws.partition),
            ("region", region_, region),
            ("account", account, env.aws.account),
        ):
            if got != want:
                where = f"the environment in {want}" if want else f"where ARNs of its service have no {name}"
                yield Broken(path, f"is in {name} {got or 'none'}, {where}", "name one of this environment")


def _arns(env: Environment) -> Iterator[tuple[Place, str, str]]:
    """List the ARNs of a file, each with the region that it must have."""
    of_aws = f"arn:{env.aws.partition}:iam::aws:policy/"
    for path, arn in (
        (("server", "role_arn"), env.server.role_arn),
        (("aws", "role_arn"), env.aws.role_arn),
        (("roles", "permissions_boundary"), env.roles.permissions_boundary),
    ):
        if arn and not arn.startswith(of_aws):
            yield path, arn, ""
    for where, choice in _keys(env):
        if ARN.match(choice.adopt):
            yield (*where, "adopt"), choice.adopt, env.aws.region
    for name, side in sides(env):
        if ARN.match(side.admin.secret):
            yield (name, "admin", "secret"), side.admin.secret, env.aws.region


def _keys(env: Environment) -> Iterator[tuple[tuple[str, ...], Any]]:
    for path, choice in (
        (("kms", "queue_key"), env.kms.queue_key),
        (("kms", "bucket_keys", "source"), env.kms.bucket_keys.source),
        (("kms", "bucket_keys", "destination"), env.kms.bucket_keys.destination),
    ):
        if choice is not None:
            yield path, choice


def server_identity(env: Environment) -> Iterator[Broken]:
    """Ask for exactly one identity of the server, and for a role's ARN where a role is meant (ledger A3)."""
    if bool(env.server.instance_id) == bool(env.server.role_arn):
        yield Broken(("server",), "needs either instance_id or role_arn", "name the EC2 instance, or the ECS or EKS role")
    for path, arn in ((("server", "role_arn"), env.server.role_arn), (("aws", "role_arn"), env.aws.role_arn)):
        if arn and ":role/" not in arn:
            yield Broken(path, "is not the ARN of a role", "a role's ARN has role/ in it, not instance-profile/, user/ or policy/")
    if env.server.attach_profile and not env.server.instance_id:
        yield Broken(("server", "attach_profile"), "needs an instance", "remove it: a role by ARN is attached already")
    if env.server.metadata and not env.server.instance_id:
        yield Broken(("server", "metadata"), "needs an instance", "remove it, or allow roles.twins for the rehearsal")


def metadata(env: Environment) -> Iterator[Broken]:
    """Take a metadata service on loopback only beside an AWS endpoint on loopback: credentials and endpoint belong together."""
    if is_loopback(urlsplit(env.server.metadata).hostname or "") and not is_loopback(urlsplit(env.aws.endpoint).hostname or ""):
        yield Broken(("server", "metadata"), "is on loopback, and aws.endpoint is not", "write http://169.254.169.254, or remove it")


def endpoint(env: Environment) -> Iterator[Broken]:
    """Take an endpoint without encryption only on loopback."""
    parts = urlsplit(env.aws.endpoint)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        yield Broken(("aws", "endpoint"), "is not encrypted", "use https; http is for loopback")


def keys(env: Environment) -> Iterator[Broken]:
    """Ask for one choice a key, and for customer managed keys by ARN or id (ledger E1, E4)."""
    for path, choice in _keys(env):
        if bool(choice.adopt) == bool(choice.create):
            yield Broken(path, "needs either adopt or create", "adopt an existing key's ARN, or create one by alias name")
        if "alias/" in choice.adopt:
            yield Broken((*path, "adopt"), "is an alias, which policies never match", "name the key's ARN or id")
        if choice.create.startswith(("alias/", "aws/")):
            yield Broken((*path, "create"), "begins with a prefix that AWS keeps", "write the alias name alone")


def statements(env: Environment) -> Iterator[Broken]:
    """Ask for well-formed IAM statements in the slot for additions (ledger A5)."""
    for index, each in enumerate(env.extra_statements):
        path: Place = ("extra_statements", index)
        if each.get("Effect") not in {"Allow", "Deny"}:
            yield Broken(path, "needs Effect: Allow or Deny", "add it")
        if ("Action" in each) == ("NotAction" in each) or ("Resource" in each) == ("NotResource" in each):
            yield Broken(path, "needs one of Action and NotAction, and one of Resource and NotResource", "correct the statement")
        if {"Principal", "NotPrincipal"} & set(each):
            yield Broken(path, "names a principal, which a role's policy may not", "remove it")
        if not re.fullmatch(r"[A-Za-z0-9]+", str(each.get("Sid", "ok"))):
            yield Broken((*path, "Sid"), "may hold letters and digits only", "rename it")
        named = each.get("Resource", each.get("NotResource", ()))
        others = {f"{arn}".split(":")[1] for arn in (named if isinstance(named, list | tuple) else (named,)) if f"{arn}".startswith("arn:")}
        if others - {env.aws.partition, "*"}:
            yield Broken(path, "names an ARN of another partition", f"begin it with arn:{env.aws.partition}:")


def rehearsed(env: Environment) -> Iterator[Broken]:
    """Have a flow played only where its roles can be had, and keep the twins' names free."""
    if env.rehearsal == "exercise" and not env.roles.twins and (env.is_legacy or not env.server.metadata):
        lacks = (
            "the Lambda role, whose credentials only a twin of it can have"
            if env.is_legacy
            else "the server's role, and names no way to it"
        )
        way_out = (
            "allow roles.twins" + ("" if env.is_legacy else ", or name server.metadata and run on the instance") + "; or write evaluate"
        )
        yield Broken(("rehearsal",), f"plays {lacks}", way_out)
    for key, name in (("server", env.roles.server), ("lambda", env.roles.lambda_)):
        if name in {f"tonic-{env.environment}-{each}-twin" for each in ("server", "lambda")}:
            yield Broken(("roles", key), "is the name of a rehearsal's twin, which is made and removed again", "name another role")


def roles(env: Environment) -> Iterator[Broken]:
    """Keep the two roles apart, and tags within AWS's limits."""
    if env.is_legacy and env.server_role == env.lambda_role:
        yield Broken(("roles", "lambda"), "is the server's role", "name two roles")
    if env.roles.permissions_boundary and ":policy/" not in env.roles.permissions_boundary:
        yield Broken(("roles", "permissions_boundary"), "is not the ARN of a policy", "a policy's ARN has policy/ in it")
    for key, value in env.roles.tags.items():
        if key.startswith(("aws:", "tonic-runbook:")):
            yield Broken(("roles", "tags", key), "has a reserved prefix", "name another key")
        if not 1 <= len(key) <= TAG_KEY or len(value) > TAG_VALUE:
            yield Broken(("roles", "tags", key), f"is longer than AWS takes ({TAG_KEY}, value {TAG_VALUE})", "shorten it")


RULES: tuple[Rule, ...] = (
    visibility,
    legacy_only,
    bucket_names,
    partition,
    arns,
    server_identity,
    metadata,
    endpoint,
    keys,
    statements,
    roles,
    rehearsed,
)
