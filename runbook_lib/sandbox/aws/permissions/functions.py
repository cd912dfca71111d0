"""The permissions of Lambda's operations, of CloudWatch Logs' and of ECR's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from runbook_lib.sandbox.aws import held
from runbook_lib.sandbox.aws.permissions.needs import Context, Need, Table, also, anything, arn, has, passed, rows, tags_given

if TYPE_CHECKING:
    from runbook_lib.sandbox.aws.requests import Call


def function(call: Call) -> tuple[str, ...]:
    """Name the function."""
    return (function_arn(call, call.text("FunctionName")),)


def function_arn(call: Call, name: str) -> str:
    """Build the ARN of a function that is named, or whose ARN is given."""
    return name if name.startswith("arn:") else arn(call, "lambda", f"function:{name}")


def _tagged(call: Call) -> tuple[str, ...]:
    return (call.text("Resource"),)


def mapping(call: Call) -> tuple[str, ...]:
    """Name the event source mapping."""
    return (arn(call, "lambda", f"event-source-mapping:{call.text('UUID')}"),)


def mapping_of(call: Call) -> Any:
    """Find the event source mapping; None when there is none."""
    from moto.awslambda.models import lambda_backends

    return lambda_backends[call.account][call.region].get_event_source_mapping(call.text("UUID"))


def _wired(call: Call) -> Context:
    """Tell which function a mapping feeds, and whose role it has."""
    there = mapping_of(call) if call.text("UUID") else None
    name = call.text("FunctionName") or (there.function_arn if there is not None else "")
    return {"lambda:FunctionArn": function_arn(call, name)} if name else {}


def _role(call: Call) -> Iterable[Need]:
    if call.text("Role"):
        yield passed(call.text("Role"), "lambda.amazonaws.com")


def _settings(call: Call) -> Context:
    """Tell of what a function is to have: its layers, its place in a network, and who may invoke it."""
    network = call.parameters.get("VpcConfig") or {}
    lists = {"lambda:Layer": call.parameters.get("Layers"), "lambda:SubnetIds": network.get("SubnetIds"),
             "lambda:SecurityGroupIds": network.get("SecurityGroupIds")}  # fmt: skip
    given: dict[str, str | tuple[str, ...]] = {key: tuple(value) for key, value in lists.items() if value}
    return given | ({"lambda:Principal": call.text("Principal")} if call.text("Principal") else {})


def _function_tags(call: Call) -> Context:
    there = held.function_of(call.account, call.region, call.text("FunctionName"))
    return {f"aws:ResourceTag/{key}": value for key, value in (there.tags if there is not None else {}).items()}


_TAG = also("lambda:TagResource", function, has("Tags"), tags_given)
_READS = "GetFunction GetFunctionConfiguration DeleteFunction UpdateFunctionCode GetPolicy AddPermission RemovePermission"
LAMBDA: Table = {
    **rows("lambda", anything, "ListFunctions ListEventSourceMappings ListLayers GetAccountSettings"),
    **rows("lambda", function, "CreateFunction", (tags_given, _settings), (_role, _TAG)),
    **rows("lambda", function, "UpdateFunctionConfiguration", (_function_tags, _settings), (_role,)),
    **rows("lambda", function, f"{_READS} Invoke=InvokeFunction ListVersionsByFunction PublishVersion", (_function_tags, _settings)),
    **rows("lambda", _tagged, "ListTags TagResource UntagResource", (tags_given,)),
    **rows("lambda", anything, "CreateEventSourceMapping", (_wired, tags_given)),
    **rows("lambda", mapping, "GetEventSourceMapping DeleteEventSourceMapping UpdateEventSourceMapping", (_wired,)),
}


def group(call: Call) -> tuple[str, ...]:
    """Name the log groups; CloudWatch Logs asks about a group with the ending of its streams."""
    names = call.texts("logGroupName", "logGroupNames") or ("",)
    by_arn = tuple(f"{each.removesuffix(':*')}:log-stream:" for each in call.texts("logGroupIdentifier", "logGroupIdentifiers"))
    return by_arn or tuple(arn(call, "logs", f"log-group:{name}:log-stream:") for name in names)


def stream(call: Call) -> tuple[str, ...]:
    """Name the log stream."""
    return tuple(f"{each}{call.text('logStreamName')}" for each in group(call))


def _queried(call: Call) -> tuple[str, ...]:
    """Name the log groups that a query searches."""
    from moto.logs.models import logs_backends

    found = logs_backends[call.account][call.region].queries.get(call.text("queryId"))
    names = found.log_group_names if found is not None else ("",)
    return tuple(arn(call, "logs", f"log-group:{name}:log-stream:") for name in names)


_GROUPS = (
    "CreateLogGroup DeleteLogGroup CreateLogStream DescribeLogStreams FilterLogEvents StartQuery PutRetentionPolicy DeleteRetentionPolicy"
    " PutSubscriptionFilter DescribeSubscriptionFilters DeleteSubscriptionFilter"
)
LOGS: Table = {
    **rows("logs", anything, "DescribeLogGroups DescribeQueries StopQuery"),
    **rows("logs", group, _GROUPS, (tags_given,)),
    **rows("logs", stream, "GetLogEvents PutLogEvents DeleteLogStream"),
    **rows("logs", _queried, "GetQueryResults"),
}


def repository(call: Call) -> tuple[str, ...]:
    """Name the repositories; all of the account where a call names none."""
    names = call.texts("repositoryName", "repositoryNames") or ("*",)
    return tuple(arn(call, "ecr", f"repository/{name}", account=call.text("registryId") or None) for name in names)


_IMAGES = (
    "BatchGetImage BatchCheckLayerAvailability BatchDeleteImage DeleteRepository DeleteRepositoryPolicy DescribeImages DescribeRepositories"
    " GetDownloadUrlForLayer GetRepositoryPolicy ListImages PutImage SetRepositoryPolicy InitiateLayerUpload UploadLayerPart"
    " CompleteLayerUpload"
)
ECR: Table = {
    **rows("ecr", anything, "GetAuthorizationToken"),
    **rows("ecr", repository, _IMAGES),
    **rows("ecr", repository, "CreateRepository", (tags_given,), (also("ecr:TagResource", repository, has("tags"), tags_given),)),
}
TABLE: Table = {**LAMBDA, **LOGS, **ECR}
