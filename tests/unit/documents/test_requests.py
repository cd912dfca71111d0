"""The requests that a plan shows are those that apply sends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore import xform_name

from runbook_lib.adapters.aws import kms
from runbook_lib.adapters.aws.target import _WRITERS
from runbook_lib.documents.requests import Request, requests
from runbook_lib.documents.requests.request import Later
from runbook_lib.errors import NotFound
from runbook_lib.model import Change, Resource
from runbook_lib.policy import canonical
from runbook_lib.resources.ec2 import InstanceProfile, InstanceProfileRole, ProfileAssociation
from runbook_lib.resources.iam import AttachedPolicy, Role, RolePolicy
from runbook_lib.resources.kms import Key, KeyAlias, KeyRotation, KeyStatement
from runbook_lib.resources.s3 import Bucket, BucketSetting, BucketStatement
from runbook_lib.resources.secretsmanager import Secret

KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"
POLICY = canonical({"Version": "2012-10-17", "Statement": []})
STATEMENT = canonical({"Sid": "S3", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"})
TAGS = (("a", "1"), ("b", "2"))
VALUES = {
    "public_access_block": '{"BlockPublicAcls":true}',
    "encryption": '{"Rules":[]}',
    "lifecycle": '{"Rules":[1]}',
    "tags": '{"TagSet":[{"Key":"a","Value":"1"}]}',
    "ownership_controls": '{"Rules":[2]}',
}


def settings() -> tuple[BucketSetting, ...]:
    """Give a bucket's settings, one of each."""
    return tuple(BucketSetting(bucket="b", setting=name, value=value) for name, value in VALUES.items())


MADE: tuple[Resource, ...] = (
    Role(name="r", path="/p/", trust=POLICY, permissions_boundary="arn:b", tags=TAGS),
    RolePolicy(role="r", name="p", document=POLICY),
    AttachedPolicy(role="r", arn="arn:p"),
    InstanceProfile(name="i", tags=TAGS),
    InstanceProfileRole(profile="i", role="r"),
    ProfileAssociation(instance_id="i-1", profile="i"),
    Key(name="k", policy=POLICY, tags=TAGS),
    KeyAlias(name="k", key=KEY),
    KeyRotation(name="k", key=KEY),
    KeyStatement(key=KEY, sid="S3", statement=STATEMENT),
    Bucket(name="b", region="eu-central-1"),
    Bucket(name="b", region="us-east-1"),
    *settings(),
    BucketStatement(bucket="b", sid="S3", statement=STATEMENT),
    Secret(name="s", tags=TAGS),
    Secret(name="s", username="u", version="v" * 32, tags=TAGS),
)
UPDATED: tuple[tuple[Resource, dict[str, Any]], ...] = (
    (MADE[0], {"trust": STATEMENT, "permissions_boundary": "arn:c", "tags": TAGS[:1]}),
    (MADE[0], {"permissions_boundary": "", "tags": (("a", "3"), ("b", "2"))}),
    (MADE[1], {"document": STATEMENT}),
    (MADE[3], {"tags": (("a", "2"),)}),
    (MADE[4], {"role": "other"}),
    (MADE[6], {"state": "PendingDeletion"}),
    (MADE[6], {"state": "Disabled", "tags": (("a", "2"),)}),
    (MADE[6].model_copy(update={"state": "PendingDeletion"}), {"state": "Enabled"}),
    (MADE[6].model_copy(update={"state": "Disabled"}), {"state": "PendingDeletion"}),
    (MADE[8], {"enabled": False}),
    (MADE[12], {"value": '{"BlockPublicAcls":false}'}),
    (MADE[-2], {"state": "PendingDeletion", "tags": TAGS[:1]}),
    (MADE[-2].model_copy(update={"state": "PendingDeletion"}), {"state": "Active"}),
)
CHANGES = (
    *(Change(before=None, after=each) for each in MADE),
    *(Change(before=each, after=each.model_copy(update=update)) for each, update in UPDATED),
    *(Change(before=each, after=None) for each in MADE),
)


class Session:
    """Stand for a session whose world holds what a change finds."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.sent: list[tuple[str, str, dict[str, Any]]] = []
        self.made_keys: dict[str, str] = {}
        aws = SimpleNamespace(region="eu-central-1", account="123456789012")
        self.environment = SimpleNamespace(aws=aws, environment="staging", adopt=("kms_key/k",))

    def write(self, service: str, operation: str, _young: str = "", /, **parameters: Any) -> dict[str, Any]:
        """Keep a request."""
        self.sent.append((service, operation, parameters))
        return {"KeyMetadata": {"KeyId": "1"}}

    def read(self, service: str, operation: str, _young: str = "", /, **_parameters: Any) -> dict[str, Any]:
        """Answer as the service would before the change."""
        state = getattr(self.change.before, "state", "Enabled")
        found = {"KeyId": "1", "Arn": KEY, "KeyState": state, "KeyManager": "CUSTOMER", "AWSAccountId": "123456789012"}
        answers: dict[str, dict[str, Any]] = {
            "describe_key": {"KeyMetadata": found},
            "get_key_policy": {"Policy": POLICY},
            "get_bucket_tagging": {"TagSet": [{"Key": "other", "Value": "theirs"}]},
            "get_bucket_policy": {"Policy": canonical({"Version": "2012-10-17", "Statement": [{"Sid": "Theirs"}]})},
        }
        if operation not in answers:
            raise NotFound(service, operation)
        return answers[operation]

    def pages(self, _service: str, operation: str, _key: str, /, **_parameters: Any) -> list[Any]:
        """List what hangs on the subject: nothing, but for an association."""
        is_associated = operation == "describe_iam_instance_profile_associations"
        return [{"State": "associated", "AssociationId": "a-1"}] if is_associated else []

    def born(self, _address: str) -> None:
        """Hear of a birth."""

    def gone(self, _address: str) -> None:
        """Hear of an end."""


def told(request: Request) -> tuple[str, str, tuple[str, ...]]:
    """Spell a request as an adapter does."""
    return request.service, xform_name(request.operation), tuple(sorted(request.parameters))


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: f"{each.verb} {each.address}")
def test_what_is_shown_is_what_is_sent(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    """Service, operation, parameters and their values are the adapter's, but for what only the service can tell then."""
    monkeypatch.setattr(kms, "refuse_use", lambda _arn, _reader: None)
    session: Any = Session(change)
    shown = requests(change)

    _WRITERS[type(change.subject)](change, session)

    assert [told(each) for each in shown] == [(service, operation, tuple(sorted(given))) for service, operation, given in session.sent]
    for each, (_, _, given) in zip(shown, session.sent, strict=True):
        assert {} == {name: value for name, value in each.parameters.items() if not isinstance(value, Later) and value != given[name]}
