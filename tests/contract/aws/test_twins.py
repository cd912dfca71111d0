"""Whoever has just what is declared makes, takes and removes the twin of a role, made here or there before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from runbook_lib.adapters.aws.retry import Patience
from runbook_lib.adapters.aws.rights import permissions_of
from runbook_lib.adapters.aws.session import AwsSession
from runbook_lib.adapters.rehearsal.principals import twin
from runbook_lib.adapters.rehearsal.steps import Played
from runbook_lib.documents.caller import caller_policies
from runbook_lib.documents.rehearsal import of_server
from runbook_lib.errors import Denied
from runbook_lib.model import Change
from runbook_lib.parameters import Environment
from runbook_lib.resources.rights import Need, Permission
from tests.contract.aws.endpoint import ACCOUNT, environment_at
from tests.sandbox.aws.account import Account, allow, policy, trust

pytestmark = pytest.mark.once

BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/everything"
MADE = ("made", "made under a boundary")
SHAPES = (*MADE, "adopted by name", "named by ARN", "told by the instance")
"""What the parameter file says of the server's role; each but the first asks for a boundary, which roles that were there may not have."""


@dataclass(frozen=True)
class Scene:
    """Hold a role of one shape, the environment whose server's it is, and the caller's role."""

    account: Account
    environment: Environment
    role: str
    caller: str

    def granted(self) -> list[Permission]:
        """List what a flow that is played as the role takes."""
        return list(permissions_of(Change(before=None, after=of_server(self.environment, "files", self.role)), self.environment))

    def told(self, granted: list[Permission]) -> str:
        """Make, take and remove the twin as a caller who has just what is granted; give what he is told of refusals."""
        [document] = caller_policies(Need(permission=each, purpose="apply", reason="play") for each in granted).values()
        self.account.client("iam").put_role_policy(RoleName=self.caller, PolicyName="least", PolicyDocument=json.dumps(document))
        patience = Patience(deadline=0.0, attempts=1)
        played, said = Played(patience), ""
        try:
            twin(self.role, AwsSession(self.environment, patience=patience), played)
        except Denied as error:
            said = str(error)
        played.end()
        return " ".join((said, *played.left)).strip()


@pytest.fixture(params=SHAPES)
def scene(request: pytest.FixtureRequest, endpoint: str, credentials: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Make a role: one that was there before has a managed policy and no boundary, and may lie in a path that no file names."""
    shape, account = str(request.param), Account(endpoint)
    iam, name = account.client("iam"), f"{account.name}-server"
    iam.create_policy(PolicyName="everything", PolicyDocument=policy(allow("*")))
    bounds = {"PermissionsBoundary": BOUNDARY} if shape == MADE[1] else {}
    path = "/theirs/team/" if shape in SHAPES[3:] else "/acme/"
    trusted = trust({"Service": "ec2.amazonaws.com"})
    arn = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trusted, **bounds)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(allow("s3:ListAllMyBuckets")))
    if shape not in MADE:
        iam.attach_role_policy(RoleName=name, PolicyArn=BOUNDARY)
    caller = account.role()
    for key, value in account.session(caller).items():
        monkeypatch.setenv(key.upper(), value)
    yield Scene(account, described(endpoint, shape, arn), name, caller.rpartition("/")[2])
    if shape not in MADE:
        iam.detach_role_policy(RoleName=name, PolicyArn=BOUNDARY)
    iam.delete_role_policy(RoleName=name, PolicyName="own")
    iam.delete_role(RoleName=name)
    iam.delete_policy(PolicyArn=BOUNDARY)


def described(endpoint: str, shape: str, arn: str) -> Environment:
    """Describe the environment of a shape."""
    name = arn.rpartition("/")[2]
    said: dict[str, Any] = environment_at(endpoint, name).model_dump(mode="json", by_alias=True)
    said["roles"] = {"path": "/acme/", "twins": True, "permissions_boundary": "" if shape == MADE[0] else BOUNDARY}
    match shape:
        case "named by ARN":
            said["server"] = {"role_arn": arn}
        case "told by the instance":
            said["server"] = {"instance_id": "i-0a1b2c3d4e5f60718"}
        case _:
            said["roles"]["server"] = name
    said["adopt"] = [f"iam_role/{name}"] if shape == "adopted by name" else []
    return Environment.model_validate(said)


def test_what_is_declared_is_enough(scene: Scene) -> None:
    """With it the twin comes and goes, whatever its role carries and wherever it lies."""
    assert scene.told(scene.granted()) == ""


@pytest.mark.parametrize("scene", ["made under a boundary", "told by the instance"], indirect=True)
def test_without_one_action_that_is_named(scene: Scene) -> None:
    """All of what is declared is needed: AWS refuses by name whichever action is left out."""
    granted = scene.granted()
    actions = sorted({each.action for each in granted})
    silent = [action for action in actions if action not in scene.told([each for each in granted if each.action != action])]
    assert ([], "") == (silent, scene.told(granted))


def test_only_twins_of_roles_made_here_are_known_to_be_bounded(scene: Scene, request: pytest.FixtureRequest) -> None:
    """The requests that make such a twin and write its policies state the boundary; what else there is may have any."""
    bounded = {each.action for each in scene.granted() if ("iam:PermissionsBoundary", BOUNDARY) in each.context}
    is_known = "made under a boundary" in request.node.name
    assert ({"iam:CreateRole", "iam:PutRolePolicy"} if is_known else set()) == bounded
