"""Rules across fields: each is a function that yields what is wrong, where, and the way out. Pure; nothing is asked of a network."""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from runbook_lib.parameters.schema import Destination, Environment, Source


@dataclass(frozen=True)
class Broken:
    """Hold one broken rule."""

    path: tuple[str | int, ...]
    what: str
    way_out: str


Rule = Callable[["Environment"], Iterator[Broken]]
PLACEHOLDER = re.compile(r"<[^<>]*>|\$\{[^}]*\}|\{[a-z_]+\}|\b(?:tonic_password|tonic_destination_database|schema_name)\b")
TONIC = re.compile(r"tonic-")
PARTITIONS = {"aws-us-gov": "us-gov-", "aws-cn": "cn-"}
ROWS = frozenset(
    f"{section}{number}"
    for section, numbers in {"A": 8, "B": 2, "C": 6, "D": 3, "E": 4, "F": 5, "G": 6, "H": 4}.items()
    for number in range(1, numbers + 1)
) | {"H3a", "H3b", "H3c", "H3d"}


def broken_rules(environment: Environment | None, values: dict[str, Any]) -> Iterator[Broken]:
    """Check the raw values for placeholders, and a well-typed environment for everything else."""
    yield from placeholders(values, ())
    if environment is not None:
        for rule in RULES:
            yield from rule(environment)


def placeholders(value: Any, path: tuple[str | int, ...]) -> Iterator[Broken]:
    """Refuse what was copied from an example and not filled in; IAM's own variables are fine in extra_statements."""
    if path and path[0] == "extra_statements":
        return
    if isinstance(value, dict):
        for key, each in value.items():
            yield from placeholders(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from placeholders(each, (*path, index))
    elif isinstance(value, str) and (found := PLACEHOLDER.search(value)):
        yield Broken(path, f"still holds the placeholder {found[0]}", "fill it in")


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


def two_databases(env: Environment) -> Iterator[Broken]:
    """Refuse one database as source and destination: a job could drop what it reads."""
    places = [(side.connect_to or side.host, side.port, side.database) for side in (env.source, env.destination)]
    if places[0] == places[1]:
        yield Broken(("destination", "database"), "is the source database", "name another database: jobs drop schemas in it")


def bucket_names(env: Environment) -> Iterator[Broken]:
    """Ask for the prefix that the documented policies reach (ledger A4, D2)."""
    for side in ("source", "destination"):
        name = getattr(env.buckets, side).name
        if env.policy_style == "documented" and not TONIC.match(name):
            yield Broken(("buckets", side, "name"), f"{name} does not begin with tonic-", "rename it, or set policy_style: scoped")
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
    for path, arn, is_regional in _arns(env):
        parts = arn.split(":")
        wanted = (env.aws.partition, env.aws.region if is_regional else "", env.aws.account)
        for name, got, want in zip(("partition", "region", "account"), (parts[1], parts[3], parts[4]), wanted, strict=True):
            if got != want and not (name == "region" and not is_regional):
                yield Broken(path, f"is in {name} {got or 'none'}, the environment in {want}", "name one of this environment")


def _arns(env: Environment) -> Iterator[tuple[tuple[str | int, ...], str, bool]]:
    yield from (
        (path, arn, False)
        for path, arn in (
            (("server", "role_arn"), env.server.role_arn),
            (("aws", "role_arn"), env.aws.role_arn),
            (("roles", "permissions_boundary"), env.roles.permissions_boundary),
        )
        if arn and not arn.startswith(f"arn:{env.aws.partition}:iam::aws:policy/")
    )
    for path, choice in _keys(env):
        if choice.adopt.startswith("arn:"):
            yield (*path, "adopt"), choice.adopt, True


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


def tls(env: Environment) -> Iterator[Broken]:
    """Allow unverified connections only for a stated reason, and none but on loopback."""
    for name, side in _sides(env):
        if side.sslmode == "disable" and not is_loopback(side.connect_to or side.host):
            yield Broken((name, "sslmode"), "disable sends passwords in clear text", "write verify-full; disable is for loopback")
        if side.sslmode == "verify-ca" and not side.tls_reason:
            yield Broken(
                (name, "sslmode"), "verify-ca does not check the host's name", "say why in tls_reason, or use verify-full with connect_to"
            )


def automatic(env: Environment) -> Iterator[Broken]:
    """Accept automatic approval only where nothing real is reached."""
    if env.approval != "automatic":
        return
    if not is_loopback_only(env):
        yield Broken(("approval",), "automatic is for loopback endpoints only", "write manual and approve the digest")
    if env.protected:
        yield Broken(("protected",), "contradicts approval: automatic", "write approval: manual")


def is_loopback_only(env: Environment) -> bool:
    """Tell whether both ends are this machine: AWS's endpoint, and both databases."""
    ends = [urlsplit(env.aws.endpoint).hostname or "", *(side.connect_to or side.host for _, side in _sides(env))]
    return all(is_loopback(end) for end in ends)


def endpoint(env: Environment) -> Iterator[Broken]:
    """Take an endpoint only as a URL."""
    parts = urlsplit(env.aws.endpoint)
    if env.aws.endpoint and (parts.scheme not in {"http", "https"} or not parts.hostname):
        yield Broken(("aws", "endpoint"), "is not a URL", "write http://HOST:PORT or https://HOST, or leave it empty")
    elif parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        yield Broken(("aws", "endpoint"), "is not encrypted", "use https; http is for loopback")


def admins(env: Environment) -> Iterator[Broken]:
    """Ask for what each way of logging in needs."""
    for name, side in _sides(env):
        admin, path = side.admin, (name, "admin")
        has_cluster = bool(side.cluster or side.workgroup)
        if side.cluster and side.workgroup:
            yield Broken((name, "workgroup"), "and cluster exclude each other", "keep the one that the host belongs to")
        if admin.login == "password" and not (admin.user and admin.password):
            yield Broken(path, "needs user and password", "add both, or choose login: managed_secret, cluster_credentials or none")
        if admin.login == "managed_secret" and not (admin.secret or has_cluster):
            yield Broken(path, "needs secret, or a cluster to look it up from", "add one")
        if admin.login == "cluster_credentials" and not has_cluster:
            yield Broken(path, "needs cluster or workgroup", f"add {name}.cluster or {name}.workgroup")
        if admin.login == "cluster_credentials" and side.cluster and not admin.user:
            yield Broken(path, "needs user", "name the database user to get credentials for")
        if admin.password.startswith("generate:"):
            yield Broken((*path, "password"), "cannot be generated: the administrator exists", "reference the existing one")


def users(env: Environment) -> Iterator[Broken]:
    """Ask for users that are told apart: they are global to a cluster (ledger G3, H4)."""
    if env.source.user.name == env.destination.user.name:
        yield Broken(("destination", "user", "name"), "is the source's user", "name another: a writer must not be the reader")
    for name, side in _sides(env):
        if side.user.name == side.admin.user:
            yield Broken((name, "user", "name"), "is the administrator", "name a user of its own for the product")
        if side.user.name.lower() == "public":
            yield Broken((name, "user", "name"), "is reserved", "name another")


def keys(env: Environment) -> Iterator[Broken]:
    """Ask for one choice a key, and for customer managed keys by ARN or id (ledger E1, E4)."""
    for path, choice in _keys(env):
        if bool(choice.adopt) == bool(choice.create):
            yield Broken(path, "needs either adopt or create", "adopt an existing key's ARN, or create one by alias name")
        if "alias/" in choice.adopt:
            yield Broken((*path, "adopt"), "is an alias, which policies never match", "name the key's ARN or id")
        if choice.create.startswith(("alias/", "aws/")):
            yield Broken((*path, "create"), "begins with a prefix that AWS keeps", "write the alias name alone")


def ownership(env: Environment) -> Iterator[Broken]:
    """Ask for a person's word before a superuser is made (ledger H4)."""
    if env.destination.take_ownership and not env.destination.preserve_ownership:
        yield Broken(("destination", "take_ownership"), "needs preserve_ownership: true", "remove it")
    if env.destination.preserve_ownership and "H4" not in {each.row for each in env.confirmations}:
        yield Broken(
            ("destination", "preserve_ownership"),
            "makes a superuser, whose power spans every database of the cluster",
            "add a confirmation of row H4 by the person who accepts that",
        )


def confirmations(env: Environment) -> Iterator[Broken]:
    """Take confirmations only of known rows, with dates that exist."""
    for index, each in enumerate(env.confirmations):
        path: tuple[str | int, ...] = ("confirmations", index)
        if each.row not in ROWS:
            yield Broken((*path, "row"), f"{each.row} is no row of the ledger", "name one such as G2 or H4")
        days = {name: _day(getattr(each, name)) for name in ("date", "expires") if getattr(each, name)}
        for name, day in days.items():
            if day is None:
                yield Broken((*path, name), "is no date", 'write it as "2026-01-31"')
        given, expires = days.get("date"), days.get("expires")
        if given and expires and expires <= given:
            yield Broken((*path, "expires"), "is not after date", "correct one of them")


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def statements(env: Environment) -> Iterator[Broken]:
    """Ask for well-formed IAM statements in the slot for additions (ledger A5)."""
    for index, each in enumerate(env.extra_statements):
        path: tuple[str | int, ...] = ("extra_statements", index)
        if each.get("Effect") not in {"Allow", "Deny"}:
            yield Broken(path, "needs Effect: Allow or Deny", "add it")
        if ("Action" in each) == ("NotAction" in each) or ("Resource" in each) == ("NotResource" in each):
            yield Broken(path, "needs one of Action and NotAction, and one of Resource and NotResource", "correct the statement")
        if {"Principal", "NotPrincipal"} & set(each):
            yield Broken(path, "names a principal, which a role's policy may not", "remove it")
        if not re.fullmatch(r"[A-Za-z0-9]+", str(each.get("Sid", "ok"))):
            yield Broken((*path, "Sid"), "may hold letters and digits only", "rename it")


def roles(env: Environment) -> Iterator[Broken]:
    """Keep the two roles apart, and tags within AWS's limits."""
    if env.is_legacy and env.server_role == env.lambda_role:
        yield Broken(("roles", "lambda"), "is the server's role", "name two roles")
    for key, value in env.roles.tags.items():
        if key.startswith(("aws:", "tonic-runbook:")):
            yield Broken(("roles", "tags", key), "has a reserved prefix", "name another key")
        if not 1 <= len(key) <= 128 or len(value) > 256:  # noqa: PLR2004 - AWS's limits of key and value
            yield Broken(("roles", "tags", key), "is longer than AWS takes (128, value 256)", "shorten it")


def adoption(env: Environment) -> Iterator[Broken]:
    """Take addresses only in the form that a plan shows."""
    from runbook_lib import resources
    from runbook_lib.model import Resource

    del resources
    kinds = sorted(kind for kind, each in Resource.known.items() if issubclass(each, Resource) and each.is_claimed)
    for index, address in enumerate(env.adopt):
        kind, _, name = address.partition("/")
        if kind not in kinds or not name:
            yield Broken(("adopt", index), f"{address} is no address", f"write KIND/NAME with a kind of {', '.join(kinds)}")


def patterns(env: Environment) -> Iterator[Broken]:
    """Ask for patterns that can match, and for places inside the file's own folder and store."""
    for name in ("include", "exclude"):
        for index, pattern in enumerate(getattr(env.schemas, name)):
            if not pattern:
                yield Broken(("schemas", name, index), "is empty", "write a name, or * for all")
    if not env.schemas.include:
        yield Broken(("schemas", "include"), "includes nothing", 'write ["*"] or the schemas to include')
    if env.worker is not None and (env.worker.exported.startswith("/") or ".." in env.worker.exported.split("/")):
        yield Broken(("worker", "exported"), "leaves the parameter file's folder", "put the file beside the parameter file")
    if "://" in env.records:
        yield Broken(("records",), "is not a folder", "name a folder for the record store")


def _sides(env: Environment) -> tuple[tuple[str, Source | Destination], ...]:
    return (("source", env.source), ("destination", env.destination))


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


RULES: tuple[Rule, ...] = (
    visibility, legacy_only, two_databases, bucket_names, partition, arns, server_identity, tls, automatic, endpoint,
    admins, users, keys, ownership, confirmations, statements, roles, adoption, patterns,
)  # fmt: skip
