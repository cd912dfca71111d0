"""The sufficiency matrix, the probes and the ablation over both styles."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.documents.proof.ablation import ablations
from runbook_lib.documents.proof.carried import wanted
from runbook_lib.documents.proof.matrix import Line, Matrix, matrix
from runbook_lib.parameters import Environment
from tests.stages.worlds import BUCKET_KEY, QUEUE_KEY, environment, legacy

KMS = {"queue_key": {"adopt": QUEUE_KEY}, "bucket_keys": {"source": {"create": "tonic-b"}, "destination": {"adopt": BUCKET_KEY}}}
ONE_KEY = {"queue_key": {"adopt": QUEUE_KEY}, "bucket_keys": {"source": {"adopt": QUEUE_KEY}}}
GOVERNMENT = {"partition": "aws-us-gov", "region": "us-gov-west-1"}
CHINA = {"partition": "aws-cn", "region": "cn-north-1"}
SHAPES = {
    "V2": environment(),
    "V2 with a key": environment(kms={"bucket_keys": {"destination": {"adopt": BUCKET_KEY}}}),
    "V2 in a container": environment(server={"instance_id": "", "role_arn": "arn:aws:iam::111122223333:role/team/task"}),
    "V2 with one bucket": environment(
        buckets={"source": {"name": "tonic-x", "path": "a"}, "destination": {"name": "tonic-x", "path": "b"}}
    ),
    "V2 with others' buckets": environment(buckets={"create": False}),
    "legacy": legacy(kms={}),
    "legacy with a queue key": legacy(),
    "legacy with keys": legacy(kms=KMS),
    "legacy with one key": legacy(kms=ONE_KEY),
    "legacy under a path, in two regions": legacy(roles={"path": "/team/x/"}, worker={"log_regions": ["us-east-1", "eu-west-1"]}),
    "both": legacy(pipeline="both", kms=KMS),
    "legacy for the government": legacy(aws=GOVERNMENT, kms={"queue_key": {"create": "tonic-q"}}),
    "both in China": legacy(pipeline="both", aws=CHINA, kms={"bucket_keys": {"source": {"create": "tonic-b"}}}),
}
every_shape = pytest.mark.parametrize("env", [pytest.param(each, id=name) for name, each in SHAPES.items()])


def decided(env: Environment, style: str = "scoped", **changes: Any) -> tuple[Environment, Matrix]:
    """Put the ledger to the policies of a style."""
    styled = env.model_copy(update={"policy_style": style, **changes})
    return styled, matrix(styled, wanted(styled))


def named(lines: tuple[Line, ...]) -> list[str]:
    """List the names of lines."""
    return [each.name for each in lines]


@every_shape
def test_under_scoped_every_needed_call_is_allowed_and_every_probe_refused(env: Environment) -> None:
    """In every shape of environment, and nothing is left undecided."""
    _, found = decided(env)
    assert (named(found.misses), named(found.leaks)) == ([], [])
    assert [each.name for each in (*found.calls, *found.probes) if each.state == "undetermined"] == []


@every_shape
def test_under_scoped_nothing_can_be_taken_away(env: Environment) -> None:
    """Each action, resource and condition holds a call up or a probe back, but for what only the vendor lists."""
    styled, found = decided(env)
    idle = [each.mutant for each in ablations(styled, wanted(styled), found) if not each.is_needed]
    assert [(each.document.name, each.statement, each.what) for each in idle if not each.statement.startswith("VendorListed")] == []


@every_shape
def test_under_documented_nothing_is_undecided(env: Environment) -> None:
    """The vendor's documents hold nothing that the evaluation does not model."""
    _, found = decided(env, "documented")
    assert [each.name for each in (*found.calls, *found.probes) if each.state == "undetermined"] == []


def test_each_call_names_the_statement_that_allows_it() -> None:
    """The matrix of V2 as documented, literally: in the account the statements stand in this order."""
    _, found = decided(environment(), "documented")
    first, second = ("tonic-server-role-v2", "statement 1"), ("tonic-server-role-v2", "statement 2")
    assert [(each.asked.said, each.state, [tuple(cited) for cited in each.by]) for each in found.calls] == [
        ("s3:ListBucket on bucket, by prefix", "allowed", [second]),
        ("s3:ListBucket on bucket", "allowed", [second]),
        ("s3:PutObject on object", "allowed", [first]),
        ("s3:GetObject on object", "allowed", [first]),
        ("s3:DeleteObject on object", "allowed", [first]),
        ("s3:AbortMultipartUpload on object", "refused", []),
        ("s3:GetObjectVersion on object", "allowed", [first]),
        ("s3:DeleteObjectVersion on object", "allowed", [first]),
        ("s3:GetBucketNotification on bucket", "allowed", [second]),
        ("s3:PutBucketNotification on bucket", "allowed", [second]),
        ("sts:AssumeRole on server role", "allowed", [("trust of tonic-staging-server", "statement 1")]),
    ]


def test_what_the_products_own_policies_decide_is_left_to_them() -> None:
    """The queue's policy is the product's to set, the repository's somebody's: neither allowed nor refused here."""
    _, found = decided(legacy())
    assert named(tuple(each for each in found.calls if each.state == "elsewhere")) == [
        "S3 notifications: sqs:SendMessage on queue, for the bucket",
        "Lambda service: ecr:BatchGetImage on repository",
        "Lambda service: ecr:GetDownloadUrlForLayer on repository",
    ]


def test_an_addition_that_denies_is_named() -> None:
    """What the environment adds counts on both sides."""
    deny = {"Sid": "Freeze", "Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}
    _, found = decided(environment(), extra_statements=(deny,))
    assert [(each.name, [tuple(cited) for cited in each.by]) for each in found.misses] == [
        ("server, V2: s3:DeleteObject on object", [("tonic-extra-statements", "Freeze")])
    ]


def test_an_addition_that_opens_a_door_is_named() -> None:
    """A probe that is let through names the statement that does it."""
    wide = {"Sid": "Wide", "Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    _, found = decided(environment(), extra_statements=(wide,))
    assert [(each.asked.action, [tuple(cited) for cited in each.by]) for each in found.leaks] == [
        (action, [("tonic-extra-statements", "Wide")])
        for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy")
    ]


@pytest.mark.parametrize(
    ("statement", "part", "what", "broken", "leaks"),
    [
        ("MoveFiles", "action", "s3:PutObject", ["server, V2: s3:PutObject on object"], []),
        (
            "MoveFiles",
            "resource",
            "arn:aws:s3:::tonic-dst/*",
            [f"server, V2: s3:{call}Object on object" for call in ("Put", "Get", "Delete")],
            [],
        ),
        (
            "MoveFiles",
            "condition",
            "StringEquals aws:ResourceAccount",
            [],
            [f"server, V2: s3:{call}Object on object, in a stranger's account" for call in ("Get", "Put", "Delete")],
        ),
        (
            "DenyInsecureTransport",
            "action",
            "s3:*",
            [],
            [f"server, V2: s3:{call}, without TLS" for call in ("PutObject on object", "GetObject on object", "ListBucket on bucket")],
        ),
    ],
)
def test_taking_one_thing_away_shows(statement: str, part: str, what: str, broken: list[str], leaks: list[str]) -> None:
    """An action or resource that goes breaks its calls; a condition or a Deny that goes lets its probes through."""
    env, found = decided(environment())
    [result, *_] = [
        each
        for each in ablations(env, wanted(env), found)
        if (each.mutant.statement, each.mutant.part, each.mutant.what) == (statement, part, what)
    ]
    assert (named(result.breaks), named(result.leaks)) == (broken, leaks)
