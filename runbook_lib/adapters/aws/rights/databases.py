"""What clusters and log-ins to them take, and what the product left (`adapters.aws.clusters`, `adapters.aws.log_ins`).

ARNs of Redshift Serverless hold ids that neither a parameter file nor a call does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.aws.rights.stores import resolving, secret_arn
from runbook_lib.adapters.aws.rights.words import ANY, Permissions, on
from runbook_lib.resources.secretsmanager import Rotation
from runbook_lib.resources.warehouse import DatabaseUser, LoginAsked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Change
    from runbook_lib.parameters import Environment
    from runbook_lib.parameters.schema import Warehouse
    from runbook_lib.resources.ec2 import ClusterAsked
    from runbook_lib.resources.iam import ProductLeftovers

_LISTS = {
    "lambda": "lambda:ListFunctions",
    "mappings": "lambda:ListEventSourceMappings",
    "logs": "logs:DescribeLogGroups",
    "sqs": "sqs:ListQueues",
}


def _workgroup(env: Environment) -> Permissions:
    return tuple(
        each for kind in ("workgroup", "namespace")
        for each in on(env.arn("redshift-serverless", f"{kind}/*"), f"redshift-serverless:Get{kind.title()}")
    )  # fmt: skip


def _cluster(env: Environment, cluster: str) -> Permissions:
    return on(env.arn("redshift", f"cluster:{cluster}"), "redshift:DescribeClusters")


def asking_cluster(question: ClusterAsked, env: Environment) -> Permissions:
    """Declare `cluster`, with the endpoints of its VPC."""
    found = _workgroup(env) if question.workgroup else _cluster(env, question.cluster)
    return (*found, *on(ANY, "ec2:DescribeVpcEndpoints"))


def asking_leftovers(question: ProductLeftovers, _env: Environment) -> Permissions:
    """Declare `leftovers`."""
    return on(ANY, _LISTS[question.service])


def logging_in(side: str, env: Environment) -> Permissions:
    """Declare `log_in`, which comes before whatever is asked of a database."""
    place = env.side(side)
    match place.admin.login:
        case "password":
            return resolving(place.admin.password, env)
        case "managed_secret":
            return _managed(place, env)
        case "cluster_credentials":
            return _temporary(place, env)
        case "none":
            return ()


def _managed(place: Warehouse, env: Environment) -> Permissions:
    """Declare the managed secret: its name begins with the cluster's, or with the namespace's, which the file does not hold."""
    if place.admin.secret:
        return on(secret_arn(env, place.admin.secret), "secretsmanager:GetSecretValue")
    name = "redshift!*" if place.workgroup else f"redshift!{place.cluster}-*"
    secret = on(env.arn("secretsmanager", f"secret:{name}"), "secretsmanager:GetSecretValue")
    return (*(_workgroup(env) if place.workgroup else _cluster(env, place.cluster)), *secret)


def _temporary(place: Warehouse, env: Environment) -> Permissions:
    if place.workgroup:
        return on(env.arn("redshift-serverless", "workgroup/*"), "redshift-serverless:GetCredentials")
    names = (f"dbuser:{place.cluster}/{place.admin.user}", f"dbname:{place.cluster}/{place.database}")
    return tuple(each for name in names for each in on(env.arn("redshift", name), "redshift:GetClusterCredentials"))


def of_warehouse(value: Any, env: Environment) -> Permissions:
    """Declare what any question to a database, or any look at it, takes of AWS: a log-in, the product's own or the administrator's."""
    return resolving(value.password, env) if isinstance(value, LoginAsked) else logging_in(value.side, env)


def changing_warehouse(change: Change, env: Environment) -> Permissions:
    """Declare what a change in a database takes of AWS: the log-in, and the password of a new user."""
    subject: Any = change.subject
    new = change.after if change.before is None and isinstance(change.after, DatabaseUser) else None
    return (*logging_in(subject.side, env), *(resolving(new.password, env) if new is not None else ()))


def looking_at_rotation(rotation: Rotation, env: Environment) -> Permissions:
    """Declare `observe_rotation`."""
    return on(secret_arn(env, rotation.secret), "secretsmanager:DescribeSecret")


def rotating(change: Change, env: Environment) -> Iterator[Permissions]:
    """Declare `adapters.rotating`: the secret's new version, and the log-in that sets it in the database."""
    match change.after:
        case Rotation() as after:
            actions = ("GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")
            yield from (on(secret_arn(env, after.secret), f"secretsmanager:{each}") for each in actions)
            yield logging_in(after.side, env)
