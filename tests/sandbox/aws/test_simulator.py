"""IAM's two simulators are answered from the policies that are held or given, as AWS documents them, and see no more than AWS's do."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.aws.endpoint import ACCOUNT
from tests.sandbox.aws.account import ADMIN, Account, allow, deny, policy, refused, root, told, trust

BUCKET = "arn:aws:s3:::acme-any"
READ = policy(allow("s3:GetObject", f"{BUCKET}/*"))


def custom(account: Account, *documents: str, **more: Any) -> dict[str, Any]:
    """Simulate documents; reading an object is what is asked if nothing else is said."""
    usual = {"ActionNames": ["s3:GetObject"], "ResourceArns": [f"{BUCKET}/k"]}
    answer: dict[str, Any] = account.client("iam").simulate_custom_policy(PolicyInputList=list(documents), **{**usual, **more})
    return answer


def principal(account: Account, arn: str, **more: Any) -> dict[str, Any]:
    """Simulate what somebody carries."""
    usual = {"ActionNames": ["s3:GetObject"], "ResourceArns": [f"{BUCKET}/k"]}
    answer: dict[str, Any] = account.client("iam").simulate_principal_policy(PolicySourceArn=arn, **{**usual, **more})
    return answer


def decisions(answer: dict[str, Any]) -> list[str]:
    """List the decision of each action."""
    return [each["EvalDecision"] for each in answer["EvaluationResults"]]


def test_each_action_is_decided_on_each_resource(account: Account) -> None:
    """One result for an action, with the worst decision on top and each resource's own under it."""
    found = custom(account, READ, policy(deny("s3:*", f"{BUCKET}/secret", Sid="No")),
                   ActionNames=["s3:GetObject", "s3:PutObject"], ResourceArns=[f"{BUCKET}/k", f"{BUCKET}/secret"])  # fmt: skip
    assert ["explicitDeny", "explicitDeny"] == decisions(found)
    specific = [[(each["EvalResourceName"][-6:], each["EvalResourceDecision"]) for each in one["ResourceSpecificResults"]]
                for one in found["EvaluationResults"]]  # fmt: skip
    assert [[("-any/k", "allowed"), ("secret", "explicitDeny")], [("-any/k", "implicitDeny"), ("secret", "explicitDeny")]] == specific
    assert [{"SourcePolicyId": "PolicyInputList.2", "SourcePolicyType": "none"}] == found["EvaluationResults"][0]["MatchedStatements"]


def test_a_role_is_simulated_with_what_it_carries(account: Account) -> None:
    """Inline and attached policies count and are named, and its boundary limits them."""
    managed = account.client("iam").create_policy(PolicyName=f"{account.name}-put", PolicyDocument=policy(allow("s3:PutObject")))["Policy"]
    boundary = account.client("iam").create_policy(PolicyName=f"{account.name}-within", PolicyDocument=policy(allow("s3:Get*")))["Policy"]
    role = account.role(READ, PermissionsBoundary=boundary["Arn"])
    account.client("iam").attach_role_policy(RoleName=role.rpartition("/")[2], PolicyArn=managed["Arn"])

    read, written = principal(account, role, ActionNames=["s3:GetObject", "s3:PutObject"])["EvaluationResults"]
    assert ("allowed", "implicitDeny") == (read["EvalDecision"], written["EvalDecision"])
    assert [{"SourcePolicyId": f"role_{role.rpartition('/')[2]}_policy-0", "SourcePolicyType": "role"}] == read["MatchedStatements"]
    within = [each["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"] for each in (read, written)]
    assert [True, False] == within
    wide = principal(account, role, ActionNames=["s3:PutObject"], PermissionsBoundaryPolicyInputList=[policy(allow("s3:*"))])
    assert ["allowed"] == decisions(wide)
    assert "user-managed" == wide["EvaluationResults"][0]["MatchedStatements"][0]["SourcePolicyType"]


def test_a_user_is_simulated_with_its_groups(account: Account) -> None:
    """What a group grants its users have; the group can be asked about by itself, and further documents count too."""
    iam, group = account.client("iam"), f"{account.name}-readers"
    arn = iam.create_group(GroupName=group)["Group"]["Arn"]
    iam.put_group_policy(GroupName=group, PolicyName="read", PolicyDocument=READ)
    user, _ = account.user()
    before = decisions(principal(account, user))
    iam.add_user_to_group(GroupName=group, UserName=user.rpartition("/")[2])
    after = principal(account, user)
    assert ("group", ["implicitDeny"], ["allowed"]) == (
        after["EvaluationResults"][0]["MatchedStatements"][0]["SourcePolicyType"], before, decisions(after),
    )  # fmt: skip
    assert ["allowed"] == decisions(principal(account, arn))
    assert ["explicitDeny"] == decisions(principal(account, user, PolicyInputList=[policy(deny("s3:*"))]))


def test_neither_trust_nor_key_policy_is_looked_at(account: Account) -> None:
    """As with AWS, a role's identity policy seems to be enough for a key and a role that let nobody in."""
    only = policy({**allow("kms:*"), "Principal": {"AWS": account.user()[0]}})
    kms = account.client("kms").create_key(Policy=only, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]["Arn"]
    closed = account.role(trusted=trust({"Service": "ec2.amazonaws.com"}))
    role = account.role(policy(allow(["kms:Decrypt", "sts:AssumeRole"])))

    assert "AccessDenied" in told(lambda: account.session(closed, account.session(role)))
    assert ["allowed"] == decisions(principal(account, role, ActionNames=["sts:AssumeRole"], ResourceArns=[closed]))
    assert ["allowed"] == decisions(principal(account, role, ActionNames=["kms:Decrypt"], ResourceArns=[kms]))


def test_context_is_what_is_given(account: Account) -> None:
    """A key that a document asks for, of whatever action, is absent unless it is given, and is listed then."""
    documents = (
        policy(allow("s3:GetObject", Condition={"StringEquals": {"aws:ResourceAccount": ACCOUNT}})),
        policy(allow("s3:ListBucket", Condition={"StringLike": {"s3:prefix": "a/*"}})),
    )
    entry = {"ContextKeyName": "aws:ResourceAccount", "ContextKeyValues": [ACCOUNT], "ContextKeyType": "string"}
    without, given = custom(account, *documents), custom(account, *documents, ContextEntries=[entry])
    assert (["implicitDeny"], ["allowed"]) == (decisions(without), decisions(given))
    missing = [each["EvaluationResults"][0]["ResourceSpecificResults"][0]["MissingContextValues"] for each in (without, given)]
    assert [["aws:ResourceAccount", "s3:prefix"], ["s3:prefix"]] == missing


def test_a_users_call_may_be_simulated_with_the_resources_policy(account: Account) -> None:
    """Either side is enough within an account; for a role it is not modelled, since AWS does not support it."""
    user, _ = account.user()
    bucket = policy({**allow("s3:GetObject", f"{BUCKET}/*"), "Principal": {"AWS": user}})
    found = principal(account, user, ResourcePolicy=bucket)
    assert (["allowed"], "resource") == (decisions(found), found["EvaluationResults"][0]["MatchedStatements"][0]["SourcePolicyType"])
    assert ["allowed"] == decisions(custom(account, policy(allow("sqs:*")), ResourcePolicy=bucket, CallerArn=user))
    refused("InvalidInput", "CallerArn is required", lambda: custom(account, READ, ResourcePolicy=bucket))
    refused("NotImplemented", "not modelled", lambda: principal(account, account.role(), ResourcePolicy=bucket))


def test_long_answers_come_in_pages(account: Account) -> None:
    """Each page has as many actions as are asked for, and the marker of the next."""
    actions = [f"s3:Action{number}" for number in range(5)]
    first = custom(account, READ, ActionNames=actions, MaxItems=2)
    second = custom(account, READ, ActionNames=actions, MaxItems=2, Marker=first["Marker"])
    last = custom(account, READ, ActionNames=actions, MaxItems=2, Marker=second["Marker"])
    assert [(2, True), (2, True), (1, False)] == [(len(each["EvaluationResults"]), each["IsTruncated"]) for each in (first, second, last)]
    refused("ValidationError", "Invalid Marker", lambda: custom(account, READ, Marker="nowhere"))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"ActionNames": ["GetObject"]}, "InvalidInput"),
        ({"ActionNames": ["s3:Get*"]}, "InvalidInput"),
        ({"ActionNames": []}, "ValidationError"),
        ({"ActionNames": [f"s3:{'a' * 130}"]}, "ValidationError"),
        ({"ResourceArns": ["my-bucket"]}, "InvalidInput"),
        ({"ResourceArns": [f"{BUCKET}/{'k' * 2048}"]}, "ValidationError"),
        ({"PolicyInputList": []}, "ValidationError"),
        ({"PolicyInputList": ["{"]}, "InvalidInput"),
        ({"PermissionsBoundaryPolicyInputList": [READ, READ]}, "InvalidInput"),
        ({"CallerArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"}, "InvalidInput"),
        ({"ContextEntries": [{"ContextKeyName": "aws:username", "ContextKeyValues": ["a"], "ContextKeyType": "text"}]}, "ValidationError"),
        (
            {"ContextEntries": [{"ContextKeyName": f"aws:{'a' * 260}", "ContextKeyValues": ["a"], "ContextKeyType": "string"}]},
            "ValidationError",
        ),
        ({"MaxItems": 1001}, "ValidationError"),
        ({"ResourceHandlingOption": "EC2-VPC-EBS"}, "NotImplemented"),
        ({"OrderedOrganizationPolicyInputList": [{"ServiceControlPolicyInputList": [READ]}]}, "NotImplemented"),
    ],
)
def test_bad_input_is_refused(account: Account, more: dict[str, Any], code: str) -> None:
    """With AWS's code; what is not modelled is said to be so."""
    with pytest.raises(ClientError) as caught:
        custom(account, *more.pop("PolicyInputList", [READ]), **more)
    assert code == caught.value.response["Error"]["Code"]


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        (f"arn:aws:iam::{ACCOUNT}:role/nobody", "NoSuchEntity"),
        (f"arn:aws:iam::{ACCOUNT}:user/nobody", "NoSuchEntity"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/nobody/s", "InvalidInput"),
        (f"arn:aws:iam::{ACCOUNT}:root", "InvalidInput"),
        ("arn:aws:iam::999988887777:role/theirs", "AccessDenied"),
    ],
)
def test_only_those_who_have_policies_are_simulated(account: Account, arn: str, code: str) -> None:
    """A user, a group or a role of the account that is there."""
    with pytest.raises(ClientError) as caught:
        principal(account, arn)
    assert code == caught.value.response["Error"]["Code"]


def test_what_the_evaluator_cannot_decide_is_not_modelled(account: Account) -> None:
    """An operator that it does not know is no reason to say allowed or denied."""
    odd = policy(allow("s3:GetObject", Condition={"StringAlmostEquals": {"aws:username": "a"}}))
    refused("NotImplemented", "StringAlmostEquals", lambda: custom(account, odd))


def test_simulating_takes_rights_of_its_own(account: Account) -> None:
    """SimulatePrincipalPolicy on whoever is asked about, SimulateCustomPolicy on nothing."""
    role = account.role(READ)
    keys = account.holder(policy(allow("iam:SimulatePrincipalPolicy", role)))
    iam = account.client("iam", keys)
    asked = {"ActionNames": ["s3:GetObject"]}
    assert "" == told(lambda: iam.simulate_principal_policy(PolicySourceArn=role, **asked))
    other = account.role(trusted=trust(root()), keys=ADMIN)
    refused("AccessDenied", f"iam:SimulatePrincipalPolicy on resource: {other}",
            lambda: iam.simulate_principal_policy(PolicySourceArn=other, **asked))  # fmt: skip
    refused("AccessDenied", "iam:SimulateCustomPolicy on resource: *", lambda: iam.simulate_custom_policy(PolicyInputList=[READ], **asked))
