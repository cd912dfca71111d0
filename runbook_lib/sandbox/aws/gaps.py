"""The few operations that moto lacks, or answers without effect, and that a run needs. Each refuses what it does not know."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runbook_lib.sandbox.aws.requests import Call, error

Answer = tuple[str, list[tuple[str, str]], bytes]
Gap = Callable[[Call], "Answer | None"]
WORKGROUP, NAMESPACE, CLUSTER = "tonic-sandbox", "tonic-sandbox", "tonic-sandbox"
LIFETIME = 900


def gaps(credentials: Path, account: str, region: str, port: int) -> tuple[Gap, ...]:
    """Make the gaps' answers for one account; temporary database passwords go to a file that the stand-in reads."""

    def serverless(call: Call) -> Answer | None:
        if call.service != "redshift-serverless":
            return None
        arn = f"arn:{partition(region)}:redshift-serverless:{region}:{account}"
        match call.operation:
            case "GetWorkgroup" if call.parameters.get("workgroupName") == WORKGROUP:
                workgroup = {
                    "workgroupName": WORKGROUP, "workgroupArn": f"{arn}:workgroup/sandbox", "namespaceName": NAMESPACE, "status": "AVAILABLE",
                    "enhancedVpcRouting": False, "endpoint": {"address": "127.0.0.1", "port": port, "vpcEndpoints": []},
                }  # fmt: skip
                return _json({"workgroup": workgroup})
            case "GetNamespace" if call.parameters.get("namespaceName") == NAMESPACE:
                return _json({"namespace": {"namespaceName": NAMESPACE, "namespaceArn": f"{arn}:namespace/sandbox", "iamRoles": []}})
            case "GetCredentials" if call.parameters.get("workgroupName") == WORKGROUP:
                password = _issued(credentials, "awsuser")
                return _json({"dbUser": "IAM:awsuser", "dbPassword": password, "expiration": time.time() + LIFETIME})
            case "GetWorkgroup" | "GetNamespace" | "GetCredentials":
                return error(call, 404, "ResourceNotFoundException", "there is no such workgroup or namespace")
        return error(call, 501, "NotImplemented", f"not modelled by the sandbox: {call.service}:{call.operation}")

    def cluster_credentials(call: Call) -> Answer | None:
        if (call.service, call.operation) != ("redshift", "GetClusterCredentials"):
            return None
        if call.parameters.get("ClusterIdentifier") != CLUSTER:
            return error(call, 404, "ClusterNotFound", "there is no such cluster")
        user = call.parameters.get("DbUser", "")
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + LIFETIME))
        body = (
            '<GetClusterCredentialsResponse xmlns="http://redshift.amazonaws.com/doc/2012-12-01/"><GetClusterCredentialsResult>'
            f"<DbUser>IAM:{user}</DbUser><DbPassword>{_issued(credentials, user)}</DbPassword><Expiration>{until}</Expiration>"
            "</GetClusterCredentialsResult></GetClusterCredentialsResponse>"
        )
        return "200 OK", [("Content-Type", "text/xml")], body.encode()

    return (serverless, cluster_credentials)


def partition(region: str) -> str:
    """Give a region's partition."""
    return {"us-gov": "aws-us-gov", "cn": "aws-cn"}.get(region.rpartition("-")[0].rpartition("-")[0], "aws")


def _issued(path: Path, user: str) -> str:
    """Make a temporary password for a database user and put it where the stand-in looks."""
    known: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    password = secrets.token_urlsafe(24)
    known.setdefault(user, []).append({"password": password, "until": time.time() + LIFETIME})
    partial = path.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(known), "utf-8")
    partial.rename(path)
    return password


def _json(value: object) -> Answer:
    return "200 OK", [("Content-Type", "application/x-amz-json-1.1")], json.dumps(value).encode()
