"""What each kind of question, look and change is asked for is what its declaration says: nothing more, nothing less."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from runbook_lib.adapters.aws.log_ins import log_in
from runbook_lib.adapters.aws.rights import EXCEPTIONAL
from runbook_lib.adapters.aws.rights.table import CHANGED, READ
from runbook_lib.adapters.aws.secret_store import AwsSecrets
from runbook_lib.adapters.aws.session import AwsSession
from runbook_lib.adapters.aws.signing import KmsKey
from runbook_lib.adapters.aws.target import _ANSWERS, _OBSERVERS, _WRITERS
from runbook_lib.adapters.target import connect, objects_of
from runbook_lib.documents.caller import covers
from runbook_lib.evidence.signing import PublicKey
from runbook_lib.model import Change, Question, Resource, Unanswered
from runbook_lib.parameters import Environment
from runbook_lib.ports import Hold
from runbook_lib.resources.ec2 import ClusterAsked, InstanceAsked, ProfileAssociation
from runbook_lib.resources.iam import AttachedPolicy, Caller, ManagedPolicyAsked, ProductLeftovers, RoleAsked, RolePolicy
from runbook_lib.resources.kms import Key, KeyAlias, KeyAsked, SigningKeyAnswer, SigningKeyAsked
from runbook_lib.resources.records import StoreAsked
from runbook_lib.resources.rehearsals import Rehearsal
from runbook_lib.resources.rights import Permission, RefusedAsked
from runbook_lib.resources.s3 import BucketAsked, BucketStatement
from runbook_lib.resources.secretsmanager import ReferenceAsked, Rotation
from runbook_lib.resources.simulation import SimulatedCall, SimulationAsked
from runbook_lib.resources.symbols import symbol
from runbook_lib.resources.warehouse import DatabaseUser, Grants, LoginAsked, SessionAsked
from tests.contract.aws.cases import CASES, Case, bucket, key, policy, role
from tests.sandbox.aws.account import Account

pytestmark = pytest.mark.once

LISTING = policy({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})


UNSEEN = {"create kms_key": {"kms:PutKeyPolicy"}}
"""What is demanded without a decision of its own: KMS makes no key whose policy its maker could not change."""


@dataclass
class Watch:
    """Play uses as the operator, and hold what was asked for against what was declared, by kind of use."""

    environment: Environment
    account: Account
    declared: dict[str, set[str]] = field(default_factory=dict)
    used: dict[str, set[str]] = field(default_factory=dict)

    def ask(self, *questions: Question) -> None:
        """Ask each question anew, so that nothing is remembered."""
        for each in questions:
            self.play(each, each.kind, lambda each=each: connect(self.environment).ask([each]))  # type: ignore[misc]

    def look(self, *resources: Resource) -> None:
        """Look at each resource anew."""
        for each in resources:
            self.play(each, f"look at {each.kind}", lambda each=each: connect(self.environment).observe([each]))  # type: ignore[misc]

    def change(self, before: Resource | None, after: Resource | None) -> None:
        """Make a change."""
        change = Change(before=before, after=after)
        self.play(change, f"{change.verb} {change.subject.kind}", lambda: connect(self.environment).write([change]))

    def play(self, use: Any, label: str, act: Callable[[], Any]) -> None:
        """Do something, and hold that each thing it was asked for is declared."""
        self.account.control("decisions", "DELETE")
        act()
        asked = {(each["action"], each["resource"]) for each in self.account.decisions()}
        declared = connect(self.environment).permissions(use)
        undeclared = [each for each in sorted(asked) if not any(_is_it(granted, *each) for granted in declared)]
        assert [] == undeclared, label
        self.declared.setdefault(label, set()).update(each.action for each in declared)
        self.used.setdefault(label, set()).update(action for action, _ in asked)

    def settle(self) -> None:
        """Hold that everything declared was asked for."""
        assert self.declared == {label: used | UNSEEN.get(label, set()) for label, used in self.used.items()}


def _is_it(declared: Permission, action: str, resource: str) -> bool:
    return covers(declared, Permission(action=action, resource=resource, context=declared.context))


@pytest.fixture
def watch(environment: Environment, endpoint: str) -> Iterator[Watch]:
    """Watch the endpoint; at the end, everything that was declared was used."""
    made = Watch(environment, Account(endpoint))
    yield made
    made.settle()


@contextmanager
def held(case: Case, environment: Environment) -> Iterator[None]:
    """Make what the case sits on, and take all of it away again."""
    target = connect(environment)
    for each in case.held:
        target.write([Change(before=None, after=each)])
    yield
    for each in (case.value, *reversed(case.held)):
        seen = target.observe([each])[each.address].value
        if seen is not None and seen != each.once_removed():
            target.write([Change(before=seen, after=seen.once_removed())])


def with_neighbours(value: Resource, environment: Environment, session: AwsSession) -> None:
    """Add what calls look at besides: a bucket and a queue that might use the key, another policy of the role."""
    if isinstance(value, RolePolicy):
        session.write("iam", "put_role_policy", RoleName=value.role, PolicyName="other", PolicyDocument=LISTING)
    if isinstance(value, Key):
        arn = connect(environment).ask([KeyAsked(key=symbol(value.address))])[KeyAsked(key=symbol(value.address))].arn
        made = bucket(environment)
        connect(environment).write([Change(before=None, after=made)])
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}}
        session.write("s3", "put_bucket_encryption", Bucket=made.name, ServerSideEncryptionConfiguration={"Rules": [rule]})
        session.client("sqs").create_queue(QueueName=f"tonic-{environment.environment}")


@pytest.mark.parametrize("name", CASES)
def test_each_kind_takes_what_it_declares(name: str, watch: Watch, environment: Environment, session: AwsSession) -> None:
    """Absent, created, changed, removed and restored: each look and each change is asked for just what it declares."""
    case = CASES[name](environment)
    value, changed = case.value, case.changed or case.value
    with held(case, environment):
        watch.look(value)
        if not isinstance(value, Key):
            with_neighbours(value, environment, session)
        watch.change(None, value)
        if isinstance(value, Key):
            with_neighbours(value, environment, session)
        watch.look(value)
        if changed != value:
            watch.change(value, changed)
        if isinstance(value, BucketStatement):
            _remove_twice(watch, cast("BucketStatement", changed), session)
        watch.change(changed, changed.once_removed())
        watch.look(value)
        if isinstance(value, KeyAlias):
            watch.change(value, None)
        if changed.once_removed() is not None:
            watch.change(changed.once_removed(), value)
        if isinstance(value, RolePolicy):
            session.write("iam", "delete_role_policy", RoleName=value.role, PolicyName="other")


def _remove_twice(watch: Watch, value: BucketStatement, session: AwsSession) -> None:
    """Remove a statement beside which another stays, and put it back as the only one."""
    theirs = {**json.loads(value.statement), "Sid": "Theirs"}
    both = {"Version": "2012-10-17", "Statement": [json.loads(value.statement), theirs]}
    session.write("s3", "put_bucket_policy", Bucket=value.bucket, Policy=json.dumps(both))
    watch.change(value, None)
    session.write("s3", "delete_bucket_policy", Bucket=value.bucket)
    watch.change(None, value)


def test_a_role_is_changed_part_by_part(watch: Watch, environment: Environment, session: AwsSession) -> None:
    """Boundary and tags are asked for as they are set and taken away."""
    made = session.write("iam", "create_policy", PolicyName=f"boundary-{environment.environment}", PolicyDocument=LISTING)
    boundary = made["Policy"]["Arn"]
    bare = role(environment)
    bounded = bare.model_copy(update={"permissions_boundary": boundary, "tags": (*bare.tags, ("zone", "a"))})
    watch.change(None, bare)
    watch.change(bare, bounded)
    watch.change(bounded, bare)
    watch.change(bare, None)


def test_an_attachment_takes_what_it_declares(watch: Watch, environment: Environment, session: AwsSession) -> None:
    """A managed policy is looked for, taken off a role, and put back by a destroy."""
    arn = session.write("iam", "create_policy", PolicyName=f"p-{environment.environment}", PolicyDocument=LISTING)["Policy"]["Arn"]
    holder = role(environment)
    with held(Case((holder,), attached := AttachedPolicy(role=holder.name, arn=arn)), environment):
        watch.change(None, attached)
        watch.look(attached)
        watch.change(attached, None)
        watch.ask(ManagedPolicyAsked(arn=arn))


@pytest.mark.parametrize("is_held", [True, False])
def test_keeping_records_takes_what_it_declares(watch: Watch, environment: Environment, session: AwsSession, *, is_held: bool) -> None:
    """Asking about the bucket, storing, replacing the lock, reading back and what holds an object are declared by one question."""
    name = f"records-{environment.environment}"
    place = {"LocationConstraint": environment.aws.region}
    session.write("s3", "create_bucket", Bucket=name, CreateBucketConfiguration=place, ObjectLockEnabledForBucket=True)
    question, objects = StoreAsked(bucket=name, prefix="team/staging/", is_held=is_held), objects_of(environment, name)

    def act() -> None:
        connect(environment).ask([question])
        hold = Hold("GOVERNANCE", datetime.now(UTC) + timedelta(days=1)) if is_held else None
        objects.put("team/staging/a", b"1", hold=hold)
        objects.put("team/staging/.lock", b"1", over=objects.put("team/staging/.lock", b"2"))
        for each in objects.sizes("team/staging/"):
            objects.read(each)
            objects.look(each)
            objects.hold(each) if is_held else None

    watch.play(question, question.kind, act)


def test_signing_records_takes_what_it_declares(watch: Watch, environment: Environment, session: AwsSession, tmp_path: Path) -> None:
    """Asking about the key and signing with it are declared by one question, and what it signs verifies with its public half."""
    arn = session.write("kms", "create_key", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    question, signatures = SigningKeyAsked(key=arn), list[bytes]()

    def act() -> None:
        assert (
            SigningKeyAnswer(state="Enabled", spec="ECC_NIST_P256", usage="SIGN_VERIFY") == connect(environment).ask([question])[question]
        )
        signatures.append(KmsKey(environment, arn).sign(b"message"))

    watch.play(question, question.kind, act)
    public = load_der_public_key(session.read("kms", "get_public_key", KeyId=arn)["PublicKey"])
    path = tmp_path / "kms.pub.pem"
    path.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert [True, False] == [PublicKey(path).verifies(message, signatures[0]) for message in (b"message", b"another")]


def test_an_association_takes_what_it_declares(watch: Watch, environment: Environment, session: AwsSession) -> None:
    """Attaching a profile passes its role; the instance is asked with the profile that it carries."""
    name = environment.server_role
    profile = CASES["profile"](environment).value.model_copy(update={"name": name})
    ours = role(environment).model_copy(update={"name": name})
    in_profile = CASES["profile role"](environment).value.model_copy(update={"profile": name, "role": name})
    made = session.client("ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    association = ProfileAssociation(instance_id=made, profile=name)
    with held(Case((ours, profile, in_profile), association), environment):
        watch.look(association)
        watch.change(None, association)
        watch.ask(InstanceAsked(instance_id=made))
        watch.change(association, None)


def test_each_question_takes_what_it_declares(watch: Watch, environment: Environment, session: AwsSession) -> None:
    """Roles, keys, buckets, clusters, leftovers and references."""
    target, holder, used = connect(environment), role(environment), key(environment)
    policy_of_role = RolePolicy(role=holder.name, name="a", document=LISTING)
    for each in (holder, policy_of_role, used, KeyAlias(name=used.name, key=symbol(used.address)), bucket(environment)):
        target.write([Change(before=None, after=each)])
    session.write("secretsmanager", "create_secret", Name=f"s/{environment.environment}", SecretString="Sesame-0pen")
    session.write("ssm", "put_parameter", Name=f"/s/{environment.environment}", Value="Sesame-0pen", Type="String")

    watch.ask(RoleAsked(name=holder.name), BucketAsked(name=bucket(environment).name), ClusterAsked(cluster="tonic-sandbox"), Caller())
    watch.ask(*(ProductLeftovers(service=cast("Any", each)) for each in ("lambda", "mappings", "logs", "sqs")))
    watch.ask(*(ReferenceAsked(reference=f"{each}s/{environment.environment}") for each in ("secretsmanager:", "ssm:/")))
    arn = session.read("kms", "describe_key", KeyId=f"alias/{used.name}")["KeyMetadata"]["Arn"]
    watch.ask(*(KeyAsked(key=each) for each in (symbol(used.address), arn, arn.rpartition("/")[2], f"alias/{used.name}")))
    session.write("kms", "delete_alias", AliasName=f"alias/{used.name}")
    watch.ask(KeyAsked(key=symbol(used.address)))


@pytest.mark.parametrize("name", ["caller", "role", "documents"])
def test_the_simulator_takes_what_it_declares(name: str, environment: Environment, session: AwsSession, endpoint: str) -> None:
    """Whoever asks it about himself or a role is asked for on that, about documents on no resource."""
    account, holder = Account(endpoint), role(environment)
    call = SimulatedCall(action="iam:CreateRole", resource=environment.role_arn("x"))
    question = {
        "caller": RefusedAsked(permissions=(Permission(action=call.action, resource=call.resource),)),
        "role": SimulationAsked(principal=environment.role_arn(holder.name), calls=(call,)),
        "documents": SimulationAsked(documents=(LISTING,), calls=(call,)),
    }[name]
    session.write("iam", "create_role", RoleName=holder.name, Path=holder.path, AssumeRolePolicyDocument=holder.trust)
    account.control("decisions", "DELETE")
    connect(environment).ask([question])
    asked = {(each["action"], each["resource"]) for each in account.decisions()}
    declared = connect(environment).permissions(question)
    assert [] == [each for each in asked if not any(_is_it(granted, *each) for granted in declared)]


LOG_INS: dict[str, dict[str, Any]] = {
    "password": {"user": "awsuser", "password": "secretsmanager:admin/{}"},
    "named secret": {"login": "managed_secret", "secret": "admin/{}"},
    "credentials": {"login": "cluster_credentials", "user": "awsuser"},
}


@pytest.mark.parametrize("name", LOG_INS)
def test_each_log_in_takes_what_it_declares(name: str, watch: Watch, session: AwsSession) -> None:
    """Whatever is asked of a database takes what the administrator's log-in takes."""
    environment = watch.environment
    admin = {key: value.format(environment.environment) for key, value in LOG_INS[name].items()}
    source = {**environment.source.model_dump(), "admin": admin, "cluster": "tonic-sandbox" if name == "credentials" else "c"}
    watch.environment = Environment.model_validate({**environment.model_dump(by_alias=True), "source": source})
    value = json.dumps({"username": "awsuser", "password": "Sesame-0pen"})
    session.write("secretsmanager", "create_secret", Name=f"admin/{environment.environment}", SecretString=value)

    def act() -> None:
        log_in(watch.environment, "source", AwsSecrets(lambda: session), lambda: session)

    for use in (SessionAsked(side="source"), Change(before=None, after=GRANTS), GRANTS):
        watch.play(use, "log-in", act)


GRANTS = Grants(side="source", grantee="u", privilege="USAGE", on="schema", objects=(("s",),))


def test_the_products_users_take_their_passwords(environment: Environment) -> None:
    """A new user, and a log-in as him, take the secret that his reference names; no other change of a database does."""
    reference = "generate:secretsmanager:tonic/one"
    arn = environment.arn("secretsmanager", "secret:tonic/one-??????")
    reading = (Permission(action="secretsmanager:GetSecretValue", resource=arn),)
    admin = environment.source.admin.model_copy(update={"password": "env:ADMIN"})
    environment = environment.model_copy(update={"source": environment.source.model_copy(update={"admin": admin})})
    target, user = connect(environment), DatabaseUser(side="source", name="u", password=reference)
    assert reading == target.permissions(Change(before=None, after=user))
    assert reading == target.permissions(LoginAsked(side="source", user="u", password=reference))
    assert () == target.permissions(Change(before=user, after=None)) == target.permissions(Change(before=None, after=GRANTS))


def test_every_kind_has_a_declaration() -> None:
    """What the adapters answer, look at and change is in the tables; only who calls is told without a permission."""
    assert {*_ANSWERS, *_OBSERVERS, ReferenceAsked, Rehearsal} - {Caller} == set(READ)
    assert {*_WRITERS, Rehearsal, Rotation} == set(CHANGED)


@pytest.mark.parametrize("action", EXCEPTIONAL)
def test_what_is_exceptional_is_no_part_of_a_usual_answer(action: str, environment: Environment) -> None:
    """It is declared by no question about a bucket."""
    assert action not in {each.action for each in connect(environment).permissions(BucketAsked(name="b"))}


def test_a_refusal_names_the_action(environment: Environment, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    """Whoever may do nothing is told of each question by which action, on what."""
    for key_name, secret in Account(endpoint).holder().items():
        monkeypatch.setenv(key_name.upper(), secret)
    target = connect(environment)
    questions = (RoleAsked(name="r"), BucketAsked(name="b-1"), ClusterAsked(cluster="c"), InstanceAsked(instance_id="i-0123456789abcdef0"))
    for question in (
        *questions,
        KeyAsked(key="k"),
        ProductLeftovers(service="sqs"),
        ManagedPolicyAsked(arn=environment.arn("iam", "policy/p", region="")),
    ):
        with pytest.raises(Unanswered) as caught:
            target.ask([question])[question]
        first = target.permissions(question)
        assert any(each.action in caught.value.reason for each in first), caught.value.reason
