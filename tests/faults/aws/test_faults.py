"""What the AWS edge does when requests are throttled, refused, lost, or sent with stale credentials."""

from __future__ import annotations

import traceback

import pytest

from runbook_lib.adapters.aws.credentials import READ_ATTEMPTS
from runbook_lib.adapters.target import CompositeTarget, connect
from runbook_lib.errors import Denied, LoginRefused, Rejected, Transient, Unreachable
from runbook_lib.model import Change, Inventory, Resource, Unanswered
from runbook_lib.parameters import Environment
from runbook_lib.resources.ec2 import InstanceProfile, InstanceProfileRole
from runbook_lib.resources.iam import Caller, RoleAsked
from runbook_lib.resources.kms import Key, KeyRotation
from runbook_lib.resources.s3 import BucketAsked
from runbook_lib.resources.secretsmanager import Secret
from runbook_lib.resources.simulation import SimulatedCall, SimulationAsked
from tests.contract.aws.cases import bucket, key, policy, role
from tests.faults.aws.conftest import Clock
from tests.faults.aws.proxy import Fault, Proxy, query_error

THROTTLED = query_error("Throttling", "Rate exceeded")
OPERATOR = "arn:aws:sts::123456789012:assumed-role/ops/me"
DENIED = query_error(
    "AccessDenied",
    f"User: {OPERATOR} is not authorized to perform: iam:CreateRole on resource: "
    "arn:aws:iam::123456789012:role/tonic-x because no identity-based policy allows the iam:CreateRole action",
)


def create(target: CompositeTarget, *resources: Resource) -> None:
    """Create resources one after the other."""
    for each in resources:
        target.write([Change(before=None, after=each)])


def reason(inventory: Inventory, question: RoleAsked) -> Unanswered:
    """Give the reason why a question stays open."""
    with pytest.raises(Unanswered) as caught:
        inventory[question]
    return caught.value


def test_a_throttled_write_is_repeated(target: CompositeTarget, environment: Environment, proxy: Proxy, clock: Clock) -> None:
    """Two throttled attempts are waited out, each pause twice the one before."""
    proxy.faults.append(Fault("CreateRole", 400, THROTTLED, times=2))
    create(target, role(environment))
    assert (proxy.seen.count("CreateRole"), clock.pauses) == (3, [0.5, 1.0])


def test_throttling_without_end_is_given_up(target: CompositeTarget, environment: Environment, proxy: Proxy, clock: Clock) -> None:
    """Attempts end with the deadline, and the last error is told as it is."""
    proxy.faults.append(Fault("CreateRole", 400, THROTTLED, times=1000))
    with pytest.raises(Transient, match="Rate exceeded"):
        create(target, role(environment))
    assert (proxy.seen.count("CreateRole"), sum(clock.pauses) <= 60) == (11, True)


def test_a_throttled_simulation_is_waited_out(target: CompositeTarget, proxy: Proxy, clock: Clock) -> None:
    """Only the request that was throttled is repeated: first by the client, then after a pause of ours."""
    document = policy({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"})
    calls = tuple(SimulatedCall(action="s3:ListBucket", resource="*", context=(("s3:prefix", (each,)),)) for each in ("a", "b"))
    target.ask([SimulationAsked(documents=(document,), calls=calls[:1])])
    question = SimulationAsked(documents=(document,), calls=calls)
    proxy.faults.append(Fault("SimulateCustomPolicy", 400, THROTTLED, times=READ_ATTEMPTS))
    decisions = [each.decision for each in target.ask([question])[question]]
    assert (["allowed", "allowed"], [0.5]) == (decisions, clock.pauses)
    assert proxy.seen.count("SimulateCustomPolicy") == READ_ATTEMPTS + 2


def test_a_refused_simulation_leaves_it_open(target: CompositeTarget, proxy: Proxy) -> None:
    """Who may not simulate is told so; of the requests that are sent together none is sent again."""
    calls = tuple(SimulatedCall(action="s3:ListBucket", resource="*", context=(("s3:prefix", (each,)),)) for each in ("a", "b"))
    question = SimulationAsked(documents=("{}",), calls=calls)
    proxy.faults.append(Fault("SimulateCustomPolicy", 403, query_error("AccessDenied", "no"), times=10))
    with pytest.raises(Unanswered, match="is not authorized to perform iam:SimulateCustomPolicy") as caught:
        target.ask([question])[question]
    assert (caught.value.verdict, proxy.seen.count("SimulateCustomPolicy")) == ("owed", 2)


def test_a_refused_write_names_who_may_not_do_what_on_what(target: CompositeTarget, environment: Environment, proxy: Proxy) -> None:
    """Principal, action and resource are taken out of the refusal, and nothing is repeated."""
    proxy.faults.append(Fault("CreateRole", 403, DENIED))
    with pytest.raises(Denied) as caught:
        create(target, role(environment))
    assert (caught.value.what, caught.value.way_out, proxy.seen.count("CreateRole")) == (
        f"{OPERATOR} is not authorized to perform iam:CreateRole on arn:aws:iam::123456789012:role/tonic-x (AccessDenied)",
        "have iam:CreateRole on arn:aws:iam::123456789012:role/tonic-x allowed, or hand the artefact to someone who has the right",
        1,
    )


def test_a_terse_refusal_is_completed(target: CompositeTarget, environment: Environment, proxy: Proxy) -> None:
    """Where AWS names nothing, caller, action and name come from the request."""
    proxy.faults.append(Fault("CreateRole", 403, query_error("AccessDenied", "Access Denied")))
    name = role(environment).name
    with pytest.raises(Denied, match=f":user/runbook-operator is not authorized to perform iam:CreateRole on {name}"):
        create(target, role(environment))


def test_a_refused_read_is_owed(target: CompositeTarget, environment: Environment, proxy: Proxy) -> None:
    """What may not be observed carries the refusal, with its way out."""
    wanted = role(environment)
    proxy.faults.append(Fault("GetRole", 403, query_error("AccessDenied", "Access Denied")))
    seen = target.observe([wanted])[wanted.address]
    assert seen.refusal is not None
    assert (seen.value, seen.refusal.verdict, seen.refusal.way_out) == (
        None,
        "owed",
        f"have iam:GetRole on {wanted.name} allowed, or hand the artefact to someone who has the right",
    )


def test_a_refused_question_is_owed(target: CompositeTarget, proxy: Proxy) -> None:
    """A question that may not be asked has no answer, and others go on."""
    question = RoleAsked(name="tonic-any")
    proxy.faults.append(Fault("GetRole", 403, query_error("AccessDenied", "Access Denied")))
    answers = target.ask([question, Caller()])
    assert (reason(answers, question).verdict, answers[Caller()].account) == ("owed", "123456789012")


def test_a_lost_connection_to_a_write_is_not_repeated(target: CompositeTarget, environment: Environment, proxy: Proxy) -> None:
    """Nobody knows whether a lost write took effect: it is sent once, and the failure names the layer."""
    proxy.faults.append(Fault("CreateRole", times=5))
    with pytest.raises(Unreachable, match=r"iam:CreateRole .* the connection \(closed before the answer\) failed"):
        create(target, role(environment))
    assert proxy.seen.count("CreateRole") == 1


def test_a_lost_connection_to_a_read_is_repeated(target: CompositeTarget, environment: Environment, proxy: Proxy) -> None:
    """A read that was lost once is read again."""
    wanted = role(environment)
    proxy.faults.append(Fault("GetRole"))
    assert (target.observe([wanted])[wanted.address].refusal, proxy.seen.count("GetRole")) == (None, 2)


def test_a_key_whose_answer_was_lost_is_found_again(target: CompositeTarget, environment: Environment, proxy: Proxy) -> None:
    """A key that KMS made although its answer was lost is found by its tags: no second one is made."""
    wanted = key(environment)
    proxy.faults.append(Fault("CreateKey", late=True))
    with pytest.raises(Unreachable):
        create(target, wanted)
    seen = target.observe([wanted])[wanted.address]
    assert (seen.value, seen.is_ours, proxy.seen.count("CreateKey")) == (wanted, True, 1)


def test_a_key_made_behind_a_server_error_is_not_made_twice(target: CompositeTarget, environment: Environment, proxy: Proxy) -> None:
    """A passing error after which the key is there counts as success."""
    wanted = key(environment)
    create(target, wanted)
    proxy.faults.append(Fault("CreateKey", 500, '{"__type": "KMSInternalException"}', times=1000))
    create(target, wanted)
    assert isinstance(target.observe([wanted])[wanted.address].value, Key)


def test_an_expired_token_says_how_to_go_on(target: CompositeTarget, environment: Environment, proxy: Proxy) -> None:
    """An expiry in the middle stops at that write, and the way out is to log in again."""
    proxy.faults.append(Fault("CreateRole", 403, query_error("ExpiredToken", "The security token included in the request is expired")))
    with pytest.raises(LoginRefused, match=r"expired \(ExpiredToken.*renew the credentials"):
        create(target, role(environment))


def test_an_expired_token_leaves_reads_unknown(target: CompositeTarget, proxy: Proxy) -> None:
    """With a stale token nothing is asked beyond the caller, and every question says why."""
    question = RoleAsked(name="tonic-any")
    expired = query_error("ExpiredToken", "The security token included in the request is expired")
    proxy.faults.append(Fault("GetCallerIdentity", 403, expired, times=10))
    refusal = reason(target.ask([question]), question)
    assert (refusal.verdict, proxy.seen) == ("unknown", ["GetCallerIdentity"])


def test_a_role_that_is_not_known_yet_is_waited_for(target: CompositeTarget, environment: Environment, proxy: Proxy, clock: Clock) -> None:
    """A role made a moment ago may be unknown to the next call; that one is repeated."""
    profile, holder = InstanceProfile(name=f"tonic-{environment.environment}"), role(environment)
    create(target, profile, holder)
    proxy.faults.append(Fault("AddRoleToInstanceProfile", 404, query_error("NoSuchEntity", "The role cannot be found."), times=3))
    create(target, InstanceProfileRole(profile=profile.name, role=holder.name))
    assert clock.pauses == [0.5, 1.0, 2.0]


def test_a_new_key_that_refuses_us_is_waited_for(target: CompositeTarget, environment: Environment, proxy: Proxy, clock: Clock) -> None:
    """A key made a moment ago may refuse until its tags count."""
    wanted = key(environment)
    create(target, wanted)
    proxy.faults.append(Fault("EnableKeyRotation", 400, '{"__type": "AccessDeniedException", "message": "no"}', times=2))
    create(target, KeyRotation(name=wanted.name, key=f"@({wanted.address})"))
    assert clock.pauses == [0.5, 1.0]


def test_a_role_that_nobody_made_is_not_waited_for(target: CompositeTarget, environment: Environment, clock: Clock) -> None:
    """Only what was made here and now is waited for."""
    profile = InstanceProfile(name=f"tonic-{environment.environment}")
    create(target, profile)
    with pytest.raises(Exception, match="NoSuchEntity"):
        create(target, InstanceProfileRole(profile=profile.name, role="tonic-nobody"))
    assert clock.pauses == []


def test_an_invalid_principal_is_waited_for_after_a_role_was_made(
    target: CompositeTarget, environment: Environment, proxy: Proxy, clock: Clock
) -> None:
    """A policy that names a new role is refused for a while: that is repeated."""
    create(target, role(environment))
    error = '{"__type": "MalformedPolicyDocumentException", "message": "Policy contains a statement with one or more invalid principals."}'
    proxy.faults.append(Fault("CreateKey", 400, error, times=2))
    create(target, key(environment))
    assert clock.pauses == [0.5, 1.0]


def test_an_invalid_principal_is_final_otherwise(target: CompositeTarget, environment: Environment, proxy: Proxy, clock: Clock) -> None:
    """Nothing was made here that could explain it, so the refusal is told at once."""
    error = '{"__type": "MalformedPolicyDocumentException", "message": "Policy contains a statement with one or more invalid principals."}'
    proxy.faults.append(Fault("CreateKey", 400, error))
    with pytest.raises(Rejected, match="invalid principals"):
        create(target, key(environment))
    assert clock.pauses == []


def test_a_refused_secret_quotes_no_value(target: CompositeTarget, environment: Environment, proxy: Proxy) -> None:
    """A validation message of Secrets Manager may hold the password, so it is left out."""
    error = '{"__type": "ValidationException", "message": "Value Sesame-0pen at secretString failed"}'
    proxy.faults.append(Fault("CreateSecret", 400, error))
    with pytest.raises(Rejected) as caught:
        create(target, Secret(name=f"tonic/{environment.environment}"))
    told = "".join(traceback.format_exception(caught.value))
    assert (caught.value.what, "Sesame" in told) == ("refused (ValidationException)", False)


def test_a_bucket_of_another_account_is_foreign(target: CompositeTarget, environment: Environment, proxy: Proxy) -> None:
    """A bucket that refuses us and is not among our own is there, and somebody else's."""
    wanted = bucket(environment)
    proxy.faults.append(Fault(f"/{wanted.name}", 403))
    seen = target.observe([wanted])[wanted.address]
    proxy.faults.append(Fault(f"/{wanted.name}", 403))
    question = BucketAsked(name=wanted.name)
    answer = target.ask([question])[question]
    assert (seen.value, seen.is_ours, answer.is_foreign) == (wanted, False, True)


def test_a_bucket_of_ours_that_refuses_us_is_owed(target: CompositeTarget, environment: Environment, proxy: Proxy) -> None:
    """A bucket of our account that may not be read is owed, not foreign."""
    wanted = bucket(environment)
    create(target, wanted)
    proxy.faults.append(Fault(f"/{wanted.name}", 403))
    refusal = target.observe([wanted])[wanted.address].refusal
    assert refusal is not None
    assert (refusal.verdict, "s3:ListBucket" in refusal.reason) == ("owed", True)


def test_an_endpoint_that_is_not_there(environment: Environment, clock: Clock) -> None:
    """Where nothing listens, every question is unknown and says which layer failed."""
    nowhere = environment.model_copy(update={"aws": environment.aws.model_copy(update={"endpoint": "http://127.0.0.1:9"})})
    question = RoleAsked(name="tonic-any")
    refusal = reason(connect(nowhere).ask([question]), question)
    assert (refusal.verdict, refusal.reason.startswith("sts:GetCallerIdentity: TCP (refused) failed")) == (
        "unknown",
        True,
    )
