"""Questions are answered with what the endpoint holds, and left open with a reason where it does not tell."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from runbook_lib.adapters.aws.session import AwsSession
from runbook_lib.model import Change, Resource, Unanswered, canonical
from runbook_lib.parameters import Environment
from runbook_lib.ports import Target
from runbook_lib.resources.ec2 import (
    ClusterAnswer,
    ClusterAsked,
    InstanceAnswer,
    InstanceAsked,
    InstanceProfile,
    InstanceProfileRole,
    ProfileAssociation,
)
from runbook_lib.resources.iam import (
    ManagedPolicyAsked,
    ProductLeftovers,
    RoleAnswer,
    RoleAsked,
    RolePolicy,
)
from runbook_lib.resources.kms import KeyAlias, KeyAnswer, KeyAsked, KeyRotation
from runbook_lib.resources.s3 import BucketAnswer, BucketAsked, BucketSetting
from runbook_lib.resources.symbols import symbol
from runbook_lib.resources.warehouse import UsersAsked
from tests.contract.aws.cases import bucket, key, policy, role, trust
from tests.contract.aws.endpoint import ACCOUNT

LISTING = policy({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})


def create(target: Target, *resources: Resource) -> None:
    """Create resources one after the other."""
    for each in resources:
        target.write([Change(before=None, after=each)])


def answer(target: Target, question: Any) -> Any:
    """Ask one question."""
    return target.ask([question])[question]


@pytest.mark.parametrize(
    "question",
    [
        RoleAsked(name="tonic-nobody"),
        InstanceAsked(instance_id="i-0123456789abcdef0"),
        ClusterAsked(cluster="tonic-nowhere"),
        KeyAsked(key="alias/tonic-nothing"),
        KeyAsked(key=symbol("kms_key/tonic-nothing")),
        KeyAsked(key="1234abcd-12ab-34cd-56ef-1234567890ab"),
        BucketAsked(name="tonic-nowhere"),
        ManagedPolicyAsked(arn=f"arn:aws:iam::{ACCOUNT}:policy/tonic-nothing"),
    ],
)
def test_what_is_not_there_is_none(target: Target, question: Any) -> None:
    """The absence of what was asked about is an answer."""
    assert answer(target, question) is None


def test_a_role_with_what_it_carries(target: Target, environment: Environment, session: AwsSession) -> None:
    """Trust, tags, inline and attached policies are told, by canonical text."""
    wanted = role(environment)
    create(
        target, wanted, RolePolicy(role=wanted.name, name="b", document=LISTING), RolePolicy(role=wanted.name, name="a", document=LISTING)
    )
    arn = session.write("iam", "create_policy", PolicyName=f"p-{wanted.name}", PolicyDocument=LISTING)["Policy"]["Arn"]
    session.write("iam", "attach_role_policy", RoleName=wanted.name, PolicyArn=arn)
    told = answer(target, RoleAsked(name=wanted.name))
    assert told.id.startswith("AROA")
    assert told.model_copy(update={"id": ""}) == RoleAnswer(
        name=wanted.name,
        arn=f"arn:aws:iam::{ACCOUNT}:role/{wanted.name}",
        path="/",
        trust=trust("ec2.amazonaws.com"),
        permissions_boundary="",
        tags=environment.tags,
        inline=(("a", LISTING), ("b", LISTING)),
        attached=(arn,),
    )


def test_a_managed_policy_by_its_default_version(target: Target, environment: Environment, session: AwsSession) -> None:
    """The version in force is told."""
    name = f"p-{environment.environment}"
    arn = session.write("iam", "create_policy", PolicyName=name, PolicyDocument=policy({"Effect": "Deny", "Action": "*", "Resource": "*"}))[
        "Policy"
    ]["Arn"]
    session.write("iam", "create_policy_version", PolicyArn=arn, PolicyDocument=LISTING, SetAsDefault=True)
    assert answer(target, ManagedPolicyAsked(arn=arn)) == LISTING


@pytest.fixture
def instance_id(session: AwsSession) -> str:
    """Run an instance without a profile."""
    image = session.read("ec2", "describe_images", Owners=["amazon"])["Images"][0]["ImageId"]
    answer = session.write("ec2", "run_instances", ImageId=image, MinCount=1, MaxCount=1)
    return str(answer["Instances"][0]["InstanceId"])


def test_an_instance_leads_to_its_role(target: Target, environment: Environment, instance_id: str) -> None:
    """Instance, profile and role are three names, looked up one after the other."""
    profile = InstanceProfile(name=f"profile-{environment.environment}", tags=environment.tags)
    holder = role(environment)
    association = ProfileAssociation(instance_id=instance_id, profile=profile.name)
    create(target, holder, profile, InstanceProfileRole(profile=profile.name, role=holder.name), association)
    found: InstanceAnswer = answer(target, InstanceAsked(instance_id=instance_id))
    assert (found.state, found.profile, found.role) == ("running", profile.name, holder.name)


def test_an_association_comes_and_goes(target: Target, environment: Environment, instance_id: str) -> None:
    """A profile is attached to an instance that has none, and taken off again."""
    profile = InstanceProfile(name=f"profile-{environment.environment}")
    association = ProfileAssociation(instance_id=instance_id, profile=profile.name)
    seen = [target.observe([association])[association.address].value]
    create(target, profile, association)
    seen.append(target.observe([association])[association.address].value)
    target.write([Change(before=association, after=None)])
    seen.append(target.observe([association])[association.address].value)
    assert seen == [None, association, None]


def test_an_instance_without_profile(target: Target, instance_id: str) -> None:
    """No profile and no role are empty names."""
    found: InstanceAnswer = answer(target, InstanceAsked(instance_id=instance_id))
    assert (found.profile, found.role, found.http_tokens) == ("", "", "optional")


def test_a_cluster(target: Target, environment: Environment, session: AwsSession) -> None:
    """Host, port, routing and roles of a provisioned cluster are told."""
    name = f"{environment.environment}-source"
    session.write(
        "redshift",
        "create_cluster",
        ClusterIdentifier=name,
        NodeType="ra3.xlplus",
        MasterUsername="awsuser",
        MasterUserPassword="Sesame-0pen",
        EnhancedVpcRouting=True,
    )
    found: ClusterAnswer = answer(target, ClusterAsked(cluster=name))
    assert (found.name, found.region, found.port, found.enhanced_vpc_routing, found.iam_roles) == (
        name,
        "eu-central-1",
        5439,
        True,
        (),
    )


def test_a_key(target: Target, environment: Environment) -> None:
    """A key is found by symbol, alias and ARN alike, and its policy and rotation are told."""
    wanted = key(environment)
    create(target, wanted, KeyAlias(name=wanted.name, key=symbol(wanted.address)))
    create(target, KeyRotation(name=wanted.name, key=symbol(wanted.address)))
    found: KeyAnswer = answer(target, KeyAsked(key=symbol(wanted.address)))
    same = [answer(target, KeyAsked(key=name)) == found for name in (f"alias/{wanted.name}", found.arn, found.key_id)]
    assert (same, found.policy, found.state, found.manager, found.rotation, found.region, found.account) == (
        [True, True, True],
        wanted.policy,
        "Enabled",
        "CUSTOMER",
        True,
        "eu-central-1",
        ACCOUNT,
    )


def test_a_new_bucket(target: Target, environment: Environment) -> None:
    """A bucket that nobody set up is empty and has no settings of its own but S3's."""
    wanted = bucket(environment)
    create(target, wanted)
    found: BucketAnswer = answer(target, BucketAsked(name=wanted.name))
    assert (found.region, found.is_foreign, found.versioning, found.policy, found.has_notifications, found.is_empty) == (
        "eu-central-1",
        False,
        "",
        "",
        False,
        True,
    )


def test_a_bucket_in_use(target: Target, environment: Environment, session: AwsSession) -> None:
    """Encryption key by ARN, versioning, notifications and objects are told."""
    wanted, used = bucket(environment), key(environment)
    create(target, wanted, used, KeyAlias(name=used.name, key=symbol(used.address)))
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": f"alias/{used.name}"}}
    create(target, BucketSetting(bucket=wanted.name, setting="encryption", value=canonical({"Rules": [rule]})))
    session.write("s3", "put_bucket_versioning", Bucket=wanted.name, VersioningConfiguration={"Status": "Enabled"})
    session.write("s3", "put_object", Bucket=wanted.name, Key="input/a.csv", Body=b"1")
    found: BucketAnswer = answer(target, BucketAsked(name=wanted.name))
    key_arn = answer(target, KeyAsked(key=symbol(used.address))).arn
    assert (found.encryption, found.encryption_key, found.versioning, found.is_empty) == ("aws:kms", key_arn, "Enabled", False)


def test_settings_are_told_in_the_shape_of_their_calls(target: Target, environment: Environment) -> None:
    """Each setting that is present is canonical JSON under its name."""
    wanted = bucket(environment)
    setting = BucketSetting(
        bucket=wanted.name, setting="ownership_controls", value=canonical({"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    )
    create(target, wanted, setting)
    found: BucketAnswer = answer(target, BucketAsked(name=wanted.name))
    assert json.loads(dict(found.settings)["ownership_controls"]) == {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}


@pytest.mark.parametrize("service", ["lambda", "mappings"])
def test_nothing_is_left_of_the_product(target: Target, service: Any) -> None:
    """Where the product has not run, it left nothing."""
    assert answer(target, ProductLeftovers(service=service)) == ()


def test_leftovers_are_listed_by_prefix(target: Target, session: AwsSession, environment: Environment) -> None:
    """Queues and log groups of the product are told from others."""
    for name in (f"tonic-left-{environment.environment}", f"other-{environment.environment}"):
        session.write("logs", "create_log_group", logGroupName=f"/aws/lambda/{name}")
        session.write("sqs", "create_queue", QueueName=name)
    found = [name for service in ("logs", "sqs") for name in answer(target, ProductLeftovers(service=service))]
    own = sorted(name.rsplit("/", 1)[-1] for name in found if name.endswith(environment.environment) and "-left-" in name)
    others = [name for name in found if "other-" in name]
    assert (own, others) == ([f"tonic-left-{environment.environment}"] * 2, [])


def test_what_nobody_answers_stays_open(target: Target) -> None:
    """A question of another part of the house is left open, not guessed."""
    from runbook_lib.resources.files import TodayAsked

    with pytest.raises(Unanswered, match="nothing answers ask_today"):
        answer(target, TodayAsked())


def test_questions_of_both_worlds_reach_their_own(environment: Environment) -> None:
    """What is the databases' does not go to AWS, nor the other way round."""
    from runbook_lib.adapters.connections import Connections
    from runbook_lib.adapters.target import CompositeTarget
    from tests.fakes import FakeTarget

    users = UsersAsked(side="source")
    connections = Connections(environment)
    connections._warehouse = cast("Any", FakeTarget(answers={users: (("awsuser", True),)}))
    answers = CompositeTarget(connections).ask([users, RoleAsked(name="tonic-nobody")])
    assert (answers[users], answers[RoleAsked(name="tonic-nobody")]) == ((("awsuser", True),), None)
