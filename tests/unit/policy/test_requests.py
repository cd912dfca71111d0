"""What a request says by itself: who the caller is, whose the resource is, and which keys follow."""

from __future__ import annotations

import pytest

from runbook_lib.policy import Principal, Request
from runbook_lib.policy.keys import absence
from runbook_lib.policy.truth import Unknown
from tests.unit.policy.derived import ALICE, BUCKET, FEDERATED, KEY, NOBODY, OTHER, OWN, PROVIDER, QUEUE, ROLE, ROOT, S3, SESSION


@pytest.mark.parametrize(
    ("principal", "kind", "account", "role_name", "role"),
    [
        (ALICE, "user", OWN, "", ""),
        (SESSION, "session", OWN, "tonic", ROLE),
        (Principal(SESSION.arn), "session", OWN, "tonic", ""),
        (Principal(ROLE), "role", OWN, "tonic", ROLE),
        (ROOT, "root", OWN, "", ""),
        (FEDERATED, "federated user", OWN, "", ""),
        (PROVIDER, "provider", OWN, "", ""),
        (S3, "service", "", "", ""),
        (NOBODY, "anonymous", "", "", ""),
        (Principal(f"arn:aws-us-gov:iam::{OWN}:user/a"), "user", OWN, "", ""),
    ],
)
def test_a_principal_is_known_by_its_arn(principal: Principal, kind: str, account: str, role_name: str, role: str) -> None:
    """Kind, account and role are read from the ARN."""
    assert (kind, account, role_name, role) == (principal.kind, principal.account, principal.role_name, principal.role)


def test_what_is_no_caller_is_refused() -> None:
    """A group has an ARN and calls nothing."""
    with pytest.raises(ValueError, match=r"group/admins is not the ARN of a caller"):
        _ = Principal(f"arn:aws:iam::{OWN}:group/admins").kind


@pytest.mark.parametrize(
    ("resource", "account", "owner"),
    [(QUEUE, "", OWN), (BUCKET, "", ""), (BUCKET, OTHER, OTHER), ("*", "", OWN), (KEY, "", OWN)],
)
def test_the_owner_is_told_or_read_from_the_arn(resource: str, account: str, owner: str) -> None:
    """A bucket's ARN does not tell whose it is; a call without a resource is the caller's own affair."""
    assert owner == Request(ALICE, "s3:GetObject", resource, account).owner


def test_keys_follow_from_caller_and_resource() -> None:
    """What principal and resource tell need not be said again."""
    assert {
        "aws:principalarn": (ROLE,),
        "aws:principalaccount": (OWN,),
        "aws:principaltype": ("AssumedRole",),
        "aws:principalisawsservice": ("false",),
        "aws:resourceaccount": (OWN,),
        "kms:calleraccount": (OWN,),
    } == dict(Request(SESSION, "kms:Decrypt", KEY).keys)


def test_a_call_without_a_resource_tells_no_account_of_it() -> None:
    """Whether such a call carries aws:ResourceAccount is not documented."""
    assert Unknown("the value of aws:resourceaccount is not known: the request does not state it") == Request(
        ALICE, "sqs:ListQueues"
    ).values("aws:resourceaccount")


def test_tags_and_names_of_users_are_keys() -> None:
    """A user's name and tags are in the context; the tag's name has no case."""
    keys = Request(Principal(ALICE.arn, tags=(("Team", "Red"),)), "s3:GetObject", f"{BUCKET}/a", OTHER).keys

    assert [("alice",), ("Red",), (OTHER,)] == [keys["aws:username"], keys["aws:principaltag/team"], keys["s3:resourceaccount"]]


def test_a_service_says_that_it_is_one() -> None:
    """Its name is a key, too."""
    keys = Request(S3, "sqs:SendMessage", QUEUE).keys

    assert [("true",), ("s3.amazonaws.com",), False] == [
        keys["aws:principalisawsservice"],
        keys["aws:principalservicename"],
        "aws:principalarn" in keys,
    ]


def test_what_the_context_says_wins() -> None:
    """A key that is stated is not derived, and its name has no case."""
    request = Request(ALICE, "s3:GetObject", BUCKET, OWN, {"AWS:PrincipalType": "Other"})

    assert ("Other",) == request.values("aws:principaltype")


def test_unknown_keys_may_be_named_by_their_beginning() -> None:
    """A key that ends in a slash stands for all that begin with it."""
    request = Request(ALICE, "s3:GetObject", BUCKET, OWN, unknown_keys=frozenset(("aws:ResourceTag/", "s3:prefix")))

    assert [Unknown("the value of aws:resourcetag/a is not known"), Unknown("the value of s3:prefix is not known"), ()] == [
        request.values(key) for key in ("aws:resourcetag/a", "s3:prefix", "aws:requesttag/a")
    ]


@pytest.mark.parametrize(
    ("key", "kind", "expected"),
    [
        ("s3:prefix", "user", "absent"),
        ("aws:requesttag/any", "user", "absent"),
        ("kms:encryptioncontext:any", "user", "absent"),
        ("aws:requestedregion", "user", "unknown"),
        ("aws:principalarn", "user", "unknown"),
        ("aws:principalarn", "anonymous", "absent"),
        ("aws:sourcearn", "user", "absent"),
        ("aws:sourcearn", "service", "unknown"),
        ("s3:mood", "user", "unmodelled"),
    ],
)
def test_a_missing_key_is_absent_unknown_or_not_modelled(key: str, kind: str, expected: str) -> None:
    """What each request carries is unknown when nobody states it; what only some carry is absent."""
    assert expected == absence(key, kind)
