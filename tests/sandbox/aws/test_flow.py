"""The product's legacy process from end to end, played with boto3 by sessions that have the documented policies with a key's addition."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from runbook_lib.documents.keys import key_statement
from runbook_lib.documents.policies import key_policy, lambda_role_policies, lambda_trust, server_role_policies
from runbook_lib.parameters import Environment
from runbook_lib.parameters.schema import Kms
from tests.contract.aws.endpoint import ACCOUNT
from tests.sandbox.aws.account import Keys, Workplace, allow, policy, refused

WAITS = 10


@dataclass(frozen=True)
class Scene(Workplace):
    """Hold an environment with a key for its queues, and what the runbook makes for it; the rest the product makes itself."""

    def environment(self) -> Environment:
        """Describe the environment."""
        kms = Kms.model_validate({"queue_key": {"adopt": self.key}})
        return super().environment().model_copy(update={"pipeline": "legacy", "kms": kms})

    @cached_property
    def key(self) -> str:
        """Give the ARN of a key with the documented statement for S3."""
        kms, plain = self.client("kms"), super().environment()
        document = json.loads(key_policy(plain))
        document["Statement"].append(key_statement(plain))
        return str(kms.create_key(Policy=json.dumps(document))["KeyMetadata"]["Arn"])

    def prepare(self) -> tuple[Keys, Keys]:
        """Make bucket and Lambda role; give sessions with the server's and with the Lambda role's policies."""
        environment, iam = self.environment(), self.client("iam")
        place = {"CreateBucketConfiguration": {"LocationConstraint": environment.aws.region}}
        self.client("s3").create_bucket(Bucket=self.bucket, **place)
        iam.create_role(RoleName=environment.lambda_role, AssumeRolePolicyDocument=lambda_trust(environment))
        for name, document in lambda_role_policies(environment):
            iam.put_role_policy(RoleName=environment.lambda_role, PolicyName=name, PolicyDocument=document)
        server, function = server_role_policies(environment), lambda_role_policies(environment)
        assert self.key in dict(server)["tonic-kms-role-addition"]
        return self.holder(*dict(server).values()), self.holder(*dict(function).values())

    @property
    def bucket(self) -> str:
        """Name the bucket."""
        return self.environment().buckets.source.name


@pytest.fixture
def scene(endpoint: str) -> Scene:
    """Give an environment of this test's own."""
    return Scene(endpoint)


def test_the_legacy_process_runs_from_end_to_end(scene: Scene) -> None:
    """Queue, notification, function and mapping are made; an object leads to a message, which is worked on and logged; all goes again."""
    server, function = scene.prepare()
    queue, mapping = wired(scene, server)
    scene.client("s3", server).put_object(Bucket=scene.bucket, Key="input/table_0000", Body=b"1,2\n")

    assert [(scene.bucket, "input/table_0000")] == worked_on(scene, function, queue)
    assert ["worked on input/table_0000"] == read_back(scene, server)

    removed(scene, server, queue, mapping)
    mapped = scene.client("lambda").list_event_source_mappings(EventSourceArn=scene.names["queue_arn"])["EventSourceMappings"]
    assert ([], []) == (scene.client("sqs").list_queues(QueueNamePrefix=f"tonic-{scene.name}").get("QueueUrls", []), mapped)


def wired(scene: Scene, server: Keys) -> tuple[str, str]:
    """Make what a job of the product makes, and give the queue's URL and the mapping's id."""
    sqs, s3, functions, ecr = (scene.client(each, server) for each in ("sqs", "s3", "lambda", "ecr"))
    name = f"tonic-{scene.name}"
    attributes = {"KmsMasterKeyId": scene.key, "VisibilityTimeout": "60"}
    queue = str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    to = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    put: dict[str, Any] = {"Bucket": scene.bucket, "NotificationConfiguration": to}
    refused("InvalidArgument", "Unable to validate", lambda: s3.put_bucket_notification_configuration(**put))
    bucket = {"ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{scene.bucket}"}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}
    sending = {**allow("sqs:SendMessage", arn, Condition=bucket), "Principal": {"Service": "s3.amazonaws.com"}}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(sending)})
    s3.put_bucket_notification_configuration(**put)
    assert scene.image.partition(":")[0] in {each["repositoryUri"] for each in ecr.describe_repositories()["repositories"]}
    assert ["latest"] == [each["imageTag"] for each in ecr.list_images(repositoryName=scene.names["repository"])["imageIds"]]
    functions.create_function(**scene.function())
    made = functions.create_event_source_mapping(FunctionName=name, EventSourceArn=arn, Enabled=False)
    assert "Disabled" == functions.get_event_source_mapping(UUID=made["UUID"])["State"]
    return queue, str(made["UUID"])


def worked_on(scene: Scene, function: Keys, queue: str) -> list[tuple[str, str]]:
    """Take the messages as the function would, log each, and give the objects that they name."""
    sqs, s3, logs = (scene.client(each, function) for each in ("sqs", "s3", "logs"))
    group, stream = f"/aws/lambda/tonic-{scene.name}", "one"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    objects = []
    for _ in range(WAITS):
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            for record in json.loads(message["Body"]).get("Records", []):
                objects.append((record["s3"]["bucket"]["name"], record["s3"]["object"]["key"].replace("%2F", "/")))
                assert b"1,2\n" == s3.get_object(Bucket=scene.bucket, Key=objects[-1][1])["Body"].read()
                event = {"timestamp": int(time.time() * 1000), "message": f"worked on {objects[-1][1]}"}
                logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return objects


def read_back(scene: Scene, server: Keys) -> list[str]:
    """Read the log by a search and by a query, which must agree."""
    logs, group = scene.client("logs", server), f"/aws/lambda/tonic-{scene.name}"
    found = [each["message"] for each in logs.filter_log_events(logGroupName=group)["events"]]
    now = int(time.time())
    number = logs.start_query(logGroupName=group, startTime=now - 600, endTime=now + 60, queryString="fields @message")["queryId"]
    results = logs.get_query_results(queryId=number)
    assert "Complete" == results["status"]
    assert found == [field["value"] for row in results["results"] for field in row if field["field"] == "@message"]
    return found


def removed(scene: Scene, server: Keys, queue: str, mapping: str) -> None:
    """Remove it all: what the server's role may, as that; functions and logs, which it may not, as the operator."""
    scene.client("s3", server).put_bucket_notification_configuration(Bucket=scene.bucket, NotificationConfiguration={})
    scene.client("lambda", server).delete_event_source_mapping(UUID=mapping)
    scene.client("sqs", server).delete_queue(QueueUrl=queue)
    scene.client("s3", server).delete_object(Bucket=scene.bucket, Key="input/table_0000")
    name = f"tonic-{scene.name}"
    refused("AccessDeniedException", "lambda:DeleteFunction", lambda: scene.client("lambda", server).delete_function(FunctionName=name))
    scene.client("lambda").delete_function(FunctionName=name)
    scene.client("logs").delete_log_group(logGroupName=f"/aws/lambda/{name}")
    scene.client("s3").delete_bucket(Bucket=scene.bucket)
