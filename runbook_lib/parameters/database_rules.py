"""Rules across the fields that name the two databases: places, TLS, log-ins, users and schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from runbook_lib.parameters.broken import Broken, Rule, is_loopback, sides
from runbook_lib.secrets import FILLED_HERE

if TYPE_CHECKING:
    from runbook_lib.parameters.schema import Environment

AWS_HOST = re.compile(r"\.(?P<region>[a-z]{2}(?:-[a-z]+)+-[0-9])\.redshift(?:-serverless)?\.amazonaws\.com")


def two_databases(env: Environment) -> Iterator[Broken]:
    """Refuse one database as source and destination, by the hosts' names and by where tunnels end: a job could drop what it reads."""
    both = (env.source, env.destination)
    reached = {(side.connect_to or side.host.lower(), side.port, side.database) for side in both}
    # Through a tunnel the port is the tunnel's own, and tells nothing of the host.
    named = {(side.host.lower(), 0 if any(each.connect_to for each in both) else side.port, side.database) for side in both}
    if len(reached) == 1 or len(named) == 1:
        yield Broken(("destination", "database"), "is the source database", "name another database: jobs drop schemas in it")


def hosts(env: Environment) -> Iterator[Broken]:
    """Hold the region in a warehouse's own host name against the environment's."""
    for name, side in sides(env):
        found = AWS_HOST.search(side.host)
        if found and found["region"] != env.aws.region:
            yield Broken((name, "host"), f"is in {found['region']}, the environment in {env.aws.region}", "correct the host, or aws.region")


def tls(env: Environment) -> Iterator[Broken]:
    """Allow unverified connections only for a stated reason, and none but on loopback."""
    for name, side in sides(env):
        if side.sslmode == "disable" and not is_loopback(side.connect_to or side.host):
            yield Broken((name, "sslmode"), "disable sends passwords in clear text", "write verify-full; disable is for loopback")
        if side.sslmode == "verify-ca" and not side.tls_reason:
            yield Broken(
                (name, "sslmode"), "verify-ca does not check the host's name", "say why in tls_reason, or use verify-full with connect_to"
            )


def admins(env: Environment) -> Iterator[Broken]:
    """Ask for what each way of logging in needs."""
    for name, side in sides(env):
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
        if admin.password.startswith(FILLED_HERE):
            made = "generated" if admin.password.startswith("generate:") else "made"
            yield Broken((*path, "password"), f"cannot be {made}: the administrator exists", "reference the existing one, or prompt:NAME")


def users(env: Environment) -> Iterator[Broken]:
    """Ask for users that are told apart: they are global to a cluster (ledger G3, H4)."""
    if env.source.user.name == env.destination.user.name:
        yield Broken(("destination", "user", "name"), "is the source's user", "name another: a writer must not be the reader")
    for name, side in sides(env):
        if side.user.name == side.admin.user:
            yield Broken((name, "user", "name"), "is the administrator", "name a user of its own for the product")
        if side.user.name.lower() == "public":
            yield Broken((name, "user", "name"), "is reserved", "name another")


def rotations(env: Environment) -> Iterator[Broken]:
    """Rotate only what the runbook made: of any other password, somebody else decides."""
    for name, side in sides(env):
        if side.user.rotation and not side.user.password.startswith("generate:"):
            way_out = "remove it, change what password names and run ALTER USER; or write generate:secretsmanager:NAME"
            yield Broken((name, "user", "rotation"), "is for generated passwords only", way_out)


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


def patterns(env: Environment) -> Iterator[Broken]:
    """Ask for patterns that can match."""
    for name in ("include", "exclude"):
        for index, pattern in enumerate(getattr(env.schemas, name)):
            if not pattern:
                yield Broken(("schemas", name, index), "is empty", "write a name, or * for all")
    if not env.schemas.include:
        yield Broken(("schemas", "include"), "includes nothing", 'write ["*"] or the schemas to include')


RULES: tuple[Rule, ...] = (two_databases, hosts, tls, admins, users, rotations, ownership, patterns)
