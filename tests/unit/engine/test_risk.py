"""Risks are told from the change alone, and from what is made beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runbook_lib import engine
from runbook_lib.model import Change, Plan
from runbook_lib.resources.ec2 import InstanceProfile, InstanceProfileRole, ProfileAssociation
from runbook_lib.resources.iam import AttachedPolicy, Role, RolePolicy
from runbook_lib.resources.kms import Key, KeyAlias, KeyStatement
from runbook_lib.resources.rehearsals import Rehearsal
from runbook_lib.resources.s3 import Bucket, BucketSetting, BucketStatement
from runbook_lib.resources.secretsmanager import Rotation, Secret
from runbook_lib.resources.warehouse import DatabaseUser, DefaultPrivileges, Grants, Ownership

OURS = (("tonic-runbook:environment", "staging"),)


def _allow(*actions: str, effect: str = "Allow", **others: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": list(actions), "Resource": ["*"], **others}


def _policy(*actions: str) -> RolePolicy:
    document = {"Version": "2012-10-17", "Statement": [_allow(*actions)]}
    return RolePolicy(role="server", name="tonic", document=json.dumps(document))


def _trust(service: str) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}]}
    )


def _grants(*tables: str) -> Grants:
    names = tuple(("public", table) for table in tables)
    return Grants(side="source", grantee="tonic_user", privilege="SELECT", on="table", objects=names)


ROLE = Role(name="server", trust=_trust("ec2.amazonaws.com"), tags=OURS)
USER = DatabaseUser(side="destination", name="tonic_user", password="generate:tonic")
KEY = Key(name="tonic", policy="{}", tags=OURS)
SECRET = Secret(name="tonic", tags=OURS)
SHARED = KeyStatement(key="arn:aws:kms:eu-west-1:111122223333:key/k", sid="S3", statement=json.dumps(_allow("kms:Decrypt", Sid="S3")))
TLS = BucketStatement(bucket="tonic-a", sid="Tls", statement=json.dumps(_allow("s3:*", effect="Deny", Sid="Tls", Principal="*")))
BLOCK = BucketSetting(bucket="tonic-a", setting="public_access_block", value='{"BlockPublicAcls":true,"BlockPublicPolicy":true}')
PROFILE_ROLE = InstanceProfileRole(profile="server", role="server")
ASSOCIATION = ProfileAssociation(instance_id="i-1", profile="server")
ALIAS = KeyAlias(name="tonic", key="@(kms_key/tonic)")
ROTATION = Rotation(side="source", user="tonic_user", secret="tonic", version="1" * 32)
OWNERS = Ownership(side="destination", on="schema", owners=((("sales",), "etl"),))
FUTURE = DefaultPrivileges(side="source", creator="etl", grantee="tonic_user", schemas=("sales",))
PLAYED = Rehearsal(flow="files", acts_as=("server",), touches=(), proves="1")

CASES: dict[str, tuple[Any, Any, tuple[str, ...]]] = {
    "a new role": (None, ROLE, ()),
    "a new bucket": (None, Bucket(name="tonic-a", region="eu-west-1"), ()),
    "a new key": (None, KEY, ()),
    "a new profile": (None, InstanceProfile(name="server"), ()),
    "a new user": (None, USER, ()),
    "a new secret": (None, SECRET, ()),
    "a new setting": (None, BLOCK, ()),
    "a rehearsal": (None, PLAYED, ()),
    "sweeping up after a rehearsal": (PLAYED, None, ()),
    "a new superuser": (None, USER.model_copy(update={"superuser": True}), ("makes a superuser",)),
    "a user made a superuser": (USER, USER.model_copy(update={"superuser": True}), ("makes a superuser",)),
    "a superuser made a user": (USER.model_copy(update={"superuser": True}), USER, ()),
    "a policy on a role that was there": (None, _policy("s3:GetObject"), ("widens access",)),
    "a policy with an action more": (_policy("s3:GetObject"), _policy("s3:GetObject", "s3:PutObject"), ("widens access",)),
    "a policy with an action less": (_policy("s3:GetObject", "s3:PutObject"), _policy("s3:GetObject"), ()),
    "a foreign policy detached": (AttachedPolicy(role="server", arn="arn"), None, ("deletes",)),
    "a foreign policy attached again": (None, AttachedPolicy(role="server", arn="arn"), ("widens access",)),
    "another service trusted": (ROLE, ROLE.model_copy(update={"trust": _trust("lambda.amazonaws.com")}), ("widens access",)),
    "a boundary taken away": (ROLE.model_copy(update={"permissions_boundary": "arn"}), ROLE, ("widens access",)),
    "a first boundary": (ROLE, ROLE.model_copy(update={"permissions_boundary": "arn"}), ()),
    "a role taken over": (ROLE.model_copy(update={"tags": ()}), ROLE, ("takes over",)),
    "a role taken over with another trust": (
        Role(name="server", trust=_trust("lambda.amazonaws.com")), ROLE, ("widens access", "takes over"),
    ),
    "a statement in a shared key's policy": (None, SHARED, ("widens access",)),
    "a bucket's first denial": (None, TLS, ()),
    "a bucket's denial taken away": (TLS, None, ("widens access", "deletes")),
    "a block of public access loosened": (
        BLOCK, BLOCK.model_copy(update={"value": '{"BlockPublicAcls":false,"BlockPublicPolicy":true}'}), ("widens access",),
    ),
    "a block of public access tightened": (
        BLOCK.model_copy(update={"value": '{"BlockPublicAcls":false}'}), BLOCK, (),
    ),
    "a role in a profile that was there": (None, PROFILE_ROLE, ("widens access",)),
    "another role in a profile": (PROFILE_ROLE, PROFILE_ROLE.model_copy(update={"role": "other"}), ("widens access", "replaces")),
    "a profile that was there on an instance": (None, ASSOCIATION, ("widens access",)),
    "another profile on an instance": (ASSOCIATION, ASSOCIATION.model_copy(update={"profile": "other"}), ("widens access", "replaces")),
    "a grant to a user who was there": (None, _grants("orders"), ("widens access",)),
    "a table more": (_grants("orders"), _grants("orders", "people"), ("widens access",)),
    "a table less": (_grants("orders", "people"), _grants("orders"), ()),
    "future tables of a user who was there": (None, FUTURE, ("widens access",)),
    "future tables of a schema less": (FUTURE.model_copy(update={"schemas": ("sales", "staff")}), FUTURE, ()),
    "another owner": (OWNERS, OWNERS.model_copy(update={"owners": ((("sales",), "tonic_user"),)}), ("changes ownership",)),
    "a bucket removed": (Bucket(name="tonic-a", region="eu-west-1"), None, ("deletes",)),
    "a user dropped": (USER, None, ("deletes",)),
    "a key that waits for its deletion": (KEY, KEY.once_removed(), ("deletes",)),
    "a key that is enabled again": (KEY.once_removed(), KEY, ()),
    "a secret that waits for its deletion": (SECRET, SECRET.once_removed(), ("deletes",)),
    "an alias of another key": (ALIAS, ALIAS.model_copy(update={"key": "@(kms_key/other)"}), ("replaces",)),
    "another password": (ROTATION, ROTATION.model_copy(update={"version": "2" * 32}), ("replaces",)),
}  # fmt: skip
UNACKNOWLEDGED = ("replaces", "takes over")


@pytest.mark.parametrize(("before", "after", "risks"), CASES.values(), ids=CASES)
def test_a_change_carries_its_risks(before: Any, after: Any, risks: tuple[str, ...]) -> None:
    """Each change has exactly these risks, the gravest first; all but replacing and taking over are acknowledged."""
    change = Change(before=before, after=after)

    assert risks == engine.risks(change)
    assert tuple(each for each in risks if each not in UNACKNOWLEDGED) == engine.needs_acknowledgement(change)


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (_policy("s3:GetObject"), "iam_role/server"),
        (AttachedPolicy(role="server", arn="arn"), "iam_role/server"),
        (PROFILE_ROLE, "iam_instance_profile/server"),
        (ASSOCIATION, "iam_instance_profile/server"),
        (_grants("orders"), "database_user/source/tonic_user"),
        (FUTURE, "database_user/source/tonic_user"),
        (SHARED.model_copy(update={"key": "@(kms_key/tonic)"}), "kms_key/tonic"),
    ],
    ids=lambda each: each if isinstance(each, str) else each.kind,
)
def test_what_is_made_under_the_same_approval_gives_nothing_more(given: Any, made: str) -> None:
    """Access of a role, a user, a profile or a key that is made with it widens nothing."""
    assert () == engine.risks(Change(before=None, after=given), frozenset({made}))


def test_an_approval_lists_what_is_acknowledged_by_itself() -> None:
    """Over all stages of one approval, the gravest change comes first, and plain ones are not in the list."""
    server = Plan(
        stage="server_role", environment="staging", scope=(),
        changes=(Change(before=AttachedPolicy(role="lambda", arn="arn"), after=None), Change(before=None, after=ROLE),
                 Change(before=None, after=_policy("s3:GetObject"))),
    )  # fmt: skip
    source = Plan(
        stage="source_database", environment="staging", scope=(),
        changes=(Change(before=None, after=_grants("orders")), Change(before=None, after=USER.model_copy(update={"superuser": True}))),
    )  # fmt: skip

    assert [
        ("database_user/destination/tonic_user", ("makes a superuser",)),
        ("grants/source/tonic_user/SELECT/table", ("widens access",)),
        ("iam_role_attachment/lambda/arn", ("deletes",)),
    ] == list(engine.to_acknowledge((server, source)).items())
    assert {"iam_role_policy/server/tonic"} == set(engine.to_acknowledge((server.model_copy(update={"changes": server.changes[2:]}),)))


def test_risks_have_an_order() -> None:
    """A plan can be sorted by them: the gravest first, a change without a risk last."""
    ranks = [engine.rank((each,)) for each in engine.RISKS]

    assert sorted(ranks) == ranks
    assert ranks[-1] < engine.rank(())
