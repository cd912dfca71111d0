"""A role is acted as through the instance itself or through a twin, as the parameter file allows, and as nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from runbook_lib.documents.caller import caller_policies, covers
from runbook_lib.documents.rehearsal import twin_name
from runbook_lib.errors import Conflict, TargetError, Unresolved
from runbook_lib.model import Change
from runbook_lib.parameters import Environment
from runbook_lib.resources.rehearsals import Flow
from runbook_lib.resources.rights import Need, Permission
from tests.rehearsal.places import INSTANCE, Place, amiss, described, played, prepared, rehearsal, target_of

AT_TIMES = {"lambda:DeleteEventSourceMapping", "kms:ListKeys"}
"""What the operator does only about what an earlier rehearsal left, and where a key is not found by its alias."""


@pytest.fixture
def env(set_up: Callable[[str], Environment]) -> Environment:
    """Give the simplest shape."""
    return set_up("v2-documented")


def without_twins(env: Environment) -> Environment:
    """Take the word for twins back."""
    return env.model_copy(update={"roles": env.roles.model_copy(update={"twins": False})})


def test_without_a_word_nobody_is_acted_as(place: Place, env: Environment) -> None:
    """Where the file names no metadata service and allows no twin, nothing is made, and the way out names both."""
    place.sends("DELETE", "calls")

    with pytest.raises(Unresolved, match=r"allow roles\.twins, or name server\.metadata"):
        played(without_twins(env), "files")

    assert [] == [each["operation"] for each in place.asked("calls") if each["access"] == "write"]


def test_somebody_elses_role_is_no_twin(place: Place, env: Environment) -> None:
    """A role that has the twin's name and not our tag is neither used nor removed."""
    iam, name = place.client("iam"), twin_name(env, env.server_role)
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))

    with pytest.raises(Conflict, match="exists, and is not the runbook's"):
        played(env, "files")

    iam.delete_role(RoleName=name)


def test_a_twin_is_bounded_as_its_role(place: Place, env: Environment) -> None:
    """What the role's boundary leaves out is refused to the twin as well."""
    iam, role = place.client("iam"), env.server_role
    only = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}'
    arn = iam.create_policy(PolicyName="only-lists", PolicyDocument=only)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=arn)
    try:
        exercise = played(env, "files")
    finally:
        iam.delete_role_permissions_boundary(RoleName=role)

    assert {"refused", "left out"} == {ended for _, ended, _ in amiss(exercise)}


def test_the_role_is_the_instances_own(place: Place) -> None:
    """With its metadata service named, the instance's own credentials are used, and no twin is made."""
    metadata = f"{place.endpoint}/_sandbox/instances/{INSTANCE}"
    env = without_twins(described(place, "v2-scoped", attach_profile=True, metadata=metadata))
    prepared(env)
    place.sends("DELETE", "calls")

    try:
        exercise = played(env, "files")
    finally:
        ec2 = place.client("ec2")
        for each in ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]:
            ec2.disassociate_iam_instance_profile(AssociationId=each["AssociationId"])

    assert [] == amiss(exercise)
    assert {f"arn:aws:sts::{env.aws.account}:assumed-role/{env.server_role}/{INSTANCE}"} == {each.principal for each in exercise.steps}
    assert "CreateRole" not in {each["operation"] for each in place.asked("calls")}


def test_the_instance_of_another_role_is_refused(place: Place, env: Environment) -> None:
    """Credentials of a role that the environment does not know are not used."""
    metadata = f"{place.endpoint}/_sandbox/instances/i-00000000000000000"
    other = env.model_copy(update={"server": env.server.model_copy(update={"metadata": metadata})})

    with pytest.raises(Unresolved, match="gives no credentials"):
        played(other, "files")


@pytest.mark.parametrize("flow", ["files", "orchestration", "unload_and_copy", "destination_user", "source_user"])
def test_the_operator_is_asked_for_what_is_declared(place: Place, set_up: Callable[[str], Environment], flow: Flow) -> None:
    """What a flow takes of the operator on AWS is what its declaration says: nothing more, nothing less."""
    env = set_up("legacy-scoped-keys")
    target = target_of(env)
    declared = target.permissions(Change(before=None, after=rehearsal(env, flow)))
    place.sends("DELETE", "decisions")

    assert played(env, flow).is_good

    decisions = [each for each in place.asked("decisions") if each["principal"].endswith("user/runbook-operator")]
    # The twin's trust alone lets him take it.
    asked = {(each["action"], each["resource"]) for each in decisions if each["action"] != "sts:AssumeRole"}
    assert [] == [each for each in sorted(asked) if not any(_is_it(granted, *each) for granted in declared)]
    assert {each.action for each in declared} - AT_TIMES == {action for action, _ in asked} - AT_TIMES


def _is_it(declared: Permission, action: str, resource: str) -> bool:
    return covers(declared, Permission(action=action, resource=resource, context=declared.context))


@pytest.fixture
def caller(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[list[Need]], None]]:
    """Act as a user who has just what is given."""
    iam, name = place.client("iam"), "least-player"
    iam.create_user(UserName=name)
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    arn = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(everything))["Policy"]["Arn"]
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    key = iam.create_access_key(UserName=name)["AccessKey"]

    def allow(needs: list[Need]) -> None:
        [document] = caller_policies(needs).values()
        made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)["PolicyVersion"][
            "VersionId"
        ]
        for each in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if each["VersionId"] != made:
                iam.delete_policy_version(PolicyArn=arn, VersionId=each["VersionId"])
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])

    yield allow
    monkeypatch.undo()
    iam.detach_user_policy(UserName=name, PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)


def test_without_one_action_a_rehearsal_names_it(
    place: Place, set_up: Callable[[str], Environment], caller: Callable[[list[Need]], None]
) -> None:
    """With just what is declared the flow is played; without any one action of it what is told names that action."""
    env = set_up("legacy-scoped-keys")
    change = Change(before=None, after=rehearsal(env, "orchestration"))
    needs = [Need(permission=each, purpose="apply", reason="play") for each in target_of(env).permissions(change)]
    before = place.things()
    caller(needs)
    assert played(env, "orchestration").is_good

    actions = sorted({each.permission.action for each in needs} - AT_TIMES)
    silent = []
    for action in actions:
        caller([each for each in needs if each.permission.action != action])
        if action not in _told(env):
            silent.append(action)

    assert [] == silent
    caller(needs)
    assert played(env, "orchestration", is_unfinished=True).is_good
    assert before == place.things()


def _told(env: Environment) -> str:
    """Tell all that playing says."""
    try:
        return played(env, "orchestration", is_unfinished=True).model_dump_json()
    except TargetError as error:
        return str(error)
