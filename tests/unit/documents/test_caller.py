"""The least policies grant exactly what is needed, in one form, each small enough to be a managed policy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.documents.caller import LIMIT, caller_policies, covers, least
from runbook_lib.documents.caller_sheet import caller_artefacts
from runbook_lib.parameters.load import load
from runbook_lib.policy.lint import lint
from runbook_lib.resources.rights import Need, Permission, Purpose
from tests.driver import offline_needs
from tests.machine import ROOT

FILES = sorted((ROOT / "parameters").glob("*.yaml"))
ACCOUNT = "arn:aws:iam::111122223333"
TAG = ("aws:RequestTag/tonic-runbook:environment", "staging")
PERMISSIONS = st.builds(
    Permission,
    action=st.sampled_from(["iam:GetRole", "iam:CreateRole", "kms:CreateKey", "s3:GetBucketPolicy", "kms:DescribeKey"]),
    resource=st.sampled_from(["*", *(f"{ACCOUNT}:role/{name}" for name in ("a", "b", "*", "*/b", "a-??????"))]),
    context=st.sampled_from([(), (TAG,), (("iam:PassedToService", "ec2.amazonaws.com"),), (TAG, ("iam:PermissionsBoundary", "arn"))]),
)
PURPOSES: tuple[Purpose, ...] = ("plan", "verify", "apply")
NEEDS = st.lists(st.builds(Need, permission=PERMISSIONS, purpose=st.sampled_from(PURPOSES), reason=st.sampled_from(["one", "two"])))
MANY = [
    Need(
        permission=Permission(action=f"s3:Get{word}{number}", resource=f"arn:aws:s3:::bucket-{number:03d}-{'x' * 40}"),
        purpose="plan",
        reason="r",
    )
    for number in range(90)
    for word in ("BucketPolicy", "BucketTagging")
]


def granted(documents: dict[str, Any]) -> dict[str, list[Permission]]:
    """List what the documents grant, by purpose."""
    found: dict[str, list[Permission]] = {}
    for name, document in documents.items():
        for each in document["Statement"]:
            resources = [each["Resource"]] if isinstance(each["Resource"], str) else each["Resource"]
            context = tuple(sorted(pair for keys in each.get("Condition", {}).values() for pair in keys.items()))
            found.setdefault(name.split("-")[1], []).extend(
                Permission(action=action, resource=resource, context=context) for action in each["Action"] for resource in resources
            )
    return found


def _sorted(permission: Permission) -> Permission:
    return permission.model_copy(update={"context": tuple(sorted(permission.context))})


@given(NEEDS, st.randoms())
def test_the_order_of_needs_does_not_count(needs: list[Need], chance: Any) -> None:
    """The same needs give the same text, in whichever order they come."""
    shuffled = list(needs)
    chance.shuffle(shuffled)
    assert json.dumps(caller_policies(needs)) == json.dumps(caller_policies(shuffled))


@given(NEEDS)
def test_exactly_what_is_needed_is_granted(needs: list[Need]) -> None:
    """Each need is covered no later than its purpose, and each grant is somebody's need, word for word."""
    found = granted(caller_policies(needs))
    for need in needs:
        before = [each for purpose in PURPOSES[: PURPOSES.index(need.purpose) + 1] for each in found.get(purpose, ())]
        assert any(covers(each, need.permission) for each in before)
    wanted = {(need.purpose, _sorted(need.permission)) for need in needs}
    assert set() == {(purpose, each) for purpose, several in found.items() for each in several} - wanted


@given(NEEDS)
def test_nothing_is_granted_twice(needs: list[Need]) -> None:
    """No grant covers another of its own purpose or a later one."""
    kept = least(needs)
    over = [
        (one, other)
        for one in kept
        for other in kept
        if one is not other and PURPOSES.index(one.purpose) <= PURPOSES.index(other.purpose) and covers(one.permission, other.permission)
    ]
    assert [] == over


ONE_ACTION = [each.model_copy(update={"permission": each.permission.model_copy(update={"action": "s3:ListBucket"})}) for each in MANY[::2]]


@pytest.mark.parametrize("needs", [MANY, ONE_ACTION, [*MANY, *ONE_ACTION]], ids=["many actions", "one action", "both"])
def test_what_does_not_fit_is_split(needs: Sequence[Need]) -> None:
    """Each document fits a managed policy, Sids are unique in each, and nothing is lost."""
    documents = caller_policies(needs)
    lengths = [len(json.dumps(each, separators=(",", ":"))) for each in documents.values()]
    assert (True, True) == (len(documents) > 1, max(lengths) <= LIMIT)
    for document in documents.values():
        sids = [each["Sid"] for each in document["Statement"]]
        assert sorted(set(sids)) == sorted(sids)
    assert {each.permission for each in needs} == set(granted(documents)["plan"])


@pytest.mark.parametrize("file", FILES, ids=lambda each: each.stem)
def test_every_environment_has_policies_that_the_linter_passes(file: Any) -> None:
    """Each parameter file's policies are without a finding, exact but for the names that only AWS gives, and small."""
    needs = offline_needs(load(file))
    documents = caller_policies(needs)
    assert ["caller-plan", "caller-verify", "caller-apply"] == list(documents)
    assert [] == [each for document in documents.values() for each in lint(document, "identity")]
    wide = {each.permission.resource.split(":", 5)[-1] for each in needs if "*" in each.permission.resource}
    patterns = {"*", "key/*", "instance-profile/*", "workgroup/*", "namespace/*"}
    assert set() == {each for each in wide - patterns if not each.startswith("secret:redshift!")}


def test_the_sheet_says_what_no_policy_says() -> None:
    """It names the files, each permission with what it is for, and why some stand on patterns."""
    environment = load(ROOT / "parameters" / "example-v2-kms.yaml")
    text = caller_artefacts(environment, offline_needs(environment))["caller.md"]
    for words in (
        "`caller-apply.json`",
        "`kms:TagResource` at creation on all keys",
        "up to five minutes",
        "| `iam:CreateRole` |",
        "`iam:SimulatePrincipalPolicy`",
    ):
        assert words in text
    assert {} == caller_artefacts(environment, ())
