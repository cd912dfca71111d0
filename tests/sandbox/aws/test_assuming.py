"""Who may assume which role, what one account may do in another, and how long a session lasts."""

from __future__ import annotations

from typing import Any

from tests.contract.aws.endpoint import ACCOUNT, REGION
from tests.sandbox.aws.account import ADMIN, OTHER, STRANGER, Account, Keys, allow, deny, policy, refused, root, told, trust

ASSUME = policy(allow("sts:AssumeRole"))
OPERATOR = f"arn:aws:iam::{ACCOUNT}:user/runbook-operator"
NO_TRUST = "is not authorized to perform: sts:AssumeRole because no role trust policy allows the sts:AssumeRole action"


def assume(account: Account, role: str, keys: Keys, **more: Any) -> str:
    """Try to assume a role."""
    return told(lambda: account.session(role, keys, **more))


def test_the_account_lets_its_own_policies_decide(account: Account) -> None:
    """A trust in the account admits whom his own policies let, and nobody else."""
    role = account.role()

    assert "" == assume(account, role, account.user(ASSUME)[1])
    said = assume(account, role, account.user()[1])
    assert said.endswith(f"is not authorized to perform: sts:AssumeRole on resource: {role} "
                         "because no identity-based policy allows the sts:AssumeRole action")  # fmt: skip


def test_who_is_named_needs_no_policy(account: Account) -> None:
    """A trust that names a user admits him as he is."""
    arn, keys = account.user()

    assert "" == assume(account, account.role(trusted=trust({"AWS": arn})), keys)


def test_a_trust_in_a_service_admits_nobody_else(account: Account) -> None:
    """Even the administrator is not Lambda; nor is anybody whom the trust denies, or a role that is not there."""
    lambdas = account.role(trusted=trust({"Service": "lambda.amazonaws.com"}))
    denying = {"Effect": "Deny", "Principal": {"AWS": OPERATOR}, "Action": "sts:AssumeRole"}

    assert assume(account, lambdas, ADMIN) == f"AccessDenied: User: {OPERATOR} {NO_TRUST}"
    said = assume(account, account.role(trusted=trust(root(), denying)), ADMIN)
    assert said.endswith("sts:AssumeRole with an explicit deny in the role trust policy")
    assert assume(account, f"arn:aws:iam::{ACCOUNT}:role/none", ADMIN) == f"AccessDenied: User: {OPERATOR} {NO_TRUST}"


def test_an_external_id_must_be_the_right_one(account: Account) -> None:
    """The trust's condition holds for the external id that it names only."""
    role = account.role(trusted=trust(root(), StringEquals={"sts:ExternalId": "right"}))

    assert "" == assume(account, role, ADMIN, ExternalId="right")
    assert assume(account, role, ADMIN, ExternalId="wrong").startswith("AccessDenied")
    assert assume(account, role, ADMIN).startswith("AccessDenied")


def test_tags_of_a_session_take_a_permission(account: Account) -> None:
    """Session tags need sts:TagSession in the trust, and count as the principal's afterwards."""
    tagging = {"Effect": "Allow", "Principal": root(), "Action": "sts:TagSession"}
    reading = policy(allow("iam:ListRoles", "*", Condition={"StringEquals": {"aws:PrincipalTag/team": "lake"}}))
    plain, tagged = account.role(reading), account.role(reading, trusted=trust(root(), tagging))
    tags: dict[str, Any] = {"Tags": [{"Key": "team", "Value": "lake"}]}

    assert "sts:TagSession" in assume(account, plain, ADMIN, **tags)
    assert "" == told(lambda: account.client("iam", account.session(tagged, **tags)).list_roles())
    assert told(lambda: account.client("iam", account.session(tagged)).list_roles()).startswith("AccessDenied")


def test_the_root_user_assumes_no_role(account: Account) -> None:
    """An account's root user may do everything in it but assume roles."""
    assert assume(account, account.role(), {**ADMIN, "aws_access_key_id": ACCOUNT}).startswith("AccessDenied")
    assert "" == told(lambda: account.client("iam", STRANGER).list_roles())


def test_a_role_of_another_account_takes_both_sides(account: Account) -> None:
    """The trust must name the other account, and there the caller's own policies must let him."""
    closed, opened = account.role(), account.role(trusted=trust(root(OTHER)))
    theirs = account.role(ASSUME, keys=STRANGER)
    idle = account.role(keys=STRANGER)
    session, without = (account.session(each, _in_other(account, each)) for each in (theirs, idle))

    assert "" == assume(account, opened, session)
    assert assume(account, opened, without).startswith("AccessDenied")
    assert assume(account, closed, session).endswith(NO_TRUST)


def _in_other(account: Account, role: str) -> Keys:
    """Give the keys of a user of the other account who may assume a role there."""
    iam, name = account.client("iam", STRANGER), role.rpartition("/")[2]
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="assume", PolicyDocument=ASSUME)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def test_a_session_has_bounds(account: Account) -> None:
    """A session lasts at most as long as its role says."""
    refused("ValidationError", "exceeds the MaxSessionDuration set for this role",
            lambda: account.session(account.role(), DurationSeconds=3601))  # fmt: skip


def test_a_chained_session_lasts_an_hour(account: Account) -> None:
    """Who assumes a role from a role's session gets an hour, whatever the second role allows."""
    role = account.role(MaxSessionDuration=43_200)

    assert "" == told(lambda: account.session(role, DurationSeconds=43_200))
    said = told(lambda: account.session(role, account.holder(ASSUME), DurationSeconds=7200))
    assert "1 hour session limit for roles assumed by role chaining" in said


def test_a_bucket_of_another_account_takes_both_sides(account: Account) -> None:
    """Without a policy of the bucket nobody else gets in, and the refusal tells nothing; with one, both sides must allow."""
    s3, bucket = account.client("s3", STRANGER), f"tonic-{account.name}-theirs"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    role = account.role(policy(allow("s3:*")))
    ours, idle = account.session(role), account.holder()

    def get(keys: Keys) -> str:
        return told(lambda: account.client("s3", keys).get_object(Bucket=bucket, Key="k"))

    assert "AccessDenied: Access Denied" == get(ours)
    assert told(lambda: account.client("s3", ours).head_bucket(Bucket=bucket)).startswith("403")
    s3.put_bucket_policy(Bucket=bucket, Policy=policy({**allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Principal": root()}))
    assert ["", "AccessDenied: Access Denied"] == [get(ours), get(idle)]


def test_account_of_the_resource_keeps_data_in(account: Account) -> None:
    """With aws:ResourceAccount a stranger's bucket is refused, though its own policy lets everybody in."""
    s3, bucket = account.client("s3", STRANGER), f"tonic-{account.name}-open"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy({**allow("s3:*", f"arn:aws:s3:::{bucket}/*"), "Principal": "*"}))
    documented = account.holder(policy(allow("s3:PutObject", "arn:aws:s3:::tonic-*/*")))
    scoped = account.holder(
        policy(allow("s3:PutObject", "arn:aws:s3:::tonic-*/*", Condition={"StringEquals": {"aws:ResourceAccount": ACCOUNT}}))
    )

    def put(keys: Keys) -> str:
        return told(lambda: account.client("s3", keys).put_object(Bucket=bucket, Key="k", Body=b"1"))

    assert "" == put(documented), "data leaves"
    assert "AccessDenied: Access Denied" == put(scoped)


def test_a_queue_and_a_key_of_another_account(account: Account) -> None:
    """What their policies and ours both allow works across accounts, and takes effect there."""
    keys = account.holder(policy(allow(["sqs:*", "kms:*"])))
    sqs, kms = account.client("sqs", STRANGER), account.client("kms", STRANGER)
    arn = f"arn:aws:sqs:{REGION}:{OTHER}:{account.name}"
    url = sqs.create_queue(QueueName=account.name, Attributes={"Policy": policy({**allow("sqs:SendMessage", arn), "Principal": root()})})
    encrypting = {"Effect": "Allow", "Principal": root(), "Action": "kms:Encrypt", "Resource": "*"}
    theirs = {"Effect": "Allow", "Principal": root(OTHER), "Action": "kms:*", "Resource": "*"}
    key = kms.create_key(Policy=policy(theirs, encrypting))["KeyMetadata"]["Arn"]
    ours = account.client("kms", keys)

    account.client("sqs", keys).send_message(QueueUrl=url["QueueUrl"], MessageBody="m")
    assert "m" == sqs.receive_message(QueueUrl=url["QueueUrl"])["Messages"][0]["Body"]
    refused("AccessDenied", "no resource-based policy", lambda: account.client("sqs", keys).receive_message(QueueUrl=url["QueueUrl"]))
    assert "" == told(lambda: ours.encrypt(KeyId=key, Plaintext=b"x"))
    refused("AccessDeniedException", "no resource-based policy", lambda: ours.describe_key(KeyId=key))


def test_whoever_expects_another_owner_is_refused(account: Account) -> None:
    """ExpectedBucketOwner of another account is refused, as is a denial that nobody can lift."""
    s3, bucket = account.client("s3"), f"tonic-{account.name}-mine"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    denied = account.holder(policy(allow("*"), deny("s3:ListBucket")))

    assert "AccessDenied: Access Denied" == told(lambda: s3.list_objects_v2(Bucket=bucket, ExpectedBucketOwner=OTHER))
    assert "" == told(lambda: s3.list_objects_v2(Bucket=bucket, ExpectedBucketOwner=ACCOUNT))
    refused("AccessDenied", "with an explicit deny in an identity-based policy",
            lambda: account.client("s3", denied).list_objects_v2(Bucket=bucket))  # fmt: skip
