"""Stages 40 and 50: the Lambda role and the server's role."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runbook_lib.documents.policies import ec2_trust, server_role_policies
from runbook_lib.model import Unanswered, Unwanted
from runbook_lib.resources.ec2 import InstanceAsked, ProfileAssociation
from runbook_lib.resources.iam import ManagedPolicyAsked, Role, RoleAsked, RolePolicy
from tests.stages.worlds import (
    INSTANCE,
    World,
    amiss,
    environment,
    instance,
    judged,
    legacy,
    refused,
    role,
    verdicts,
    wanted,
    world,
)

LAMBDA, SERVER = "tonic-staging-lambda", "tonic-staging-server"
ASKED = InstanceAsked(instance_id=INSTANCE)
RUNS = "the server runs as the role"
TRUST = "the role's trust lets the server in"
V2 = "the server role carries the V2 permissions"
PASS = "the server may pass the Lambda role that exists"
REST = "nothing else is attached to the server role"
FITS = "the role's inline policies fit"
ECS = f"arn:aws:iam::111122223333:role/ecs/{SERVER}-task"
ECS_TRUST = '{"Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}'


def addresses(slug: str, env: Any, answers: World | None = None) -> list[str]:
    """List the addresses that a stage wants."""
    return [each.address for each in wanted(slug, env, answers) if not isinstance(each, Unwanted)]


def test_v2_has_no_lambda_role() -> None:
    """Under V2 the stage is idle, wants nothing and judges nothing."""
    assert (wanted("lambda_role", environment()), judged("lambda_role", environment())) == ([], [])


def test_the_lambda_role_comes_with_trust_path_boundary_and_tags() -> None:
    """Trust goes along at creation; path, boundary and tags are the file's."""
    boundary = "arn:aws:iam::111122223333:policy/boundary"
    env = legacy(roles={"path": "/team/", "permissions_boundary": boundary, "tags": {"owner": "data"}})
    made = next(each for each in wanted("lambda_role", env, world(env)) if isinstance(each, Role))
    assert (made.name, made.path, made.permissions_boundary) == (LAMBDA, "/team/", boundary)
    assert made.tags == (("owner", "data"), ("tonic-runbook:environment", "staging"))
    assert json.loads(made.trust)["Statement"] == [
        {"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com"]}}
    ]


def test_the_lambda_role_gets_its_policy_and_the_key_addition() -> None:
    """E3: the addition is attached to the Lambda role too."""
    assert addresses("lambda_role", legacy()) == [
        f"iam_role/{LAMBDA}",
        f"iam_role_policy/{LAMBDA}/tonic-lambda-role",
        f"iam_role_policy/{LAMBDA}/tonic-kms-role-addition",
    ]


@pytest.mark.parametrize(
    ("service", "detail"),
    [
        ('{"Service":["lambda.amazonaws.com","ec2.amazonaws.com"]}', "may assume tonic-staging-lambda"),
        ('{"AWS":"arn:aws:iam::111122223333:root"}', "lambda.amazonaws.com may not assume tonic-staging-lambda"),
        ('"*"', "lambda.amazonaws.com may not assume tonic-staging-lambda"),
    ],
)
def test_a_lambda_trust_with_anybody_else_is_broken(service: str, detail: str) -> None:
    """D3: that principal and nothing wider."""
    env = legacy()
    trust = f'{{"Statement":{{"Effect":"Allow","Principal":{service},"Action":"sts:AssumeRole"}}}}'
    answers = world(env, {RoleAsked(name=LAMBDA): role(env, LAMBDA, trust=trust)})
    [(verdict, found)] = verdicts("lambda_role", "the Lambda service, and nobody else, may assume the role", env, answers)
    assert (verdict, found.endswith(detail)) == ("broken", True)


def test_a_policy_is_compared_by_meaning_and_any_other_word_is_drift() -> None:
    """B1: live equals expected after canonicalising, and nothing else does."""
    env = environment()
    [(name, document)] = server_role_policies(env)
    narrower = document.replace('"s3:DeleteObjectVersion",', "")
    for inline, verdict in ((((name, document),), "kept"), (((name, narrower),), "broken"), ((), "broken")):
        answers = world(env, {RoleAsked(name=SERVER): role(env, SERVER, inline=inline)})
        assert [each for each, _ in verdicts("server_role", V2, env, answers)] == [verdict]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            {"profile": "", "role": ""},
            ["iam_role", "iam_instance_profile", "iam_instance_profile_role", "ec2_profile_association"],
        ),
        ({}, ["iam_role", "iam_instance_profile", "iam_instance_profile_role", "ec2_profile_association"]),
        ({"profile": "other", "role": ""}, ["iam_role", "iam_instance_profile", "iam_instance_profile_role"]),
        ({"profile": "other", "role": "their-role"}, []),
        ({"profile": "other", "role": SERVER}, []),
    ],
    ids=["no profile", "ours", "a profile without a role", "another role", "our name in another profile"],
)
def test_role_and_profile_are_made_only_where_they_are_ours(found: dict[str, str], expected: list[str]) -> None:
    """A3: instance, then profile, then role; an existing role gets policies and nothing else."""
    env = environment()
    answers = world(env, {ASKED: instance(**found), RoleAsked(name="their-role"): role(env, "their-role")})
    kinds = [each.kind for each in wanted("server_role", env, answers)]
    assert kinds == [*expected, "iam_role_policy"]


def test_policies_go_to_the_role_that_the_profile_names() -> None:
    """A profile's name is not taken for its role's."""
    env = environment()
    answers = world(env, {ASKED: instance(profile="web", role="their-role"), RoleAsked(name="their-role"): role(env, "their-role")})
    assert addresses("server_role", env, answers) == ["iam_role_policy/their-role/tonic-server-role-v2"]


def test_the_profile_is_attached_only_on_request() -> None:
    """Without attach_profile the association is owed with its command."""
    env = environment(server={"attach_profile": False})
    answers = world(env, {ASKED: instance(profile="", role="")})
    assert [each for each in wanted("server_role", env, answers) if isinstance(each, ProfileAssociation)] == []
    [found] = [each for check, each in judged("server_role", env, answers) if check.claim == RUNS]
    command = (
        "aws ec2 associate-iam-instance-profile --instance-id i-0123456789abcdef0 "
        "--iam-instance-profile Name=tonic-staging-server --region us-east-1"
    )
    assert (found.verdict, found.by, found.way_out.startswith(command)) == ("owed", "cloud engineer", True)


def test_a_role_by_arn_gets_policies_and_keeps_its_trust() -> None:
    """ECS and EKS: the trust is shown, checked, and never wanted."""
    env = environment(server={"instance_id": "", "role_arn": ECS, "attach_profile": False}, confirmations=[])
    name = f"{SERVER}-task"
    answers = world(env, {RoleAsked(name=name): role(env, name, arn=ECS, trust=ECS_TRUST, tags=())})
    assert addresses("server_role", env, answers) == [f"iam_role_policy/{name}/tonic-server-role-v2"]
    assert verdicts("server_role", TRUST, env, answers) == [("kept", f"{name} may be taken by Service:ecs-tasks.amazonaws.com")]
    assert amiss("server_role", env, answers) == [(RUNS, "owed")]


def by_arn(trust: dict[str, Any], **changes: Any) -> tuple[Any, World]:
    """Let the server run as an existing role with a trust of one statement."""
    env = environment(server={"instance_id": "", "role_arn": ECS, "attach_profile": False}, confirmations=[])
    name = f"{SERVER}-task"
    text = json.dumps({"Statement": [{"Effect": "Allow", **trust}]})
    return env, world(env, {RoleAsked(name=name): role(env, name, **{"arn": ECS, "trust": text, "tags": (), **changes})})


WEB = "sts:AssumeRoleWithWebIdentity"
EKS = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
PEOPLE = "arn:aws:iam::111122223333:saml-provider/people"


@pytest.mark.parametrize(
    ("principal", "action", "verdict"),
    [
        ({"Federated": EKS}, WEB, "kept"),
        ({"Federated": EKS}, "sts:*", "kept"),
        ({"Federated": EKS}, "sts:AssumeRole", "broken"),
        ({"Federated": GITHUB}, WEB, "owed"),
        ({"Federated": PEOPLE}, "sts:AssumeRoleWithSAML", "broken"),
        ({"Federated": "cognito-identity.amazonaws.com"}, WEB, "broken"),
        ({"Service": "pods.eks.amazonaws.com"}, ["sts:AssumeRole", "sts:TagSession"], "kept"),
        ({"Service": "ecs-tasks.amazonaws.com"}, "sts:TagSession", "broken"),
        ({"AWS": "arn:aws:iam::111122223333:root"}, "sts:AssumeRole", "broken"),
    ],
    ids=["eks", "any call", "wrong call", "another issuer", "people", "an app's users", "pod identity", "tags alone", "the account"],
)
def test_only_what_runs_containers_is_let_in(principal: dict[str, str], action: Any, verdict: str) -> None:
    """A3: a trust counts by principal and call; an identity provider for people is no service account."""
    env, answers = by_arn({"Principal": principal, "Action": action})
    assert [each for each, _ in verdicts("server_role", TRUST, env, answers)] == [verdict]


def test_a_role_of_another_path_is_not_the_one() -> None:
    """A role's name alone does not prove that it is the role of the ARN: nothing is put on it, and every check says so."""
    found = f"arn:aws:iam::111122223333:role/team/{SERVER}-task"
    env, answers = by_arn({"Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}, arn=found, path="/team/")
    reason = f"the role {SERVER}-task is {found}, the file names {ECS}"
    assert {name: (each.verdict, each.reason) for name, each in refused("server_role", env, answers).items()} == {
        "role": ("broken", reason)
    }
    assert verdicts("server_role", TRUST, env, answers) == [("broken", reason)]
    assert verdicts("server_role", V2, env, answers) == [("broken", reason)]
    assert verdicts("preflight", "the role that the server runs as is known", env, answers) == [("broken", reason)]


def test_what_a_container_runs_as_is_kept_on_the_word_of_a_person() -> None:
    """A3: a task's or pod's identity cannot be seen from here."""
    word = [{"row": "A3", "who": "Ada", "date": "2026-01-31"}]
    env = environment(server={"instance_id": "", "role_arn": ECS, "attach_profile": False}, confirmations=word)
    name = f"{SERVER}-task"
    answers = world(env, {RoleAsked(name=name): role(env, name, trust=ECS_TRUST)})
    [found] = [each for check, each in judged("server_role", env, answers) if check.claim == RUNS]
    assert (found.verdict, found.grade, found.by) == ("kept", "on the word of", "Ada")


@pytest.mark.parametrize(
    ("changes", "answers", "reason"),
    [
        ({}, {ASKED: None}, "there is no instance i-0123456789abcdef0 in 111122223333 us-east-1"),
        (
            {"server": {"instance_id": "", "role_arn": ECS}},
            {RoleAsked(name=f"{SERVER}-task"): None},
            f"there is no role {SERVER}-task",
        ),
    ],
)
def test_a_server_that_is_not_there_gets_nothing(changes: dict[str, Any], answers: World, reason: str) -> None:
    """A wrong instance id or role is broken, with nothing half-made."""
    env = environment(**changes)
    found = refused("server_role", env, world(env, answers))
    assert {name: (each.verdict, each.reason) for name, each in found.items()} == {"role": ("broken", reason)}


def test_a_trust_without_the_server_is_broken() -> None:
    """An EC2 role that EC2 may not take serves nobody."""
    env = environment()
    answers = world(env, {RoleAsked(name=SERVER): role(env, SERVER, trust=ECS_TRUST)})
    assert amiss("server_role", env, answers) == [(TRUST, "broken")]


def test_the_principal_in_china_is_owed_a_look() -> None:
    """aws-cn is accepted with a finding that says what is unconfirmed."""
    env = environment(aws={"partition": "aws-cn", "region": "cn-north-1"})
    assert json.loads(ec2_trust(env))["Statement"][0]["Principal"] == {"Service": ["ec2.amazonaws.com.cn"]}
    detail = f"{SERVER} may be taken by Service:ec2.amazonaws.com.cn; the principal's regional name in China is unconfirmed"
    assert verdicts("server_role", TRUST, env) == [("owed", detail)]


@pytest.mark.parametrize(
    ("pipeline", "names"),
    [
        ("v2", ["tonic-server-role-v2", "tonic-extra-statements"]),
        ("legacy", ["tonic-server-role-legacy", "tonic-kms-role-addition", "tonic-extra-statements"]),
        (
            "both",
            ["tonic-server-role-v2", "tonic-server-role-legacy", "tonic-kms-role-addition", "tonic-extra-statements"],
        ),
    ],
)
def test_each_process_has_its_policy_and_extras_stand_apart(pipeline: str, names: list[str]) -> None:
    """A5, A6, A7: both policies on a server with both kinds of workspace; additions in a slot of their own."""
    extra = [{"Sid": "Ours", "Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": "*"}]
    env = legacy(pipeline=pipeline, extra_statements=extra)
    found = [each for each in wanted("server_role", env) if isinstance(each, RolePolicy)]
    assert [each.name for each in found] == names
    assert [each["Sid"] for each in json.loads(found[-1].document)["Statement"]] == ["Ours"]


def test_foreign_policies_are_broken_with_the_command_that_takes_them_off() -> None:
    """What the runbook did not attach it does not detach."""
    env = environment()
    carried = role(env, SERVER, inline=(*server_role_policies(env), ("theirs", "{}")), attached=("arn:aws:iam::aws:policy/Admin",))
    answers = world(env, {RoleAsked(name=SERVER): carried})
    found = [(each.verdict, each.way_out) for check, each in judged("server_role", env, answers) if check.claim == REST]
    assert found == [
        ("broken", f"if nobody needs it: aws iam delete-role-policy --role-name {SERVER} --policy-name theirs"),
        (
            "broken",
            f"if nobody needs it: aws iam detach-role-policy --role-name {SERVER} --policy-arn arn:aws:iam::aws:policy/Admin",
        ),
    ]
    assert [each for each in wanted("server_role", env, answers) if isinstance(each, Unwanted)] == []


@pytest.mark.parametrize(
    ("changes", "removed"),
    [
        (
            {"exclusive_policies": True},
            ["iam_role_policy/tonic-staging-server/theirs", "iam_role_attachment/tonic-staging-server/arn:x"],
        ),
        ({"exclusive_policies": True, "adopt": [f"iam_role/{SERVER}"]}, []),
        ({}, []),
    ],
    ids=["asked for", "adopted role", "not asked for"],
)
def test_removals_are_changes_only_under_exclusive_policies(changes: dict[str, Any], removed: list[str]) -> None:
    """Only a role that carries our tag is cleaned up, and only on request."""
    env = environment(**changes)
    carried = role(env, SERVER, inline=(*server_role_policies(env), ("theirs", "{}")), attached=("arn:x",))
    answers = world(env, {RoleAsked(name=SERVER): carried})
    unwanted = [each.resource.address for each in wanted("server_role", env, answers) if isinstance(each, Unwanted)]
    assert unwanted == removed


def test_a_foreign_roles_other_policies_are_advice() -> None:
    """On a role that is not ours, other policies belong to its owner."""
    env = environment()
    theirs = role(env, "their-role", tags=(), attached=("arn:aws:iam::aws:policy/Ssm",))
    answers = world(env, {ASKED: instance(profile="web", role="their-role"), RoleAsked(name="their-role"): theirs})
    found = [(each.verdict, each.warning) for check, each in judged("server_role", env, answers) if check.claim == REST]
    assert found == [("kept", True)]


def test_inline_policies_over_the_limit_are_broken() -> None:
    """IAM takes 10,240 characters on a role, what it had before included."""
    env = environment()
    big = json.dumps({"Statement": [{"Resource": "x" * 10_300}]})
    carried = role(env, SERVER, inline=(*server_role_policies(env), ("theirs", big)))
    answers = world(env, {RoleAsked(name=SERVER): carried})
    [(verdict, detail)] = verdicts("server_role", FITS, env, answers)
    assert (verdict, detail.endswith("characters inline on tonic-staging-server, IAM takes 10,240")) == ("broken", True)


@pytest.mark.parametrize(
    ("found", "verdict", "way_out"),
    [
        (None, "broken", "apply the lambda_role stage"),
        (
            {"arn": f"arn:aws:iam::111122223333:role/team/{LAMBDA}", "path": "/team/"},
            "broken",
            "set roles.path: /team/",
        ),
        ({}, "kept", ""),
    ],
    ids=["no role", "a path", "the one"],
)
def test_pass_role_names_the_role_that_exists(found: dict[str, str] | None, verdict: str, way_out: str) -> None:
    """C3: PassRole ARN, TONIC_LAMBDA_ROLE and the role are one."""
    env = legacy()
    answers = world(env, {RoleAsked(name=LAMBDA): None if found is None else role(env, LAMBDA, **found)})
    judgements = [(each.verdict, each.way_out) for check, each in judged("server_role", env, answers) if check.claim == PASS]
    assert judgements == [(verdict, way_out)]


def test_where_the_image_comes_from_is_owed() -> None:
    """C1: documented nowhere, so a person looks and says."""
    env = legacy(confirmations=[])
    claim = "the image of the Lambda function is in a private ECR repository of this region"
    assert [each for each, _ in verdicts("server_role", claim, env)] == ["owed"]


@pytest.mark.parametrize(("document", "verdict"), [(None, "broken"), ('{"Statement":[]}', "kept")])
@pytest.mark.parametrize("slug", ["lambda_role", "server_role"])
def test_a_boundary_has_to_exist(slug: str, document: str | None, verdict: str) -> None:
    """A role cannot be created with a boundary that is not there."""
    boundary = "arn:aws:iam::111122223333:policy/boundary"
    env = legacy(roles={"permissions_boundary": boundary})
    answers = world(env, {ManagedPolicyAsked(arn=boundary): document})
    assert [each for each, _ in verdicts(slug, "the role's boundary exists", env, answers)] == [verdict]


def test_a_policy_that_the_environment_has_not_asks_nothing() -> None:
    """Whoever has no AWS rights still learns that V2 needs no legacy policy."""
    refusal = Unanswered("no credentials", "owed")
    env = environment()
    answers = dict.fromkeys(world(env), refusal)
    kept = [check.rows for check, each in judged("server_role", env, answers) if each.verdict == "kept"]
    assert ("C1", "C2", "C4", "C5", "C6") in kept
    assert ("B1", "B2") not in kept
