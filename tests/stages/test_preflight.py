"""Stage 10: preflight."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.model import Unanswered
from runbook_lib.resources.ec2 import ClusterAsked, InstanceAsked
from runbook_lib.resources.iam import Caller, CallerAnswer, ProductLeftovers, RoleAsked
from runbook_lib.resources.kms import SigningKeyAnswer, SigningKeyAsked
from runbook_lib.resources.records import StoreAsked
from runbook_lib.resources.rights import Need, Permission, RightsAnswer
from runbook_lib.resources.s3 import BucketAsked
from runbook_lib.resources.warehouse import SessionAsked
from runbook_lib.stages import _signing
from runbook_lib.stages._records import CLAIM
from runbook_lib.stages._rights import forward
from tests.stages.worlds import (
    ACCOUNT,
    INSTANCE,
    STAGES,
    World,
    amiss,
    bucket,
    cluster,
    environment,
    instance,
    judged,
    legacy,
    session,
    verdicts,
    world,
)

CALLER = "the caller is in the file's account, partition, region and endpoint"
OWNERS = "each bucket that is there is of the file's account"
REGIONS = "each cluster and its bucket are in one region"
ROUTES = "each cluster's routing leads to S3"
CONTAINER = "the instance is there and its container can see the role"
REACH = "the administrator reaches the source database"
TWO = "source and destination are two databases"
RIGHTS = "the operator has the rights that this environment's plan takes"


def test_preflight_wants_nothing_and_judges_before_the_plan() -> None:
    """It changes nothing, and every check of it holds before the first write."""
    stage = STAGES["preflight"]
    assert (stage.parts, {check.when for check in stage.checks}) == ((), {"plan"})


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"account": "444455556666"}, "account is 444455556666, the file says 111122223333"),
        ({"partition": "aws-cn"}, "partition is aws-cn, the file says aws"),
        ({"region": "eu-west-1"}, "region is eu-west-1, the file says us-east-1"),
        ({"foreign_endpoints": ("AWS_ENDPOINT_URL_S3",)}, "AWS_ENDPOINT_URL_S3 leads elsewhere"),
    ],
)
def test_a_caller_elsewhere_is_broken(changes: dict[str, Any], detail: str) -> None:
    """Right names in a wrong place are no good."""
    fields = {"account": ACCOUNT, "arn": "arn", "partition": "aws", "region": "us-east-1", "endpoint": "aws"}
    answers = world(environment(), {Caller(): CallerAnswer(**{**fields, **changes})})
    assert verdicts("preflight", CALLER, environment(), answers) == [("broken", detail)]


@pytest.mark.parametrize(
    ("answers", "claim", "verdict", "detail"),
    [
        ({InstanceAsked(instance_id=INSTANCE): None}, CONTAINER, "broken", f"there is no instance {INSTANCE} in {ACCOUNT} us-east-1"),
        (
            {InstanceAsked(instance_id=INSTANCE): instance(hop_limit=1)},
            CONTAINER,
            "broken",
            "hop limit 1 hides the role from a container on a bridge network",
        ),
        ({InstanceAsked(instance_id=INSTANCE): instance(state="stopped")}, CONTAINER, "kept", f"{INSTANCE} is stopped"),
        (
            {ClusterAsked(cluster="src"): cluster("src", region="eu-west-1")},
            REGIONS,
            "broken",
            "the source cluster is in eu-west-1, tonic-src in us-east-1",
        ),
        ({ClusterAsked(cluster="src"): None}, REGIONS, "unknown", "the source host's name tells no region"),
        ({ClusterAsked(cluster="dst"): None}, ROUTES, "unknown", "the destination cluster's routing is not known"),
        (
            {ClusterAsked(cluster="src"): cluster("src", enhanced_vpc_routing=True, routes_to_s3=())},
            ROUTES,
            "broken",
            "source: src routes through its VPC, which has no S3 endpoint",
        ),
        (
            {ClusterAsked(cluster="src"): cluster("src", enhanced_vpc_routing=True)},
            ROUTES,
            "unknown",
            "source: src routes through its VPC, whose endpoints cannot be read",
        ),
        (
            {ClusterAsked(cluster="src"): cluster("src", enhanced_vpc_routing=True, routes_to_s3=("vpce-1",))},
            ROUTES,
            "kept",
            "source: src reaches S3 through vpce-1",
        ),
        (
            {SessionAsked(side="source"): session("source", is_superuser=False)},
            REACH,
            "owed",
            "admin in dev on source.example is no superuser: svv_table_info and others' schemas cannot be granted",
        ),
        (
            {SessionAsked(side="source"): Unanswered("source.example:5439: connection refused", "unknown", way_out="open the port")},
            REACH,
            "broken",
            "source.example:5439: connection refused",
        ),
        (
            {
                SessionAsked(side="destination"): session(
                    "destination", namespace="namespace-source", database="dev", databases=("dev", "masked")
                )
            },
            TWO,
            "broken",
            "source and destination are one database: dev of cluster namespace-source",
        ),
    ],
)
def test_what_stands_in_the_way_is_told(answers: World, claim: str, verdict: str, detail: str) -> None:
    """Instance, regions, routes, log-ins and the one-database guard each have a finding of their own."""
    env = environment()
    assert (verdict, detail) in verdicts("preflight", claim, env, world(env, answers))


def test_the_hosts_name_tells_a_region_when_no_cluster_is_named() -> None:
    """AWS's own host names carry the region."""
    host = "c.abc.us-east-1.redshift.amazonaws.com"
    env = environment(source={"cluster": "", "host": host}, destination={"cluster": "", "host": "127.0.0.1"})
    assert [each for each, _ in verdicts("preflight", REGIONS, env)] == ["kept", "unknown"]


def test_a_bucket_in_another_region_than_its_cluster_is_broken() -> None:
    """UNLOAD and COPY stay within a region."""
    env = environment()
    answers = world(env, {BucketAsked(name="tonic-dst"): bucket(env, "tonic-dst", region="eu-west-1")})
    found = verdicts("preflight", REGIONS, env, answers)
    assert found[1] == ("broken", "the destination cluster is in us-east-1, tonic-dst in eu-west-1")


@pytest.mark.parametrize(
    ("create", "verdict", "detail"),
    [
        (False, "unknown", "there is no bucket tonic-dst whose region could be compared"),
        (True, "kept", "the destination cluster and tonic-dst are in us-east-1, where storage makes it"),
    ],
)
def test_a_bucket_that_is_not_there_proves_no_region(create: bool, verdict: str, detail: str) -> None:
    """A bucket has a region when it is there, or when the runbook is about to make it."""
    env = environment(buckets={"create": create})
    answers = world(env, {BucketAsked(name="tonic-dst"): None})
    assert verdicts("preflight", REGIONS, env, answers)[1] == (verdict, detail)


@pytest.mark.parametrize(
    ("side", "place", "warning", "detail"),
    [
        (
            "source",
            {"workgroup": "shop", "cluster": "", "admin": {"login": "cluster_credentials"}},
            True,
            "source: workgroup shop makes the caller's own database user at the first log-in, in a plan too; nothing turns that off",
        ),
        (
            "destination",
            {"cluster": "c", "admin": {"login": "cluster_credentials", "user": "admin"}},
            False,
            "destination: admin of cluster c has to be there (AutoCreate is off)",
        ),
        ("source", {"admin": {"login": "none"}}, False, "source: login is none"),
    ],
)
def test_a_log_in_that_makes_a_user_says_so(side: str, place: dict[str, Any], warning: bool, detail: str) -> None:
    """Law 1: planning writes nothing, but for the user that Redshift Serverless makes of its caller."""
    env = environment(**{side: place})
    answers = world(env, {ClusterAsked(workgroup="shop"): None, ClusterAsked(cluster="c"): None})
    claim = "no administrator's log-in makes a database user"
    found = [(each.verdict, each.warning, each.detail) for check, each in judged("preflight", env, answers) if check.claim == claim]
    assert ("kept", warning, detail) in found


def test_a_bucket_of_another_account_is_broken_before_the_plan() -> None:
    """Bucket names are shared by all accounts: what somebody else has is found, what is ours or nobody's is fine."""
    env = environment()
    answers = world(env, {BucketAsked(name="tonic-src"): bucket(env, "tonic-src", is_foreign=True), BucketAsked(name="tonic-dst"): None})
    assert [("broken", "tonic-src belongs to another account"), ("kept", "nobody has tonic-dst")] == verdicts(
        "preflight", OWNERS, env, answers
    )
    ours = world(env, {BucketAsked(name=name): bucket(env, name) for name in ("tonic-src", "tonic-dst")})
    assert ["kept", "kept"] == [verdict for verdict, _ in verdicts("preflight", OWNERS, env, ours)]


STORE = StoreAsked(bucket="acme-records", prefix="team/staging/")
HELD = STORE.model_copy(update={"is_held": True})
DAYS: dict[str, Any] = {"records": "s3://acme-records/team", "records_retention": {"days": 30}}


@pytest.mark.parametrize(
    ("changes", "answers", "verdict"),
    [
        ({}, {}, []),
        ({"records": "s3://acme-records/team"}, {STORE: False}, ["kept"]),
        ({"records": "s3://acme-records/team/"}, {STORE: None}, ["broken"]),
        ({"records": "s3://acme-records"}, {StoreAsked(bucket="acme-records", prefix="staging/"): False}, ["kept"]),
        (DAYS, {HELD: True}, ["kept"]),
        (DAYS, {HELD: False}, ["broken"]),
        (DAYS, {HELD: Unanswered("you may not ask", "owed")}, ["owed"]),
    ],
)
@pytest.mark.parametrize("slug", ["preflight", "teardown"])
def test_the_bucket_of_the_records_is_judged(slug: str, changes: dict[str, Any], answers: World, verdict: list[str]) -> None:
    """Before anything is written it is there, and has Object Lock where objects are to be held; of a folder nothing is asked."""
    env = environment(**changes)
    assert verdict == [each.verdict for _, each in judged(slug, env, answers, (CLAIM,))]


SIGNER = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/33333333-3333-3333-3333-333333333333"
FIT = SigningKeyAnswer(state="Enabled", spec="ECC_NIST_P256", usage="SIGN_VERIFY")


@pytest.mark.parametrize(
    ("key", "answer", "verdict"),
    [
        ("audit.pem", None, []),
        (SIGNER, FIT, ["kept"]),
        (SIGNER, None, ["broken"]),
        (SIGNER, FIT.model_copy(update={"state": "Disabled"}), ["broken"]),
        (SIGNER, FIT.model_copy(update={"spec": "ECC_NIST_EDWARDS25519"}), ["broken"]),
        (SIGNER, FIT.model_copy(update={"spec": "SYMMETRIC_DEFAULT", "usage": "ENCRYPT_DECRYPT"}), ["broken"]),
        (SIGNER, Unanswered("you may not ask", "owed"), ["owed"]),
    ],
)
@pytest.mark.parametrize("slug", ["preflight", "teardown"])
def test_the_key_that_signs_is_judged(slug: str, key: str, answer: Any, verdict: list[str]) -> None:
    """A key of KMS is there, enabled and of the kind that signs records, before there is one; of a file AWS is asked nothing."""
    env = environment(signing={"key": key})
    assert verdict == [each.verdict for _, each in judged(slug, env, {SigningKeyAsked(key=SIGNER): answer}, (_signing.CLAIM,))]


def need(action: str, resource: str, reason: str) -> Need:
    """Make a need of applying."""
    return Need(permission=Permission(action=action, resource=resource), purpose="apply", reason=reason)


ROLE_ARN = "arn:aws:iam::111122223333:role/tonic-staging-server"
TAKEN = "the plan takes 2 permissions; the policy that gives just these is among the artefacts"
CREATED, PUT = need("iam:CreateRole", ROLE_ARN, "create iam_role/x"), need("iam:PutRolePolicy", ROLE_ARN, "create iam_role_policy/x/y")


def test_refused_rights_are_owed_before_anything_is_planned() -> None:
    """The simulator's refusals name action, resource and what it is for, and the way out is the policy."""
    env = environment()
    answers = world(env, {forward(env): RightsAnswer(needs=(CREATED, PUT), refused=(PUT,))})
    [found] = [each for check, each in judged("preflight", env, answers) if check.claim == RIGHTS]
    assert (found.verdict, found.detail) == (
        "owed",
        f"{TAKEN}; refused: iam:PutRolePolicy on {ROLE_ARN} (apply: create iam_role_policy/x/y)",
    )
    assert "the caller's policy from the artefacts" in found.way_out


def test_undecided_rights_are_unknown_beside_those_that_are_refused() -> None:
    """What the simulator cannot tell is never owed: each reason has a finding of its own, with the way out."""
    env = environment(confirmations=[])
    undecided = ((CREATED, "it is refused on the pattern"),)
    answers = world(env, {forward(env): RightsAnswer(needs=(CREATED, PUT), refused=(PUT,), undecided=undecided)})
    refused, open_ = (each for check, each in judged("preflight", env, answers) if check.claim == RIGHTS)
    assert ("owed", "unknown", "") == (refused.verdict, open_.verdict, open_.grade)
    said = f"{TAKEN}; undecided, since it is refused on the pattern: iam:CreateRole on {ROLE_ARN} (apply: create iam_role/x)"
    assert (said, True) == (open_.detail, "or confirm row A5" in open_.way_out)


def test_undecided_rights_alone_are_kept_on_somebodys_word() -> None:
    """Whoever confirms the row vouches for what nobody decides."""
    env = environment(confirmations=[{"row": "A5", "who": "Ada", "date": "2026-01-31"}])
    answers = world(env, {forward(env): RightsAnswer(needs=(CREATED,), undecided=((CREATED, "it depends on aws:SourceIp"),))})
    [found] = [each for check, each in judged("preflight", env, answers) if check.claim == RIGHTS]
    assert ("kept", "on the word of") == (found.verdict, found.grade)


@pytest.mark.parametrize(("words", "verdict", "grade"), [([], "unknown", ""), (["A5"], "kept", "on the word of")])
def test_rights_that_nobody_may_simulate_are_unknown_unless_vouched_for(words: list[str], verdict: str, grade: str) -> None:
    """Without the simulator nothing is decided: somebody vouches, or the stage that lacks a right tells."""
    env = environment(confirmations=[{"row": row, "who": "Ada", "date": "2026-01-31"} for row in words])
    answers = world(env, {forward(env): RightsAnswer(needs=(CREATED,), unasked="you may not ask")})
    [found] = [each for check, each in judged("preflight", env, answers) if check.claim == RIGHTS]
    assert (found.verdict, found.grade) == (verdict, grade)


@pytest.mark.parametrize(("endpoint", "grade"), [("", "simulated by AWS"), ("http://127.0.0.1:5555", "evaluated offline")])
def test_a_simulation_on_loopback_is_no_more_than_our_own(endpoint: str, grade: str) -> None:
    """The grade is AWS's only when AWS simulated."""
    env = environment(aws={"endpoint": endpoint})
    answers = world(env, {forward(env): RightsAnswer(needs=(CREATED,))})
    assert [each.grade for check, each in judged("preflight", env, answers) if check.claim == RIGHTS] == [grade]


def test_without_words_the_open_questions_are_owed() -> None:
    """What cannot be seen from here is owed by name until somebody confirms it."""
    assert amiss("preflight", legacy(confirmations=[])) == [
        ("the server reaches both databases", "owed"),
        ("it is known what Redshift itself uses to reach S3", "owed"),
        ("the installed product still has the previous process", "owed"),
    ]


def test_an_expired_word_counts_no_more() -> None:
    """A confirmation ends on its day."""
    words = [{"row": row, "who": "Ada", "date": "2026-01-31", "expires": "2026-06-29"} for row in ("A1", "A5")]
    env = environment(confirmations=words)
    [(verdict, detail)] = verdicts("preflight", "the server reaches both databases", env)
    assert (verdict, detail.startswith("the word of Ada expired on 2026-06-29; ")) == ("owed", True)


def test_the_chosen_process_is_recorded() -> None:
    """A6: the branch stands in the report."""
    found = [verdicts("preflight", "the data generation process is chosen", env)[0][1] for env in (environment(), legacy(pipeline="both"))]
    assert found == [
        "Data Pipeline V2, the vendor's default: no SQS, no Lambda",
        "both processes on one server: both policies are attached",
    ]


def test_functions_that_piled_up_are_reported() -> None:
    """A2: the product makes one function a version and removes none; neither do we."""
    claim = "the runbook makes no queue, function or notification: the product does"
    answers = world(legacy(), {ProductLeftovers(service="lambda"): ("tonic-1", "tonic-2")})
    assert verdicts("preflight", claim, legacy(), answers) == [
        ("kept", "the product's functions so far: tonic-1, tonic-2; one a version, never removed by it")
    ]


def test_an_unknown_role_is_told_early() -> None:
    """A role by ARN that is not there is broken before anything is planned."""
    env = environment(server={"instance_id": "", "role_arn": "arn:aws:iam::111122223333:role/task"})
    answers = world(env, {RoleAsked(name="task"): None})
    claim = "the role that the server runs as is known"
    assert verdicts("preflight", claim, env, answers) == [("broken", "there is no role task in 111122223333")]
