"""What AWS checks beyond permissions, and an emulator lets pass: bounds, trusts, destinations, keys, documents, states."""

from __future__ import annotations

import json
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.contract.aws.endpoint import ACCOUNT, REGION
from tests.sandbox.aws.account import OTHER, STRANGER, Account, Workplace, allow, policy, refused, root, told, trust

INVALID = "InvalidParameterValueException"
UNREACHED = "Unable to validate the following destination configurations"


@pytest.mark.parametrize(("name", "value", "words"), [
    ("Timeout", 901, "Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900"),
    ("MemorySize", 10241, "Value '10241' at 'memorySize' failed to satisfy constraint: Member must have value less than or equal to 10240"),
])  # fmt: skip
def test_a_function_has_bounds(workplace: Workplace, name: str, value: int, words: str) -> None:
    """A function longer than a quarter of an hour, or larger than 10 GB, is refused when it is made and when it is changed."""
    functions = workplace.client("lambda")

    refused("ValidationException", words, lambda: functions.create_function(**workplace.function(FunctionName="tonic-x", **{name: value})))
    change = {"FunctionName": workplace.names["function"], name: value}
    refused("ValidationException", words, lambda: functions.update_function_configuration(**change))


def test_a_function_is_not_run(workplace: Workplace) -> None:
    """A function that may be invoked is not: nothing here runs it."""
    invoked = partial(workplace.client("lambda").invoke, FunctionName=workplace.names["function"])

    refused("NotImplemented", "not modelled by the sandbox: lambda:Invoke (functions are kept, never executed)", invoked)


@pytest.mark.parametrize("service", ["ec2.amazonaws.com", "", "none"])
def test_a_function_needs_a_role_that_lambda_may_assume(workplace: Workplace, service: str) -> None:
    """A role that trusts another service, or somebody, or is not there, is refused."""
    role = workplace.role(trusted=trust({"Service": service} if "." in service else root())) if service != "none" else "role/none"
    arn = role if role.startswith("arn:") else f"arn:aws:iam::{ACCOUNT}:{role}"

    refused(INVALID, "The role defined for the function cannot be assumed by Lambda.",
            lambda: workplace.client("lambda").create_function(**workplace.function(FunctionName="tonic-x", Role=arn)))  # fmt: skip


@pytest.mark.parametrize(("image", "what"), [("{registry}:none", "does not exist"), ("registry.example/x:latest", "is not valid")])
def test_an_image_must_be_in_the_registry(workplace: Workplace, image: str, what: str) -> None:
    """An image that ECR does not hold, or that is not of ECR, is refused when a function is made and when its code is changed."""
    functions, uri = workplace.client("lambda"), image.format(registry=workplace.image.rpartition(":")[0])
    words = f"Source image {uri} {what}. Provide a valid source image."

    named = workplace.function(FunctionName="tonic-x", Code={"ImageUri": uri})
    refused(INVALID, words, lambda: functions.create_function(**named))
    refused(INVALID, words, lambda: functions.update_function_code(FunctionName=workplace.names["function"], ImageUri=uri))


def test_a_queue_must_outlast_its_function(workplace: Workplace) -> None:
    """A mapping is refused while the queue's messages come back before the function ends, and only when it is made."""
    sqs, functions, names = workplace.client("sqs"), workplace.client("lambda"), workplace.names
    wired = {"FunctionName": names["function"], "EventSourceArn": names["queue_arn"]}
    sqs.set_queue_attributes(QueueUrl=names["queue"], Attributes={"VisibilityTimeout": "29"})

    refused(INVALID, "Queue visibility timeout: 29 seconds is less than Function timeout: 30 seconds",
            lambda: functions.create_event_source_mapping(**wired))  # fmt: skip
    sqs.set_queue_attributes(QueueUrl=names["queue"], Attributes={"VisibilityTimeout": "30"})
    mapping = functions.create_event_source_mapping(**wired)["UUID"]
    assert "" == told(lambda: functions.update_function_configuration(FunctionName=names["function"], Timeout=60))
    functions.delete_event_source_mapping(UUID=mapping)
    functions.update_function_configuration(FunctionName=names["function"], Timeout=30)
    sqs.set_queue_attributes(QueueUrl=names["queue"], Attributes={"VisibilityTimeout": "60"})


def test_a_function_must_be_let_to_its_queue(workplace: Workplace) -> None:
    """A mapping whose function's role may not read the queue is refused with the action that is missing; so is one without a queue."""
    role = workplace.role(policy(allow("sqs:ReceiveMessage")), trusted=trust({"Service": "lambda.amazonaws.com"}))
    functions = workplace.client("lambda")
    name = functions.create_function(**workplace.function(FunctionName=f"tonic-{workplace.name}-mute", Role=role))["FunctionName"]

    refused(INVALID, "The provided execution role does not have permissions to call DeleteMessage on SQS",
            lambda: functions.create_event_source_mapping(FunctionName=name, EventSourceArn=workplace.names["queue_arn"]))  # fmt: skip
    assert told(
        lambda: functions.create_event_source_mapping(FunctionName=name, EventSourceArn=workplace.arn("sqs", "none"))
    ).startswith(INVALID)  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [
    ("VisibilityTimeout", "43201"), ("VisibilityTimeout", "-1"), ("MessageRetentionPeriod", "59"), ("DelaySeconds", "901"),
    ("KmsMasterKeyId", "00000000-0000-0000-0000-000000000000"),
])  # fmt: skip
def test_a_queue_has_bounds(workplace: Workplace, name: str, value: str) -> None:
    """An attribute out of its bounds is refused, and so is a key that is not there, when a queue is made and when it is changed."""
    sqs, words = workplace.client("sqs"), f"Invalid value for the parameter {name}."

    refused("InvalidAttributeValue", words, lambda: sqs.create_queue(QueueName="tonic-x", Attributes={name: value}))
    changed = {"QueueUrl": workplace.names["queue"], "Attributes": {name: value}}
    refused("InvalidAttributeValue", words, lambda: sqs.set_queue_attributes(**changed))


def test_changing_a_queue_keeps_its_policy(workplace: Workplace) -> None:
    """An attribute that is set leaves the others as they are."""
    sqs, queue = workplace.client("sqs"), workplace.names["queue"]
    before = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]

    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"DelaySeconds": "0"})

    assert before == sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]


def notified(workplace: Workplace, queue: str) -> dict[str, Any]:
    """Give the parameters of a notification to a queue."""
    to = {"QueueArn": workplace.arn("sqs", queue), "Events": ["s3:ObjectCreated:*"]}
    return {"Bucket": workplace.names["bucket"], "NotificationConfiguration": {"QueueConfigurations": [to]}}


def test_a_notification_must_reach_its_queue(workplace: Workplace) -> None:
    """A queue that is not there, has no policy, admits only another account's buckets, or has a key that shuts S3 out, is refused."""
    s3, sqs, kms = workplace.client("s3"), workplace.client("sqs"), workplace.client("kms")
    shut = kms.create_key()["KeyMetadata"]["Arn"]

    def made(name: str, **attributes: str) -> dict[str, Any]:
        sqs.create_queue(QueueName=name, Attributes=attributes)
        return notified(workplace, name)

    def let(name: str, **condition: Any) -> str:
        statement = {**allow("sqs:SendMessage", workplace.arn("sqs", name)), "Principal": {"Service": "s3.amazonaws.com"}}
        return policy({**statement, "Condition": condition} if condition else statement)

    name = f"tonic-{workplace.name}-n"
    theirs = {"StringEquals": {"aws:SourceAccount": OTHER}}
    bad = (
        notified(workplace, "none"), made(f"{name}1"), made(f"{name}2", Policy=let(f"{name}2", **theirs)),
        made(f"{name}3", Policy=let(f"{name}3"), KmsMasterKeyId=shut),
        made(f"{name}4", Policy=let(f"{name}4"), KmsMasterKeyId="alias/aws/sqs"),
    )  # fmt: skip
    for each in bad:
        refused("InvalidArgument", UNREACHED, partial(s3.put_bucket_notification_configuration, **each))
    ours = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    for good in (made(f"{name}5", Policy=let(f"{name}5", **ours)), notified(workplace, f"tonic-{workplace.name}-sealed")):
        assert "" == told(partial(s3.put_bucket_notification_configuration, **good))


def test_only_queues_are_notified(workplace: Workplace) -> None:
    """Notifications to topics and functions are not modelled, and refused as such."""
    topic = {"TopicConfigurations": [{"TopicArn": workplace.arn("sns", "t"), "Events": ["s3:ObjectCreated:*"]}]}
    put = workplace.client("s3").put_bucket_notification_configuration

    refused("NotImplemented", "notifications to topics", partial(put, Bucket=workplace.names["bucket"], NotificationConfiguration=topic))


def test_an_object_put_leads_to_a_message(workplace: Workplace) -> None:
    """What is put where a notification watches arrives in the queue, for whoever may read it, though a function is fed from there."""
    s3, sqs = workplace.client("s3", workplace.principals["v2"]), workplace.client("sqs", workplace.principals["lambda"])
    queue = workplace.names["queue"]
    workplace.client("sqs").purge_queue(QueueUrl=queue)
    workplace.client("s3").put_bucket_notification_configuration(**notified(workplace, queue.rpartition("/")[2]))
    wired = {"FunctionName": workplace.names["function"], "EventSourceArn": workplace.names["queue_arn"]}
    mapping = workplace.client("lambda").create_event_source_mapping(**wired)["UUID"]

    s3.put_object(Bucket=workplace.names["bucket"], Key="input/new.csv", Body=b"1")
    messages = [each for _ in range(3) for each in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])]

    events = [record for each in messages for record in json.loads(each["Body"]).get("Records", [])]
    assert [workplace.names["bucket"]] == [each["s3"]["bucket"]["name"] for each in events]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=messages[-1]["ReceiptHandle"])
    workplace.client("lambda").delete_event_source_mapping(UUID=mapping)


def test_a_key_out_of_use_shuts_bucket_and_queue(workplace: Workplace) -> None:
    """While a key is disabled nothing is written with it, and the refusal says why; with one that is not there neither."""
    kms, s3, sqs = (workplace.client(each) for each in ("kms", "s3", "sqs"))
    put = {"Bucket": workplace.names["sealed"], "Key": "k", "Body": b""}
    send = {"QueueUrl": workplace.names["sealed_queue"], "MessageBody": "m"}
    kms.disable_key(KeyId=workplace.key)

    refused("KMS.DisabledException", "is disabled", lambda: s3.put_object(**put))
    refused("KMS.DisabledException", "is disabled", lambda: sqs.send_message(**send))
    kms.enable_key(KeyId=workplace.key)
    assert ["", ""] == [told(lambda: s3.put_object(**put)), told(lambda: sqs.send_message(**send))]
    none = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": workplace.arn("kms", "key/none")}
    refused("KMS.NotFoundException", "Invalid keyId", lambda: s3.put_object(**{**put, **none}))


def test_a_bucket_takes_its_tags_with_it(account: Account) -> None:
    """A bucket that is made anew under the name of a removed one carries no tag."""
    s3, bucket = account.client("s3"), {"Bucket": f"tonic-{account.name}-again"}
    made = {**bucket, "CreateBucketConfiguration": {"LocationConstraint": REGION}}
    s3.create_bucket(**made)
    s3.put_bucket_tagging(**bucket, Tagging={"TagSet": [{"Key": "team", "Value": "data"}]})
    s3.delete_bucket(**bucket)
    s3.create_bucket(**made)

    refused("NoSuchTagSet", "The TagSet does not exist", lambda: s3.get_bucket_tagging(**bucket))


def test_a_key_signs_the_digest_that_it_is_given(account: Account) -> None:
    """The public half that KMS gives out verifies it; another length, a key for encryption and a disabled key are refused."""
    kms, digest = account.client("kms"), sha256(b"statement").digest()
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    asked = {"KeyId": key, "Message": digest, "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
    public: Any = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])

    public.verify(kms.sign(**asked)["Signature"], b"statement", ECDSA(SHA256()))
    refused("ValidationException", "Digest is invalid length", lambda: kms.sign(**{**asked, "Message": b"short"}))
    sealing = kms.create_key()["KeyMetadata"]["KeyId"]
    refused("InvalidKeyUsageException", "key usage is ENCRYPT_DECRYPT", lambda: kms.sign(**{**asked, "KeyId": sealing}))
    kms.disable_key(KeyId=key)
    refused("DisabledException", "is disabled", lambda: kms.sign(**asked))
    refused("DisabledException", "is disabled", lambda: kms.get_public_key(KeyId=key))


def test_nobody_locks_himself_out_of_a_key(account: Account) -> None:
    """A policy under which its writer could not change it again is refused, unless he says that he knows."""
    kms = account.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    others = {"Effect": "Allow", "Principal": {"AWS": account.role()}, "Action": "kms:*", "Resource": "*"}
    reads = {"Effect": "Allow", "Principal": root(), "Action": "kms:Describe*", "Resource": "*"}
    words = "The new key policy will not allow you to update the key policy in the future."

    for document in (policy(others), policy(reads)):
        put = {"KeyId": key, "PolicyName": "default", "Policy": document}
        refused("MalformedPolicyDocumentException", words, partial(kms.put_key_policy, **put))
    assert "" == told(lambda: kms.put_key_policy(**put, BypassPolicyLockoutSafetyCheck=True))
    refused("AccessDeniedException", "no resource-based policy allows", lambda: kms.put_key_policy(**put))


def statements(count: int) -> str:
    """Write a document of about so many hundred characters."""
    return policy(*(allow("s3:*", f"arn:aws:s3:::{'x' * 37}{number:03}") for number in range(count)))


@pytest.mark.parametrize(("put", "owner", "most"), [
    ("put_role_policy", "RoleName", 101), ("put_user_policy", "UserName", 20), ("put_group_policy", "GroupName", 50),
    ("create_policy", "", 60),
])  # fmt: skip
def test_a_policy_has_bounds(account: Account, put: str, owner: str, most: int) -> None:
    """A policy with a principal, too long for where it is to stand, or no JSON, is refused: of role, user, group, or managed."""
    iam, name = account.client("iam"), f"{account.name}-bounds"
    if owner == "RoleName":
        name = account.role().rpartition("/")[2]
    elif owner:
        getattr(iam, {"UserName": "create_user", "GroupName": "create_group"}[owner])(**{owner: name})
    write = partial(getattr(iam, put), **({owner: name} if owner else {}), PolicyName="p")
    named = policy({**allow("s3:*"), "Principal": "*"})

    refused("MalformedPolicyDocument", "Policy document should not specify a principal.", partial(write, PolicyDocument=named))
    refused("LimitExceeded", "", partial(write, PolicyDocument=statements(most + 4)))
    refused("MalformedPolicyDocument", "", partial(write, PolicyDocument="{"))
    assert "" == told(partial(write, PolicyDocument=statements(most - 4)))


def test_a_trust_names_who_is_there(account: Account) -> None:
    """A trust in a role that is not there, and a session of 100,000 seconds, are refused."""
    made: dict[str, Any] = {"RoleName": f"{account.name}-new"}
    missing = trust({"AWS": f"arn:aws:iam::{ACCOUNT}:role/none"})

    refused("MalformedPolicyDocument", "Invalid principal in policy",
            lambda: account.client("iam").create_role(**made, AssumeRolePolicyDocument=missing))  # fmt: skip
    made |= {"AssumeRolePolicyDocument": trust(root())}
    refused("ValidationError", "less than or equal to 43200",
            lambda: account.client("iam").create_role(**made, MaxSessionDuration=100_000))  # fmt: skip


def test_a_bucket_tells_what_it_was_never_given(workplace: Workplace) -> None:
    """Of a bucket that nobody set these for, the owner pays, transfer acceleration has no state, and a website is missing."""
    s3, name = workplace.client("s3"), workplace.names["bucket"]

    assert "BucketOwner" == s3.get_bucket_request_payment(Bucket=name)["Payer"]
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=name)
    refused("NoSuchWebsiteConfiguration", "does not have a website", lambda: s3.get_bucket_website(Bucket=name))
    refused("NoSuchBucket", "", lambda: s3.get_bucket_request_payment(Bucket=f"{name}-none"))
    refused("AccessDenied", "", lambda: workplace.client("s3", STRANGER).get_bucket_request_payment(Bucket=name))


def test_a_query_is_stopped_while_it_runs(workplace: Workplace) -> None:
    """A query runs until its results are read: until then it can be stopped, and afterwards not."""
    logs, search = workplace.client("logs"), {"startTime": 0, "endTime": 1, "queryString": "fields @message"}
    one, other = (logs.start_query(logGroupName=workplace.names["group"], **search)["queryId"] for _ in range(2))

    assert logs.stop_query(queryId=one)["success"] is True
    assert "Cancelled" == logs.get_query_results(queryId=one)["status"]
    assert "Complete" == logs.get_query_results(queryId=other)["status"]
    refused("InvalidParameterException", "not running", lambda: logs.stop_query(queryId=other))
    refused("ResourceNotFoundException", "does not exist", lambda: logs.stop_query(queryId="00000000"))


def test_a_version_of_a_secret_is_never_changed(account: Account) -> None:
    """One that is pending neither; the same value again is fine. Which version is read follows the label."""
    secrets, name = account.client("secretsmanager"), f"tonic/{account.name}/versions"
    first, second = "1" * 32, "2" * 32
    secrets.create_secret(Name=name, SecretString="one", ClientRequestToken=first)
    put = partial(secrets.put_secret_value, SecretId=name, ClientRequestToken=second, VersionStages=["AWSPENDING"])
    put(SecretString="two")
    put(SecretString="two")

    refused("ResourceExistsException", "You can't use ClientRequestToken", lambda: put(SecretString="three"))
    assert "one" == secrets.get_secret_value(SecretId=name)["SecretString"]
    secrets.update_secret_version_stage(SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=second, RemoveFromVersionId=first)
    assert "two" == secrets.get_secret_value(SecretId=name)["SecretString"]
    assert {first: ["AWSPREVIOUS"], second: ["AWSPENDING", "AWSCURRENT"]} == secrets.describe_secret(SecretId=name)["VersionIdsToStages"]


def test_a_deleted_secret_keeps_its_name(account: Account) -> None:
    """A secret that waits for its deletion is neither made anew nor changed."""
    secrets, name = account.client("secretsmanager"), f"tonic/{account.name}"
    secrets.create_secret(Name=name, SecretString="x")
    secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)

    refused("InvalidRequestException", "scheduled for deletion", lambda: secrets.create_secret(Name=name, SecretString="y"))
    refused("InvalidRequestException", "marked for deletion", lambda: secrets.put_secret_value(SecretId=name, SecretString="y"))
