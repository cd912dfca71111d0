"""Answer where a Redshift cluster or workgroup is and how it reaches S3; list what the product itself left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.errors import Denied
from runbook_lib.resources.ec2 import ClusterAnswer, ClusterAsked

if TYPE_CHECKING:
    from runbook_lib.adapters.aws.reading import Reader
    from runbook_lib.resources.iam import ProductLeftovers

PREFIX = "tonic-"
_PORT = 5439


def cluster(question: ClusterAsked, reader: Reader) -> ClusterAnswer | None:
    """Describe a provisioned cluster or a serverless workgroup, whichever is named."""
    if question.workgroup:
        return _workgroup(question.workgroup, reader)
    answer = reader.maybe("redshift", "describe_clusters", ClusterIdentifier=question.cluster)
    found = answer["Clusters"] if answer is not None else []
    if not found:
        return None
    endpoint = found[0].get("Endpoint", {})
    return ClusterAnswer(
        name=found[0]["ClusterIdentifier"],
        region=reader.session.environment.aws.region,
        host=endpoint.get("Address", ""),
        port=endpoint.get("Port", _PORT),
        status=found[0]["ClusterStatus"],
        enhanced_vpc_routing=bool(found[0].get("EnhancedVpcRouting")),
        iam_roles=tuple(sorted(each["IamRoleArn"] for each in found[0].get("IamRoles", []))),
        managed_secret=found[0].get("MasterPasswordSecretArn", ""),
        routes_to_s3=_routes(found[0].get("VpcId", ""), reader),
    )


def _workgroup(name: str, reader: Reader) -> ClusterAnswer | None:
    answer = reader.maybe("redshift-serverless", "get_workgroup", workgroupName=name)
    if answer is None:
        return None
    found = answer["workgroup"]
    namespace = reader.read("redshift-serverless", "get_namespace", namespaceName=found["namespaceName"])["namespace"]
    endpoint = found.get("endpoint", {})
    vpc = next((each.get("vpcId", "") for each in endpoint.get("vpcEndpoints", [])), "")
    return ClusterAnswer(
        name=name,
        region=reader.session.environment.aws.region,
        host=endpoint.get("address", ""),
        port=endpoint.get("port", _PORT),
        status=found["status"].lower(),
        enhanced_vpc_routing=bool(found.get("enhancedVpcRouting")),
        iam_roles=tuple(sorted(_role_arn(each) for each in namespace.get("iamRoles", []))),
        managed_secret=namespace.get("adminPasswordSecretArn", ""),
        routes_to_s3=_routes(vpc, reader),
    )


def _role_arn(text: str) -> str:
    """Take the ARN out of `IamRole(applyStatus=in-sync, iamRoleArn=arn:...)`, the form that GetNamespace gives."""
    return text.partition("iamRoleArn=")[2].rstrip(")") or text


def _routes(vpc: str, reader: Reader) -> tuple[str, ...] | None:
    """List the S3 endpoints of a VPC; None when they may not be read."""
    if not vpc:
        return None
    region = reader.session.environment.aws.region
    filters = [
        {"Name": "vpc-id", "Values": [vpc]},
        {"Name": "service-name", "Values": [f"com.amazonaws.{region}.s3", f"cn.com.amazonaws.{region}.s3"]},
    ]
    try:
        found = reader.pages("ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=filters)
    except Denied:
        return None
    return tuple(sorted(each["VpcEndpointId"] for each in found))


def leftovers(question: ProductLeftovers, reader: Reader) -> tuple[str, ...]:
    """List what the product made itself, by its prefix."""
    match question.service:
        case "lambda":
            found = [each["FunctionArn"] for each in _functions(reader)]
        case "mappings":
            mappings = reader.pages("lambda", "list_event_source_mappings", "EventSourceMappings")
            found = [each["UUID"] for each in mappings if f":function:{PREFIX}" in each.get("FunctionArn", "")]
        case "logs":
            groups = reader.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=f"/aws/lambda/{PREFIX}")
            found = [each["logGroupName"] for each in groups]
        case "sqs":
            found = reader.pages("sqs", "list_queues", "QueueUrls", QueueNamePrefix=PREFIX)
    return tuple(sorted(found))


def _functions(reader: Reader) -> list[Any]:
    return [each for each in reader.pages("lambda", "list_functions", "Functions") if each["FunctionName"].startswith(PREFIX)]
