"""What carries no mark of its own is ours only on an object that is ours, and nothing is made from what is not (law 6)."""

from __future__ import annotations

import pytest

from runbook_lib.engine import apply
from runbook_lib.engine.history import claimed
from runbook_lib.engine.plan import Wanted, difference
from runbook_lib.errors import Denied
from runbook_lib.model import Approval, Change, Plan, Resource, Written
from runbook_lib.ports import Observation
from runbook_lib.resources.iam import Role, RolePolicy
from runbook_lib.resources.kms import KeyStatement
from runbook_lib.resources.s3 import Bucket, BucketSetting, BucketStatement
from runbook_lib.resources.secretsmanager import Secret
from runbook_lib.resources.warehouse import DatabaseUser, Grants
from tests.fakes import FakeTarget, ListJournal
from tests.properties.strategies import ENVIRONMENT, NOW

ROLE = Role(name="found", path="/", trust="{}", permissions_boundary="", tags=())
POLICY = RolePolicy(role="found", name="tonic-server-role-v2", document='{"Statement":["ours"]}')
NAMED = (
    POLICY,
    KeyStatement(key="arn:aws:kms:us-east-1:123456789012:key/k", sid="TonicServer", statement='{"a":1}'),
    BucketStatement(bucket="found", sid="DenyInsecureTransport", statement='{"a":1}'),
)


def planned(wanted: tuple[Resource, ...], found: dict[str, Observation], claimed: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Plan and give the addresses that are contested."""
    owners = {each.address: "cloud engineer" for each in wanted}
    plan = difference("server_role", ENVIRONMENT, Wanted(wanted, owners=owners), found, (), claimed)
    contested = tuple(each.address for each in plan.contested)
    assert not set(contested) & {change.address for change in plan.changes}
    return contested


def other(resource: Resource) -> Resource:
    """Make what somebody else wrote under the same name."""
    field = "document" if isinstance(resource, RolePolicy) else "statement"
    return resource.model_copy(update={field: '{"Statement":["theirs"]}'})


@pytest.mark.parametrize("resource", NAMED, ids=lambda each: each.kind)
def test_what_has_our_name_on_a_found_object_is_contested(resource: Resource) -> None:
    """A policy or statement of our name that says something else is left as it is until the file adopts it."""
    assert (resource.address,) == planned((resource,), {resource.address: Observation(other(resource))})


@pytest.mark.parametrize("resource", NAMED, ids=lambda each: each.kind)
def test_what_receipts_name_is_ours(resource: Resource) -> None:
    """Drift of what we made is mended, whoever made the object it sits on."""
    found = {resource.address: Observation(other(resource))}

    assert () == planned((resource,), found, frozenset({resource.address}))


@pytest.mark.parametrize("resource", NAMED, ids=lambda each: each.kind)
def test_what_already_says_the_same_is_kept(resource: Resource) -> None:
    """Nothing is changed, so nothing is contested."""
    assert () == planned((resource,), {resource.address: Observation(resource)})


def test_what_sits_on_our_own_role_is_ours() -> None:
    """A role with our tag carries our policies, also when the receipts are lost."""
    found = {ROLE.address: Observation(ROLE, is_ours=True), POLICY.address: Observation(other(POLICY))}

    assert () == planned((ROLE, POLICY), found)


SECRET = Secret(name="tonic/reader")
USER = DatabaseUser(side="source", name="reader", password="generate:secretsmanager:tonic/reader")
USAGE = Grants(side="source", grantee="reader", privilege="USAGE", on="schema", objects=(("crm",),))


def of_users(found: dict[str, Observation], claimed: frozenset[str] = frozenset()) -> Plan:
    """Plan a user with a generated password and his grants; what is not found is absent."""
    wanted = (SECRET, USER, USAGE)
    owners = {each.address: "warehouse admin" for each in wanted}
    seen = {each.address: found.get(each.address, Observation()) for each in wanted}
    return difference("source_database", ENVIRONMENT, Wanted(wanted, owners=owners), seen, (), claimed)


def test_no_user_is_made_from_a_secret_of_somebody_else() -> None:
    """Whoever filled the secret would know the password."""
    plan = of_users({SECRET.address: Observation(SECRET)})

    assert ((SECRET.address,), ()) == (tuple(each.address for each in plan.contested), plan.changes)


def test_a_user_who_is_there_needs_his_secret_no_more() -> None:
    """His password was set when he was made: his grants go on."""
    plan = of_users({SECRET.address: Observation(SECRET), USER.address: Observation(USER)}, frozenset({USER.address}))

    assert [USAGE] == [change.after for change in plan.changes]


def test_no_user_is_made_while_his_secret_is_owed() -> None:
    """Who may not make the secret leaves user and grants to the one who may, and sends nothing of them."""
    approved = of_users({})
    target = FakeTarget(before_write=deny)

    receipt = apply(approved, (Approval(digest=approved.digest, by="Ada", at=NOW),), approved, target, ListJournal(), now=lambda: NOW)

    assert [
        (SECRET.address, "owed", "secretsmanager: you may not"),
        (USER.address, "owed", "what it sits on or is made from is owed"),
        (USAGE.address, "owed", "what it sits on or is made from is owed"),
    ] == [(entry.change.address, entry.outcome, entry.detail) for entry in receipt.entries]
    assert 1 == target.writes


def deny(_number: int) -> None:
    """Refuse a write for want of a right."""
    raise Denied("secretsmanager", "you may not")


@pytest.mark.parametrize("is_by_hand", [False, True])
def test_what_is_made_again_after_it_was_removed_is_ours_before_it_is_marked(*, is_by_hand: bool) -> None:
    """A bucket's tags go with it, whoever removed it: they do not say whose the next of the name is, and our journal does (law 5)."""
    bucket = Bucket(name="tonic-found", region="us-east-1")
    tags = BucketSetting(bucket="tonic-found", setting="tags", value="{}")
    made = (Written(stage="storage", change=Change(before=None, after=each)) for each in (bucket, tags))
    gone = Written(stage="teardown", change=Change(before=bucket, after=None), is_undo=True)
    again = Written(stage="storage", change=Change(before=None, after=bucket))

    assert frozenset({bucket.address}) == claimed((*made, *(() if is_by_hand else (gone,)), again), ())
