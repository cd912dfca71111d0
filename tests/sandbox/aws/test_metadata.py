"""The metadata of an instance, read as botocore reads it there."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from botocore.utils import InstanceMetadataFetcher

from tests.contract.aws.endpoint import ACCOUNT, REGION
from tests.sandbox.aws.account import Account, Keys, allow, policy, refused, trust

EC2 = trust({"Service": "ec2.amazonaws.com"})
TTL = "X-aws-ec2-metadata-token-ttl-seconds"
ROLES = "latest/meta-data/iam/security-credentials/"


@pytest.fixture
def instance(account: Account) -> str:
    """Run an instance without a profile."""
    made = account.client("ec2").run_instances(ImageId="ami-12c6146b", InstanceType="m6i.large", MinCount=1, MaxCount=1)
    return str(made["Instances"][0]["InstanceId"])


def associated(account: Account, instance: str, role: str) -> str:
    """Give the instance a profile with a role; give the association's id."""
    iam, name = account.client("iam"), role.rpartition("/")[2]
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    made = account.client("ec2").associate_iam_instance_profile(InstanceId=instance, IamInstanceProfile={"Name": name})
    return str(made["IamInstanceProfileAssociation"]["AssociationId"])


def fetched(account: Account, instance: str) -> dict[str, Any]:
    """Fetch credentials as on the instance; nothing where there are none."""
    fetcher = InstanceMetadataFetcher(timeout=30, base_url=f"{account.url}/_sandbox/instances/{instance}/", env={})
    return dict(fetcher.retrieve_iam_role_credentials())


def keys_of(found: dict[str, Any]) -> Keys:
    """Give fetched credentials to a client."""
    return {"aws_access_key_id": found["access_key"], "aws_secret_access_key": found["secret_key"], "aws_session_token": found["token"]}


def asked(account: Account, instance: str, path: str, token: str | None = None) -> tuple[int, str]:
    """Ask for metadata, with a new token if none is given."""
    if token is None:
        token = account.sent("PUT", f"/_sandbox/instances/{instance}/latest/api/token", headers={TTL: "60"})[1]
    return account.sent("GET", f"/_sandbox/instances/{instance}/{path}", headers={"X-aws-ec2-metadata-token": token})


def test_the_role_of_the_profile_is_had_for_an_hour(account: Account, instance: str) -> None:
    """The credentials are those of a session named after the instance, with the role's permissions and no more, for an hour."""
    role = account.role(policy(allow("s3:ListAllMyBuckets")), trusted=EC2)
    associated(account, instance, role)

    found = fetched(account, instance)

    name = role.rpartition("/")[2]
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{instance}"
    assert (name, arn) == (found["role_name"], account.client("sts", keys_of(found)).get_caller_identity()["Arn"])
    account.client("s3", keys_of(found)).list_buckets()
    refused("AccessDenied", f"User: {arn} is not authorized", lambda: account.client("iam", keys_of(found)).list_roles())
    left = dt.datetime.fromisoformat(found["expiry_time"]) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(minutes=55) < left <= dt.timedelta(hours=1)
    assert found == fetched(account, instance)


def test_credentials_end_and_are_renewed(account: Account, instance: str) -> None:
    """When all sessions are ended, what was fetched is of no use, and what is fetched then is."""
    associated(account, instance, account.role(trusted=EC2))
    before = keys_of(fetched(account, instance))
    account.control("sessions", "DELETE")

    refused("ExpiredToken", "", lambda: account.client("sts", before).get_caller_identity())
    assert account.client("sts", keys_of(fetched(account, instance))).get_caller_identity()["Arn"].endswith(f"/{instance}")


def test_without_a_profile_there_is_nothing(account: Account, instance: str) -> None:
    """Before an association, after its end, and for another role's name or another instance, the answer is 404."""
    role = account.role(trusted=EC2)
    name = role.rpartition("/")[2]
    assert (404, {}) == (asked(account, instance, ROLES)[0], fetched(account, instance))
    association = associated(account, instance, role)
    assert [(200, name), 404] == [asked(account, instance, ROLES), asked(account, instance, f"{ROLES}other")[0]]
    account.client("ec2").disassociate_iam_instance_profile(AssociationId=association)
    assert [404, 404] == [asked(account, instance, ROLES)[0], asked(account, instance, ROLES + name)[0]]
    assert 404 == asked(account, "i-00000000000000000", ROLES)[0]


@pytest.mark.parametrize("service", ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"])
def test_a_role_that_trusts_another_is_not_had(account: Account, instance: str, service: str) -> None:
    """A role whose trust does not admit EC2 is named, but its credentials are refused in the document."""
    role = account.role(trusted=trust({"Service": service}))
    associated(account, instance, role)

    status, text = asked(account, instance, ROLES + role.rpartition("/")[2])

    assert (200, "AssumeRoleUnauthorizedAccess", {}) == (status, json.loads(text)["Code"], fetched(account, instance))


def test_a_token_is_needed(account: Account, instance: str) -> None:
    """Without a token, or with another instance's, nothing is told; a token needs a length of life within bounds."""
    other = account.client("ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    path = f"/_sandbox/instances/{instance}/latest/api/token"
    foreign = account.sent("PUT", f"/_sandbox/instances/{other}/latest/api/token", headers={TTL: "60"})[1]

    assert [401, 401, 401] == [asked(account, instance, ROLES, each)[0] for each in ("", "made up", foreign)]
    assert [400, 400, 400] == [account.sent("PUT", path, headers=each)[0] for each in ({}, {TTL: "0"}, {TTL: "21601"})]
    assert [405, 405] == [account.sent("GET", path)[0], account.sent("POST", f"/_sandbox/instances/{instance}/{ROLES}")[0]]


def test_an_instance_knows_itself(account: Account, instance: str) -> None:
    """The identity document names the instance, its account and its region."""
    found = json.loads(asked(account, instance, "latest/dynamic/instance-identity/document")[1])

    assert (instance, ACCOUNT, REGION, "m6i.large") == tuple(found[key] for key in ("instanceId", "accountId", "region", "instanceType"))
