"""Stages 90, 95 and 99: rehearsal, hand-over, teardown."""

from __future__ import annotations

import pytest

from runbook_lib.model import Change, Finding, Verdict
from runbook_lib.resources.iam import ProductLeftovers, RoleAsked
from runbook_lib.resources.records import FindingsAsked, ReverseAnswer, ReverseAsked
from runbook_lib.resources.s3 import Bucket
from runbook_lib.resources.secretsmanager import Secret
from runbook_lib.resources.warehouse import LoginAsked, RelationsAsked
from tests.stages.worlds import (
    STAGES,
    amiss,
    answered,
    environment,
    judged,
    legacy,
    login,
    relation,
    role,
    verdicts,
    world,
)

LOGS_IN = "the source user logs in and reads"
READY = "everything before the first workspace is complete"


def source_login() -> LoginAsked:
    """Give the log-in that the rehearsal asks for in the usual world."""
    check = next(each for each in STAGES["rehearsal"].checks if each.claim == LOGS_IN)
    env = environment()
    return next(each for each in answered(check, env, world(env)) if isinstance(each, LoginAsked))


def test_the_source_user_reads_one_relation_of_each_included_schema() -> None:
    """The log-in is a real one, by the user's own reference, over a sample that touches every schema."""
    assert source_login() == LoginAsked(
        side="source",
        user="tonic_user",
        password="env:SOURCE_PASSWORD",
        relations=(("crm", "person"), ("sales", "order")),
        temporary=True,
    )


def test_an_excluded_schema_is_not_read() -> None:
    """What is not included is nobody's business."""
    env = environment(schemas={"exclude": ["sales"]})
    answers = world(env, {RelationsAsked(side="source"): (relation("sales", "order"), relation("crm", "person"))})
    asked = LoginAsked(side="source", user="tonic_user", password="env:SOURCE_PASSWORD", relations=(("crm", "person"),))
    assert amiss("rehearsal", env, {**answers, asked: login("source", "tonic_user")}) == []


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"unreadable": ((("crm", "person"), "permission denied"),)}, "crm.person (permission denied)"),
        ({"table_info": "permission denied"}, "svv_table_info (permission denied)"),
        ({"temporary": "permission denied"}, "a temporary table (permission denied)"),
    ],
)
def test_what_the_user_is_refused_is_broken(changes: dict[str, object], detail: str) -> None:
    """A refused read names the relation and the reason."""
    answers = world(environment(), {source_login(): login("source", "tonic_user", **changes)})
    assert verdicts("rehearsal", LOGS_IN, environment(), answers) == [("broken", f"tonic_user in dev is refused: {detail}")]


@pytest.mark.parametrize(("endpoint", "grade"), [("", "exercised live"), ("http://127.0.0.1:5555", "exercised in the sandbox")])
def test_a_log_in_is_graded_by_where_it_happened(endpoint: str, grade: str) -> None:
    """Exercising the sandbox counts as that."""
    env = environment(aws={"endpoint": endpoint})
    assert [each.grade for check, each in judged("rehearsal", env) if check.claim == LOGS_IN] == [grade]


def test_roles_are_read_again() -> None:
    """A policy changed by hand after the set-up is found by the rehearsal too."""
    env = legacy()
    answers = world(env, {RoleAsked(name="tonic-staging-lambda"): role(env, "tonic-staging-lambda", inline=())})
    reread = [each for each in amiss("rehearsal", env, answers) if each[0] == "the Lambda role's policies are read again"]
    assert reread == [("the Lambda role's policies are read again", "broken")] * 2


def finding(verdict: Verdict, claim: str, by: str = "") -> Finding:
    """Make a finding of another stage."""
    return Finding(stage="storage", rows=("A4",), claim=claim, verdict=verdict, by=by, way_out="mend it")


@pytest.mark.parametrize(
    ("found", "verdict", "detail"),
    [
        ((), "unknown", "no other stage was checked in this run"),
        (
            (finding("kept", "a"), finding("kept", "b")),
            "kept",
            "ready: 2 claims hold, 0 of them on somebody's word, 0 with advice",
        ),
        (
            (finding("owed", "a"), finding("broken", "b"), finding("unknown", "c")),
            "broken",
            "not ready, as what follows does not hold: 1 (b)",
        ),
        ((finding("unknown", "a"), finding("owed", "b", "Ada")), "owed", "waiting for others: 1 (b)"),
        ((finding("kept", "a"), finding("unknown", "b")), "unknown", "open: 1 (b)"),
    ],
)
def test_readiness_is_the_worst_verdict(found: tuple[Finding, ...], verdict: str, detail: str) -> None:
    """A1: never ready with a check that was skipped, broken or owed."""
    env = environment()
    assert verdicts("handover", READY, env, world(env, {FindingsAsked(): found})) == [(verdict, detail)]


def test_readiness_names_who_owes() -> None:
    """The one who waits is told for whom."""
    answers = world(environment(), {FindingsAsked(): (finding("owed", "a", "Ada"), finding("owed", "b", "Bob"))})
    assert [each.by for _, each in judged("handover", environment(), answers)] == ["Ada, Bob"]


def test_a_clean_reverse_is_kept_and_the_rest_is_listed() -> None:
    """What waits and what the product left is listed, never deleted."""
    waiting = ReverseAnswer(waiting=(Secret(name="tonic/x", state="PendingDeletion"),))
    answers = world(legacy(), {ReverseAsked(): waiting, ProductLeftovers(service="lambda"): ("tonic-1",)})
    assert [(each.verdict, each.warning, each.detail) for _, each in judged("teardown", legacy(), answers)] == [
        ("kept", False, "nothing is to be read or changed"),
        ("kept", False, "undoing every receipt would change nothing"),
        ("kept", False, "secretsmanager_secret/tonic/x waits for its deletion; a later apply restores it"),
        ("kept", True, "lambda: tonic-1"),
    ]


def test_what_is_not_undone_is_broken() -> None:
    """A change that the reverse would still make is named."""
    left = Change(before=Bucket(name="tonic-src", region="us-east-1"), after=None)
    answers = world(environment(), {ReverseAsked(): ReverseAnswer(changes=(left,))})
    assert amiss("teardown", environment(), answers) == [("everything the runbook did is undone", "broken")]
