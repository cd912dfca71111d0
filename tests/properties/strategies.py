"""Random desired states and random worlds that already hold some of them, and things of other people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from hypothesis import strategies as st

from runbook_lib.model import Inventory, Part, Resource, Stage
from runbook_lib.parameters import Environment
from runbook_lib.resources.iam import Role, RolePolicy
from runbook_lib.resources.kms import Key, KeyAlias
from runbook_lib.resources.s3 import Bucket, BucketSetting
from runbook_lib.resources.warehouse import DatabaseUser, Grants
from tests.fakes import FakeTarget

SCOPE = (("account", "123456789012"), ("parameters", "0" * 64))
NOW = "2026-01-01T00:00:00.000Z"

ENVIRONMENT = Environment.model_validate(
    {
        "environment": "staging",
        "aws": {"account": "123456789012", "region": "us-east-1"},
        "server": {"instance_id": "i-0123456789abcdef0"},
        "buckets": {"source": {"name": "tonic-a"}, "destination": {"name": "tonic-b"}},
        "source": {"host": "h", "database": "a", "user": {"name": "reader", "password": "env:READER"}},
        "destination": {"host": "h", "database": "b", "user": {"name": "writer", "password": "env:WRITER"}},
    }
)

names = st.sampled_from(["alpha", "beta", "gamma", "Δelta", 'q"uote', "select"])
documents = st.sampled_from(['{"Statement":[1]}', '{"Statement":[2]}', '{"Statement":["@(kms_key/alpha)"]}'])


@st.composite
def grants(draw: st.DrawFn) -> Grants:
    """Draw a set of grants."""
    objects = draw(st.lists(names.map(lambda name: (name,)), min_size=1, max_size=5, unique=True))
    privilege = draw(st.sampled_from(["USAGE", "DROP"]))
    return Grants(side="source", grantee=draw(names), privilege=privilege, on="schema", objects=tuple(sorted(objects)))


resources = st.one_of(
    st.builds(Role, name=names, trust=documents, tags=st.sampled_from([(), (("team", "data"),)])),
    st.builds(RolePolicy, role=names, name=names, document=documents),
    st.builds(Bucket, name=names, region=st.just("us-east-1")),
    st.builds(BucketSetting, bucket=names, setting=st.sampled_from(["encryption", "lifecycle"]), value=documents),
    st.builds(Key, name=names, policy=documents),
    st.builds(KeyAlias, name=names, key=st.just("@(kms_key/alpha)")),
    st.builds(DatabaseUser, side=st.just("source"), name=names, password=st.just("env:PASSWORD"), superuser=st.booleans()),
    grants(),
)
wishes = st.lists(resources, max_size=12, unique_by=lambda each: each.address).map(tuple)


def stage_of(wanted: tuple[Resource, ...]) -> Stage:
    """Make a stage that wants just these."""
    part = Part("everything", lambda _environment, _inventory: wanted)
    return Stage(50, "server_role", "Anything", (), "anything", parts=(part,))


@dataclass
class Case:
    """Pair what is wanted with a world that has some of it, in other shapes, ours or foreign."""

    wanted: tuple[Resource, ...]
    target: FakeTarget
    foreign: frozenset[str]

    @property
    def stage(self) -> Stage:
        """Give the stage that wants it."""
        return stage_of(self.wanted)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a wish list and a world: strangers' things, our things as wanted or altered, grants by others."""
    wanted = draw(wishes)
    strangers = draw(wishes)
    target = FakeTarget()
    foreign = set()
    for resource in strangers:
        if resource.goes_with_holder and resource.holder not in target.things:
            continue
        _put(target, resource)
        foreign.add(resource.address)
    for resource in wanted:
        if isinstance(resource, Grants) or resource.address in foreign or not draw(st.booleans()):
            continue
        if resource.goes_with_holder and resource.holder not in target.things:
            continue
        altered = draw(resources.filter(partial(_is_alike, resource)))
        fields = {name: getattr(altered, name) for name in _mutable(resource)}
        _put(target, resource.model_copy(update=fields if draw(st.booleans()) else {}))
        target.ours.add(resource.address)
    return Case(wanted, target, frozenset(foreign))


def _is_alike(resource: Resource, other: Resource) -> bool:
    return type(other) is type(resource)


def _mutable(resource: Resource) -> tuple[str, ...]:
    return {
        "iam_role": ("trust", "tags"),
        "iam_role_policy": ("document",),
        "s3_bucket_setting": ("value",),
        "database_user": ("superuser",),
    }.get(resource.kind, ())


def _put(target: FakeTarget, resource: Resource) -> None:
    if isinstance(resource, Grants):
        key = (resource.side, resource.grantee, resource.privilege, resource.on)
        target.grants.setdefault(key, set()).update(resource.objects)
    else:
        target.things[resource.address] = resource


def no_answers() -> Inventory:
    """Know nothing."""
    return Inventory({})
