"""The linter: each rule catches its defect and leaves the control alone; what it says of the vendor's documents and ours."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from runbook_lib.documents import policies
from runbook_lib.documents.keys import key_policy, key_statement
from runbook_lib.documents.vendor import Name, documented
from runbook_lib.policy.lint import READ_LIMIT, RULES, Kind, LintFinding, lint
from tests.stages.worlds import BUCKET_KEY, environment, legacy
from tests.unit.policy.planted import ACCOUNT, CLEAN, DEFECTS, OBJECTS, READ, ROLE, Planted, allow, policy

CALLS = 3_000_000
"""How many calls a hostile document may take at most: a few seconds' worth."""


def told(findings: tuple[LintFinding, ...]) -> list[tuple[str, str, str]]:
    """Shorten findings to rule, statement and what."""
    return [(each.rule, each.statement, each.what) for each in findings]


@pytest.mark.parametrize("planted", DEFECTS.values(), ids=DEFECTS)
def test_a_planted_defect_is_found(planted: Planted) -> None:
    """The finding has rule, gravity, place and words, and a way out."""
    found = [each for each in lint(planted.document, planted.kind) if each.rule == planted.rule]

    assert [(planted.severity, planted.statement, planted.what)] == [(each.severity, each.statement, each.what) for each in found]
    assert [] == [each for each in found if not each.way_out]


@pytest.mark.parametrize("planted", DEFECTS.values(), ids=DEFECTS)
def test_the_control_beside_it_is_left_alone(planted: Planted) -> None:
    """Without the defect nothing at all is found."""
    assert () == lint(planted.control, planted.kind)


@pytest.mark.parametrize("key", ["aws:SourceVpcArn", "aws:ViaAWSMCPService", "ec2:SourceInstanceArn", "lambda:SourceFunctionArn"])
def test_a_key_of_any_request_is_left_alone(key: str) -> None:
    """AWS's list of global keys holds keys of a session that have a service's name before the colon."""
    document = policy({**READ, "Condition": {"StringLike": {key: "*"}}})
    assert [] == [each for each in lint(document, "identity") if each.rule == "condition-key"]


@pytest.mark.parametrize("name", CLEAN)
def test_clean_documents_are_left_alone(name: str) -> None:
    """A careful identity policy, boundary, trust, key, bucket and queue policy get no finding."""
    kind, document = CLEAN[name]

    assert () == lint(document, kind)


def test_every_rule_has_a_planted_defect() -> None:
    """No rule is without a defect that it catches, and there are many defects."""
    assert set(RULES) == {each.rule for each in DEFECTS.values()}
    assert len(DEFECTS) >= 22


# --------------------------------------------------------------------------------------------------- the vendor's and ours

VALUES = {
    "account_id": (ACCOUNT,),
    "region": ("us-east-1",),
    "lambda_role_arn": (ROLE,),
    "kms_key_arn": (BUCKET_KEY,),
}
SHAPES = {
    "v2": environment(policy_style="scoped"),
    "v2 with keys": environment(policy_style="scoped", kms={"bucket_keys": {"source": {"adopt": BUCKET_KEY}}}),
    "legacy": legacy(policy_style="scoped"),
    "legacy without keys": legacy(policy_style="scoped", kms={"queue_key": None}),
    "both": legacy(pipeline="both", policy_style="scoped"),
    "china": environment(policy_style="scoped", aws={"partition": "aws-cn", "region": "cn-north-1"}),
    "govcloud": legacy(policy_style="scoped", aws={"partition": "aws-us-gov", "region": "us-gov-west-1"}, kms={"queue_key": None}),
    "two log regions": legacy(policy_style="scoped", worker={"sqs_visibility_timeout": 180, "log_regions": ["us-east-1", "eu-west-1"]}),
}
STRANGERS = "reaches buckets of every account by"
SAID: dict[Name, tuple[Kind, list[tuple[str, str, str]]]] = {
    "server-role-v2": (
        "identity",
        [
            ("resource-account", "statement 1", f"{STRANGERS} arn:aws:s3:::tonic-*"),
            ("resource-account", "statement 2", f"{STRANGERS} arn:aws:s3:::tonic-*/*"),
        ],
    ),
    "server-role-legacy": (
        "identity",
        [
            (
                "scopable-on-star",
                "statement 1",
                (
                    "allows lambda:DeleteEventSourceMapping, lambda:GetEventSourceMapping, ecr:DescribeRepositories, ecr:ListImages "
                    "on every resource"
                ),
            ),
            ("resource-account", "statement 2", f"{STRANGERS} arn:aws:s3:::tonic-*"),
            ("pass-role", "statement 3", "lets the role be passed to any service"),
            ("resource-account", "statement 4", f"{STRANGERS} arn:aws:s3:::tonic-*/*"),
            ("needs-star", "statement 5", "never grants logs:StopQuery, which no ARN narrows"),
            ("resource-account", "statement 6", f"{STRANGERS} arn:aws:s3:::tonic-*"),
            ("duplicate-grant", "statement 6", "repeats s3:ListBucket, which statement 2 grants"),
        ],
    ),
    "lambda-role": ("identity", [("resource-account", "VisualEditor0", f"{STRANGERS} arn:aws:s3:::tonic-*")]),
    "lambda-role-trust": ("trust", []),
    "kms-role-addition": ("identity", []),
    "kms-key-statement": (
        "key",
        [
            ("elements", "document", "is a statement, not a document"),
            ("key-lockout", "document", "lets nobody change the key's policy"),
            (
                "service-principal",
                "Allow access for Amazon S3 Event Notifications to Amazon SQS",
                "lets s3.amazonaws.com in for anybody: somebody else's resources use the service too",
            ),
        ],
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_of_the_vendors_documents(name: Name) -> None:
    """Nothing more and nothing less is found in the vendor's six documents than what stands here."""
    kind, said = SAID[name]

    assert said == told(lint(documented(name, "aws", VALUES), kind))


def test_what_is_said_of_the_vendors_page_unfilled() -> None:
    """The placeholders of the published page are errors, and what is no JSON is not read."""
    document = json.dumps(documented("server-role-legacy", "aws", {**VALUES, "region": ("${region}",), "account_id": ("${account_id}",)}))
    unquoted = document.replace(f'"{ROLE}"', "<ARN to Structural Lambda Role>")

    assert ["still holds ${region}, ${account_id}"] == [each.what for each in lint(document, "identity") if each.rule == "placeholder"]
    assert ["json"] == [each.rule for each in lint(unquoted, "identity")]


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_is_said_of_our_own_documents(shape: str) -> None:
    """The narrowed policies, the trusts and the key policies have no finding in any shape of environment."""
    env = SHAPES[shape]
    key = key_policy(env)
    identity = [document for _, document in (*policies.server_role_policies(env), *policies.lambda_role_policies(env))]

    assert [] == [each for document in identity for each in lint(document, "identity")]
    assert () == lint(policies.lambda_trust(env), "trust")
    assert () == lint(policies.ec2_trust(env), "trust")
    assert () == lint(key, "key")
    assert () == lint({**key, "Statement": [*key["Statement"], key_statement(env)]}, "key")


def test_a_statement_for_somebody_elses_key_policy_is_not_called_a_lockout() -> None:
    """What is merged into a document does not have to keep it manageable."""
    statement = key_statement(legacy(policy_style="scoped"))

    assert () == lint(policy(statement), "key", is_whole=False)


def test_in_a_boundary_breadth_is_a_note() -> None:
    """A boundary only limits: what is wide in it grants nothing."""
    wide = policy(allow(["s3:GetObject", "iam:PassRole"], "*"), {"Effect": "Allow", "NotAction": "iam:*", "Resource": OBJECTS})

    assert [("scopable-on-star", "note"), ("pass-role", "note"), ("resource-account", "note"), ("not-action", "note")] == [
        (each.rule, each.severity) for each in lint(wide, "boundary")
    ]


def test_a_wrong_action_names_the_one_that_was_meant() -> None:
    """The way out gives the nearest name there is."""
    assert ["write s3:ListBucket"] == [each.way_out for each in lint(policy(allow("s3:ListBuckets", "*")), "identity")]


# ------------------------------------------------------------------------------------------------------------------ hostile


def hostile() -> Iterator[tuple[str, str, set[str]]]:
    """Give texts that are made to cost, each with the rules that have to speak."""

    def text(*statements: Any) -> str:
        return json.dumps(policy(*statements), separators=(",", ":"))

    stars = "*a" * 1_000
    yield "10,000 statements", text(*[allow("s3:*", f"arn:aws:s3:::b{number}/*") for number in range(10_000)]), {"size"}
    yield "all that fits", text(*[allow("ec2:*", f"arn:aws:ec2:*:*:*{number}") for number in range(360)]), {"size", "duplicate-grant"}
    yield "one action again and again", text(*[allow("*", "*")] * 500), {"size", "scopable-on-star", "pass-role", "duplicate-grant"}
    yield (
        "wildcards in actions",
        text(allow(["ec2:" + "*e" * 9 + f"*{number}z" for number in range(700)], "*")),
        {"size", "unknown-action", "duplicate-grant"},
    )
    yield "a long action", text(allow(f"ec2:{'*a' * 8_000}", "*")), {"size", "unknown-action"}
    yield "long ARNs", text(allow("ec2:*", [f"arn:aws:ec2:*:*:{stars}#{number}" for number in range(15)])), {"size"}
    yield "an ARN that is too long", text(allow("ec2:*", f"arn:aws:ec2:*:*:{stars}{stars}")), {"arn"}
    yield "open braces", text(allow("s3:GetObject", "${" * 15_000)), {"size", "arn"}
    yield "open angles", text(allow("s3:GetObject", "<" * 30_000)), {"size", "arn"}
    yield "deep lists", "[" * 30_000, {"json"}
    yield "deep objects", '{"a":' * 5_000 + "1" + "}" * 5_000, {"json"}
    yield "a long number", f'{{"Version":{"1" * 9_000}}}', {"json"}
    yield "a lone surrogate", text(allow("s3:GetObject\ud800", "*")), {"unknown-action"}
    yield (
        "many keys",
        text({**READ, "Condition": {"StringLike": {f"s3:k{number}": "x" for number in range(1_500)}}}),
        {"size", "condition-key"},
    )


HOSTILE = {name: (text, rules) for name, text, rules in hostile()}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_gets_its_finding_at_a_bounded_cost(name: str) -> None:
    """Whatever is sent, some finding says what is wrong with it, and the number of calls stays below what is set."""
    text, rules = HOSTILE[name]
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        found = lint(text, "identity")
    finally:
        sys.setprofile(None)

    assert rules == {each.rule for each in found}
    assert calls < CALLS


def test_what_is_longer_than_every_quota_is_not_read() -> None:
    """The finding says so: that nothing else is found is no praise."""
    found = lint(json.dumps(policy(*[READ] * 1_000)), "key")

    assert len(json.dumps(policy(*[READ] * 1_000))) > READ_LIMIT
    assert ["has 87,040 characters, 32,768 are what a key policy holds; it was not read further"] == [each.what for each in found]
