"""Redshift Serverless for one work group, and database credentials that open the stand-in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws.answers import Answer, as_json, as_query, error, not_modelled
from runbook_lib.sandbox.aws.principals import iam

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.credentials import Issue
    from runbook_lib.sandbox.aws.faults import Proceed
    from runbook_lib.sandbox.aws.requests import Call

CLUSTER = WORKGROUP = NAMESPACE = "tonic-sandbox"
SHORTEST, LONGEST = 900, 3600
DATABASE_USER = "RedshiftDbUser"
"""The tag by which IAM users and roles name the database user that they become."""


@dataclass(frozen=True)
class Warehouse:
    """Say where the stand-in listens, its id, and where its administrator's secret is."""

    host: str
    port: int
    id: str
    secret_arn: str = ""


def rules(warehouse: Callable[[], Warehouse], issue: Issue) -> dict[str, Any]:
    """Give the rules by call; `issue` makes the temporary passwords."""

    def workgroup(call: Call, _proceed: Proceed) -> Answer:
        return _serverless(call, warehouse(), issue)

    def credentials(call: Call, _proceed: Proceed) -> Answer:
        return _credentials(call, issue)

    return {
        "redshift-serverless:*": workgroup,
        "redshift:GetClusterCredentials": credentials,
        "redshift:GetClusterCredentialsWithIAM": credentials,
    }


def _serverless(call: Call, warehouse: Warehouse, issue: Issue) -> Answer:
    if call.operation not in {"GetWorkgroup", "ListWorkgroups", "GetNamespace", "ListNamespaces", "GetCredentials"}:
        return not_modelled(call)
    named = call.text("workgroupName" if call.operation in {"GetWorkgroup", "GetCredentials"} else "namespaceName")
    if call.operation.startswith("Get") and named != WORKGROUP:
        return error(call, 400, "ResourceNotFoundException", f"{named or 'what the call names'} was not found.")
    match call.operation:
        case "GetWorkgroup":
            return as_json({"workgroup": _workgroup(call, warehouse)})
        case "ListWorkgroups":
            return as_json({"workgroups": [_workgroup(call, warehouse)]})
        case "GetNamespace":
            return as_json({"namespace": _namespace(call, warehouse)})
        case "ListNamespaces":
            return as_json({"namespaces": [_namespace(call, warehouse)]})
    seconds = int(call.parameters.get("durationSeconds", SHORTEST))
    user = database_user(call)
    password = issue(user.partition(":")[2], seconds)
    return as_json({"dbUser": user, "dbPassword": password, "expiration": time.time() + seconds})


def _arn(call: Call, resource: str) -> str:
    return f"arn:{call.partition}:redshift-serverless:{call.region}:{call.account}:{resource}"


def _workgroup(call: Call, warehouse: Warehouse) -> dict[str, Any]:
    return {
        "workgroupName": WORKGROUP, "workgroupId": warehouse.id, "workgroupArn": _arn(call, f"workgroup/{warehouse.id}"),
        "namespaceName": NAMESPACE, "status": "AVAILABLE", "baseCapacity": 8, "enhancedVpcRouting": False, "publiclyAccessible": False,
        "endpoint": {"address": warehouse.host, "port": warehouse.port, "vpcEndpoints": []}, "port": warehouse.port,
    }  # fmt: skip


def _namespace(call: Call, warehouse: Warehouse) -> dict[str, Any]:
    secret = {"adminPasswordSecretArn": warehouse.secret_arn} if warehouse.secret_arn else {}
    return {
        "namespaceName": NAMESPACE, "namespaceId": warehouse.id, "namespaceArn": _arn(call, f"namespace/{warehouse.id}"),
        "adminUsername": "awsuser", "dbName": "dev", "status": "AVAILABLE", "iamRoles": [], **secret,
    }  # fmt: skip


def _credentials(call: Call, issue: Issue) -> Answer:
    from moto.redshift.models import redshift_backends

    cluster, seconds = call.text("ClusterIdentifier"), int(call.text("DurationSeconds") or SHORTEST)
    if cluster not in redshift_backends[call.account][call.region].clusters:
        return error(call, 404, "ClusterNotFound", f"Cluster {cluster} not found.")
    if not SHORTEST <= seconds <= LONGEST:
        return error(call, 400, "InvalidParameterValue", "Token duration must be between 900 and 3600 seconds")
    if call.text("AutoCreate").lower() == "true" or any(name.startswith("DbGroups") for name in call.parameters):
        return error(call, 501, "NotImplemented", f"not modelled by the sandbox: {call.name} with AutoCreate or DbGroups")
    user = f"IAM:{call.text('DbUser')}" if call.operation == "GetClusterCredentials" else database_user(call)
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
    return as_query(call, {"DbUser": user, "DbPassword": issue(user.partition(":")[2], seconds), "Expiration": until})


def database_user(call: Call) -> str:
    """Name the database user that the caller becomes: what his tag says, else `IAM:` and his name, or `IAMR:` and his role's."""
    _, *path = call.principal.rpartition(":")[2].split("/")
    backend, is_session = iam(call), ":assumed-role/" in call.principal
    name = path[0] if is_session else path[-1]
    if is_session:
        tags: list[dict[str, str]] = next((each.tags for each in backend.roles.values() if each.name == name), [])
    else:
        tags = backend.list_user_tags(name) if name in backend.users else []
    tagged = next((each["Value"] for each in tags or [] if each["Key"] == DATABASE_USER), "")
    return f"IAM:{tagged}" if tagged else f"{'IAMR' if is_session else 'IAM'}:{name}"
