"""The narrowed policies: exact buckets of this account, one region, a condition wherever a key exists.

What the vendor lists and no documented call needs stands in statements named `VendorListed...`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.documents.statements import Condition, policy, statement

if TYPE_CHECKING:
    from runbook_lib.parameters import Environment

Statement = dict[str, Any]
_VENDOR_LISTED = "VendorListed"


def server_v2(env: Environment) -> dict[str, Any]:
    """Build the server role's policy for Data Pipeline V2."""
    statements = _v2(env)
    if env.is_legacy:
        needed = [_body(each) for each in _legacy(env)]
        statements = [each for each in statements if not (_is_vendor_listed(each) and _body(each) in needed)]
    return policy(*statements)


def server_legacy(env: Environment) -> dict[str, Any]:
    """Build the server role's policy for SQS and Lambda; beside the V2 policy it leaves out what that allows."""
    statements = _legacy(env)
    if env.is_v2:
        allowed = [_body(each) for each in server_v2(env)["Statement"]]
        statements = [each for each in statements if _body(each) not in allowed]
    return policy(*statements)


def lambda_role(env: Environment) -> dict[str, Any]:
    """Build the Lambda role's policy."""
    queues, ours = _queues(env), _ours(env)
    return policy(
        statement("Consume", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queues),
        statement("VendorListedQueue", ["sqs:GetQueueUrl", "sqs:SendMessage"], queues),
        statement("Files", ["s3:GetObject", "s3:PutObject"], object_arns(env), ours),
        statement("ListBuckets", ["s3:ListBucket"], bucket_arns(env), ours),
        statement("Logs", ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], _log_groups(env)),
    )


def bucket_arns(env: Environment) -> list[str]:
    """List the ARNs of the environment's buckets, each once."""
    names = dict.fromkeys((env.buckets.source.name, env.buckets.destination.name))
    return [env.arn("s3", name, region="", account="") for name in names]


def object_arns(env: Environment) -> list[str]:
    """List the ARNs of the objects in the environment's buckets."""
    return [f"{arn}/*" for arn in bucket_arns(env)]


def _v2(env: Environment) -> list[Statement]:
    buckets, objects, ours = bucket_arns(env), object_arns(env), _ours(env)
    return [
        statement("ListBuckets", ["s3:ListBucket"], buckets, ours),
        statement("MoveFiles", ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"], objects, ours),
        statement("CleanFailedUploads", ["s3:AbortMultipartUpload"], objects, ours),
        statement("VendorListedBucket", ["s3:GetBucketNotification", "s3:PutBucketNotification"], buckets, ours),
        statement("VendorListedObject", ["s3:GetObjectVersion", "s3:DeleteObjectVersion"], objects, ours),
    ]


def _legacy(env: Environment) -> list[Statement]:
    by_sid = {each["Sid"]: each for each in _v2(env)}
    return [
        *_functions(env),
        *_queue_statements(env),
        by_sid["ListBuckets"],
        {**by_sid["VendorListedBucket"], "Sid": "NotifyQueues"},
        *(by_sid[sid] for sid in ("MoveFiles", "CleanFailedUploads", "VendorListedObject")),
    ]


def _functions(env: Environment) -> list[Statement]:
    functions = env.arn("lambda", "function:tonic-*")
    of_ours: Condition = {"ArnLike": {"lambda:FunctionArn": functions}}
    to_lambda: Condition = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    mappings = env.arn("lambda", "event-source-mapping:*")
    function_calls = ["lambda:CreateFunction", "lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration"]
    log_calls = ["DescribeLogStreams", "FilterLogEvents", "GetLogEvents", "StartQuery", "GetQueryResults"]
    return [
        statement("NoResourceLevel", ["sqs:ListQueues", "lambda:ListFunctions", "logs:StopQuery"], "*"),
        statement("FindImage", ["ecr:DescribeRepositories", "ecr:ListImages"], env.arn("ecr", "repository/*")),
        statement("Wire", ["lambda:CreateEventSourceMapping"], "*", of_ours),
        statement("Unwire", ["lambda:DeleteEventSourceMapping", "lambda:GetEventSourceMapping"], mappings, of_ours),
        statement("Function", function_calls, functions),
        statement("PassLambdaRole", ["iam:PassRole"], env.role_arn(env.lambda_role), to_lambda),
        statement("ReadFunctionLogs", [f"logs:{call}" for call in log_calls], _log_groups(env)),
    ]


def _queue_statements(env: Environment) -> list[Statement]:
    used = ["CreateQueue", "DeleteQueue", "GetQueueAttributes", "GetQueueUrl", "SetQueueAttributes", "ReceiveMessage"]
    listed = ["ChangeMessageVisibility", "ListDeadLetterSourceQueues", "ListQueueTags", "SendMessage"]
    return [
        statement("Queue", [f"sqs:{call}" for call in (*used, "DeleteMessage")], _queues(env)),
        statement("VendorListedQueue", [f"sqs:{call}" for call in listed], _queues(env)),
    ]


def _ours(env: Environment) -> Condition:
    return {"StringEquals": {"aws:ResourceAccount": env.aws.account}}


def _queues(env: Environment) -> str:
    return env.arn("sqs", "tonic-*")


def _log_groups(env: Environment) -> list[str]:
    regions = env.worker_settings.log_regions or (env.aws.region,)
    return [env.arn("logs", "log-group:/aws/lambda/tonic-*", region=region) for region in regions]


def _body(each: Statement) -> Statement:
    return {key: value for key, value in each.items() if key != "Sid"}


def _is_vendor_listed(each: Statement) -> bool:
    return str(each["Sid"]).startswith(_VENDOR_LISTED)
