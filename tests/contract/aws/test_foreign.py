"""What the runbook did not make stays as it is, whatever is written beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runbook_lib.adapters.aws.session import AwsSession
from runbook_lib.adapters.target import connect
from runbook_lib.errors import Conflict, InUse, Rejected
from runbook_lib.model import Change, Resource, canonical
from runbook_lib.parameters import Environment
from runbook_lib.ports import Target
from runbook_lib.resources.ec2 import ProfileAssociation
from runbook_lib.resources.iam import AttachedPolicy, RolePolicy
from runbook_lib.resources.kms import Key, KeyAlias, KeyRotation, KeyStatement
from runbook_lib.resources.s3 import Bucket, BucketSetting
from runbook_lib.resources.secretsmanager import Secret
from tests.contract.aws.cases import bucket, key, of_bucket_statement, policy, role


def create(target: Target, *resources: Resource) -> None:
    """Create resources one after the other."""
    for each in resources:
        target.write([Change(before=None, after=each)])


def remove(target: Target, resource: Resource) -> None:
    """Remove a resource."""
    target.write([Change(before=resource, after=resource.once_removed())])


STATEMENT = {
    "Sid": "Ours",
    "Effect": "Allow",
    "Principal": {"Service": "s3.amazonaws.com"},
    "Action": "kms:Decrypt",
    "Resource": "*",
}

LISTING = policy({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})


def foreign_key(environment: Environment, session: AwsSession) -> tuple[str, dict[str, Any]]:
    """Make a key as somebody else would, with a spelling of his own."""
    root = environment.arn("iam", "root", region="")
    document = {
        "Version": "2012-10-17",
        "Id": "theirs",
        "Statement": [
            {"Sid": "B", "Effect": "Allow", "Principal": {"AWS": [root]}, "Action": ["KMS:*"], "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": "kms:Delete*", "Resource": ["*"]},
        ],
    }
    answer = session.write("kms", "create_key", Policy=json.dumps(document))
    return answer["KeyMetadata"]["Arn"], document


def key_policy(arn: str, session: AwsSession) -> Any:
    """Read a key's policy as it is written."""
    return json.loads(session.read("kms", "get_key_policy", KeyId=arn, PolicyName="default")["Policy"])


def test_a_statement_joins_a_foreign_key_policy(environment: Environment, session: AwsSession, target: Target) -> None:
    """Merging adds our statement and leaves every other as its owner wrote it."""
    arn, document = foreign_key(environment, session)
    create(target, KeyStatement(key=arn, sid="Ours", statement=json.dumps(STATEMENT)))
    assert key_policy(arn, session) == {**document, "Statement": [*document["Statement"], STATEMENT]}


def test_a_statement_leaves_a_foreign_key_policy(environment: Environment, session: AwsSession, target: Target) -> None:
    """Removing takes our statement out and leaves the policy as it was."""
    arn, document = foreign_key(environment, session)
    ours = KeyStatement(key=arn, sid="Ours", statement=json.dumps(STATEMENT))
    create(target, ours)
    remove(target, ours)
    assert key_policy(arn, session) == document


def test_a_statement_leaves_a_foreign_bucket_policy(environment: Environment, session: AwsSession, target: Target) -> None:
    """A bucket's policy keeps its other statements, before, with and after ours."""
    case = of_bucket_statement(environment)
    create(target, *case.held)
    name = bucket(environment).name
    theirs = {
        "Sid": "Theirs",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    document = {"Version": "2012-10-17", "Statement": [theirs]}
    session.write("s3", "put_bucket_policy", Bucket=name, Policy=json.dumps(document))
    create(target, case.value)
    remove(target, case.value)
    assert json.loads(session.read("s3", "get_bucket_policy", Bucket=name)["Policy"]) == document


def test_foreign_tags_stay_on_a_bucket(environment: Environment, session: AwsSession, target: Target) -> None:
    """S3 replaces all tags at once: foreign ones are put back with ours, and stay when ours go."""
    name = bucket(environment).name
    create(target, bucket(environment))
    session.write("s3", "put_bucket_tagging", Bucket=name, Tagging={"TagSet": [{"Key": "cost", "Value": "42"}]})
    ours = BucketSetting(bucket=name, setting="tags", value=canonical({"TagSet": [{"Key": "team", "Value": "data"}]}))
    create(target, ours)
    with_ours = {each["Key"] for each in session.read("s3", "get_bucket_tagging", Bucket=name)["TagSet"]}
    remove(target, ours)
    without = {each["Key"] for each in session.read("s3", "get_bucket_tagging", Bucket=name)["TagSet"]}
    assert (with_ours, without) == ({"cost", "team"}, {"cost"})


def test_foreign_tags_of_a_role_are_no_difference(environment: Environment, session: AwsSession, target: Target) -> None:
    """Tags that somebody else set are not observed."""
    wanted = role(environment)
    create(target, wanted)
    session.write("iam", "tag_role", RoleName=wanted.name, Tags=[{"Key": "cost", "Value": "42"}])
    assert target.observe([wanted])[wanted.address].value == wanted


def test_another_spelling_is_no_difference(environment: Environment, session: AwsSession, target: Target) -> None:
    """A policy that means the same is observed as the wanted one, letter by letter."""
    holder = role(environment)
    document = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}
    wanted = RolePolicy(role=holder.name, name="p", document=policy(document))
    create(target, holder)
    theirs = json.dumps({"Version": "2012-10-17", "Statement": {**document, "Action": ["S3:PutObject", "s3:getobject"]}})
    session.write("iam", "put_role_policy", RoleName=holder.name, PolicyName="p", PolicyDocument=theirs)
    assert target.observe([wanted])[wanted.address].value == wanted


@pytest.mark.parametrize("make", [role, key])
def test_what_another_environment_made_is_not_ours(environment: Environment, target: Target, make: Any) -> None:
    """The ownership tag of another environment is no claim of ours."""
    wanted = make(environment).model_copy(update={"tags": (("tonic-runbook:environment", "another"),)})
    create(target, wanted)
    if make is key:
        create(target, *_alias(wanted.name))
    assert target.observe([wanted])[wanted.address].is_ours is False


def _alias(name: str) -> tuple[Resource, ...]:
    return (KeyAlias(name=name, key=f"@(kms_key/{name})"),)


def stranger(environment: Environment, session: AwsSession, alias: str) -> str:
    """Make a key as another team would, let an alias point at it, and give its ARN."""
    arn, _ = foreign_key(environment, session)
    session.write("kms", "tag_resource", KeyId=arn, Tags=[{"TagKey": "owner", "TagValue": "finance"}])
    known = [each["AliasName"] for each in session.read("kms", "list_aliases")["Aliases"]]
    operation = "update_alias" if f"alias/{alias}" in known else "create_alias"
    session.write("kms", operation, AliasName=f"alias/{alias}", TargetKeyId=arn)
    return arn


def state(arn: str, session: AwsSession) -> str:
    """Read a key's state."""
    return str(session.read("kms", "describe_key", KeyId=arn)["KeyMetadata"]["KeyState"])


def test_a_repointed_alias_leads_to_no_foreign_key(environment: Environment, session: AwsSession, target: Target) -> None:
    """Whoever an alias is given to: our own key is observed and removed, his key and his alias stay, and both are named."""
    wanted = key(environment)
    [alias] = _alias(wanted.name)
    create(target, wanted, alias)
    ours = session.read("kms", "describe_key", KeyId=f"alias/{wanted.name}")["KeyMetadata"]["Arn"]
    theirs = stranger(environment, session, wanted.name)

    seen = connect(environment).observe([wanted, alias])
    with pytest.raises(Conflict, match=f"points at {theirs}, not at the key that the runbook made"):
        remove(connect(environment), alias)
    remove(connect(environment), wanted)

    assert (wanted, True) == (seen[wanted.address].value, seen[wanted.address].is_ours)
    refusal = seen[alias.address].refusal
    assert refusal is not None
    assert (None, "broken") == (seen[alias.address].value, refusal.verdict)
    assert refusal.way_out.startswith(f"if nobody needs it there: aws kms update-alias --alias-name alias/{wanted.name} --target-key-id ")
    assert ("Enabled", "PendingDeletion") == (state(theirs, session), state(ours, session))
    assert theirs == session.read("kms", "describe_key", KeyId=f"alias/{wanted.name}")["KeyMetadata"]["Arn"]


def test_a_foreign_key_under_our_alias_is_broken_until_it_is_adopted(environment: Environment, session: AwsSession) -> None:
    """Nothing is built on a key that only an alias calls ours; once the file adopts it, it is the one."""
    wanted = key(environment)
    statement = KeyStatement(key=f"@({wanted.address})", sid="Ours", statement=json.dumps(STATEMENT))
    inline = RolePolicy(role="any", name="p", document=policy({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": statement.key}))
    everything = [wanted, *_alias(wanted.name), statement, inline]
    theirs = stranger(environment, session, wanted.name)

    closed = connect(environment).observe(everything)
    adopting = environment.model_copy(update={"adopt": (wanted.address,)})
    adopted = connect(adopting).observe(everything)

    assert [("broken", None)] * 4 == [(each.refusal and each.refusal.verdict, each.value) for each in closed.values()]
    detail = f"alias/{wanted.name}: names {theirs}, which the runbook did not make for this environment"
    assert {detail} == {each.refusal.reason for each in closed.values() if each.refusal}
    assert [(False, None), (False, None), (False, None), (False, None)] == [(each.is_ours, each.refusal) for each in adopted.values()]
    assert [Key, KeyAlias, type(None), type(None)] == [type(each.value) for each in adopted.values()]


def test_a_taken_name_is_a_conflict(environment: Environment, target: Target) -> None:
    """Creating what is there is refused by IAM, and told as a conflict."""
    create(target, role(environment))
    with pytest.raises(Conflict, match="EntityAlreadyExists"):
        create(target, role(environment))


def test_a_role_that_carries_something_is_not_removed(environment: Environment, session: AwsSession, target: Target) -> None:
    """What the role still carries is listed, and the role stays."""
    wanted = role(environment)
    create(target, wanted)
    session.write("iam", "put_role_policy", RoleName=wanted.name, PolicyName="theirs", PolicyDocument=LISTING)
    with pytest.raises(InUse) as caught:
        remove(target, wanted)
    assert (caught.value.artefact, target.observe([wanted])[wanted.address].value) == ("inline policy theirs", wanted)


def test_a_bucket_with_objects_is_not_removed(environment: Environment, session: AwsSession, target: Target) -> None:
    """A bucket that holds data stays."""
    wanted = bucket(environment)
    create(target, wanted)
    session.write("s3", "put_object", Bucket=wanted.name, Key="input/a.csv", Body=b"1")
    with pytest.raises(InUse, match="BucketNotEmpty"):
        remove(target, wanted)
    assert target.observe([wanted])[wanted.address].value == wanted


def test_a_key_in_use_is_not_removed(environment: Environment, session: AwsSession, target: Target) -> None:
    """A key that encrypts a bucket or a queue of the product stays, and its users are listed."""
    wanted = key(environment)
    create(target, wanted, *_alias(wanted.name), bucket(environment))
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": f"@({wanted.address})"}}
    create(target, BucketSetting(bucket=bucket(environment).name, setting="encryption", value=canonical({"Rules": [rule]})))
    session.write("s3", "put_object", Bucket=bucket(environment).name, Key="input/a.csv", Body=b"1")
    queue = session.write("sqs", "create_queue", QueueName=f"tonic-{environment.environment}")["QueueUrl"]
    session.write("sqs", "set_queue_attributes", QueueUrl=queue, Attributes={"KmsMasterKeyId": f"alias/{wanted.name}"})
    with pytest.raises(InUse) as caught:
        remove(target, wanted)
    assert (caught.value.artefact, target.observe([wanted])[wanted.address].value) == (
        f"bucket {bucket(environment).name}\nqueue tonic-{environment.environment}",
        wanted,
    )


def test_a_key_of_an_empty_bucket_is_removed(environment: Environment, target: Target) -> None:
    """No object is lost with the key of a bucket that holds none."""
    wanted = key(environment)
    create(target, wanted, *_alias(wanted.name), bucket(environment))
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": f"@({wanted.address})"}}
    create(target, BucketSetting(bucket=bucket(environment).name, setting="encryption", value=canonical({"Rules": [rule]})))
    remove(target, wanted)
    assert target.observe([wanted])[wanted.address].value == wanted.once_removed()


def test_what_sits_on_a_key_goes_with_it(environment: Environment, target: Target) -> None:
    """Statement and rotation of a key that waits for deletion are gone, and are there again with the key."""
    wanted, symbol = key(environment), f"@({key(environment).address})"
    sitting = (KeyRotation(name=wanted.name, key=symbol), KeyStatement(key=symbol, sid="Ours", statement=json.dumps(STATEMENT)))
    create(target, wanted, *sitting)
    remove(target, wanted)
    gone = [target.observe([each])[each.address].value for each in sitting]
    target.write([Change(before=wanted.once_removed(), after=wanted)])
    create(target, *sitting)
    there = [target.observe([each])[each.address].value for each in sitting]
    assert (gone, there) == ([None, None], list(sitting))


def test_an_attached_policy_is_detached_and_back(environment: Environment, session: AwsSession, target: Target) -> None:
    """Detaching takes just that policy away, and undoing it attaches it again."""
    holder = role(environment)
    create(target, holder)
    name = f"theirs-{environment.environment}"
    arn = session.write("iam", "create_policy", PolicyName=name, PolicyDocument=LISTING)["Policy"]["Arn"]
    session.write("iam", "attach_role_policy", RoleName=holder.name, PolicyArn=arn)
    attached = AttachedPolicy(role=holder.name, arn=arn)
    seen = [target.observe([attached])[attached.address].value]
    remove(target, attached)
    seen.append(target.observe([attached])[attached.address].value)
    create(target, attached)
    seen.append(target.observe([attached])[attached.address].value)
    assert seen == [attached, None, attached]


def test_too_long_policies_are_refused_before_they_are_sent(environment: Environment, session: AwsSession, target: Target) -> None:
    """All inline policies of a role count together."""
    holder = role(environment)
    create(target, holder)
    theirs = policy({"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::" + "x" * 6000]})
    session.write("iam", "put_role_policy", RoleName=holder.name, PolicyName="theirs", PolicyDocument=theirs)
    ours = RolePolicy(
        role=holder.name, name="ours", document=policy({"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::" + "y" * 5000]})
    )
    with pytest.raises(Rejected, match="would have 11208 characters, IAM allows 10240"):
        create(target, ours)
    assert target.observe([ours])[ours.address].value is None


def test_a_role_is_not_moved(environment: Environment, target: Target) -> None:
    """IAM cannot change a path, so the difference is refused and not half made."""
    wanted = role(environment)
    create(target, wanted)
    moved = wanted.model_copy(update={"path": "/team/", "trust": LISTING})
    with pytest.raises(Rejected, match=r"its path is /, not /team/"):
        target.write([Change(before=wanted, after=moved)])
    assert target.observe([wanted])[wanted.address].value == wanted


def test_an_instance_keeps_the_profile_it_has(environment: Environment, target: Target) -> None:
    """A profile is attached to an instance that has none, never exchanged."""
    theirs, ours = (ProfileAssociation(instance_id="i-0123456789abcdef0", profile=name) for name in ("theirs", "ours"))
    with pytest.raises(Conflict, match="the instance carries the profile theirs"):
        target.write([Change(before=theirs, after=ours)])


def test_a_bucket_of_another_region_is_seen_there(environment: Environment, target: Target) -> None:
    """A bucket elsewhere is there, is not ours, and cannot be moved."""
    wanted = bucket(environment)
    elsewhere = environment.model_copy(update={"aws": environment.aws.model_copy(update={"region": "eu-west-1"})})
    create(connect(elsewhere), Bucket(name=wanted.name, region="eu-west-1"))
    seen = target.observe([wanted])[wanted.address]
    assert (seen.value, seen.is_ours) == (Bucket(name=wanted.name, region="eu-west-1"), False)


def test_a_secret_with_a_user_is_json(environment: Environment, session: AwsSession, target: Target) -> None:
    """A secret with a user name holds user and password as the console's rotation writes them."""
    name = f"tonic/{environment.environment}"
    create(target, Secret(name=name, username="tonic_user"))
    text = json.loads(session.read("secretsmanager", "get_secret_value", SecretId=name)["SecretString"])
    assert (set(text), text["username"], len(text["password"])) == ({"username", "password"}, "tonic_user", 40)
