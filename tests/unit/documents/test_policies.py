"""Both styles of the policies, keys and trusts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from runbook_lib.documents import keys, policies, scoped
from runbook_lib.documents.trusts import trusted
from tests.stages.worlds import BUCKET_KEY, QUEUE_KEY, environment, legacy

OURS = "StringEquals aws:ResourceAccount 111122223333"
TO_TONIC = "ArnLike lambda:FunctionArn arn:aws:lambda:us-east-1:111122223333:function:tonic-*"
BUCKETS = "arn:aws:s3:::tonic-src arn:aws:s3:::tonic-dst"
OBJECTS = "arn:aws:s3:::tonic-src/* arn:aws:s3:::tonic-dst/*"
QUEUES = "arn:aws:sqs:us-east-1:111122223333:tonic-*"
THROUGH = "StringEquals kms:ViaService"
USE_BUCKET_KEYS = ("UseBucketKeys", "kms:GenerateDataKey kms:Decrypt", BUCKET_KEY, f"{THROUGH} s3.us-east-1.amazonaws.com")
USE_QUEUE_KEY = ("UseQueueKey", "kms:Decrypt", QUEUE_KEY, f"{THROUGH} sqs.us-east-1.amazonaws.com")
LISTED_QUEUE_KEY = ("VendorListedQueueKey", "kms:GenerateDataKey", QUEUE_KEY, f"{THROUGH} sqs.us-east-1.amazonaws.com")
LOGS = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/tonic-*"


def words(value: Any) -> str:
    """Write a scalar or a list as words."""
    return " ".join(value) if isinstance(value, list) else value


def table(document: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    """Map each Sid to actions, resources and condition."""
    return {
        each["Sid"]: (
            words(each["Action"]),
            words(each["Resource"]),
            " ".join(
                f"{operator} {key} {words(value)}" for operator, names in each.get("Condition", {}).items() for key, value in names.items()
            ),
        )
        for each in document["Statement"]
    }


def test_the_scoped_v2_policy() -> None:
    """Exact buckets of this account; what no call needs stands in VendorListed statements."""
    assert table(scoped.server_v2(environment())) == {
        "ListBuckets": ("s3:ListBucket", BUCKETS, OURS),
        "MoveFiles": ("s3:PutObject s3:GetObject s3:DeleteObject", OBJECTS, OURS),
        "CleanFailedUploads": ("s3:AbortMultipartUpload", OBJECTS, OURS),
        "VendorListedBucket": ("s3:GetBucketNotification s3:PutBucketNotification", BUCKETS, OURS),
        "VendorListedObject": ("s3:GetObjectVersion s3:DeleteObjectVersion", OBJECTS, OURS),
    }


def test_the_scoped_legacy_policy() -> None:
    """Mappings by function, PassRole by service, logs by group; StopQuery takes no resource; the duplicate listing is gone."""
    assert table(scoped.server_legacy(legacy())) == {
        "NoResourceLevel": ("sqs:ListQueues lambda:ListFunctions logs:StopQuery", "*", ""),
        "FindImage": ("ecr:DescribeRepositories ecr:ListImages", "arn:aws:ecr:us-east-1:111122223333:repository/*", ""),
        "Wire": ("lambda:CreateEventSourceMapping", "*", TO_TONIC),
        "Unwire": (
            "lambda:DeleteEventSourceMapping lambda:GetEventSourceMapping",
            "arn:aws:lambda:us-east-1:111122223333:event-source-mapping:*",
            TO_TONIC,
        ),
        "Function": (
            "lambda:CreateFunction lambda:GetFunctionConfiguration lambda:UpdateFunctionConfiguration",
            "arn:aws:lambda:us-east-1:111122223333:function:tonic-*",
            "",
        ),
        "PassLambdaRole": (
            "iam:PassRole",
            "arn:aws:iam::111122223333:role/tonic-staging-lambda",
            "StringEquals iam:PassedToService lambda.amazonaws.com",
        ),
        "ReadFunctionLogs": (
            "logs:DescribeLogStreams logs:FilterLogEvents logs:GetLogEvents logs:StartQuery logs:GetQueryResults",
            LOGS,
            "",
        ),
        "Queue": (
            (
                "sqs:CreateQueue sqs:DeleteQueue sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SetQueueAttributes "
                "sqs:ReceiveMessage sqs:DeleteMessage"
            ),
            QUEUES,
            "",
        ),
        "VendorListedQueue": (
            "sqs:ChangeMessageVisibility sqs:ListDeadLetterSourceQueues sqs:ListQueueTags sqs:SendMessage",
            QUEUES,
            "",
        ),
        "ListBuckets": ("s3:ListBucket", BUCKETS, OURS),
        "NotifyQueues": ("s3:GetBucketNotification s3:PutBucketNotification", BUCKETS, OURS),
        "MoveFiles": ("s3:PutObject s3:GetObject s3:DeleteObject", OBJECTS, OURS),
        "CleanFailedUploads": ("s3:AbortMultipartUpload", OBJECTS, OURS),
        "VendorListedObject": ("s3:GetObjectVersion s3:DeleteObjectVersion", OBJECTS, OURS),
    }


def test_the_scoped_lambda_policy() -> None:
    """One statement per service; both bucket and object ARNs; logs of tonic- functions only."""
    assert table(scoped.lambda_role(legacy())) == {
        "Consume": ("sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes", QUEUES, ""),
        "VendorListedQueue": ("sqs:GetQueueUrl sqs:SendMessage", QUEUES, ""),
        "Files": ("s3:GetObject s3:PutObject", OBJECTS, OURS),
        "ListBuckets": ("s3:ListBucket", BUCKETS, OURS),
        "Logs": ("logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents", LOGS, ""),
    }


def test_under_both_no_statement_stands_twice() -> None:
    """What one of the two policies allows the other leaves out; together they allow what each allows alone."""
    both = legacy(pipeline="both", policy_style="scoped")
    together = [*scoped.server_v2(both)["Statement"], *scoped.server_legacy(both)["Statement"]]
    alone = [*scoped.server_v2(environment())["Statement"], *scoped.server_legacy(legacy())["Statement"]]
    bodies = [{key: value for key, value in each.items() if key != "Sid"} for each in together]
    assert [each for each in bodies if bodies.count(each) > 1] == []
    assert [each for each in alone if {key: value for key, value in each.items() if key != "Sid"} not in bodies] == []


@pytest.mark.parametrize("style", ["documented", "scoped"])
@pytest.mark.parametrize(("partition", "region"), [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")])
def test_no_arn_of_another_partition_or_account_is_emitted(style: str, partition: str, region: str) -> None:
    """The partition comes from the environment, in every document of both roles and the key."""
    key = f"arn:{partition}:kms:{region}:111122223333:key/k"
    kms = {"queue_key": {"adopt": key}, "bucket_keys": {"source": {"create": "tonic-b"}}}
    env = legacy(aws={"partition": partition, "region": region}, policy_style=style, pipeline="both", kms=kms)
    documents = [*policies.server_role_policies(env), *policies.lambda_role_policies(env)]
    text = "".join(document for _, document in documents) + json.dumps(keys.key_statement(env)) + policies.key_policy(env)
    assert {match[1] for match in re.finditer(r"arn:([a-z-]+):", text)} == {partition}
    assert set(re.findall(r"\b\d{12}\b", text)) == {"111122223333"}


def test_the_key_addition_is_one_statement_over_the_distinct_keys() -> None:
    """A created key stands as its symbol; separate keys are normal; one key for all stands once."""
    separate = {"queue_key": {"adopt": QUEUE_KEY}, "bucket_keys": {"source": {"create": "tonic-b"}, "destination": {"adopt": BUCKET_KEY}}}
    same = {"queue_key": {"adopt": QUEUE_KEY}, "bucket_keys": {"source": {"adopt": QUEUE_KEY}}}
    assert keys.keys_in_use(legacy(kms=separate)) == (QUEUE_KEY, "@(kms_key/tonic-b)", BUCKET_KEY)
    assert keys.keys_in_use(legacy(kms=same)) == (QUEUE_KEY,)
    document = dict(policies.server_role_policies(legacy(kms=separate)))["tonic-kms-role-addition"]
    [statement] = json.loads(document)["Statement"]
    assert statement["Resource"] == sorted([QUEUE_KEY, "@(kms_key/tonic-b)", BUCKET_KEY])


@pytest.mark.parametrize(
    ("env", "uses"),
    [
        (legacy(), (USE_QUEUE_KEY, LISTED_QUEUE_KEY)),
        (environment(kms={"bucket_keys": {"source": {"adopt": BUCKET_KEY}}}), (USE_BUCKET_KEYS,)),
        (
            legacy(kms={"queue_key": {"adopt": QUEUE_KEY}, "bucket_keys": {"source": {"adopt": BUCKET_KEY}}}),
            (USE_BUCKET_KEYS, USE_QUEUE_KEY, LISTED_QUEUE_KEY),
        ),
    ],
)
def test_a_scoped_key_is_used_through_the_service_that_needs_it(env: Any, uses: tuple[tuple[str, str, str, str], ...]) -> None:
    """No kms:Encrypt, no direct use, no key through the other's service; a data key for the queue goes with sending alone."""
    narrowed = env.model_copy(update={"policy_style": "scoped"})
    found = table(keys.kms_addition(narrowed, keys.keys_in_use(narrowed)))
    assert tuple((sid, *cells) for sid, cells in found.items()) == uses


def test_a_queue_key_counts_under_legacy_only() -> None:
    """V2 has no queues to encrypt."""
    env = environment(kms={"queue_key": {"adopt": QUEUE_KEY}})
    assert (keys.queue_keys(env), keys.keys_in_use(env)) == ((), ())


def test_log_regions_spread_the_log_groups_in_both_styles() -> None:
    """C5: one ARN for each region in use."""
    for style in ("documented", "scoped"):
        env = legacy(policy_style=style, worker={"log_regions": ["us-east-1", "eu-west-1"]})
        document = dict(policies.server_role_policies(env))["tonic-server-role-legacy"]
        assert re.findall(r"arn:aws:logs:([a-z0-9-]+):", document) == ["eu-west-1", "us-east-1"]


def test_both_styles_stand_side_by_side() -> None:
    """The plan shows what narrowing would change, whichever style is chosen."""
    compared = policies.compare_styles(legacy(pipeline="both"))
    assert [each.name for each in compared] == [
        "server role: tonic-server-role-v2",
        "server role: tonic-server-role-legacy",
        "server role: tonic-kms-role-addition",
        "Lambda role: tonic-lambda-role",
        "Lambda role: tonic-kms-role-addition",
        "queue key: statement for S3",
    ]
    assert [each for each in compared if each.documented == each.scoped or not each.documented or not each.scoped] == []
    assert compared == policies.compare_styles(legacy(pipeline="both", policy_style="scoped"))


def test_names_are_the_same_in_both_styles() -> None:
    """A change of style updates policies in place and leaves none behind."""
    names = [[name for name, _ in policies.server_role_policies(legacy(policy_style=style))] for style in ("documented", "scoped")]
    assert names[0] == names[1] == ["tonic-server-role-legacy", "tonic-kms-role-addition"]


@pytest.mark.parametrize(
    ("trust", "who"),
    [
        ("", ()),
        ('{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}', ("*",)),
        (
            '{"Statement":[{"Effect":"Deny","Principal":{"AWS":"1"}},{"Effect":"Allow","Principal":{"Service":["b","a"]}}]}',
            ("Service:a", "Service:b"),
        ),
        ('{"Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:oidc"}}]}', ("Federated:arn:oidc",)),
    ],
)
def test_a_trust_tells_whom_it_lets_in(trust: str, who: tuple[str, ...]) -> None:
    """Scalars and lists read alike; a Deny lets nobody in."""
    assert trusted(trust) == who
