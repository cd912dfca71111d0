"""The log of decisions says which permissions were asked for, by whom, and what decided; refusals that are injected speak alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.aws.account import Account, Workplace, allow, policy, refused, told


def test_a_decision_names_what_decided(workplace: Workplace) -> None:
    """Each permission of a call is one entry with the call's id, the statements that allow, and the layer that refuses."""
    bucket, key = workplace.names["sealed"], workplace.key
    objects = allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*", Sid="Write")
    keys = workplace.holder(policy(objects))
    workplace.control("decisions", "DELETE")

    told(lambda: workplace.client("s3", keys).put_object(Bucket=bucket, Key="k", Body=b""))
    told(lambda: workplace.client("sqs", keys).list_queues())

    found = workplace.decisions(keys)
    role = found[0]["principal"].split("/")[1]
    assert ["s3:PutObject", "kms:GenerateDataKey", "sqs:ListQueues"] == [each["action"] for each in found]
    assert [f"arn:aws:s3:::{bucket}/k", key, "*"] == [each["resource"] for each in found]
    assert ["allowed", "denied implicitly", "denied implicitly"] == [each["outcome"] for each in found]
    assert [{"document": f"inline policy policy-0 of role {role}", "statement": "Write"}] == found[0]["decided_by"]
    assert ["s3:PutObject", "s3:PutObject", "sqs:ListQueues"] == [each["operation"] for each in found]
    assert [True, False] == [found[0]["call"] == found[1]["call"], found[1]["call"] == found[2]["call"]]
    calls = {each["id"]: each for each in workplace.control("calls")}
    assert [403, found[0]["principal"]] == [calls[found[0]["call"]][each] for each in ("status", "principal")]


def test_the_permissions_that_a_run_used_are_found(workplace: Workplace) -> None:
    """What was allowed, by action and resource, is what a run needed: a policy of just that lets it run again."""
    s3 = workplace.client("s3", workplace.principals["v2"])
    bucket = workplace.names["bucket"]

    def run(client: Any = s3) -> None:
        client.put_object(Bucket=bucket, Key="input/u.csv", Body=b"1")
        client.get_object(Bucket=bucket, Key="input/u.csv")
        client.delete_object(Bucket=bucket, Key="input/u.csv")

    workplace.control("decisions", "DELETE")
    run()
    used = {(each["action"], each["resource"]) for each in workplace.decisions(workplace.principals["v2"]) if each["outcome"] == "allowed"}

    least = workplace.holder(policy(*(allow(action, resource) for action, resource in sorted(used))))
    assert {"s3:PutObject", "s3:GetObject", "s3:DeleteObject"} == {action for action, _ in used}
    assert "" == told(lambda: run(workplace.client("s3", least)))


def test_the_log_is_emptied(account: Account) -> None:
    """DELETE empties the log of decisions and leaves that of calls."""
    account.client("iam").list_roles()
    calls = len(account.control("calls"))

    account.control("decisions", "DELETE")

    assert ([], calls) == (account.control("decisions"), len(account.control("calls")))


def test_an_unknown_page_is_not_there(account: Account) -> None:
    """The endpoint says what it can be asked."""
    assert (404, "known: health, calls, decisions, faults, sessions, instances") == account.sent("GET", "/_sandbox/nothing")


@pytest.mark.parametrize(("service", "operation"), [("iam", "ListRoles"), ("ec2", "DescribeInstances"), ("kms", "ListKeys"),
                                                    ("sqs", "ListQueues"), ("lambda", "ListFunctions"), ("s3", "ListBuckets")])  # fmt: skip
def test_an_injected_denial_speaks_like_a_real_one(account: Account, service: str, operation: str) -> None:
    """With `deny` set, the administrator is told what a session without any policy is told, but for the name."""
    method = {"ListRoles": "list_roles", "DescribeInstances": "describe_instances", "ListKeys": "list_keys", "ListQueues": "list_queues",
              "ListFunctions": "list_functions", "ListBuckets": "list_buckets"}[operation]  # fmt: skip
    keys = account.holder()
    real = told(getattr(account.client(service, keys), method))
    account.control("faults", "POST", [{"match": f"^{service}:{operation}$", "kind": "deny"}])
    try:
        injected = told(getattr(account.client(service), method))
    finally:
        account.control("faults", "DELETE")

    who = account.client("sts", keys).get_caller_identity()["Arn"]
    assert real == injected.replace("arn:aws:iam::123456789012:user/runbook-operator", who)
    assert "because no identity-based policy allows the " in real


@pytest.fixture
def lag(account: Account) -> Iterator[None]:
    """Let nothing settle for a minute."""
    account.control("faults", "POST", [{"match": "", "kind": "lag", "ms": 60_000}])
    yield
    account.control("faults", "DELETE")


@pytest.mark.usefixtures("lag")
def test_a_deleted_queue_keeps_its_name_for_a_while(account: Account) -> None:
    """A queue of the name of one that was just deleted is refused; others are not, nor is this one when all has settled."""
    sqs, name = account.client("sqs"), f"tonic-{account.name}-again"
    sqs.delete_queue(QueueUrl=sqs.create_queue(QueueName=name)["QueueUrl"])

    refused("AWS.SimpleQueueService.QueueDeletedRecently", "You must wait 60 seconds", lambda: sqs.create_queue(QueueName=name))
    assert told(lambda: sqs.create_queue(QueueName=f"{name}-other")) == ""
    account.control("faults", "POST", [{"match": "", "kind": "lag", "ms": 0.001}])
    assert told(lambda: sqs.create_queue(QueueName=name)) == ""


@pytest.mark.usefixtures("lag")
def test_a_deleted_mapping_is_there_for_a_while(workplace: Workplace) -> None:
    """It is listed and read as Deleting, and refused to whoever would delete it once more."""
    functions, names = workplace.client("lambda"), workplace.names
    made = functions.create_event_source_mapping(FunctionName=names["function"], EventSourceArn=names["queue_arn"])["UUID"]
    functions.delete_event_source_mapping(UUID=made)

    assert "Deleting" == functions.get_event_source_mapping(UUID=made)["State"]
    of_function = functions.list_event_source_mappings(FunctionName=names["function"])["EventSourceMappings"]
    of_other = functions.list_event_source_mappings(FunctionName=names["other_function"])["EventSourceMappings"]
    assert (["Deleting"], []) == ([each["State"] for each in of_function if each["UUID"] == made], of_other)
    refused("ResourceInUseException", "Cannot delete the event source mapping", lambda: functions.delete_event_source_mapping(UUID=made))


def test_an_injected_lag_speaks_like_a_real_refusal(account: Account) -> None:
    """While IAM's change has not arrived, a role that was just made cannot be assumed, in the words of its trust."""
    account.control("faults", "POST", [{"match": "^sts:AssumeRole$", "kind": "lag", "ms": 60_000}])
    try:
        said = told(lambda: account.session(account.role()))
    finally:
        account.control("faults", "DELETE")

    assert said.endswith("because no role trust policy allows the sts:AssumeRole action")
