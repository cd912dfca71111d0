"""What the linter says of the documents that the stages emit, and what is waived of it."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.model import Inventory
from runbook_lib.parameters import Environment
from runbook_lib.parameters.waivers import REFUSED, WAIVABLE
from runbook_lib.policy.lint import RULES
from runbook_lib.resources.files import TodayAsked
from runbook_lib.stages import _linting
from tests.stages.worlds import QUEUE_KEY, STAGES, answered, environment, judged, legacy, verdicts, world

CLAIMS = {
    "storage": "the buckets' policies are fit to install",
    "encryption": "the keys' policies are fit to install",
    "lambda_role": "the Lambda role's documents are fit to install",
    "server_role": "the server role's documents are fit to install",
}
WAIVERS = "what the linter finds is waived for a reason and a time"
EXTRA = [{"Sid": "Ours", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::tonic-*/*"}]
STRANGERS = "tonic-extra-statements, Ours: reaches buckets of every account by arn:aws:s3:::tonic-*/* (warning, resource-account)"
WAIVER = {
    "rule": "resource-account",
    "document": "tonic-extra-statements",
    "statement": "Ours",
    "reason": "the bucket policies of the others refuse us",
    "expires": "2026-12-31",
}


def waived(**changes: Any) -> Environment:
    """Make an environment with an addition that the linter objects to, and a waiver of it."""
    return environment(extra_statements=EXTRA, lint_waivers=[{**WAIVER, **changes}])


def said(env: Environment, slug: str, today: str = "2026-06-30") -> list[tuple[str, bool, str]]:
    """List verdict, warning and detail of what the linter's check of a stage says."""
    (check,) = [each for each in STAGES[slug].checks if each.claim == CLAIMS[slug]]
    judgements = check.judge(env, answered(check, env, {TodayAsked(): today}))
    return [(each.verdict, each.warning, each.detail) for each in judgements]


def vendors(*details: str) -> list[tuple[str, bool, str]]:
    """Expect advice about the vendor's own words, one for each detail."""
    return [("kept", True, f"{detail}, as the vendor wrote it") for detail in details]


def test_what_the_vendor_wrote_is_advice() -> None:
    """Under the documented style every gap of the vendor's policies is listed, and none is broken: the exit code stays 0."""
    env = legacy(pipeline="both")
    v2, old = "tonic-server-role-v2, statement", "tonic-server-role-legacy, statement"
    wide = "reaches buckets of every account by arn:aws:s3:::tonic-*"

    assert vendors(
        f"{v2} 1: {wide}/* (warning, resource-account)",
        f"{v2} 2: {wide} (warning, resource-account)",
        (
            f"{old} 1: allows ecr:DescribeRepositories, ecr:ListImages, lambda:DeleteEventSourceMapping, lambda:GetEventSourceMapping "
            "on every resource (warning, scopable-on-star)"
        ),
        f"{old} 2: lets the role be passed to any service (warning, pass-role)",
        f"{old} 3: {wide} (warning, resource-account)",
        f"{old} 4: never grants logs:StopQuery, which no ARN narrows (error, needs-star)",
        f"{old} 5: {wide}/* (warning, resource-account)",
        f"{old} 6: {wide} (warning, resource-account)",
        f"{old} 6: repeats s3:ListBucket, which statement 3 grants (warning, duplicate-grant)",
    ) == said(env, "server_role")
    assert vendors(f"tonic-lambda-role, VisualEditor0: {wide} (warning, resource-account)") == said(env, "lambda_role")
    assert vendors(
        "statement for the queues' key, Allow access for Amazon S3 Event Notifications to Amazon SQS: lets s3.amazonaws.com in for "
        "anybody: somebody else's resources use the service too (warning, service-principal)"
    ) == said(env, "encryption")
    assert [("kept", False, "the linter finds nothing in policy of bucket tonic-src, policy of bucket tonic-dst")] == said(env, "storage")


def test_advice_says_how_to_be_rid_of_it() -> None:
    """The way out is the finding's own, or the narrowed style."""
    (found,) = [each for check, each in judged("lambda_role", legacy()) if check.claim == CLAIMS["lambda_role"]]

    assert "add StringEquals aws:ResourceAccount, or name the buckets; or set policy_style: scoped" == found.way_out
    assert "evaluated offline" == found.grade


@pytest.mark.parametrize("pipeline", ["legacy", "both"])
def test_of_the_narrowed_documents_nothing_is_found(pipeline: str) -> None:
    """Under the scoped style there is neither an error nor a warning."""
    env = legacy(
        pipeline=pipeline, policy_style="scoped", kms={"queue_key": {"create": "tonic-q"}, "bucket_keys": {"source": {"adopt": QUEUE_KEY}}}
    )

    assert [("kept", False)] * 4 == [(verdict, warning) for slug in CLAIMS for verdict, warning, _ in said(env, slug)]
    assert "the linter finds nothing in tonic-lambda-role, tonic-kms-role-addition, lambda-role-trust" == said(env, "lambda_role")[0][2]
    assert "the linter finds nothing in policy of key tonic-q" == said(env, "encryption")[0][2]


def test_what_is_not_written_is_not_judged() -> None:
    """V2 has no Lambda role, an adopted bucket keeps its policy, and a role by ARN its trust."""
    arn = "arn:aws:iam::111122223333:role/task"
    env = environment(buckets={"create": False}, server={"instance_id": "", "attach_profile": False, "role_arn": arn})

    assert [] == said(env, "lambda_role")
    assert [("kept", False, "none is written here")] == said(env, "storage")
    assert [("kept", False, "none is written here")] == said(env, "encryption")
    assert ["tonic-server-role-v2"] == [each.name for each in _linting.server_documents(env)]


@pytest.mark.parametrize("style", ["documented", "scoped"])
def test_additions_are_held_strictly(style: str) -> None:
    """What the operator adds has to be mended, or waived, under either style."""
    env = environment(policy_style=style, extra_statements=EXTRA)

    assert ("broken", False, STRANGERS) in said(env, "server_role")
    assert ["add StringEquals aws:ResourceAccount, or name the buckets; or say under lint_waivers why it is accepted"] == [
        each.way_out for check, each in judged("server_role", env) if each.verdict == "broken"
    ]


def test_a_note_binds_nobody() -> None:
    """An action of a service that the reference was not read for is advice, also among additions."""
    other = [
        {"Sid": "Ours", "Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "arn:aws:dynamodb:us-east-1:111122223333:table/x"}
    ]
    detail = "tonic-extra-statements, Ours: names dynamodb:GetItem, of a service that the reference here does not hold (note, not-checked)"

    assert ("kept", True, detail) in said(environment(policy_style="scoped", extra_statements=other), "server_role")


# ------------------------------------------------------------------------------------------------------------------ waivers


@pytest.mark.parametrize("changes", [{}, {"document": ""}, {"statement": ""}], ids=["both", "statement", "document"])
def test_a_waived_finding_is_kept_with_its_reason(changes: dict[str, str]) -> None:
    """The finding stays in sight, with reason and last day, and breaks nothing."""
    reason = "waived until 2026-12-31: the bucket policies of the others refuse us"

    assert ("kept", False, f"{STRANGERS}; {reason}") in said(waived(**changes), "server_role")


@pytest.mark.parametrize(
    "changes",
    [{"rule": "pass-role"}, {"document": "tonic-server-role-v2"}, {"statement": "statement 1"}],
    ids=["another rule", "another document", "another statement"],
)
def test_a_waiver_waives_what_it_names_alone(changes: dict[str, str]) -> None:
    """Of another rule, document or statement it does not speak."""
    env = waived(**changes)

    assert ("broken", False, STRANGERS) in said(env, "server_role")


def test_the_last_day_counts() -> None:
    """A waiver counts until its last day, and no day longer."""
    assert [] == [each for each in said(waived(), "server_role", "2026-12-31") if each[0] == "broken"]
    assert ("broken", False, STRANGERS) in said(waived(), "server_role", "2027-01-01")


@pytest.mark.parametrize(
    ("changes", "today", "warning", "detail"),
    [
        (
            {},
            "2026-06-30",
            False,
            "the waiver of resource-account for tonic-extra-statements, Ours counts until 2026-12-31: the bucket policies",
        ),
        ({}, "2027-01-01", True, "the waiver of resource-account for tonic-extra-statements, Ours expired on 2026-12-31"),
        ({"statement": "Theirs"}, "2026-06-30", True, "the waiver of resource-account for tonic-extra-statements, Theirs waives nothing"),
    ],
    ids=["in force", "expired", "of nothing"],
)
def test_preflight_names_every_waiver(changes: dict[str, str], today: str, warning: bool, detail: str) -> None:
    """One in force is shown with its reason; an expired one, and one that waives nothing, are findings."""
    env = waived(**changes)
    (found,) = [each for check, each in judged("preflight", env, {**world(env), TodayAsked(): today}) if check.claim == WAIVERS]

    assert ("kept", warning, True) == (found.verdict, found.warning, found.detail.startswith(detail))


def test_without_waivers_nobody_is_asked_for_the_date() -> None:
    """The check then holds by itself."""
    assert () == _linting.asks_day(environment())
    assert [("kept", "nothing is waived")] == verdicts("preflight", WAIVERS, environment())


def test_a_vendors_finding_can_be_waived() -> None:
    """Whoever accepts a gap of the vendor's is not warned of it any more."""
    accepted = {"rule": "resource-account", "document": "tonic-lambda-role", "reason": "accepted by security", "expires": "2026-12-31"}

    assert [("kept", False)] == [each[:2] for each in said(legacy(lint_waivers=[accepted]), "lambda_role")]


@pytest.mark.parametrize("style", ["documented", "scoped"])
def test_what_a_service_refuses_is_broken_whoever_wrote_it(style: str) -> None:
    """A placeholder that was left, or a text that is no JSON, is no gap to live with."""
    env = environment(policy_style=style)
    documents = (
        _linting.Emitted("theirs", "identity", "{", is_vendors=True),
        _linting.Emitted("ours", "trust", '{"Version":"2012-10-17","Statement":[]}'),
    )
    found = [*_linting.judge(lambda _env: documents)(env, Inventory({}))]

    assert ["broken", "broken"] == [each.verdict for each in found]
    assert ["write one JSON object: {Version, Statement}", "add Statement: a list of statements"] == [each.way_out for each in found]


def test_the_file_knows_every_rule_of_the_linter() -> None:
    """What may be waived and what may not are the linter's rules, each once."""
    assert sorted(RULES) == sorted((*WAIVABLE, *REFUSED))
