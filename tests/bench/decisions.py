"""Measure what authenticating and deciding a call adds to it: the same requests, past the sandbox's front and straight to moto."""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from typing import Any, cast
from urllib.parse import urlsplit

from tests.bench.figures import Figure

ROUNDS, CALLS, LIMIT = 30, 1000, 0.003
ACCOUNT, REGION, KEY, SECRET = "123456789012", "eu-central-1", "AKIASANDBOXOPERATOR0", "secret"
BUCKET, QUEUE = "tonic-bench", f"http://127.0.0.1/{ACCOUNT}/tonic-bench"
OPERATIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("s3", "list_objects_v2", {"Bucket": BUCKET}), ("s3", "put_object", {"Bucket": BUCKET, "Key": "k", "Body": b"1"}),
    ("s3", "get_object", {"Bucket": BUCKET, "Key": "k"}), ("sqs", "send_message", {"QueueUrl": QUEUE, "MessageBody": "m"}),
    ("sqs", "get_queue_attributes", {"QueueUrl": QUEUE, "AttributeNames": ["All"]}), ("lambda", "list_functions", {}),
    ("iam", "get_role", {"RoleName": "tonic-bench"}), ("kms", "list_keys", {}), ("ec2", "describe_instances", {}),
    ("sts", "get_caller_identity", {}),
)  # fmt: skip
"""Calls of every protocol, as a session of a role with the vendor's policies for both processes and what else they take."""


def measure() -> Figure:
    """Time them in a process of their own, where moto is set up as the sandbox does it."""
    done = subprocess.run((sys.executable, "-m", "tests.bench.decisions"), check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout)
    remark = f"{found['added'] * 1000:.2f} ms added to {found['moto'] * 1000:.2f} ms, {found['calls']} calls, the best of {ROUNDS} each"
    return Figure("(h) added latency of a decision, median", found["added"], found["cpu"], remark)


def main() -> None:
    """Time each request both ways in turn, and take its best: what else runs on the machine slows it down, and never speeds it up."""
    front, moto, requests = _set_up()
    begun = time.process_time()
    taken = [[[_taken(application, each) for application in (front, moto)] for each in requests] for _ in range(ROUNDS)]
    cpu = (time.process_time() - begun) / (2 * ROUNDS * len(requests))
    best = [[min(times) for times in zip(*rounds, strict=True)] for rounds in zip(*taken, strict=True)]
    added, bare = (statistics.median(each) for each in ([slow - fast for slow, fast in best], [fast for _, fast in best]))
    print(json.dumps({"added": added, "moto": bare, "calls": len(requests), "cpu": cpu}))


def _set_up() -> tuple[Any, Any, list[dict[str, Any]]]:
    from runbook_lib.sandbox.aws import __main__ as endpoint

    endpoint._prepare(Namespace(account=ACCOUNT, region=REGION))
    os.environ["AWS_ACCESS_KEY_ID"] = "none"
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    from runbook_lib.sandbox.aws import sample
    from runbook_lib.sandbox.aws.callers import finding
    from runbook_lib.sandbox.aws.front import Front

    moto = DomainDispatcherApplication(create_backend_app)
    find = finding(SECRET)
    identity = {"account": ACCOUNT, "region": REGION}
    front = Front(moto, identity, {}, find)
    account = sample.Account("http://127.0.0.1", ACCOUNT, REGION, "aws", KEY, SECRET)
    sample.make_operator(account)
    keys = _furnish(front, account)
    return front, moto, [each for operation in OPERATIONS for each in _captured(front, account, keys, operation)]


def _furnish(front: Any, account: Any) -> dict[str, str]:
    """Make what the calls are about, and a session of the role that makes them."""
    from runbook_lib.documents.vendor import documented

    values = {"account_id": (ACCOUNT,), "region": (REGION,), "lambda_role_arn": (account.arn("iam", "role/tonic-lambda"),)}
    documents = [json.dumps(documented(name, "aws", values)) for name in ("server-role-v2", "server-role-legacy")]

    def asked(service: str, operation: str, **parameters: Any) -> Any:
        client = account.client(service)
        client.meta.events.register("before-send", lambda request, **_: _answer(front, request.url, _environ(request)))
        return getattr(client, operation)(**parameters)

    asked("s3", "create_bucket", Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    asked("s3", "put_object", Bucket=BUCKET, Key="k", Body=b"1")
    asked("sqs", "create_queue", QueueName="tonic-bench")
    trust = {"Effect": "Allow", "Principal": {"AWS": account.arn("iam", "root")}, "Action": "sts:AssumeRole"}
    role = asked("iam", "create_role", RoleName="tonic-bench", AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    more = {"Effect": "Allow", "Action": ["iam:GetRole", "kms:ListKeys", "ec2:Describe*"], "Resource": "*"}
    for number, document in enumerate((*documents, _policy(more))):
        asked("iam", "put_role_policy", RoleName="tonic-bench", PolicyName=f"p{number}", PolicyDocument=document)
    made = asked("sts", "assume_role", RoleArn=role, RoleSessionName="bench")["Credentials"]
    names = {"aws_access_key_id": "AccessKeyId", "aws_secret_access_key": "SecretAccessKey", "aws_session_token": "SessionToken"}
    return {name: made[field] for name, field in names.items()}


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _captured(front: Any, account: Any, keys: dict[str, str], call: tuple[str, str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Make a call and keep its request."""
    service, operation, parameters = call
    kept: list[dict[str, Any]] = []

    def keep(request: Any, **_: Any) -> Any:
        kept.append(_environ(request))
        return _answer(front, request.url, kept[-1])

    client = account.session.client(service, REGION, endpoint_url=account.endpoint, **keys)
    client.meta.events.register("before-send", keep)
    getattr(client, operation)(**parameters)
    yield from kept


def _environ(request: Any) -> dict[str, Any]:
    """Make of a request what a server would."""
    from werkzeug.test import EnvironBuilder

    place = urlsplit(request.url)
    body = request.body.read() if hasattr(request.body, "read") else request.body or b""
    text: Any = {name: value.decode() if isinstance(value, bytes) else str(value) for name, value in request.headers.items()}
    found = EnvironBuilder(
        place.path or "/", request.url.partition("?")[0], place.query, method=request.method, headers=text | {"Host": place.netloc},
        data=body.encode() if isinstance(body, str) else body,
    ).get_environ()  # fmt: skip
    raw = (place.path or "/") + (f"?{place.query}" if place.query else "")
    return {**found, "RAW_URI": raw, "REQUEST_URI": raw, "BODY": found["wsgi.input"].read()}


def _taken(application: Callable[..., Any], environ: dict[str, Any]) -> float:
    """Time one request."""
    given = {**environ, "wsgi.input": io.BytesIO(environ["BODY"]), "HTTP_X_MOTO_ACCOUNT_ID": ACCOUNT}
    status: list[str] = []
    begun = time.perf_counter()
    b"".join(application(given, lambda said, _headers, _info=None: status.append(said)))
    taken = time.perf_counter() - begun
    assert status[0].startswith("20"), f"{environ['RAW_URI']}: {status[0]}"
    return taken


class _Raw(io.BytesIO):
    """Be what botocore reads an answer from."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        """Give all at once."""
        yield self.read()


def _answer(front: Any, url: str, environ: dict[str, Any]) -> Any:
    """Answer a client in this process."""
    from botocore.awsrequest import AWSResponse

    said: list[Any] = []
    given = {**environ, "wsgi.input": io.BytesIO(environ["BODY"])}
    body = b"".join(front(given, lambda status, headers, _info=None: said.extend((status, headers))))
    return AWSResponse(url, int(said[0].split()[0]), cast("Any", dict(said[1])), _Raw(body))


if __name__ == "__main__":
    main()
