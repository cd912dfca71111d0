"""What a verdict says: who decided, where, and why, in words."""

from __future__ import annotations

import pytest

from runbook_lib.policy import Attached, Cited, Layer, Principal, Request, Verdict, compiled, evaluate
from tests.unit.policy.derived import ALICE, BOB, KEY, LAMBDA, OBJECT, OWN, SESSION, TARGET, allow, deny, trust

READS = compiled({"Version": "2012-10-17", "Statement": [{"Sid": "Read", **allow("s3:GetObject")}]}, "reading")
NOTHING = compiled({"Version": "2012-10-17", "Statement": [allow("sqs:*")]}, "queues")
REQUEST = Request(ALICE, "s3:GetObject", OBJECT, OWN)


def test_an_allowed_request_names_every_statement_that_allows() -> None:
    """Documents are cited with Sid, or with the statement's place."""
    other = compiled({"Statement": [allow("sqs:*"), allow("s3:*")]}, "all of S3")

    assert Verdict(
        "allowed",
        f"reading (Read), all of S3 (statement 2) allow s3:GetObject on {OBJECT}",
        (Cited("reading", "Read"), Cited("all of S3", "statement 2")),
        "identity",
    ) == evaluate(REQUEST, identity=(READS, other))


def test_an_explicit_denial_names_every_statement_that_denies() -> None:
    """Denials of several layers are all cited; the first tells the layer."""
    guard = compiled({"Statement": [{"Sid": "Guard", **deny("s3:*")}]}, "guard")
    bucket = compiled({"Statement": [deny("s3:*", Principal="*")]}, "bucket policy")

    assert Verdict(
        "denied explicitly",
        f"bucket policy (statement 1), guard (Guard) deny s3:GetObject on {OBJECT}",
        (Cited("bucket policy", "statement 1"), Cited("guard", "Guard")),
        "resource",
    ) == evaluate(REQUEST, identity=(READS,), scps=[[guard]], resource=Attached(bucket, "bucket"))


@pytest.mark.parametrize(
    ("verdict", "layer", "reason"),
    [
        (evaluate(REQUEST), "identity", f"no identity policy allows s3:GetObject on {OBJECT}"),
        (
            evaluate(REQUEST, identity=(READS,), boundary=NOTHING),
            "boundary",
            f"the permissions boundary does not allow s3:GetObject on {OBJECT}",
        ),
        (
            evaluate(Request(SESSION, "s3:GetObject", OBJECT, OWN), identity=(READS,), session=(NOTHING,)),
            "session",
            f"no session policy allows s3:GetObject on {OBJECT}",
        ),
        (
            evaluate(REQUEST, identity=(READS,), scps=[[READS], [NOTHING]]),
            "organisation",
            f"no service control policy of level 2 allows s3:GetObject on {OBJECT}",
        ),
        (
            evaluate(Request(BOB, "s3:GetObject", OBJECT, OWN), identity=(READS,), resource=Attached(NOTHING, "bucket")),
            "resource",
            f"the bucket's policy does not allow s3:GetObject on {OBJECT}, and both sides must: the resource belongs to {OWN}",
        ),
        (
            evaluate(
                Request(ALICE, "kms:Decrypt", KEY), identity=(compiled({"Statement": [allow()]}, "all"),), resource=Attached(NOTHING, "key")
            ),
            "resource",
            (
                f"the key policy does not allow kms:Decrypt on {KEY}, neither to the caller nor to its account, "
                "without which identity policies do not count"
            ),
        ),
        (
            evaluate(Request(LAMBDA, "sts:AssumeRole", TARGET), resource=Attached(NOTHING, "trust")),
            "resource",
            f"the role's trust policy does not allow sts:AssumeRole on {TARGET}, and nothing else can",
        ),
    ],
)
def test_an_implicit_denial_names_the_layer_that_lacks_an_allow(verdict: Verdict, layer: Layer, reason: str) -> None:
    """The reason says what is missing, and where."""
    assert Verdict("denied implicitly", reason, (), layer) == verdict


def test_an_implicit_denial_names_all_that_is_missing() -> None:
    """Every layer that lacks an allow has its sentence."""
    verdict = evaluate(REQUEST, boundary=NOTHING)

    assert [
        f"no identity policy allows s3:GetObject on {OBJECT}",
        f"the permissions boundary does not allow s3:GetObject on {OBJECT}",
    ] == verdict.reason.split("; ")


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (allow(Condition={"StringSounds": {"s3:prefix": "x"}}), "the condition operator StringSounds is not modelled"),
        (allow(Condition={"StringEquals": {"s3:Mood": "x"}}), "the condition key s3:mood is not modelled"),
        (
            allow(Condition={"Bool": {"aws:SecureTransport": "true"}}),
            "the value of aws:securetransport is not known: the request does not state it",
        ),
        (allow(Moment="now"), "the element Moment is not modelled"),
        (allow("GetObject") | {"Action": ["GetObject", "s3:*"]}, "the action GetObject names no service"),
        (allow(on="bucket"), "the resource bucket is neither * nor an ARN"),
        (allow(Principal="*"), "a statement with Principal is not modelled outside a resource's policy"),
        ({"Effect": "Allow", "Action": "*"}, "a statement without Resource is not modelled outside a resource's policy"),
    ],
)
def test_an_undetermined_verdict_names_what_is_not_modelled(statement: dict[str, object], reason: str) -> None:
    """The statement in doubt is cited, and the reason names the element, operator or key."""
    verdict = evaluate(REQUEST, identity=(compiled({"Version": "2012-10-17", "Statement": [statement]}, "odd"),))

    assert Verdict("undetermined", f"odd (statement 1): {reason}", (Cited("odd", "statement 1"),)) == verdict


def test_a_malformed_document_leaves_a_request_undetermined() -> None:
    """Nothing is known of what it says; neither is its silence."""
    assert Verdict("undetermined", "broken is malformed: it has no statement") == evaluate(
        REQUEST, identity=(READS, compiled({"Statement": []}, "broken"))
    )


def test_a_certain_denial_needs_no_other_document() -> None:
    """What another document says does not matter once a denial is certain."""
    verdict = evaluate(REQUEST, identity=(compiled({"Statement": [deny()]}, "guard"), compiled("{", "broken")))

    assert ("denied explicitly", True, False) == (verdict.outcome, verdict.is_denied, verdict.is_allowed)


def test_a_doubtful_denial_is_no_permission() -> None:
    """An allow does not count while a denial may."""
    odd = compiled({"Statement": [deny(Condition={"StringSounds": {"s3:prefix": "x"}})]}, "odd")

    verdict = evaluate(REQUEST, identity=(READS, odd))

    assert ("undetermined", (Cited("odd", "statement 1"),)) == (verdict.outcome, verdict.decided_by)


def test_what_nothing_allows_is_denied_whatever_is_unknown_of_denials() -> None:
    """A denial in doubt adds nothing where no layer allows."""
    odd = compiled({"Statement": [deny(Condition={"StringSounds": {"s3:prefix": "x"}})]}, "odd")

    assert "denied implicitly" == evaluate(REQUEST, identity=(odd,)).outcome


def test_the_path_of_a_role_may_be_unknown() -> None:
    """A session whose role's path nobody told is matched by the role's name, and aws:PrincipalArn of it is unknown."""
    session = Principal(SESSION.arn)
    bucket = compiled({"Statement": [{"Principal": {"AWS": f"arn:aws:iam::{OWN}:role/app/tonic"}, **allow("s3:*")}]}, "bucket")
    mine = compiled({"Statement": [allow(Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}})]}, "mine")
    request = Request(session, "s3:GetObject", OBJECT, OWN)

    assert ["allowed", "undetermined"] == [
        evaluate(request, resource=Attached(bucket, "bucket")).outcome,
        evaluate(request, identity=(mine,)).outcome,
    ]


def test_a_role_stands_for_any_of_its_sessions() -> None:
    """A policy that names one session leaves it open whether the caller is that one."""
    role = Principal(f"arn:aws:iam::{OWN}:role/app/tonic")
    bucket = compiled({"Statement": [{"Principal": {"AWS": SESSION.arn}, **allow("s3:*")}]}, "bucket")

    assert "undetermined" == evaluate(Request(role, "s3:GetObject", OBJECT, OWN), resource=Attached(bucket, "bucket")).outcome


def test_service_control_policies_pass_over_service_linked_roles() -> None:
    """A role that a service made for itself is not limited by them."""
    role = Principal(f"arn:aws:iam::{OWN}:role/aws-service-role/redshift.amazonaws.com/AWSServiceRoleForRedshift")

    assert "allowed" == evaluate(Request(role, "s3:GetObject", OBJECT, OWN), identity=(READS,), scps=[[NOTHING]]).outcome


def test_a_trust_policy_in_doubt_is_cited() -> None:
    """The trust policy is one of the documents that may be in doubt."""
    attached = Attached(compiled({"Statement": [trust({"AWS": f"arn:aws:iam::{OWN}:user/*"})]}, "trust"), "trust")

    assert (
        f"trust (statement 1): a wildcard within a principal is not modelled: arn:aws:iam::{OWN}:user/*"
        == evaluate(Request(ALICE, "sts:AssumeRole", TARGET), resource=attached).reason
    )
