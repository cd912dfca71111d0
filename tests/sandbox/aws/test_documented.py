"""What the vendor's documented policies let the product do, and what not, as the endpoint decides it for sessions of real roles."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.sandbox.aws.account import Workplace, told

DENIED = "AccessDenied"
DENIED_JSON = "AccessDeniedException"
NO_IDENTITY = "because no identity-based policy allows the {action} action"


class Case(NamedTuple):
    """Try a call as a principal; where it is refused, with which code, and for want of which action."""

    who: str
    service: str
    operation: str
    parameters: dict[str, Any]
    code: str = ""
    action: str = ""


def given(parameters: Any, names: dict[str, str]) -> Any:
    """Fill names in."""
    match parameters:
        case str():
            return parameters.format(**names) if "{" in parameters and "}" in parameters and '"' not in parameters else parameters
        case dict():
            return {key: given(value, names) for key, value in parameters.items()}
        case list():
            return [given(each, names) for each in parameters]
    return parameters


IN = {"Bucket": "{bucket}", "Key": "input/a.csv"}
FOREIGN = {"Bucket": "{foreign}", "Key": "input/a.csv"}
SEALED = {"Bucket": "{sealed}", "Key": "input/b.csv", "Body": b"1"}
Q, OTHER_Q, SEALED_Q = ({"QueueUrl": f"{{{name}}}"} for name in ("queue", "other_queue", "sealed_queue"))
NOTHING: dict[str, Any] = {}
TO_QUEUE = {"Bucket": "{bucket}", "NotificationConfiguration": {"QueueConfigurations": [
    {"QueueArn": "{queue_arn}", "Events": ["s3:ObjectCreated:*"]}]}}  # fmt: skip
WIRED = {"FunctionName": "{function}", "EventSourceArn": "{queue_arn}"}
SEARCH = {"startTime": 0, "endTime": 1, "queryString": "fields @message"}
STREAM = {"logStreamName": "one"}
CASES = [
    Case("v2", "s3", "list_objects_v2", {"Bucket": "{bucket}"}),
    Case("v2", "s3", "head_bucket", {"Bucket": "{bucket}"}),
    Case("v2", "s3", "put_object", {**IN, "Body": b"1"}),
    Case("v2", "s3", "get_object", IN),
    Case("v2", "s3", "head_object", IN),
    Case("v2", "s3", "copy_object", {"Bucket": "{bucket}", "Key": "output/c.csv", "CopySource": "{bucket}/input/a.csv"}),
    Case("v2", "s3", "create_multipart_upload", {"Bucket": "{bucket}", "Key": "output/big"}),
    Case("v2", "s3", "get_bucket_notification_configuration", {"Bucket": "{bucket}"}),
    Case("v2", "s3", "delete_objects", {"Bucket": "{bucket}", "Delete": {"Objects": [{"Key": "input/none.csv"}]}}),
    Case("v2", "s3", "delete_object", {"Bucket": "{bucket}", "Key": "input/none.csv"}),
    Case("v2", "s3", "get_object", FOREIGN, DENIED, "s3:GetObject"),
    Case("v2", "s3", "put_object", {**FOREIGN, "Body": b"1"}, DENIED, "s3:PutObject"),
    Case("v2", "s3", "delete_object", FOREIGN, DENIED, "s3:DeleteObject"),
    Case("v2", "s3", "list_objects_v2", {"Bucket": "{foreign}"}, DENIED, "s3:ListBucket"),
    Case("v2", "s3", "copy_object", {"Bucket": "{bucket}", "Key": "output/c.csv", "CopySource": "{foreign}/input/a.csv"},
         DENIED, "s3:GetObject"),
    Case("v2", "s3", "delete_objects", {"Bucket": "{foreign}", "Delete": {"Objects": [{"Key": "input/a.csv"}]}},
         DENIED, "s3:DeleteObject"),
    Case("v2", "s3", "abort_multipart_upload", {"Bucket": "{bucket}", "Key": "output/big", "UploadId": "x"},
         DENIED, "s3:AbortMultipartUpload"),
    Case("v2", "s3", "list_buckets", NOTHING, DENIED, "s3:ListAllMyBuckets"),
    Case("v2", "s3", "delete_bucket", {"Bucket": "{bucket}"}, DENIED, "s3:DeleteBucket"),
    Case("v2", "s3", "get_bucket_location", {"Bucket": "{bucket}"}, DENIED, "s3:GetBucketLocation"),
    Case("v2", "s3", "list_object_versions", {"Bucket": "{versioned}"}, DENIED, "s3:ListBucketVersions"),
    Case("v2", "s3", "put_object", {**IN, "Body": b"1", "Tagging": "a=b"}, DENIED, "s3:PutObjectTagging"),
    Case("v2", "s3", "put_object", {**IN, "Body": b"1", "ACL": "bucket-owner-full-control"}, DENIED, "s3:PutObjectAcl"),
    Case("v2", "s3", "put_object", SEALED, DENIED, "kms:GenerateDataKey"),
    Case("v2 kms", "s3", "put_object", SEALED),
    Case("v2", "s3", "get_object", {"Bucket": "{sealed}", "Key": "input/sealed.csv"}, DENIED, "kms:Decrypt"),
    Case("v2 kms", "s3", "get_object", {"Bucket": "{sealed}", "Key": "input/sealed.csv"}),
    Case("v2", "s3", "create_multipart_upload", {"Bucket": "{sealed}", "Key": "output/big"}, DENIED, "kms:GenerateDataKey"),
    Case("v2", "sqs", "list_queues", NOTHING, DENIED, "sqs:listqueues"),
    Case("v2", "lambda", "list_functions", NOTHING, DENIED_JSON, "lambda:ListFunctions"),
    Case("v2", "iam", "list_roles", NOTHING, DENIED, "iam:ListRoles"),
    Case("v2", "ec2", "describe_instances", NOTHING, "UnauthorizedOperation", "ec2:DescribeInstances"),
    Case("v2", "sts", "get_caller_identity", NOTHING),
    Case("legacy", "sqs", "list_queues", NOTHING),
    Case("legacy", "sqs", "create_queue", {"QueueName": "tonic-{name}-new"}),
    Case("legacy", "sqs", "create_queue", {"QueueName": "tonic-{name}-tagged", "tags": {"a": "b"}}, DENIED, "sqs:tagqueue"),
    Case("legacy", "sqs", "create_queue", {"QueueName": "acme-{name}-new"}, DENIED, "sqs:createqueue"),
    Case("legacy", "sqs", "get_queue_url", {"QueueName": "tonic-{name}"}),
    Case("legacy", "sqs", "get_queue_attributes", {**Q, "AttributeNames": ["All"]}),
    Case("legacy", "sqs", "set_queue_attributes", {**Q, "Attributes": {"DelaySeconds": "0"}}),
    Case("legacy", "sqs", "list_dead_letter_source_queues", Q),
    Case("legacy", "sqs", "list_queue_tags", Q),
    Case("legacy", "sqs", "send_message", {**Q, "MessageBody": "m"}),
    Case("legacy", "sqs", "receive_message", Q),
    Case("legacy", "sqs", "send_message", {**OTHER_Q, "MessageBody": "m"}, DENIED, "sqs:sendmessage"),
    Case("legacy", "sqs", "receive_message", OTHER_Q, DENIED, "sqs:receivemessage"),
    Case("legacy", "sqs", "delete_queue", OTHER_Q, DENIED, "sqs:deletequeue"),
    Case("legacy", "sqs", "purge_queue", Q, DENIED, "sqs:purgequeue"),
    Case("legacy", "sqs", "send_message", {**SEALED_Q, "MessageBody": "m"}, "KMS.AccessDeniedException", "kms:GenerateDataKey"),
    Case("legacy", "sqs", "receive_message", SEALED_Q, "KMS.AccessDeniedException", "kms:Decrypt"),
    Case("legacy kms", "sqs", "send_message", {**SEALED_Q, "MessageBody": "m"}),
    Case("legacy kms", "sqs", "receive_message", SEALED_Q),
    Case("legacy", "s3", "put_bucket_notification_configuration", TO_QUEUE),
    Case("legacy", "lambda", "list_functions", NOTHING),
    Case("legacy", "lambda", "get_function_configuration", {"FunctionName": "{function}"}),
    Case("legacy", "lambda", "update_function_configuration", {"FunctionName": "{function}", "MemorySize": 512}),
    Case("legacy", "lambda", "get_function_configuration", {"FunctionName": "{other_function}"},
         DENIED_JSON, "lambda:GetFunctionConfiguration"),
    Case("legacy", "lambda", "get_function", {"FunctionName": "{function}"}, DENIED_JSON, "lambda:GetFunction"),
    Case("legacy", "lambda", "delete_function", {"FunctionName": "{function}"}, DENIED_JSON, "lambda:DeleteFunction"),
    Case("legacy", "lambda", "create_event_source_mapping", WIRED),
    Case("legacy", "lambda", "list_event_source_mappings", NOTHING, DENIED_JSON, "lambda:ListEventSourceMappings"),
    Case("legacy", "ecr", "describe_repositories", NOTHING),
    Case("legacy", "ecr", "list_images", {"repositoryName": "{repository}"}),
    Case("legacy", "ecr", "get_repository_policy", {"repositoryName": "{repository}"}, DENIED_JSON, "ecr:GetRepositoryPolicy"),
    Case("legacy", "logs", "describe_log_streams", {"logGroupName": "{group}"}),
    Case("legacy", "logs", "filter_log_events", {"logGroupName": "{group}"}),
    Case("legacy", "logs", "get_log_events", {"logGroupName": "{group}", **STREAM}),
    Case("legacy", "logs", "start_query", {"logGroupName": "{group}", **SEARCH}),
    Case("legacy", "logs", "start_query", {"logGroupNames": ["{group}", "{other_group}"], **SEARCH}, DENIED_JSON, "logs:StartQuery"),
    Case("legacy", "logs", "filter_log_events", {"logGroupName": "{other_group}"}, DENIED_JSON, "logs:FilterLogEvents"),
    Case("legacy", "logs", "stop_query", {"queryId": "12345678"}, DENIED_JSON, "logs:StopQuery"),
    Case("legacy", "logs", "describe_log_groups", NOTHING, DENIED_JSON, "logs:DescribeLogGroups"),
    Case("lambda", "sqs", "receive_message", Q),
    Case("lambda", "sqs", "delete_queue", Q, DENIED, "sqs:deletequeue"),
    Case("lambda", "sqs", "receive_message", SEALED_Q, "KMS.AccessDeniedException", "kms:Decrypt"),
    Case("lambda kms", "sqs", "receive_message", SEALED_Q),
    Case("lambda", "s3", "get_object", IN),
    Case("lambda", "s3", "delete_object", IN, DENIED, "s3:DeleteObject"),
    Case("lambda", "s3", "get_object", FOREIGN, DENIED, "s3:GetObject"),
    Case("lambda", "logs", "create_log_group", {"logGroupName": "/aws/lambda/tonic-{name}-new"}),
    Case("lambda", "logs", "create_log_stream", {"logGroupName": "{group}", "logStreamName": "two"}),
    Case("lambda", "logs", "put_log_events", {"logGroupName": "{group}", **STREAM, "logEvents": [{"timestamp": 1, "message": "m"}]}),
    Case("lambda", "logs", "get_log_events", {"logGroupName": "{group}", **STREAM}, DENIED_JSON, "logs:GetLogEvents"),
    Case("lambda", "lambda", "list_functions", NOTHING, DENIED_JSON, "lambda:ListFunctions"),
]  # fmt: skip


def name_of(case: Case) -> str:
    """Name a case."""
    return f"{case.who} {case.service}:{case.operation} {case.action or 'allowed'}"


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_documented_role_may_exactly_this(workplace: Workplace, case: Case) -> None:
    """Each call of the table is allowed, or refused for want of the action named, in the words of its service."""
    client = workplace.client(case.service, workplace.principals[case.who])
    parameters = given(case.parameters, workplace.names)

    said = told(lambda: getattr(client, case.operation)(**parameters))

    if not case.code:
        assert "" == said
    else:
        because = NO_IDENTITY.format(action=case.action)
        assert (case.code, because) == (said.partition(":")[0], because if said.endswith(because) else said)


def test_a_version_takes_a_permission_of_its_own(workplace: Workplace) -> None:
    """With a version id it is GetObjectVersion that counts, and GetObject does not."""
    bucket = workplace.names["versioned"]
    version = workplace.client("s3").put_object(Bucket=bucket, Key="v", Body=b"1")["VersionId"]
    only_current = workplace.holder(_only("s3:GetObject", bucket))

    assert "" == told(lambda: workplace.client("s3", workplace.principals["v2"]).get_object(Bucket=bucket, Key="v", VersionId=version))
    said = told(lambda: workplace.client("s3", only_current).get_object(Bucket=bucket, Key="v", VersionId=version))
    assert "s3:GetObjectVersion" in said


def test_query_results_are_those_of_the_groups_searched(workplace: Workplace) -> None:
    """The results of a query over another log group are refused to the role that may read only its own."""
    admin = workplace.client("logs")
    theirs = admin.start_query(logGroupName=workplace.names["other_group"], **SEARCH)["queryId"]
    ours = admin.start_query(logGroupName=workplace.names["group"], **SEARCH)["queryId"]
    logs = workplace.client("logs", workplace.principals["legacy"])

    assert "" == told(lambda: logs.get_query_results(queryId=ours))
    assert told(lambda: logs.get_query_results(queryId=theirs)).startswith(DENIED_JSON)


def test_only_the_lambda_role_is_passed(workplace: Workplace) -> None:
    """A function with another role is refused for want of PassRole on that role."""
    from tests.sandbox.aws.account import trust

    other = workplace.role(trusted=trust({"Service": "lambda.amazonaws.com"}))
    client = workplace.client("lambda", workplace.principals["legacy"])

    said = told(lambda: client.create_function(**workplace.function(FunctionName=f"tonic-{workplace.name}-x", Role=other)))
    assert f"not authorized to perform: iam:PassRole on resource: {other}" in said
    assert "" == told(lambda: client.create_function(**workplace.function(FunctionName=f"tonic-{workplace.name}-y")))


def _only(action: str, bucket: str) -> str:
    from tests.sandbox.aws.account import allow, policy

    return policy(allow(action, f"arn:aws:s3:::{bucket}/*"))
