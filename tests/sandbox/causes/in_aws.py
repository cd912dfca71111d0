"""What AWS refuses, and what keeps a request from reaching it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config

from runbook_lib.adapters.aws import credentials, session
from runbook_lib.adapters.aws.secret_store import AwsSecrets
from runbook_lib.adapters.aws.session import AwsSession
from runbook_lib.resources.iam import Role
from runbook_lib.resources.kms import Key
from runbook_lib.resources.s3 import Bucket
from runbook_lib.sandbox.aws.sample import FOREIGN_ROLE, PARTNER_BUCKET
from tests.faults.redshift.doors import closed_port, door, silent
from tests.sandbox.aws.account import allow, policy, root, trust
from tests.sandbox.aws.test_services import statements
from tests.sandbox.causes.place import Place, operator

Provocation = Callable[[Place], object]


def who(reached: AwsSession) -> object:
    """Ask who calls, as everything does first."""
    return reached.identity()


def role(place: Place, trusted: str = "") -> Role:
    """Describe a role that is yet to be made."""
    return Role(name=place.name(), trust=trusted or trust({"Service": "ec2.amazonaws.com"}))


def without_variables(place: Place) -> object:
    """Have no credentials at all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ACCESS_KEY_ID")
        patch.delenv("AWS_SECRET_ACCESS_KEY")
        return who(place.session())


def expired(place: Place) -> object:
    """Have a token that ran out."""
    with place.spoiled("sts:GetCallerIdentity", "expired"):
        return who(place.session())


def boundary(place: Place) -> object:
    """Be below a boundary that does not reach so far."""
    made = place.account.client("iam").create_policy(PolicyName=place.name(), PolicyDocument=policy(allow("s3:*")))
    bounded = place.somebody(allow("*"), PermissionsBoundary=made["Policy"]["Arn"])
    return bounded.write("iam", "create_role", RoleName=place.name(), AssumeRolePolicyDocument=trust(root()))


def closed_key(place: Place) -> object:
    """Meet a key whose policy names others."""
    kms = place.account.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    document = policy({"Effect": "Allow", "Principal": {"AWS": place.account.role()}, "Action": "kms:*", "Resource": "*"})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document, BypassPolicyLockoutSafetyCheck=True)
    return place.session().write("kms", "put_key_policy", KeyId=key, PolicyName="default", Policy=document)


def passing(place: Place) -> object:
    """May fill profiles, and may give no role to anybody."""
    iam, profile = place.account.client("iam"), place.name()
    iam.create_instance_profile(InstanceProfileName=profile)
    filling = place.somebody(allow("iam:AddRoleToInstanceProfile"))
    return filling.write("iam", "add_role_to_instance_profile", InstanceProfileName=profile, RoleName=FOREIGN_ROLE)


def throttled(place: Place) -> object:
    """Meet a service that asks for slower requests, and goes on doing so."""
    with place.spoiled("iam:CreateRole", "throttle"):
        return place.write(role(place))


def busy(place: Place) -> object:
    """Meet a service that cannot serve."""
    with place.spoiled("iam:CreateRole", "error", code="ServiceUnavailable", status=503):
        return place.write(role(place))


def function(place: Place, role: str) -> object:
    """Make a function that takes a role, of an image that is there."""
    image = f"{place.state.account}.dkr.ecr.{place.state.region}.amazonaws.com/tonic-redshift-lambda:latest"
    made = {"PackageType": "Image", "Code": {"ImageUri": image}, "Timeout": 60}
    return place.session().write("lambda", "create_function", FunctionName=place.name(), Role=role, **made)


def unreached(place: Place) -> object:
    """Tell a queue of new objects that does not let S3 in."""
    account, name = place.account, f"tonic-{place.name().replace('_', '-')}"
    account.client("s3").create_bucket(Bucket=name)
    account.client("sqs").create_queue(QueueName=name)
    to = {"QueueArn": account.arn("sqs", name), "Events": ["s3:ObjectCreated:*"]}
    notified = {"Bucket": name, "NotificationConfiguration": {"QueueConfigurations": [to]}}
    return place.session().write("s3", "put_bucket_notification_configuration", **notified)


def impatient_queue(place: Place) -> object:
    """Feed a function from a queue that shows its messages again too soon."""
    account, name = place.account, place.name()
    taking = allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"])
    made: Any = function(place, account.role(policy(taking), trusted=trust({"Service": "lambda.amazonaws.com"})))
    account.client("sqs").create_queue(QueueName=name, Attributes={"VisibilityTimeout": "30"})
    wired = {"FunctionName": made["FunctionName"], "EventSourceArn": account.arn("sqs", name)}
    return place.session().write("lambda", "create_event_source_mapping", **wired)


def locked_out(place: Place) -> object:
    """Write a key policy that leaves nobody in."""
    nobody = policy({"Effect": "Allow", "Principal": {"AWS": place.account.role()}, "Action": "kms:*", "Resource": "*"})
    return place.write(Key(name=place.name(), policy=nobody))


def disabled_key(place: Place) -> object:
    """Write with a key that is out of use."""
    account, name = place.account, f"tonic-{place.name().replace('_', '-')}"
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    account.client("kms").disable_key(KeyId=key)
    account.client("s3").create_bucket(Bucket=name)
    sealed = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    return place.session().write("s3", "put_object", Bucket=name, Key="k", Body=b"", **sealed)


def twice(place: Place) -> object:
    """Make what is there."""
    made = role(place)
    place.write(made)
    return place.write(made)


def meanwhile(place: Place) -> object:
    """Write an object that somebody else wrote first."""
    name = f"tonic-{place.name().replace('_', '-')}"
    place.account.client("s3").create_bucket(Bucket=name)
    for _ in range(2):
        place.session().write("s3", "put_object", Bucket=name, Key="k", Body=b"", IfNoneMatch="*")
    return None


def full_bucket(place: Place) -> object:
    """Remove a bucket that holds something."""
    s3, name = place.account.client("s3"), f"tonic-{place.name().replace('_', '-')}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"")
    return place.write(Bucket(name=name, region=place.state.region), is_removal=True)


def attached(place: Place) -> object:
    """Remove a role that somebody else's policy is attached to."""
    made, account = role(place), place.account
    place.write(made)
    theirs = account.client("iam").create_policy(PolicyName=place.name(), PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    account.client("iam").attach_role_policy(RoleName=made.name, PolicyArn=theirs)
    return place.write(made, is_removal=True)


def secret(place: Place, reference: str) -> object:
    """Resolve a reference."""
    return AwsSecrets(place.session, {}).resolve(reference)


def stored(place: Place, text: str, key: str = "", *, is_deleted: bool = False) -> object:
    """Resolve a reference to a secret that somebody stored."""
    aws, name = place.account.client("secretsmanager"), place.name()
    aws.create_secret(Name=name, SecretString=text)
    if is_deleted:
        aws.delete_secret(SecretId=name)
    return secret(place, f"secretsmanager:{name}{key}")


def no_answer(place: Place) -> object:
    """Meet an endpoint that takes the call and says nothing."""
    usual = credentials.client_config
    with door(silent) as port, pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "client_config", lambda *words: usual(*words).merge(Config(read_timeout=0.2)))
        return who(place.session(endpoint=f"http://127.0.0.1:{port}"))


IN_AWS: dict[str, Provocation] = {
    "no-credentials": without_variables,
    "login-expired": expired,
    "clock-wrong": lambda place: who(place.session({**operator(), "aws_secret_access_key": "another"})),
    "key-unknown": lambda place: who(place.session({**operator(), "aws_access_key_id": "AKIAUNKNOWN000000000"})),
    "profile-unknown": lambda place: who(place.session(profile="acme")),
    "denied-by-boundary": boundary,
    "denied-by-key": closed_key,
    "denied-passing": passing,
    "denied": lambda place: place.somebody(allow("s3:*")).read("iam", "get_role", RoleName=FOREIGN_ROLE),
    "throttled": throttled,
    "aws-busy": busy,
    "role-unsettled": lambda place: function(place, place.account.role()),
    "principal-unsettled": lambda place: place.write(role(place, trust({"AWS": f"arn:aws:iam::{place.state.account}:role/none"}))),
    "another-region": lambda place: place.session(region="eu-central-1").write(
        "s3", "create_bucket", Bucket="tonic-elsewhere", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    ),
    "notifications-refused": unreached,
    "visibility-too-short": impatient_queue,
    "key-lockout": locked_out,
    "key-unusable": disabled_key,
    "policy-too-large": lambda place: place.session().write(
        "iam", "put_role_policy", RoleName=FOREIGN_ROLE, PolicyName="p", PolicyDocument=statements(110)
    ),
    "bucket-taken": lambda place: place.write(Bucket(name=PARTNER_BUCKET, region=place.state.region)),
    "name-taken": twice,
    "written-meanwhile": meanwhile,
    "bucket-not-empty": full_bucket,
    "still-attached": attached,
    "bucket-missing": lambda place: place.session().read("s3", "list_objects_v2", Bucket="tonic-none"),
    "role-missing": lambda place: place.session().read("iam", "get_role", RoleName="none"),
    "cluster-missing": lambda place: place.session().read("redshift", "describe_clusters", ClusterIdentifier="none"),
    "variable-unset": lambda place: secret(place, "env:NOT_SET_ANYWHERE"),
    "secret-missing": lambda place: secret(place, "secretsmanager:none"),
    "secret-deleted": lambda place: stored(place, "Sesame-0pen", is_deleted=True),
    "secret-shape": lambda place: stored(place, json.dumps({"pass": "Sesame-0pen"}), "#password"),
    "aws-dns": lambda place: who(place.session(endpoint=f"http://{'.'.join(['x' * 63] * 4)}")),
    "aws-refused": lambda place: who(place.session(endpoint=f"http://127.0.0.1:{closed_port()}")),
    "aws-silent": no_answer,
    "aws-tls": lambda place: who(place.session(endpoint=f"https://127.0.0.1:{place.state.aws_port}")),
}
