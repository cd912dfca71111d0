"""The rehearsal puts the call ledger to the policies as they are read back: what is changed there shows, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.documents.keys import KEY_STATEMENT_SID
from runbook_lib.documents.policies import LEGACY, V2
from runbook_lib.documents.proof.ablation import Ablated, ablations
from runbook_lib.documents.proof.carried import wanted
from runbook_lib.documents.proof.deciding import Document
from runbook_lib.documents.proof.ledger import Call, Probe, is_due
from runbook_lib.documents.proof.matrix import Line, matrix
from runbook_lib.model import Judgement, Unanswered
from runbook_lib.parameters import Environment
from runbook_lib.policy.canonical import canonical, statements
from runbook_lib.resources.ec2 import InstanceAsked
from runbook_lib.resources.iam import ManagedPolicyAsked, RoleAsked
from runbook_lib.resources.kms import KeyAsked
from runbook_lib.resources.s3 import BucketAsked
from tests.stages.worlds import (
    BUCKET_KEY,
    INSTANCE,
    QUEUE_KEY,
    STAGES,
    World,
    bucket,
    environment,
    instance,
    judged,
    key,
    legacy,
    role,
    world,
)

SERVER, FUNCTION = "tonic-staging-server", "tonic-staging-lambda"
MANAGED = "arn:aws:iam::111122223333:policy/corporate"
KEYS = {"queue_key": {"adopt": QUEUE_KEY}, "bucket_keys": {"source": {"adopt": BUCKET_KEY}}}
CLAIMS = {
    "the server may call what it needs, and nothing else",
    "the Lambda function may call what it needs, and nothing else",
    "S3 may use the queues' key, and nobody through it",
}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
SHAPES = [
    pytest.param(env.model_copy(update={"policy_style": style}), id=f"{name}, {style}")
    for name, env in (("V2", environment()), ("legacy with keys", legacy(kms=KEYS)), ("both", legacy(pipeline="both", kms=KEYS)))
    for style in ("documented", "scoped")
]


def document(*several: dict[str, Any]) -> str:
    """Write a policy document."""
    return canonical({"Version": "2012-10-17", "Statement": list(several)})


def found(env: Environment, answers: World | None = None) -> list[Judgement]:
    """List the judgements of the three checks that evaluate what is installed."""
    return [each for check, each in judged("rehearsal", env, answers, CLAIMS) if check.claim in CLAIMS]


def with_role(env: Environment, name: str, more: World | None = None, **changes: Any) -> World:
    """Give a world in which one role is another."""
    return world(env, {RoleAsked(name=name): role(env, name, **changes), **(more or {})})


def changed(env: Environment, left: Document) -> World:
    """Give a world in which a document is as a mutant leaves it; AWS holds no policy without statements."""
    name = left.holder.rpartition("/")[2].rpartition(":")[2]
    if left.is_identity:
        inline = dict(role(env, name).inline) | {left.name: left.text}
        return with_role(env, name, inline=tuple((key, text) for key, text in inline.items() if statements(text)))
    if left.name.startswith("trust of "):
        return with_role(env, name, trust=left.text)
    if left.name.startswith("policy of key "):
        return world(env, {KeyAsked(key=left.holder): key(env, left.holder, policy=left.text)})
    return world(env, {BucketAsked(name=name): bucket(env, name, policy=left.text if statements(left.text) else "")})


def red(judgements: list[Judgement]) -> set[str]:
    """Name the rows that are broken: calls by their claim, probes by what they do."""
    broken = [each for each in judgements if each.verdict == "broken"]
    calls = {each.claim for each in broken if each.claim.endswith(" is allowed")}
    return calls | {said for each in broken if each.claim not in calls for said in each.detail.split("; ")}


def predicted(each: Ablated) -> set[str]:
    """Name the rows that ablation says will break."""
    return {_red(line) for line in (*each.breaks, *each.leaks) if not isinstance(line.asked, Call) or is_due(line.asked)}


def _red(line: Line) -> str:
    return f"{line.asked.action}: {line.asked.says}" if isinstance(line.asked, Probe) else f"{line.name} is allowed"


@pytest.mark.parametrize("env", SHAPES)
def test_what_is_installed_as_wanted_breaks_nothing(env: Environment) -> None:
    """Every row is kept, the vendor's gaps as advice."""
    assert [(each.claim, each.detail) for each in found(env) if each.verdict != "kept"] == []


@pytest.mark.parametrize("env", SHAPES)
def test_a_statement_taken_away_turns_exactly_the_predicted_rows_red(env: Environment) -> None:
    """Each statement of each installed policy in turn; that most of them break something is part of the claim."""
    carried = wanted(env)
    mutants = ablations(env, carried, matrix(env, carried), ("statement",))
    results = [(predicted(each), red(found(env, changed(env, each.mutant.document)))) for each in mutants]
    assert [pair for pair in results if pair[0] != pair[1]] == []
    assert len([rows for rows, _ in results if rows]) >= len(results) // 2


def test_a_row_says_which_statement_allows_it() -> None:
    """The evidence of a kept row is the statement, graded as evaluated offline."""
    [row] = [each for each in found(environment()) if each.claim == "server, V2: s3:PutObject on object is allowed"]
    assert (row.detail, row.rows, row.grade) == ("by tonic-server-role-v2, statement 1", ("B2",), "evaluated offline")


def left_out(env: Environment, kind: str) -> World:
    """Give a world in which one thing of those that stages make is not there."""
    bare = {"policy": document({**EVERYTHING, "Action": "kms:*", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}})}
    return {
        "policy": with_role(env, SERVER, inline=tuple(each for each in role(env, SERVER).inline if each[0] != LEGACY)),
        "trust": with_role(env, FUNCTION, trust=document()),
        "statement": world(env, {KeyAsked(key=QUEUE_KEY): key(env, QUEUE_KEY, **bare)}),
        "role": world(env, {RoleAsked(name=FUNCTION): None}),
        "bucket": world(env, {BucketAsked(name="tonic-src"): None}),
        "TLS": world(env, {BucketAsked(name="tonic-src"): bucket(env, "tonic-src", policy="")}),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("policy", f"iam_role_policy/{SERVER}/tonic-server-role-legacy"),
        ("trust", f"iam_role/{FUNCTION}"),
        ("statement", f"kms_key_statement/{QUEUE_KEY}/{KEY_STATEMENT_SID}"),
        ("role", f"iam_role/{FUNCTION}"),
        ("bucket", "s3_bucket/tonic-src"),
        ("TLS", "s3_bucket_statement/tonic-src/DenyInsecureTransport"),
    ],
)
def test_what_somebody_else_has_to_apply_is_named_by_its_address(kind: str, address: str) -> None:
    """Every broken row names the missing thing, which lets the engine say owed instead."""
    env = legacy(policy_style="scoped")
    assert {each.address for each in found(env, left_out(env, kind)) if each.verdict == "broken"} == {address}


def test_a_boundary_that_leaves_no_room_is_broken() -> None:
    """What the policies allow and the boundary does not is refused; the reason says which layer lacks an allow."""
    env = environment()
    boundary: World = {ManagedPolicyAsked(arn=MANAGED): document({**EVERYTHING, "Action": ["s3:*Object", "s3:List*"]})}
    answers = with_role(env, SERVER, boundary, permissions_boundary=MANAGED)
    assert red(found(env, answers)) == set()
    narrow: World = {ManagedPolicyAsked(arn=MANAGED): document({**EVERYTHING, "Action": ["s3:*Object"]})}
    broken = [each for each in found(env, with_role(env, SERVER, narrow, permissions_boundary=MANAGED)) if each.verdict == "broken"]
    assert [each.claim for each in broken] == [
        "server, V2: s3:ListBucket on bucket, by prefix is allowed",
        "server, V2: s3:ListBucket on bucket is allowed",
    ]
    assert {"boundary" in each.detail for each in broken} == {True}


def test_an_attached_policy_that_denies_is_broken_and_its_owners_to_lift() -> None:
    """A Deny wins over what is granted, wherever it stands."""
    env = environment()
    deny: World = {ManagedPolicyAsked(arn=MANAGED): document({"Sid": "Freeze", "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"})}
    [row] = [each for each in found(env, with_role(env, SERVER, deny, attached=(MANAGED,))) if each.verdict == "broken"]
    assert (row.claim, row.way_out) == (
        "server, V2: s3:DeleteObject on object is allowed",
        f"have the owner of {MANAGED}, Freeze lift the Deny",
    )


def test_a_wide_policy_of_somebody_else_is_advised() -> None:
    """An administrator's policy on the role lets probes through; the runbook did not attach it and says whose it is."""
    env = environment(policy_style="scoped")
    wide: World = {ManagedPolicyAsked(arn=MANAGED): document(EVERYTHING)}
    rows = [each for each in found(env, with_role(env, SERVER, wide, attached=(MANAGED,))) if each.warning]
    assert [(each.verdict, each.claim) for each in rows] == [
        ("kept", f"server role: {MANAGED}, statement 1, which is not ours, lets more through than the flow needs")
    ]


def test_a_wide_statement_in_our_own_policy_is_broken() -> None:
    """Under the documented style too: the vendor's gaps are those of the vendor's documents."""
    env = environment()
    rows = [each for each in found(env, with_role(env, SERVER, inline=((V2, document(EVERYTHING)),))) if each.verdict == "broken"]
    assert [each.claim for each in rows] == [f"server role: {V2}, statement 1 lets nothing else through"]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Unanswered("iam:GetPolicyVersion is refused", verdict="owed", by="cloud engineer"), "owed"),
        (None, "unknown"),
    ],
)
def test_what_cannot_be_read_is_never_kept(answer: Unanswered | None, verdict: str) -> None:
    """A policy that may not be read may deny everything."""
    env = environment()
    answers = with_role(env, SERVER, {ManagedPolicyAsked(arn=MANAGED): answer}, attached=(MANAGED,))
    server = [each.verdict for check, each in judged("rehearsal", env, answers) if check.claim.startswith("the server may call")]
    assert server == [verdict]


@pytest.mark.parametrize(
    "condition",
    [
        {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
        {"StringEquals": {"made:Up": "x"}},
        {"StringEquals": {"aws:PrincipalTag/team": "x"}},
    ],
)
def test_what_hangs_on_something_unseen_is_unknown(condition: dict[str, Any]) -> None:
    """Where a request comes from, tags, and keys that are not modelled: the rows that they touch are undecided, the others kept."""
    env = environment()
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*", "Condition": condition}
    answers = with_role(env, SERVER, {ManagedPolicyAsked(arn=MANAGED): document(deny)}, attached=(MANAGED,))
    rows = [(each.verdict, each.claim) for each in found(env, answers) if each.verdict != "kept"]
    assert ("unknown", "server, V2: s3:PutObject on object is allowed") in rows
    assert {verdict for verdict, _ in rows} == {"unknown"}
    assert {"s3:PutObject" in claim for _, claim in rows} == {True}


def test_a_document_that_cannot_be_understood_is_unknown() -> None:
    """It is never taken for nothing."""
    env = environment()
    answers = with_role(env, SERVER, {ManagedPolicyAsked(arn=MANAGED): '{"Statement":[{"Effect":"Perhaps"}]}'}, attached=(MANAGED,))
    assert "unknown" in {each.verdict for each in found(env, answers)}
    kept = [each.claim for each in found(env, answers) if each.verdict == "kept" and each.claim.endswith(" is allowed")]
    assert kept == ["EC2 service: sts:AssumeRole on server role is allowed"]


def test_a_role_that_is_not_there_is_broken() -> None:
    """Nothing is evaluated against a role that does not exist."""
    rows = found(environment(), world(environment(), {RoleAsked(name=SERVER): None}))
    assert [(each.verdict, each.detail) for each in rows if each.verdict != "kept"] == [("broken", f"there is no role {SERVER}")]


def test_a_role_that_the_instance_carries_is_the_one_that_is_judged() -> None:
    """The role is found from the instance; then its managed policies are asked for."""
    env = environment()
    theirs = role(env, "found", attached=(MANAGED,), inline=())
    answers = world(
        env,
        {
            InstanceAsked(instance_id=INSTANCE): instance(profile="found", role="found"),
            RoleAsked(name="found"): theirs,
            ManagedPolicyAsked(arn=MANAGED): dict(role(env, SERVER).inline)[V2],
        },
    )
    [row] = [each for each in found(env, answers) if each.claim == "server, V2: s3:PutObject on object is allowed"]
    assert row.detail == f"by {MANAGED}, statement 1"


def test_a_key_that_does_not_delegate_breaks_the_calls_on_it() -> None:
    """E4: without the account's statement the roles' policies have no effect."""
    env = environment(kms={"bucket_keys": {"source": {"adopt": BUCKET_KEY}}})
    closed = document({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/owner"}, "Action": "kms:*", "Resource": "*"})
    answers = world(env, {KeyAsked(key=BUCKET_KEY): key(env, BUCKET_KEY, policy=closed)})
    assert red(found(env, answers)) == {
        "server, V2: kms:GenerateDataKey on bucket key, through S3 is allowed",
        "server, V2: kms:Decrypt on bucket key, through S3 is allowed",
    }


def test_a_key_that_was_made_here_is_known_by_its_arn() -> None:
    """The policies name it by its ARN once it is there."""
    env = environment(kms={"bucket_keys": {"source": {"create": "tonic-b"}}}, policy_style="scoped")
    answers = world(env, {KeyAsked(key="@(kms_key/tonic-b)"): key(env, BUCKET_KEY)})
    assert [each.claim for each in found(env, answers) if each.verdict != "kept"] == []
    assert "server, V2: kms:Decrypt on bucket key, through S3 is allowed" in {each.claim for each in found(env, answers)}


def test_v2_says_that_there_is_no_lambda_role() -> None:
    """Nothing is asked about what is not there."""
    said = [each.detail for each in found(environment()) if not each.grade]
    assert said == ["V2 has no Lambda role", "no queue is encrypted with a customer managed key"]


@pytest.mark.parametrize(
    ("slug", "env", "said"),
    [
        ("server_role", environment(), ("kept", True, "6 of 7 needed calls allowed, 19 of 28 probes refused")),
        ("server_role", environment(policy_style="scoped"), ("kept", False, "7 of 7 needed calls allowed, 28 of 28 probes refused")),
        ("lambda_role", legacy(), ("kept", True, "11 of 11 needed calls allowed, 28 of 40 probes refused")),
    ],
)
def test_the_plan_shows_what_would_be_installed(slug: str, env: Environment, said: tuple[str, bool, str]) -> None:
    """Before the first write, offline and in a sentence; nothing is asked."""
    [check] = [each for each in STAGES[slug].checks if each.claim.endswith("is known before they are installed")]
    [row] = [each for each in judged(slug, env) if each[0] == check]
    assert (check.when, *said) == ("plan", row[1].verdict, row[1].warning, row[1].detail)
