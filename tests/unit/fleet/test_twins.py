"""Two environments are compared by what their files come to: names are folded, everything else is said."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.fleet.twins import compared
from runbook_lib.fleet.twins.naming import folding
from runbook_lib.parameters import Environment
from runbook_lib.views import as_html, as_text
from runbook_lib.views.twins import Twins, twins
from tests.stages.worlds import BUCKET_KEY, environment, legacy

TODAY = "2026-06-30"
ONE = environment()


def named(name: str, account: str = "444455556666", **changes: Any) -> Environment:
    """Make an environment that differs from the first in nothing but names."""
    there: dict[str, Any] = {
        "aws": {"account": account, "region": "eu-west-1"},
        "buckets": {"source": {"name": f"tonic-{name}-in"}, "destination": {"name": f"tonic-{name}-out"}},
        "source": {"host": f"{name}.elsewhere", "user": {"name": f"{name}_reader", "password": "env:SOURCE_PASSWORD"}},
        "destination": {"host": f"{name}-masked.elsewhere", "cluster": "other"},
    }
    merged = {key: {**there.get(key, {}), **changes.get(key, {})} if key in there else changes[key] for key in {**there, **changes}}
    return environment(environment=name, **merged)


def against(other: Environment, one: Environment = ONE) -> Twins:
    """Compare with the first environment."""
    return compared(one, other, TODAY)


@pytest.mark.parametrize("style", ["documented", "scoped"])
@pytest.mark.parametrize("name", ["production", "prod-2", "dev", "name"])
def test_what_differs_in_names_alone_is_equal(name: str, style: str) -> None:
    """Account, region, buckets, hosts, users and all that is named after the environment say which things are meant, and no more."""
    found = against(named(name, policy_style=style), environment(policy_style=style))

    assert ((), (), (), ()) == (found.differing, found.resources, found.calls, found.unknown)
    assert 0 == found.exit_code


def test_a_boundary_is_no_name() -> None:
    """What bounds roles decides what they may; that it lies in another account makes no difference."""
    bounded = "arn:aws:iam::{}:policy/{}"
    one = environment(roles={"permissions_boundary": bounded.format(ONE.aws.account, "strict")})
    same, other = (
        named("production", roles={"permissions_boundary": bounded.format("444455556666", policy)}) for policy in ("strict", "lax")
    )

    assert 0 == against(same, one).exit_code
    assert ["roles.permissions_boundary"] == [each.key for each in against(other, one).differing]


def test_an_environment_is_its_own_twin() -> None:
    """Nothing differs, not even in names."""
    assert Twins("staging", "staging") == against(ONE)


def test_a_statement_more_is_told_by_action_and_resource() -> None:
    """The policy that holds it is only there, and what it permits is told where the ledger asks for it."""
    more = {"Sid": "More", "Effect": "Allow", "Action": ["s3:AbortMultipartUpload"], "Resource": ["arn:aws:s3:::tonic-dst/*"]}
    one = environment(extra_statements=({**more, "Resource": ["arn:aws:s3:::tonic-src/*"]},))

    found = against(environment(environment="other", extra_statements=(more,)), one)

    [policy] = found.resources
    assert "iam_role_policy/{roles.server}/tonic-extra-statements" == policy.address
    told = [as_text.line(each) for each in policy.lines]
    assert ["+   on arn:aws:s3:::tonic-dst/*", "-   on arn:aws:s3:::tonic-src/*"] == told[1:]
    assert 4 == found.exit_code


def test_what_somebody_may_more_is_told() -> None:
    """Narrowed policies refuse what the vendor's let through."""
    found = against(environment(environment="other", policy_style="scoped"))

    assert "server, V2: s3:GetObject on object in another tonic- bucket of the account" in {
        each.name for each in found.calls if (each.one, each.other) == ("allowed", "refused")
    }


def test_grants_are_compared_over_one_warehouse() -> None:
    """A pattern that one excludes takes the grants on what it matches."""
    found = against(environment(environment="other", schemas={"exclude": ["hr_*"]}))

    grants = {each.address: [as_text.line(line) for line in each.lines] for each in found.resources}
    assert ["- hr_x"] == grants["grants/source/tonic_user/USAGE/schema"]
    assert ["- hr_x.any_table"] == grants["grants/source/tonic_user/SELECT/table"]
    assert ["schemas.exclude"] == [each.key for each in found.differing]


def test_patterns_that_overlap_are_told_apart() -> None:
    """No name of one pattern alone is included here and excluded there, but names that several match are."""
    one, other = ({"include": ["a*"], "exclude": [each]} for each in ("*b", "*bc"))

    found = against(environment(environment="other", schemas=other), environment(schemas=one))

    grants = {each.address: [as_text.line(line) for line in each.lines] for each in found.resources}
    assert ["+ ab", "- abc"] == grants["grants/source/tonic_user/USAGE/schema"]


def test_a_schema_of_the_system_is_nobodys_difference() -> None:
    """It is never granted anything, whatever the patterns say."""
    found = against(environment(environment="other", schemas={"exclude": ["pg_*", "information_schema"]}))

    assert () == found.resources


def test_a_principal_of_one_alone_is_told_in_one_line() -> None:
    """Of the other process there are dozens of calls: their number is enough."""
    found = against(legacy(environment="other"))

    lines = [each for each in found.calls if each.name in {"server, V2", "server, legacy", "Lambda role"}]
    assert 3 == len(lines)
    assert all(" allowed of " in each.one + each.other for each in lines)


def test_an_environment_called_like_a_choice_hides_none() -> None:
    """That the environments are called v2 and both is no reason for their pipelines to be alike."""
    found = against(environment(environment="both", pipeline="both"), environment(environment="v2"))

    assert "pipeline" in {each.key for each in found.differing}


def test_an_address_of_the_instance_differs_with_its_name() -> None:
    """Two servers of one sandbox are twins: which instance is meant is said once; another address is a difference."""
    sandbox = {"account": "111122223333", "endpoint": "http://127.0.0.1:4566"}

    def server(name: str, instance: str, path: str = "_sandbox") -> Environment:
        address = f"http://127.0.0.1:4566/{path}/instances/{instance}"
        return environment(environment=name, aws=sandbox, server={"instance_id": instance, "metadata": address})

    one, other, elsewhere = server("sandbox", "i-0a1b2c3d4e5f60718"), server("two", "i-0a1b2c3d4e5f60719"), server("six", "i-0a1b2c3d", "x")

    found = against(other, one)
    assert (0, ["server.instance_id"]) == (found.exit_code, [each.key for each in found.of("named")])
    assert ["server.metadata"] == [each.key for each in against(elsewhere, one).differing]


def test_a_key_of_its_own_is_a_difference() -> None:
    """Encryption of one bucket with a key is told where it is set up."""
    found = against(environment(environment="other", kms={"bucket_keys": {"source": {"adopt": BUCKET_KEY}}}))

    assert "kms.bucket_keys.source" in {each.key for each in found.differing}
    assert any(each.stage == "Encryption" for each in found.resources)
    assert () == found.unknown


def test_what_cannot_be_compared_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where everything else is equal, that is not known: exit code 6."""
    monkeypatch.setattr("runbook_lib.fleet.twins.imagined.Imagined._session", lambda _self, _side: None)

    found = against(environment(environment="other"))

    assert any("destination_database/user of other: not asked" in each for each in found.unknown)
    assert 6 == found.exit_code


def test_a_name_counts_only_where_it_ends() -> None:
    """A name within a word, or within a longer name, is none."""
    fold = folding({"dev": "{environment}", "dev-2": "{other}"}, frozenset(("dev",)))

    assert ["device", "tonic-{environment}-x", "tonic-{other}", "dev"] == fold(["device", "tonic-dev-x", "tonic-dev-2", "dev"])
    assert {"a": '{"b": "x-{environment}"}'} == fold({"a": '{"b": "x-dev"}'})


def test_what_is_shown_names_both_and_the_limits() -> None:
    """As text and as HTML: what differs, what is named otherwise, what is named alike, and what a comparison of files is worth."""
    found = against(named("production", policy_style="scoped"))
    text = as_text.view(twins(found))

    for word in (
        "staging and production differ: 1 parameter",
        "Which things are meant",
        "named alike",
        "Compared is what the two files come to",
    ):
        assert word in text
        assert word in as_html.view(twins(found))
    assert "are twins" in as_text.view(twins(against(named("production"))))
