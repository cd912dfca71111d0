"""An account with what the product works on, and principals with given policies whose calls can be tried."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from runbook_lib.documents.policies import lambda_role_policies, lambda_trust, server_role_policies
from runbook_lib.parameters import Environment
from runbook_lib.sandbox.state import ACCESS_KEY
from tests.contract.aws.endpoint import ACCOUNT, REGION, SECRET, environment_at

OTHER = "999988887777"
"""Another account: a key of twelve digits is its root user's."""
CONFIG = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
Keys = dict[str, str]
ADMIN: Keys = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET}
STRANGER: Keys = {"aws_access_key_id": OTHER, "aws_secret_access_key": SECRET}


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> str:
    """Write a document."""
    return json.dumps({"Version": version, "Statement": list(statements)})


def allow(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    """Write a statement that allows."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def deny(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    """Write a statement that denies."""
    return {**allow(actions, resources, **more), "Effect": "Deny"}


def trust(principal: Any, *more: dict[str, Any], **condition: Any) -> str:
    """Write a trust."""
    first = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return policy({**first, "Condition": condition} if condition else first, *more)


def root(account: str = ACCOUNT) -> dict[str, str]:
    """Name an account as principal."""
    return {"AWS": f"arn:aws:iam::{account}:root"}


def told(call: Callable[[], Any]) -> str:
    """Make a call and say how it went: empty, or the refusal's code and words."""
    try:
        call()
    except ClientError as error:
        return f"{error.response['Error']['Code']}: {error.response['Error'].get('Message', '')}"
    return ""


def refused(code: str, words: str, call: Callable[[], Any]) -> None:
    """Hold that a call is refused with a code and, among others, these words."""
    said = told(call)

    assert (code, words) == (said.partition(":")[0], words if words in said else said)


@dataclass(frozen=True)
class Account:
    """Reach an endpoint as any principal. Names of what is made carry `name`, so that modules do not meet."""

    url: str
    name: str = field(default_factory=lambda: f"w{uuid.uuid4().hex[:6]}")

    @cached_property
    def clients(self) -> Any:
        """Hold the session from which all clients are made: it reads the services' models once."""
        return boto3.Session()

    def client(self, service: str, keys: Keys = ADMIN, region: str = REGION) -> Any:
        """Make a client of whoever has the keys."""
        return cast("Any", self.clients).client(service, region, endpoint_url=self.url, config=CONFIG, **keys)

    def arn(self, service: str, resource: str, region: str = REGION) -> str:
        """Build an ARN of the account."""
        return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"

    def role(self, *documents: str, trusted: str = "", keys: Keys = ADMIN, **more: Any) -> str:
        """Make a role with inline policies, which its account may assume if nothing else is said; give its ARN."""
        iam, name = self.client("iam", keys), f"{self.name}-{uuid.uuid4().hex[:8]}"
        account = OTHER if keys is STRANGER else ACCOUNT
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted or trust(root(account)), **more)["Role"]["Arn"]
        for number, document in enumerate(documents):
            iam.put_role_policy(RoleName=name, PolicyName=f"policy-{number}", PolicyDocument=document)
        return arn

    def user(self, *documents: str) -> tuple[str, Keys]:
        """Make a user with inline policies; give its ARN and keys."""
        iam, name = self.client("iam"), f"{self.name}-{uuid.uuid4().hex[:8]}"
        arn: str = iam.create_user(UserName=name)["User"]["Arn"]
        for number, document in enumerate(documents):
            iam.put_user_policy(UserName=name, PolicyName=f"policy-{number}", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return arn, {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def session(self, role: str, keys: Keys = ADMIN, /, **more: Any) -> Keys:
        """Assume a role; give the session's keys."""
        given = {"RoleSessionName": "test", **more}
        made = self.client("sts", keys).assume_role(RoleArn=role, **given)["Credentials"]
        names = {"aws_access_key_id": "AccessKeyId", "aws_secret_access_key": "SecretAccessKey", "aws_session_token": "SessionToken"}
        return {name: made[field] for name, field in names.items()}

    def holder(self, *documents: str, **more: Any) -> Keys:
        """Give the keys of a session of a new role with these policies."""
        assuming = {name: more.pop(name) for name in ("Policy", "PolicyArns") if name in more}
        return self.session(self.role(*documents, **more), **assuming)

    def sent(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Send a request as it is; give status and text of the answer."""
        place = urlsplit(self.url)
        with closing(http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)) as connection:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def control(self, what: str, method: str = "GET", body: object = None) -> Any:
        """Ask the endpoint itself."""
        status, text = self.sent(method, f"/_sandbox/{what}", None if body is None else json.dumps(body).encode())
        assert status == 200, text
        return json.loads(text)

    def decisions(self, keys: Keys = ADMIN) -> list[dict[str, Any]]:
        """List the decisions about one principal."""
        arn = self.client("sts", keys).get_caller_identity()["Arn"]
        return [each for each in self.control("decisions") if each["principal"] == arn]


@dataclass(frozen=True)
class Workplace(Account):
    """Hold what the product works on, with the roles that the vendor documents."""

    def environment(self) -> Environment:
        """Describe the environment that the roles are for."""
        made = environment_at(self.url, self.name)
        return made.model_copy(update={"pipeline": "both"})

    @property
    def names(self) -> dict[str, str]:
        """Fill the names in a table's parameters."""
        queue = f"{self.url}/{ACCOUNT}"
        return {
            "bucket": f"tonic-{self.name}-source", "versioned": f"tonic-{self.name}-destination", "sealed": f"tonic-{self.name}-sealed",
            "foreign": f"acme-{self.name}", "stranger": f"tonic-{self.name}-stranger", "queue": f"{queue}/tonic-{self.name}",
            "sealed_queue": f"{queue}/tonic-{self.name}-sealed", "other_queue": f"{queue}/acme-{self.name}",
            "function": f"tonic-{self.name}", "other_function": f"acme-{self.name}", "group": f"/aws/lambda/tonic-{self.name}",
            "other_group": f"/acme/{self.name}", "repository": f"tonic-{self.name}", "name": self.name,
            "lambda_role": self.environment().role_arn(self.environment().lambda_role),
            "queue_arn": self.arn("sqs", f"tonic-{self.name}"),
        }  # fmt: skip

    @cached_property
    def key(self) -> str:
        """Give the ARN of the key of the sealed bucket and queue; S3 may use it for queues."""
        for_s3 = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": ["kms:GenerateDataKey", "kms:Decrypt"]}
        ours = {"Effect": "Allow", "Principal": root(), "Action": "kms:*", "Resource": "*"}
        document = policy(ours, {**for_s3, "Resource": "*"})
        return str(self.client("kms").create_key(Policy=document)["KeyMetadata"]["Arn"])

    def furnish(self) -> None:
        """Make buckets, queues, the Lambda role and function, and a log."""
        names, place = self.names, {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
        for keys, buckets in ((ADMIN, ("bucket", "versioned", "sealed", "foreign")), (STRANGER, ("stranger",))):
            s3 = self.client("s3", keys)
            for each in buckets:
                s3.create_bucket(Bucket=names[each], **place)
                s3.put_object(Bucket=names[each], Key="input/a.csv", Body=b"1,2\n")
        s3 = self.client("s3")
        s3.put_bucket_versioning(Bucket=names["versioned"], VersioningConfiguration={"Status": "Enabled"})
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.key}}
        s3.put_bucket_encryption(Bucket=names["sealed"], ServerSideEncryptionConfiguration={"Rules": [rule]})
        s3.put_object(Bucket=names["sealed"], Key="input/sealed.csv", Body=b"1,2\n")
        self._queues()
        self._function()
        logs = self.client("logs")
        for each in ("group", "other_group"):
            logs.create_log_group(logGroupName=names[each])
            logs.create_log_stream(logGroupName=names[each], logStreamName="one")

    def _queues(self) -> None:
        sqs = self.client("sqs")
        for name, attributes in (("queue", {}), ("sealed_queue", {"KmsMasterKeyId": self.key}), ("other_queue", {})):
            queue = self.names[name].rpartition("/")[2]
            sending = {**allow("sqs:SendMessage", self.arn("sqs", queue)), "Principal": {"Service": "s3.amazonaws.com"}}
            sqs.create_queue(QueueName=queue, Attributes={"Policy": policy(sending), "VisibilityTimeout": "60", **attributes})

    def _function(self) -> None:
        environment, iam = self.environment(), self.client("iam")
        iam.create_role(RoleName=environment.lambda_role, AssumeRolePolicyDocument=lambda_trust(environment))
        for name, document in lambda_role_policies(environment):
            iam.put_role_policy(RoleName=environment.lambda_role, PolicyName=name, PolicyDocument=document)
        for each in ("function", "other_function"):
            self.client("lambda").create_function(**self.function(FunctionName=self.names[each]))

    def function(self, **more: Any) -> dict[str, Any]:
        """Give the parameters of a function."""
        usual = {"FunctionName": f"tonic-{self.name}", "Role": self.names["lambda_role"], "PackageType": "Image", "Timeout": 30}
        return {**usual, "Code": {"ImageUri": self.image}, **more}

    @cached_property
    def image(self) -> str:
        """Give the URI of an image that is in the registry."""
        ecr, name = self.client("ecr"), self.names["repository"]
        uri: str = ecr.create_repository(repositoryName=name)["repository"]["repositoryUri"]
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        config = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 7023, "digest": f"sha256:{'0' * 64}"}
        manifest = {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []}
        ecr.put_image(repositoryName=name, imageManifest=json.dumps(manifest), imageTag="latest")
        return f"{uri}:latest"

    @cached_property
    def principals(self) -> dict[str, Keys]:
        """Give sessions of roles that have the documented policies: the server's under either process, with the KMS addition, Lambda's."""
        environment = self.environment()
        documents = dict(server_role_policies(environment))
        addition = policy(allow(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], self.key))
        v2, legacy = documents["tonic-server-role-v2"], documents["tonic-server-role-legacy"]
        lambdas = [document for _, document in lambda_role_policies(environment)]
        return {
            "v2": self.holder(v2), "v2 kms": self.holder(v2, addition), "legacy": self.holder(legacy),
            "legacy kms": self.holder(legacy, addition), "lambda": self.holder(*lambdas), "lambda kms": self.holder(*lambdas, addition),
        }  # fmt: skip
