"""Differences: policies by statement, grants by object, settings by line, everything else by field."""

from __future__ import annotations

from runbook_lib.model import Resource, canonical
from runbook_lib.resources.ec2 import InstanceProfileRole, ProfileAssociation
from runbook_lib.resources.iam import AttachedPolicy, Role, RolePolicy
from runbook_lib.resources.kms import Key, KeyStatement
from runbook_lib.resources.s3 import BucketSetting, BucketStatement
from runbook_lib.resources.secretsmanager import Secret
from runbook_lib.resources.warehouse import Database, DatabaseUser, DefaultPrivileges, Ownership
from runbook_lib.views import naming
from runbook_lib.views.difference import lines, shown
from tests.unit.views.samples import LESS, MORE, ROLE, TRUST, document, grants


def written(before: Resource | None, after: Resource | None) -> list[str]:
    """Write a difference as signed lines."""
    return [f"{each.sign}{' ' * each.depth} {each.text}" for each in lines(before, after)]


def policy(text: str) -> RolePolicy:
    """Make a policy."""
    return RolePolicy(role="r", name="p", document=text)


def test_policy_by_statement() -> None:
    """A changed statement names what is added and what is removed."""
    expected = ["~ Objects: +1 action, -1 action", "+  s3:DeleteObject", "-  s3:PutObject"]

    assert expected == written(policy(LESS), policy(MORE))


def test_policy_with_another_order_has_no_difference() -> None:
    """Order and notation are no difference."""
    one = document(Sid="A", Action=["s3:a", "s3:b"], Resource="*")
    other = document(Sid="A", Action=["s3:b", "s3:a"], Resource=["*"])

    assert [] == written(policy(one), policy(other))


def test_condition_shows_both_sides() -> None:
    """What is neither action nor resource is shown before and after."""
    one = document(Sid="A", Action="s3:a", Resource="*")
    other = document(Sid="A", Action="s3:a", Resource="*", Condition={"Bool": {"aws:SecureTransport": "true"}})

    assert ["~ A: other elements", '+  Condition {"Bool": {"aws:SecureTransport": ["true"]}}'] == written(policy(one), policy(other))


def test_removed_statement_is_all_minus() -> None:
    """A statement that goes is shown whole."""
    both = canonical(
        {"Version": "2012-10-17", "Statement": [*_statements(LESS), {"Sid": "Old", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    )

    assert ["- Deny Old: 1 action, 1 resource", "-  s3:*", "-  on *"] == written(policy(both), policy(LESS))


def _statements(text: str) -> list[object]:
    import json

    found: list[object] = json.loads(text)["Statement"]
    return found


def test_effect_that_turns_is_shown() -> None:
    """Allow that becomes Deny is never hidden."""
    allow = canonical({"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Allow", "Action": "s3:a", "Resource": "*"}]})

    assert ["~ A: other elements", '-  Effect "Allow"', '+  Effect "Deny"'] == written(
        policy(allow), policy(allow.replace("Allow", "Deny"))
    )


def test_statements_of_keys_and_buckets_are_policies() -> None:
    """A single statement is compared as a document of one."""
    was, now = (canonical({"Sid": "S", "Effect": "Allow", "Action": each, "Resource": "*"}) for each in ("kms:a", "kms:b"))
    expected = ["~ S: +1 action, -1 action", "+  kms:b", "-  kms:a"]

    assert expected == written(KeyStatement(key="k", sid="S", statement=was), KeyStatement(key="k", sid="S", statement=now))
    assert expected == written(BucketStatement(bucket="b", sid="S", statement=was), BucketStatement(bucket="b", sid="S", statement=now))


def test_setting_by_line() -> None:
    """JSON settings are compared line by line."""
    was, now = (BucketSetting(bucket="b", setting="lifecycle", value=canonical({"Days": days})) for days in (3, 7))

    assert ["  {", '-  "Days": 3', '+  "Days": 7', "  }"] == [each.replace("   ", "  ") for each in written(was, now)]


def test_role_shows_trust_and_fields() -> None:
    """Trust, boundary and tags are told apart."""
    tagged = Role(name="tonic-server", trust=TRUST, tags=(("team", "other"),), permissions_boundary="arn:b")

    assert ["+ boundary: arn:b", "- tags: team=privacy", "+ tags: team=other"] == written(ROLE, tagged)


def test_key_shows_its_policy_at_creation_and_its_state_later() -> None:
    """The policy of an existing key is compared statement by statement elsewhere."""
    key = Key(name="q", policy=TRUST)

    assert "+ Allow statement 1: 1 action" in written(None, key)
    assert ["~ state: Enabled -> PendingDeletion"] == written(key, key.once_removed())


def test_grants_by_object() -> None:
    """Only the objects that are granted or revoked are listed."""
    assert ["+ sales.c", "- sales.a"] == written(grants("a", "b"), grants("b", "c"))
    assert ["- sales.a"] == written(grants("a"), None)


def test_names_with_dots_are_quoted() -> None:
    """A dot in a name cannot be read as a separator."""
    assert 'sales."a.b"' == naming.dotted(("sales", "a.b"))


def test_owners_show_both() -> None:
    """An owner is shown before and after; what nobody changes is left out."""
    was = Ownership(side="destination", on="table", owners=((("s", "a"), "etl"), (("s", "b"), "tonic")))
    now = Ownership(side="destination", on="table", owners=((("s", "a"), "tonic"), (("s", "b"), "tonic")))

    assert ["~ s.a: etl -> tonic"] == written(was, now)


def test_later_tables_by_schema() -> None:
    """Default privileges are compared schema by schema."""
    was = DefaultPrivileges(side="source", creator="etl", grantee="t", schemas=("a",))

    assert ["+ b"] == written(was, was.model_copy(update={"schemas": ("a", "b")}))


def test_password_is_shown_as_the_reference_it_is() -> None:
    """The place that holds a password is named, and said to be a place."""
    user = DatabaseUser(side="source", name="t", password="secretsmanager:t#password")

    assert ["+ password from: secretsmanager:t#password", "+ superuser: no"] == written(None, user)


def test_update_shows_what_names_it_too() -> None:
    """A role that takes another's place in a profile is shown, although it is part of the name."""
    was, now = (InstanceProfileRole(profile="p", role=role) for role in ("a", "b"))

    assert ["~ role: a -> b"] == written(was, now)
    assert [] == written(None, now)


def test_short_difference_needs_no_fold() -> None:
    """One line stands in the table itself."""
    assert ("- state: Active",) == shown(Secret(name="s"), None)


def test_every_resource_has_a_kind_and_a_name() -> None:
    """No resource of the model is drawn by its internal kind."""
    import runbook_lib.resources  # noqa: F401 - registers them all

    concrete = {each for each in _subclasses(Resource) if each.kind and each.__module__.startswith("runbook_lib.resources")}

    assert set() == concrete - set(naming.KINDS)


def _subclasses(kind: type[Resource]) -> set[type[Resource]]:
    found: set[type[Resource]] = set(kind.__subclasses__())
    return found.union(*(_subclasses(each) for each in found))


def test_names_say_where_a_thing_sits() -> None:
    """Names tell holder, side and direction in words."""
    expected = [
        "arn:aws:iam::aws:policy/AdministratorAccess on r",
        "p on i-1",
        "public access block of b",
        "dev (source)",
        "SELECT on later tables of etl for t (source)",
        "owners of 1 table (destination)",
    ]
    found: list[Resource] = [
        AttachedPolicy(role="r", arn="arn:aws:iam::aws:policy/AdministratorAccess"),
        ProfileAssociation(instance_id="i-1", profile="p"),
        BucketSetting(bucket="b", setting="public_access_block", value="{}"),
        Database(side="source", name="dev"),
        DefaultPrivileges(side="source", creator="etl", grantee="t", schemas=()),
        Ownership(side="destination", on="table", owners=((("s", "a"), "etl"),)),
    ]

    assert expected == [naming.name(each) for each in found]
