"""Whoever cannot be told is refused as each protocol does it: key, token, signature, clock, time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from runbook_lib.sandbox.state import ACCESS_KEY
from tests.contract.aws.endpoint import REGION, SECRET
from tests.sandbox.aws.account import ADMIN, STRANGER, Account, Keys, allow, policy, refused, told

CALLS: dict[str, Callable[[Any], Any]] = {
    "iam": lambda client: client.list_roles(),
    "ec2": lambda client: client.describe_instances(),
    "s3": lambda client: client.list_buckets(),
    "kms": lambda client: client.list_keys(),
    "sqs": lambda client: client.list_queues(),
    "lambda": lambda client: client.list_functions(),
}
"""A call of each protocol: query, that of EC2, that of S3, JSON, SQS's JSON with the codes of its query, REST with JSON."""
INVALID = "The security token included in the request is invalid."
UNLIKE = "The request signature we calculated does not match the signature you provided."
OVER = "The security token included in the request is expired"
NOBODY = "AWS was not able to validate the provided access credentials"
UNKNOWN_KEY = {
    "iam": ("InvalidClientTokenId", INVALID), "ec2": ("AuthFailure", NOBODY), "sqs": ("InvalidClientTokenId", INVALID),
    "s3": ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
    "kms": ("UnrecognizedClientException", INVALID), "lambda": ("UnrecognizedClientException", INVALID),
}  # fmt: skip
WRONG_TOKEN = {**UNKNOWN_KEY, "s3": ("InvalidToken", "The provided token is malformed or otherwise invalid.")}
WRONG_SECRET = {
    "iam": ("SignatureDoesNotMatch", UNLIKE), "ec2": ("AuthFailure", NOBODY), "s3": ("SignatureDoesNotMatch", UNLIKE),
    "sqs": ("SignatureDoesNotMatch", UNLIKE), "kms": ("InvalidSignatureException", UNLIKE),
    "lambda": ("InvalidSignatureException", UNLIKE),
}  # fmt: skip
EXPIRED = {
    "iam": ("ExpiredToken", OVER), "ec2": ("RequestExpired", "Request has expired."), "sqs": ("ExpiredToken", OVER),
    "s3": ("ExpiredToken", "The provided token has expired."), "kms": ("ExpiredTokenException", OVER),
    "lambda": ("ExpiredTokenException", OVER),
}  # fmt: skip


def held(account: Account, keys: Keys, wanted: dict[str, tuple[str, str]]) -> None:
    """Hold how each protocol refuses keys."""
    for service, call in CALLS.items():
        client = account.client(service, keys)
        refused(*wanted[service], partial(call, client))


def test_an_unknown_key_is_refused(account: Account) -> None:
    """A key that nobody has is refused before anything is looked at."""
    held(account, {**ADMIN, "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}, UNKNOWN_KEY)


def test_a_wrong_secret_is_refused(account: Account) -> None:
    """The signature is recomputed: of the operator, of a session, and of another account's root user."""
    session = account.holder(policy(allow("*")))

    held(account, {**ADMIN, "aws_secret_access_key": "any"}, WRONG_SECRET)
    held(account, {**session, "aws_secret_access_key": SECRET}, WRONG_SECRET)
    refused("SignatureDoesNotMatch", UNLIKE, lambda: account.client("s3", {**STRANGER, "aws_secret_access_key": "any"}).list_buckets())


def test_a_wrong_token_is_refused(account: Account) -> None:
    """A session's key is nothing without its token, with another one, or with one for a key that has none."""
    session, other = (account.holder(policy(allow("*"))) for _ in range(2))

    held(account, {name: value for name, value in session.items() if name != "aws_session_token"}, WRONG_TOKEN)
    held(account, {**session, "aws_session_token": other["aws_session_token"]}, WRONG_TOKEN)
    held(account, {**ADMIN, "aws_session_token": session["aws_session_token"]}, WRONG_TOKEN)


def test_an_inactive_key_is_refused(account: Account) -> None:
    """A key that was switched off is as one that is not there, until it is switched on again or deleted."""
    arn, keys = account.user()
    iam, named = account.client("iam"), {"UserName": arn.rpartition("/")[2], "AccessKeyId": keys["aws_access_key_id"]}
    ask = account.client("sts", keys).get_caller_identity

    iam.update_access_key(**named, Status="Inactive")
    refused("InvalidClientTokenId", INVALID, ask)
    iam.update_access_key(**named, Status="Active")
    assert arn == ask()["Arn"]
    iam.delete_access_key(**named)
    refused("InvalidClientTokenId", INVALID, ask)


def test_an_expired_session_is_refused(account: Account) -> None:
    """Sessions end; what they were asks in vain, and a new one is let in."""
    role = account.role(policy(allow("*")))
    session = account.session(role)
    assert "" == told(lambda: account.client("iam", session).list_roles())

    assert account.control("sessions", "DELETE")["expired"] >= 1

    held(account, session, EXPIRED)
    assert "" == told(lambda: account.client("iam", account.session(role)).list_roles())


def test_a_session_ends_with_its_role(account: Account) -> None:
    """The sessions of a role that was deleted are refused."""
    role = account.role()
    session = account.session(role)
    account.client("iam").delete_role(RoleName=role.rpartition("/")[2])

    refused("InvalidClientTokenId", INVALID, lambda: account.client("sts", session).get_caller_identity())


def test_everybody_is_told_who_he_is(account: Account) -> None:
    """GetCallerIdentity needs no permission, and names user, session and root user as AWS does."""
    role = account.role(policy({**allow("sts:*"), "Effect": "Deny"}), Path="/team/")
    arn, keys = account.user()
    name = role.rpartition("/")[2]

    told_arns = [account.client("sts", each).get_caller_identity()["Arn"] for each in (keys, account.session(role), STRANGER)]

    assert [arn, f"arn:aws:sts::123456789012:assumed-role/{name}/test", "arn:aws:iam::999988887777:root"] == told_arns


def signed(account: Account, body: bytes, at: dt.datetime) -> dict[str, str]:
    """Sign a query at a time."""
    request = AWSRequest("POST", f"{account.url}/", {"Content-Type": "application/x-www-form-urlencoded"}, body)
    signer: Any = SigV4Auth(Credentials(ACCESS_KEY, SECRET), "sts", REGION)
    request.context["timestamp"] = at.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    canonical = signer.canonical_request(request)
    signer._inject_signature_to_request(request, signer.signature(signer.string_to_sign(request, canonical), request))
    return dict(request.headers.items())


@pytest.mark.parametrize(("minutes", "code"), [(0, "GetCallerIdentityResult"), (14, "GetCallerIdentityResult"), (16, "Signature expired"),
                                               (-16, "Signature expired")])  # fmt: skip
def test_a_clock_may_be_off_a_quarter_of_an_hour(account: Account, minutes: int, code: str) -> None:
    """A request that was signed more than a quarter of an hour ago, or ahead, is refused."""
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    _, answer = account.sent("POST", "/", body, signed(account, body, dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes)))

    assert code in answer


def test_what_was_signed_is_what_is_sent(account: Account) -> None:
    """A body that was changed on the way does not pass, nor does an unsigned or a presigned request."""
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    headers = signed(account, body, dt.datetime.now(dt.UTC))
    presigned = account.client("s3").generate_presigned_url("list_buckets")

    changed = account.sent("POST", "/", body.replace(b"Version", b"Wersion"), headers)
    unsigned = [account.sent("POST", "/", body), account.sent("GET", presigned.removeprefix(account.url))]

    assert (403, True) == (changed[0], "SignatureDoesNotMatch" in changed[1])
    assert [(403, True)] * 2 == [(status, "AccessDenied" in text) for status, text in unsigned]


def test_keys_of_any_text_are_signed_alike(account: Account) -> None:
    """Spaces, slashes, percent signs, plus signs and letters of any script in a name do not disturb the signature."""
    bucket = f"tonic-{account.name}-text"
    s3 = account.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    names = ["a b", "a//b", "a%2Fb", "a+b=c&d", "ü/日本", "~-_.*'()", "a?b", "./x"]

    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"1", Metadata={"note": "a  b"})

    assert sorted(names) == sorted(each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix="", Delimiter="|")["Contents"])
