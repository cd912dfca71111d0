"""Each element of a policy counts: the endpoint decides by all of them, and names the layer that refuses."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import pytest

from tests.contract.aws.endpoint import ACCOUNT
from tests.sandbox.aws.account import ADMIN, Account, Workplace, allow, deny, policy, refused, root, told

OBJECTS = "arn:aws:s3:::tonic-*/*"
READ = allow("s3:GetObject", OBJECTS)
BOUNDARY = "because no permissions boundary allows the s3:GetObject action"
IDENTITY = "because no identity-based policy allows the s3:GetObject action"
SESSION = "because no session policy allows the s3:GetObject action"
EXPLICIT = "with an explicit deny in an identity-based policy"


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    """Write a condition."""
    return {"Condition": {operator: {key: value}}}


class Case(NamedTuple):
    """Read an object under one policy; `refusal` is how the refusal ends, empty where it is allowed."""

    name: str
    document: str
    refusal: str = ""


CASES = [
    Case("allow", policy(READ)),
    Case("explicit deny wins", policy(READ, deny("s3:*")), EXPLICIT),
    Case("deny of something else", policy(READ, deny("s3:PutObject"))),
    Case("nothing said", policy(allow("s3:PutObject", OBJECTS)), IDENTITY),
    Case("star", policy(allow("*"))),
    Case("star in the action", policy(allow("s3:Get*"))),
    Case("question mark in the action", policy(allow("s3:GetObjec?"))),
    Case("another case of the action", policy(allow("S3:getobject"))),
    Case("not action", policy(allow(None) | {"NotAction": "s3:Put*"}).replace('"Action": null, ', "")),
    Case("not action that names it", policy(allow(None) | {"NotAction": "s3:Get*"}).replace('"Action": null, ', ""), IDENTITY),
    Case("not resource", policy(allow("s3:*", None) | {"NotResource": "arn:aws:s3:::acme-*"}).replace('"Resource": null, ', "")),
    Case("not resource that names it", policy(allow("s3:*", None) | {"NotResource": OBJECTS}).replace('"Resource": null, ', ""), IDENTITY),
    Case("question mark in the resource", policy(allow("s3:GetObject", "arn:aws:s3:::toni?-*"))),
    Case("dot in the resource is a dot", policy(allow("s3:GetObject", "arn:aws:s3:::tonic.*")), IDENTITY),
    Case("another partition", policy(allow("s3:GetObject", "arn:aws-us-gov:s3:::tonic-*")), IDENTITY),
    Case("bucket without its objects", policy(allow("s3:GetObject", "arn:aws:s3:::tonic-*source")), IDENTITY),
    Case("account of the resource", policy(READ | when("StringEquals", "aws:ResourceAccount", ACCOUNT))),
    Case("another account of the resource", policy(READ | when("StringEquals", "aws:ResourceAccount", "210987654321")), IDENTITY),
    Case("region", policy(READ | when("StringEquals", "aws:RequestedRegion", "eu-central-1"))),
    Case("another region", policy(READ | when("StringNotEquals", "aws:RequestedRegion", "eu-central-1")), IDENTITY),
    Case("encrypted transport", policy(READ, deny("s3:*", "*", **when("Bool", "aws:SecureTransport", "false")))),
    Case("account of the principal", policy(READ | when("StringEquals", "aws:PrincipalAccount", ACCOUNT))),
    Case("role of the principal", policy(READ | when("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/*"))),
    Case("another role of the principal", policy(READ | when("ArnEquals", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/x")), IDENTITY),
    Case("source address", policy(READ | when("IpAddress", "aws:SourceIp", "127.0.0.0/8"))),
    Case("another source address", policy(READ | when("NotIpAddress", "aws:SourceIp", "127.0.0.0/8")), IDENTITY),
    Case("a time gone by", policy(READ | when("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z")), IDENTITY),
    Case("a time to come", policy(READ | when("DateLessThan", "aws:CurrentTime", "2120-01-01T00:00:00Z"))),
    Case("a tag of the principal", policy(READ | when("StringEquals", "aws:PrincipalTag/team", "lake"))),
    Case("another tag of the principal", policy(READ | when("StringEquals", "aws:PrincipalTag/team", "sea")), IDENTITY),
    Case("a tag that is absent", policy(READ | when("StringEqualsIfExists", "aws:PrincipalTag/none", "x"))),
    Case("a key that must be absent", policy(READ | when("Null", "aws:PrincipalTag/team", "true")), IDENTITY),
    Case("a variable", policy(READ | when("StringEquals", "aws:PrincipalTag/team", "${aws:PrincipalTag/team}"))),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.name)
def test_an_identity_policy_counts_whole(workplace: Workplace, case: Case) -> None:
    """Reading one object is allowed or refused as the one policy of the role says."""
    keys = workplace.holder(case.document, Tags=[{"Key": "team", "Value": "lake"}])

    said = told(lambda: _read(workplace, keys))

    assert ("", True) == (said if not case.refusal else "", said.endswith(case.refusal))


def _read(workplace: Workplace, keys: dict[str, str], bucket: str = "bucket") -> None:
    workplace.client("s3", keys).get_object(Bucket=workplace.names[bucket], Key="input/a.csv")


def test_a_prefix_is_a_condition_of_listing(workplace: Workplace) -> None:
    """A listing is allowed only with the prefix that the condition names."""
    listing = allow("s3:ListBucket", "arn:aws:s3:::tonic-*", **when("StringLike", "s3:prefix", "input/*"))
    s3 = workplace.client("s3", workplace.holder(policy(listing)))
    bucket = workplace.names["bucket"]

    assert "" == told(lambda: s3.list_objects_v2(Bucket=bucket, Prefix="input/"))
    assert told(lambda: s3.list_objects_v2(Bucket=bucket, Prefix="output/")).startswith("AccessDenied")
    assert told(lambda: s3.list_objects_v2(Bucket=bucket)).startswith("AccessDenied")


def test_the_tags_of_an_object_are_conditions(workplace: Workplace) -> None:
    """An object is read by the tags that it has, and written by those that it is given; a bucket is made where the policy says."""
    bucket = workplace.names["bucket"]
    reading = allow("s3:GetObject", "*", **when("StringEquals", "s3:ExistingObjectTag/class", "masked"))
    writing = allow(["s3:PutObject", "s3:PutObjectTagging"], "*", **when("StringEquals", "s3:RequestObjectTag/class", "masked"))
    making = allow("s3:CreateBucket", "*", **when("StringEquals", "s3:LocationConstraint", "eu-central-1"))
    s3 = workplace.client("s3", workplace.holder(policy(reading, writing, making)))
    place = {"CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}

    assert told(lambda: s3.put_object(Bucket=bucket, Key="raw", Body=b"", Tagging="class=raw")).startswith("AccessDenied")
    assert "" == told(lambda: s3.put_object(Bucket=bucket, Key="masked", Body=b"", Tagging="class=masked"))
    assert "" == told(lambda: s3.get_object(Bucket=bucket, Key="masked"))
    assert told(lambda: s3.get_object(Bucket=bucket, Key="input/a.csv")).startswith("AccessDenied")
    assert "" == told(lambda: s3.create_bucket(Bucket=f"tonic-{workplace.name}-made", **place))
    west = workplace.client("s3", workplace.holder(policy(making)), region="us-west-2")
    elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": "us-west-2"}}
    assert told(lambda: west.create_bucket(Bucket=f"tonic-{workplace.name}-west", **elsewhere)).startswith("AccessDenied")


def test_a_boundary_limits(workplace: Workplace) -> None:
    """What the boundary does not allow is refused in its name, whatever the role's policies say; its denial is explicit."""
    iam = workplace.client("iam")
    made = {
        name: iam.create_policy(PolicyName=f"{workplace.name}-{name}", PolicyDocument=policy(statement))["Policy"]["Arn"]
        for name, statement in (("puts", allow("s3:PutObject")), ("reads", allow("s3:Get*")), ("denies", deny("s3:*")))
    }
    keys = {name: workplace.holder(policy(allow("*")), PermissionsBoundary=arn) for name, arn in made.items()}

    refused("AccessDenied", BOUNDARY, lambda: _read(workplace, keys["puts"]))
    refused("AccessDenied", "with an explicit deny in a permissions boundary", lambda: _read(workplace, keys["denies"]))
    assert "" == told(lambda: _read(workplace, keys["reads"]))


def test_a_session_policy_limits(workplace: Workplace) -> None:
    """A session has what role and session policies both allow, written out or managed."""
    role = workplace.role(policy(allow("s3:*")))
    puts = policy(allow("s3:PutObject"))
    managed = workplace.client("iam").create_policy(PolicyName=f"{workplace.name}-session", PolicyDocument=puts)["Policy"]["Arn"]

    refused("AccessDenied", SESSION, lambda: _read(workplace, workplace.session(role, Policy=puts)))
    refused("AccessDenied", SESSION, lambda: _read(workplace, workplace.session(role, PolicyArns=[{"arn": managed}])))
    assert "" == told(lambda: _read(workplace, workplace.session(role, Policy=policy(allow("*")))))


def test_managed_policies_and_groups_count(workplace: Workplace) -> None:
    """What is attached allows as well as what is inline, by its default version; so does what a user's groups have."""
    iam, name = workplace.client("iam"), f"{workplace.name}-group"
    arn, keys = workplace.user()
    iam.create_group(GroupName=name)
    iam.add_user_to_group(GroupName=name, UserName=arn.rpartition("/")[2])
    managed = iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:PutObject")))["Policy"]["Arn"]

    refused("AccessDenied", IDENTITY, lambda: _read(workplace, keys))
    iam.attach_group_policy(GroupName=name, PolicyArn=managed)
    refused("AccessDenied", IDENTITY, lambda: _read(workplace, keys))
    iam.create_policy_version(PolicyArn=managed, PolicyDocument=policy(READ), SetAsDefault=True)
    assert "" == told(lambda: _read(workplace, keys))


def test_a_user_name_fills_a_variable(workplace: Workplace) -> None:
    """`${aws:username}` is the user's name."""
    arn, keys = workplace.user(policy(allow("s3:PutObject", "arn:aws:s3:::tonic-*/${aws:username}/*")))
    s3, bucket, name = workplace.client("s3", keys), workplace.names["bucket"], arn.rpartition("/")[2]

    assert "" == told(lambda: s3.put_object(Bucket=bucket, Key=f"{name}/x", Body=b""))
    assert told(lambda: s3.put_object(Bucket=bucket, Key="other/x", Body=b"")).startswith("AccessDenied")


def test_a_bucket_policy_counts(workplace: Workplace) -> None:
    """In one account the bucket's policy alone allows, and denies whatever the role has; the refusal says that it did."""
    s3, bucket = workplace.client("s3"), f"tonic-{workplace.name}-policy"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    role, objects = workplace.role(), f"arn:aws:s3:::{bucket}/*"
    let_in, kept_out = workplace.session(role), workplace.holder(policy(allow("s3:*")))
    named = {**allow("s3:GetObject", objects), "Principal": {"AWS": role}}
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(named, {**deny("s3:PutObject", objects), "Principal": "*"}))

    assert "" == told(lambda: workplace.client("s3", let_in).get_object(Bucket=bucket, Key="k"))
    refused("AccessDenied", "with an explicit deny in a resource-based policy",
            lambda: workplace.client("s3", kept_out).put_object(Bucket=bucket, Key="k", Body=b""))  # fmt: skip


def test_the_condition_of_a_bucket_policy_counts(workplace: Workplace) -> None:
    """A bucket that denies what comes without TLS takes an object, gives it back and lets it be removed."""
    s3, bucket = workplace.client("s3"), f"tonic-{workplace.name}-tls"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    denied = {**deny("s3:*", f"arn:aws:s3:::{bucket}/*", **when("Bool", "aws:SecureTransport", "false")), "Principal": "*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(denied))

    assert "" == told(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"v"))
    assert b"v" == s3.get_object(Bucket=bucket, Key="k")["Body"].read()
    assert "" == told(lambda: s3.delete_object(Bucket=bucket, Key="k"))


def test_a_queue_policy_counts(workplace: Workplace) -> None:
    """A queue's policy denies whatever the role has."""
    sqs, name = workplace.client("sqs"), f"tonic-{workplace.name}-denied"
    denying = {**deny("sqs:SendMessage", workplace.arn("sqs", name)), "Principal": "*"}
    url = sqs.create_queue(QueueName=name, Attributes={"Policy": policy(denying)})["QueueUrl"]
    said = told(lambda: workplace.client("sqs", workplace.principals["legacy"]).send_message(QueueUrl=url, MessageBody="m"))

    assert said.startswith("AccessDenied: ")
    assert said.endswith("is not authorized to perform: sqs:sendmessage on resource: "
                         f"{workplace.arn('sqs', name)} with an explicit deny in a resource-based policy")  # fmt: skip


def test_a_key_policy_rules(account: Account) -> None:
    """Identity policies count only where the key's policy lets its account decide; else only who is named there gets in."""
    role = account.role(policy(allow("kms:*")))
    named = account.role()
    admin = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/runbook-operator"}, "Action": "kms:*", "Resource": "*"}
    use = {"Effect": "Allow", "Principal": {"AWS": named}, "Action": "kms:Encrypt", "Resource": "*"}
    kms = account.client("kms")
    closed = kms.create_key(Policy=policy(admin, use))["KeyMetadata"]["Arn"]
    opened = kms.create_key()["KeyMetadata"]["Arn"]

    def encrypt(keys: dict[str, str], key: str) -> str:
        return told(lambda: account.client("kms", keys).encrypt(KeyId=key, Plaintext=b"x"))

    assert "" == encrypt(account.session(named), closed)
    assert encrypt(account.session(role), closed).endswith("because no resource-based policy allows the kms:Encrypt action")
    assert "" == encrypt(account.session(role), opened)
    assert encrypt(account.session(named), opened).endswith("because no identity-based policy allows the kms:Encrypt action")


def test_a_key_through_a_service_only(workplace: Workplace) -> None:
    """With kms:ViaService a key works through S3, and not when it is called itself."""
    through = allow(["kms:GenerateDataKey", "kms:Decrypt"], "*", **when("StringEquals", "kms:ViaService", "s3.eu-central-1.amazonaws.com"))
    keys = workplace.holder(policy(allow("s3:*"), through))

    assert "" == told(lambda: workplace.client("s3", keys).put_object(Bucket=workplace.names["sealed"], Key="k", Body=b""))
    said = told(lambda: workplace.client("kms", keys).generate_data_key(KeyId=workplace.key, KeySpec="AES_256"))
    assert said.startswith("AccessDeniedException: ")


@pytest.mark.parametrize(("service", "is_let"), [("lambda.amazonaws.com", True), ("ec2.amazonaws.com", False)])
def test_a_role_is_passed_to_the_service_named(workplace: Workplace, service: str, *, is_let: bool) -> None:
    """PassRole with iam:PassedToService holds for that service alone."""
    passing = allow("iam:PassRole", "*", **when("StringEquals", "iam:PassedToService", service))
    keys = workplace.holder(policy(allow("lambda:CreateFunction"), passing))
    named = workplace.function(FunctionName=f"tonic-{workplace.name}-{service.partition('.')[0]}")

    said = told(lambda: workplace.client("lambda", keys).create_function(**named))

    assert is_let is not ("not authorized to perform: iam:PassRole" in said)


def test_a_profile_takes_a_role_that_may_be_passed(account: Account) -> None:
    """Putting a role into a profile, and a profile to an instance, takes PassRole to EC2."""
    role = account.role()
    name = role.rpartition("/")[2]
    account.client("iam").create_instance_profile(InstanceProfileName=name)
    keys = account.holder(policy(allow("iam:AddRoleToInstanceProfile")))
    passing = account.holder(policy(allow("iam:AddRoleToInstanceProfile"), allow("iam:PassRole", role)))
    put = {"InstanceProfileName": name, "RoleName": name}

    refused("AccessDenied", f"iam:PassRole on resource: {role}", lambda: account.client("iam", keys).add_role_to_instance_profile(**put))
    assert "" == told(lambda: account.client("iam", passing).add_role_to_instance_profile(**put))


def test_tags_at_creation_take_a_permission(account: Account) -> None:
    """A role or a key with tags takes TagRole or kms:TagResource as well, the key's for no key in particular."""
    keys = account.holder(policy(allow(["iam:CreateRole", "kms:CreateKey"])))
    particular = account.holder(policy(allow("kms:CreateKey"), allow("kms:TagResource", account.arn("kms", "key/0000"))))
    every = account.holder(policy(allow("kms:CreateKey"), allow("kms:TagResource", "*", **when("StringEquals", "aws:RequestTag/a", "b"))))
    tags = {"Tags": [{"Key": "a", "Value": "b"}]}
    role = {"RoleName": f"{account.name}-tagged", "AssumeRolePolicyDocument": policy(allow("sts:AssumeRole", None))}
    key = {"Tags": [{"TagKey": "a", "TagValue": "b"}]}

    refused("AccessDenied", "iam:TagRole", lambda: account.client("iam", keys).create_role(**role, **tags))
    for each in (keys, particular):
        refused("AccessDeniedException", "kms:TagResource", partial(account.client("kms", each).create_key, **key))
    open_key = {"Effect": "Allow", "Principal": root(), "Action": "kms:*", "Resource": "*"}
    lockout = told(lambda: account.client("kms", every).create_key(**key, Policy=policy(open_key)))
    assert lockout.startswith("MalformedPolicyDocumentException"), "whoever makes a key must be able to change its policy"
    assert "" == told(lambda: account.client("kms", every).create_key(**key, BypassPolicyLockoutSafetyCheck=True))


def test_a_boundary_can_be_demanded(account: Account) -> None:
    """A role is made only with the boundary that iam:PermissionsBoundary names."""
    boundary = account.client("iam").create_policy(PolicyName=f"{account.name}-b", PolicyDocument=policy(allow("*")))["Policy"]["Arn"]
    keys = account.holder(policy(allow("iam:CreateRole", "*", **when("StringEquals", "iam:PermissionsBoundary", boundary))))
    iam, trusted = account.client("iam", keys), {"Effect": "Allow", "Principal": root(), "Action": "sts:AssumeRole"}
    made = {"AssumeRolePolicyDocument": policy(trusted)}

    refused("AccessDenied", "iam:CreateRole", lambda: iam.create_role(RoleName=f"{account.name}-free", **made))
    assert "" == told(lambda: iam.create_role(RoleName=f"{account.name}-bound", PermissionsBoundary=boundary, **made))


def test_what_is_not_modelled_is_refused_as_such(workplace: Workplace) -> None:
    """A condition that the evaluator does not know, and an operation that no table has, are neither allowed nor denied."""
    keys = workplace.holder(policy(READ | when("StringEquals", "aws:NeverHeardOf", "x")))

    said = told(lambda: _read(workplace, keys))
    assert said.startswith("NotImplemented: not modelled by the sandbox: s3:GetObject (s3:GetObject on arn:aws:s3:::")
    assert "aws:neverheardof" in said.lower()
    said = told(lambda: workplace.client("s3", ADMIN).list_bucket_analytics_configurations(Bucket=workplace.names["bucket"]))
    assert said.startswith("NotImplemented: not modelled by the sandbox: s3:ListBucketAnalyticsConfigurations")


def test_an_object_that_is_not_there_is_hidden(workplace: Workplace) -> None:
    """Whoever may not list the bucket is not told that an object is missing."""
    s3 = workplace.client("s3", workplace.holder(policy(READ)))
    bucket = workplace.names["bucket"]

    refused("AccessDenied", "s3:ListBucket", lambda: s3.get_object(Bucket=bucket, Key="none"))
    assert told(lambda: s3.head_object(Bucket=bucket, Key="none")).startswith("403")
    assert told(lambda: workplace.client("s3").get_object(Bucket=bucket, Key="none")).startswith("NoSuchKey")


def test_a_mapping_is_narrowed_to_a_function(workplace: Workplace) -> None:
    """Mappings are made, read and deleted only for the function that lambda:FunctionArn names."""
    narrowed = when("ArnLike", "lambda:FunctionArn", "arn:aws:lambda:*:*:function:tonic-*")
    keys = workplace.holder(policy(allow(["lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping"], "*", **narrowed)))
    ours, admin, names = workplace.client("lambda", keys), workplace.client("lambda"), workplace.names
    source = {"EventSourceArn": names["queue_arn"]}
    theirs = admin.create_event_source_mapping(FunctionName=names["other_function"], **source)["UUID"]

    made = ours.create_event_source_mapping(FunctionName=names["function"], **source)["UUID"]
    refused("AccessDeniedException", "lambda:CreateEventSourceMapping",
            lambda: ours.create_event_source_mapping(FunctionName=names["other_function"], **source))  # fmt: skip
    refused("AccessDeniedException", "lambda:DeleteEventSourceMapping", lambda: ours.delete_event_source_mapping(UUID=theirs))
    assert "" == told(lambda: ours.delete_event_source_mapping(UUID=made))
    admin.delete_event_source_mapping(UUID=theirs)
