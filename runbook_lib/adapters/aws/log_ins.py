"""Get an administrator's log-in to a database from AWS: the cluster's managed secret, or credentials for one hour."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from runbook_lib.adapters.aws.secret_store import text_in
from runbook_lib.errors import NotFound, Rejected, Unresolved
from runbook_lib.secrets import Masked

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.session import AwsSession
    from runbook_lib.parameters import Environment
    from runbook_lib.parameters.schema import Warehouse
    from runbook_lib.ports import Secrets

LogIn = tuple[str, Masked]


def log_in(environment: Environment, side: str, secrets: Secrets, session: Callable[[], AwsSession]) -> LogIn:
    """Give the administrator's user and password of a side. Raises TargetError; never creates a database user."""
    warehouse = environment.side(side)
    match warehouse.admin.login:
        case "password":
            return warehouse.admin.user, secrets.resolve(warehouse.admin.password)
        case "managed_secret":
            return _managed(warehouse, side, session())
        case "cluster_credentials":
            return _temporary(warehouse, side, session())
        case "none":
            raise Unresolved(
                f"{side}.admin",
                "login is none: somebody else runs the SQL",
                "hand the script to the database's administrator",
            )


def _managed(warehouse: Warehouse, side: str, session: AwsSession) -> LogIn:
    secret = warehouse.admin.secret or _secret_of(warehouse, session)
    if not secret:
        raise Unresolved(
            f"{side}.admin",
            "the cluster has no managed secret",
            f"name one under {side}.admin.secret, or use a password",
        )
    try:
        whole = Masked(str(session.read("secretsmanager", "get_secret_value", SecretId=secret).get("SecretString", "")))
    except NotFound:
        raise Unresolved(f"{side}.admin", "the managed secret does not exist", f"correct {side}.admin.secret") from None
    if not (text_in(whole, "username") and text_in(whole, "password")):
        raise Unresolved(f"{side}.admin", "the secret is no JSON with username and password", f"correct {side}.admin.secret")
    return text_in(whole, "username"), Masked(text_in(whole, "password"))


def _secret_of(warehouse: Warehouse, session: AwsSession) -> str:
    if warehouse.workgroup:
        return str(_namespace(warehouse.workgroup, session).get("adminPasswordSecretArn", ""))
    found = session.read("redshift", "describe_clusters", ClusterIdentifier=warehouse.cluster)["Clusters"]
    return str(found[0].get("MasterPasswordSecretArn", "")) if found else ""


def _namespace(workgroup: str, session: AwsSession) -> dict[str, Any]:
    name = session.read("redshift-serverless", "get_workgroup", workgroupName=workgroup)["workgroup"]["namespaceName"]
    namespace: dict[str, Any] = session.read("redshift-serverless", "get_namespace", namespaceName=name)["namespace"]
    return namespace


def _temporary(warehouse: Warehouse, side: str, session: AwsSession) -> LogIn:
    """Ask for credentials: on a provisioned cluster for an existing user, else for the caller's own.

    Serverless makes the caller's user by itself when it is missing; nothing turns that off.
    """
    if warehouse.workgroup:
        answer = session.read(
            "redshift-serverless",
            "get_credentials",
            workgroupName=warehouse.workgroup,
            dbName=warehouse.database,
            durationSeconds=3600,
        )
        return answer["dbUser"], Masked(answer["dbPassword"])
    if not warehouse.cluster:
        raise Rejected(
            f"{side}.admin",
            "cluster_credentials needs a cluster or a workgroup",
            f"name {side}.cluster or {side}.workgroup",
        )
    answer = session.read(
        "redshift",
        "get_cluster_credentials",
        ClusterIdentifier=warehouse.cluster,
        DbUser=warehouse.admin.user,
        DbName=warehouse.database,
        AutoCreate=False,
        DurationSeconds=3600,
    )
    return answer["DbUser"], Masked(answer["DbPassword"])
