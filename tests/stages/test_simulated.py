"""What AWS's simulator says is put beside the evaluation: agreement in a sentence, every difference with both sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runbook_lib.documents.proof.carried import Carrier, wanted
from runbook_lib.documents.proof.simulation import Comparison, Posed, comparison
from runbook_lib.model import Check, Inventory, Judgement, Unanswered
from runbook_lib.parameters import Environment
from runbook_lib.policy.canonical import canonical
from runbook_lib.resources.iam import ManagedPolicyAsked, RoleAsked
from runbook_lib.resources.simulation import Simulated, SimulationAsked
from runbook_lib.stages._calls import group_of
from tests.stages.worlds import BUCKET_KEY, QUEUE_KEY, STAGES, World, environment, judged, legacy, role, world

SERVER = "tonic-staging-server"
MANAGED = "arn:aws:iam::111122223333:policy/corporate"
KEYS = {"queue_key": {"adopt": QUEUE_KEY}, "bucket_keys": {"source": {"adopt": BUCKET_KEY}}}
DECISIONS: dict[str, Any] = {"allowed": "allowed", "denied explicitly": "explicitDeny", "denied implicitly": "implicitDeny"}
DENIED, ALLOWED = Simulated(decision="implicitDeny"), Simulated(decision="allowed", sources=("elsewhere",))
PUT, ABORT, PROBE = "s3:PutObject on object", "s3:AbortMultipartUpload on object", "s3:GetObject on object outside the prefix"
Told = Callable[[Posed], Simulated]


def check_of(slug: str, *words: str) -> Check:
    """Find the check of a stage that asks the simulator."""
    [found] = [each for each in STAGES[slug].checks if "simulator says" in each.claim and all(word in each.claim for word in words)]
    return found


def asked(check: Check, env: Environment, answers: World) -> SimulationAsked:
    """Give the question that a check puts to the simulator in a world."""
    found = Inventory({each: answers[each] for each in check.asks(env)})
    while True:
        more = [each for each in check.then(env, found) if each not in found]
        questions = [each for each in more if isinstance(each, SimulationAsked)]
        if questions:
            return questions[0]
        found = found.merged(Inventory({each: answers[each] for each in more}))


def posed(env: Environment, carrier: Carrier) -> Comparison:
    """Put the server's lines to a carrier."""
    carried = wanted(env)
    return comparison(env, carried, carrier, lambda line: group_of(line) == "server")


def agreeing(each: Posed) -> Simulated:
    """Say what the evaluation says."""
    return Simulated(
        decision=DECISIONS.get(each.offline.outcome, "implicitDeny"), sources=tuple(one.document for one in each.offline.decided_by)
    )


def but(name: str, told: Simulated) -> Told:
    """Agree on all but one kind of call."""
    return lambda each: told if each.line.asked.said == name else agreeing(each)


def rows(
    env: Environment, told: Told, slug: str = "server_role", carrier: Carrier | None = None, answers: World | None = None
) -> list[Judgement]:
    """List what the server's check says when the simulator tells so."""
    answers = world(env) if answers is None else answers
    check = check_of(slug, "server")
    lines = posed(env, carrier or wanted(env).server)
    by_call = {each.call: told(each) for each in lines.posed}
    question = asked(check, env, answers)
    answer = tuple(by_call[each] for each in question.calls)
    return [row for found, row in judged(slug, env, {**answers, question: answer}, {check.claim}) if found == check]


@pytest.mark.parametrize(
    ("env", "slug", "said"),
    [
        (environment(), "server_role", "10 of 10 calls and 16 of 16 probes"),
        (environment(), "rehearsal", "10 of 10 calls and 16 of 16 probes"),
        (legacy(kms=KEYS, policy_style="scoped"), "server_role", "40 of 40 calls and 37 of 37 probes"),
    ],
)
def test_agreement_is_one_sentence(env: Environment, slug: str, said: str) -> None:
    """Counted, at AWS's grade; what the simulator does not see is listed and stays as it was."""
    summary, unseen = rows(env, agreeing, slug)
    assert (f"AWS's simulator agrees on {said}", "kept", "simulated by AWS") == (summary.claim, summary.verdict, summary.grade)
    assert ("kept", "evaluated offline", True) == (
        unseen.verdict,
        unseen.grade,
        "sts:AssumeRole on another role (it reads no role's trust)" in unseen.detail,
    )


def test_no_grade_rises_at_another_endpoint() -> None:
    """There the simulator is no word of AWS, and is not called so."""
    env = environment(aws={"endpoint": "http://127.0.0.1:5555"})
    found = rows(env, agreeing)
    assert {"evaluated offline"} == {each.grade for each in found}
    assert [] == [each.claim for each in found if "AWS's" in each.claim]


def test_keys_trusts_and_what_bucket_policies_decide_are_not_compared() -> None:
    """They are listed by the reason, and nothing is asked about them."""
    env = legacy(kms=KEYS)
    lines = posed(env, wanted(env).server)
    assert {"kms", "sts"} & {each.request.service for each in lines.posed} == set()
    assert "s3:GetObject on object, without TLS" in {
        each.asked.said for each in lines.unseen["the resource's policy has a say, which it does not read for a role"]
    }
    *_, unseen = rows(env, agreeing)
    assert "kms:Decrypt on queue key, through SQS" in unseen.detail
    assert "resource control policies" in unseen.detail


@pytest.mark.parametrize(
    ("told", "decider"),
    [
        (DENIED, "no statement is named"),
        (Simulated(decision="implicitDeny", by_organisation=True), "the organisation's service control policies do not allow it"),
        (Simulated(decision="implicitDeny", by_boundary=True), "the permissions boundary does not allow it"),
        (Simulated(decision="explicitDeny", sources=("Freeze",)), "by Freeze"),
    ],
)
def test_a_needed_call_that_aws_refuses_is_broken(told: Simulated, decider: str) -> None:
    """Both sides stand in the detail, with who decides as far as AWS tells."""
    [row] = [each for each in rows(environment(), but(PUT, told)) if each.verdict == "broken"]
    assert row.claim == f"server, V2: {PUT} is decided alike offline and by AWS's simulator"
    assert row.detail == (
        "arn:aws:s3:::tonic-src/part-0000: offline: allowed by tonic-server-role-v2, statement 1; " + f"AWS: {told.decision}, {decider}"
    )
    assert ("simulated by AWS", ("B2",)) == (row.grade, row.rows)


def test_the_sum_leaves_out_what_differs() -> None:
    """It counts what agrees of what both decide."""
    summary, *_ = rows(environment(), but(PUT, DENIED))
    assert "AWS's simulator agrees on 9 of 10 calls and 16 of 16 probes" == summary.claim


def test_a_call_that_nobody_is_known_to_need_is_advised() -> None:
    """The vendor lists it, and AWS refuses it: nothing breaks."""
    [row] = [each for each in rows(environment(), but("s3:GetObjectVersion on object", DENIED)) if "decided alike" in each.claim]
    assert ("kept", True) == (row.verdict, row.warning)


def test_what_only_aws_lets_through_is_unknown() -> None:
    """Neither is believed without a job that shows it."""
    [row] = [each for each in rows(environment(policy_style="scoped"), but(PROBE, ALLOWED)) if each.verdict != "kept"]
    assert ("unknown", True, True) == (row.verdict, "offline: denied implicitly" in row.detail, "AWS: allowed, by elsewhere" in row.detail)


def test_a_known_gap_of_the_vendor_stays_a_warning() -> None:
    """Under the documented style nothing allows aborting uploads; that AWS would is said, and breaks nothing."""
    [row] = [each for each in rows(environment(), but(ABORT, ALLOWED)) if "decided alike" in each.claim]
    assert ("kept", True) == (row.verdict, row.warning)


def test_a_missing_context_key_is_no_verdict() -> None:
    """The call is listed with the keys, and neither agrees nor differs."""
    told = Simulated(decision="implicitDeny", missing=("aws:SourceVpce",))
    summary, unseen = rows(environment(), but(PUT, told))
    assert "AWS's simulator agrees on 9 of 9 calls and 16 of 16 probes" == summary.claim
    assert f"{PUT} (the context keys aws:SourceVpce were missing)" in unseen.detail


def test_a_key_that_another_action_asks_for_does_not_matter() -> None:
    """AWS lists every key of every document; those of statements about other actions take nothing from the verdict."""
    env = legacy(policy_style="scoped")
    told = Simulated(decision="allowed", missing=("kms:ViaService", "iam:PassedToService"))
    summary, _ = rows(env, but(PUT, told))
    assert "AWS's simulator agrees on 40 of 40 calls and 37 of 37 probes" == summary.claim


def test_what_the_answer_leaves_out_is_listed() -> None:
    """No decision is none."""
    *_, unseen = rows(environment(), but(PUT, Simulated(decision="")))
    assert f"{PUT} (no decision)" in unseen.detail


def odd(action: str) -> tuple[Carrier, World]:
    """Give a server role with a policy of somebody else that the evaluation does not understand, as carrier and in its world."""
    env = environment()
    condition = {"StringAlmostEquals": {"aws:RequestedRegion": "us-east-1"}}
    text = canonical(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition}]}
    )
    ideal = wanted(env).server
    answers = world(env, {RoleAsked(name=SERVER): role(env, SERVER, attached=(MANAGED,)), ManagedPolicyAsked(arn=MANAGED): text})
    return Carrier(ideal.arn, (*ideal.identity, (MANAGED, text)), ideal.trust), answers


@pytest.mark.parametrize(
    ("action", "name", "told", "verdict", "is_advice"),
    [
        ("s3:PutObject", PUT, ALLOWED, "kept", False),
        ("s3:PutObject", PUT, DENIED, "broken", False),
        ("s3:GetObjectVersion", "s3:GetObjectVersion on object", DENIED, "kept", True),
        ("s3:*", "s3:ListBucket on another tonic- bucket of the account", DENIED, "kept", False),
        ("s3:*", "s3:ListBucket on another tonic- bucket of the account", ALLOWED, "kept", True),
    ],
)
def test_what_only_aws_decides_is_said_at_its_grade(action: str, name: str, told: Simulated, verdict: str, *, is_advice: bool) -> None:
    """The evaluation does not know an operator; AWS does."""
    carrier, answers = odd(action)
    env = environment()
    lines = posed_installed(env, carrier)
    check = check_of("rehearsal", "server")
    question = asked(check, env, answers)
    by_call = {each.call: told if each.line.asked.said == name else agreeing(each) for each in lines.posed}
    answer = tuple(by_call[each] for each in question.calls)
    found = [each for _, each in judged("rehearsal", env, {**answers, question: answer}, {check.claim}) if f": {name} is " in each.claim]
    assert [(verdict, is_advice, "simulated by AWS")] == [(each.verdict, each.warning, each.grade) for each in found]


def posed_installed(env: Environment, carrier: Carrier) -> Comparison:
    """Put the server's lines to a carrier that takes the place of the wanted one."""
    ideal = wanted(env)
    carried = type(ideal)(carrier, ideal.function, ideal.keys, ideal.buckets)
    return comparison(env, carried, carrier, lambda line: group_of(line) == "server")


@pytest.mark.parametrize(
    ("slug", "right"),
    [
        ("server_role", "iam:SimulateCustomPolicy on *"),
        ("rehearsal", f"iam:SimulatePrincipalPolicy on arn:aws:iam::111122223333:role/{SERVER}"),
    ],
)
def test_who_may_not_simulate_learns_which_right_would_raise_the_grade(slug: str, right: str) -> None:
    """Nothing gets worse for it: the claim is kept at the grade that it had."""
    check = check_of(slug, "server")
    [row] = [row for found, row in judged(slug, environment(), None, {check.claim}) if found == check]
    assert ("kept", "evaluated offline") == (row.verdict, row.grade)
    assert row.detail == f"AWS's simulator was not asked: nobody may simulate; with {right} it would be"


@pytest.mark.parametrize("answer", [None, Unanswered("iam:GetPolicy is refused", "owed")])
def test_what_cannot_be_read_leaves_the_simulator_unasked(answer: object) -> None:
    """Other checks say what is amiss; this one says that it did not ask."""
    env = environment()
    answers = world(env, {RoleAsked(name=SERVER): role(env, SERVER, attached=(MANAGED,)), ManagedPolicyAsked(arn=MANAGED): answer})
    check = check_of("rehearsal", "server")
    [row] = [row for found, row in judged("rehearsal", env, answers, {check.claim}) if found == check]
    assert ("kept", True) == (row.verdict, row.detail.startswith("AWS's simulator was not asked: "))


def test_the_documents_go_with_the_boundary_that_the_role_gets() -> None:
    """Before the first write they are simulated within it, and evaluated within it too."""
    env = environment(roles={"permissions_boundary": MANAGED})
    text = canonical({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
    question = asked(check_of("server_role", "server"), env, world(env, {ManagedPolicyAsked(arn=MANAGED): text}))
    assert ("", (text,), 1) == (question.principal, question.boundary, len(question.documents))


def test_v2_simulates_no_lambda_role() -> None:
    """Nothing is asked and nothing said about a role that is not there."""
    for slug in ("lambda_role", "rehearsal"):
        check = check_of(slug, "Lambda")
        assert ([], []) == (
            [*check.asks(environment())],
            [row for found, row in judged(slug, environment(), None, {check.claim}) if found == check],
        )


def test_the_lambda_role_is_simulated_too() -> None:
    """Its documents before they are installed, and the role as it is."""
    env = legacy(kms=KEYS)
    principals = [asked(check_of(slug, "Lambda"), env, world(env)).principal for slug in ("lambda_role", "rehearsal")]
    assert ["", env.role_arn(env.lambda_role)] == principals
