"""Stage 50: the role that the product's server runs as, and for EC2 its instance profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents.commands import aws_artefacts
from runbook_lib.documents.policies import EXTRA, KMS, LEGACY, V2, ec2_trust, server_role_policies
from runbook_lib.model import Check, Part, Stage
from runbook_lib.resources.ec2 import InstanceProfile, InstanceProfileRole, ProfileAssociation
from runbook_lib.resources.iam import Role, RoleAsked
from runbook_lib.stages import _linting, _passrole, _roles, _server_checks, _simulated, _sufficiency, _validated
from runbook_lib.stages._confirmations import asks_today
from runbook_lib.stages._judging import kept
from runbook_lib.stages._server import identity, instance_asks, role_asks, server_role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runbook_lib.model import Inventory, Judgement, Question, Resource, Unwanted
    from runbook_lib.parameters import Environment
    from runbook_lib.stages._server import Identity

V2_ROWS = ("B1", "B2")
LEGACY_ROWS = ("C1", "C2", "C4", "C5", "C6")


def desire(env: Environment, inventory: Inventory) -> Iterator[Resource | Unwanted]:
    """Want the policies on the server's role; role and profile too where they are ours to make."""
    server, policies = identity(env, inventory), server_role_policies(env)
    if server.is_made_here:
        yield from _made(env, server)
    else:
        server_role(env, inventory)
    yield from _roles.role_policies(server.role, policies)
    if env.exclusive_policies:
        yield from _roles.unwanted(env, inventory[RoleAsked(name=server.role)], policies)


def _made(env: Environment, server: Identity) -> Iterator[Resource]:
    """Want role and profile, and their association with an instance that carries no other profile."""
    name = env.server_role
    yield Role(
        name=name,
        path=env.roles.path,
        trust=ec2_trust(env),
        permissions_boundary=env.roles.permissions_boundary,
        tags=env.tags,
    )
    yield InstanceProfile(name=name, path=env.roles.path, tags=env.tags)
    yield InstanceProfileRole(profile=name, role=name)
    if env.server.attach_profile and env.server.instance_id and server.profile in {"", name}:
        yield ProfileAssociation(instance_id=env.server.instance_id, profile=name)


def policy_check(rows: tuple[str, ...], name: str, claim: str, absent: str) -> Check:
    """Make the check of one policy on the server's role; an environment that has no such policy asks nothing."""

    def asks(env: Environment) -> tuple[Question, ...]:
        is_wanted = name in dict(server_role_policies(env))
        return (*instance_asks(env), *_roles.created_key_asks(env)) if is_wanted else ()

    def then(env: Environment, inventory: Inventory) -> tuple[Question, ...]:
        return role_asks(env, inventory) if name in dict(server_role_policies(env)) else ()

    return Check(rows, claim, judge_policy(name, absent), asks, then)


def asks_with_today(env: Environment) -> tuple[Question, ...]:
    """Ask for the instance and the date."""
    return (*instance_asks(env), *asks_today(env))


def judge_policy(name: str, absent: str) -> Callable[[Environment, Inventory], Iterator[Judgement]]:
    """Compare one policy on the server's role; `absent` says why the environment needs none."""

    def judge(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
        policies = server_role_policies(env)
        if name not in dict(policies):
            yield kept(absent, grade="")
            return
        role = server_role(env, inventory)
        yield _roles.judge_policy(inventory, role, name, policies)

    return judge


def judge_rest(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Name foreign policies."""
    role = server_role(env, inventory)
    yield from _roles.judge_foreign(env, role, server_role_policies(env))


def judge_size(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Add up the inline policies."""
    name = identity(env, inventory).role
    yield _roles.judge_size(env, inventory[RoleAsked(name=name)], name, server_role_policies(env))


def artefacts(env: Environment, desired: tuple[Resource, ...]) -> Mapping[str, str]:
    """Write the role's documents and commands."""
    return aws_artefacts(env, desired, "server_role")


STAGE = Stage(
    number=50,
    slug="server_role",
    title="Server role",
    rows=("A3", "A5", *V2_ROWS, "C1", "C2", "C3", "C4", "C5", "C6", "E3", "E4"),
    summary="Gives the role of the product's server its policies; on EC2 also makes role and instance profile.",
    after=("encryption", "lambda_role"),
    keys=(
        "server",
        "roles.server",
        "roles.path",
        "roles.permissions_boundary",
        "roles.tags",
        "policy_style",
        "extra_statements",
        "exclusive_policies",
        "lint_waivers",
    ),
    parts=(Part("role", desire, instance_asks, role_asks),),
    checks=(
        Check(("A3",), "the server runs as the role", _server_checks.judge_identity, asks_with_today, role_asks),
        Check(("A3",), "the role's trust lets the server in", _server_checks.judge_trust, asks_with_today, role_asks),
        policy_check(V2_ROWS, V2, "the server role carries the V2 permissions", "no workspace uses V2"),
        policy_check(LEGACY_ROWS, LEGACY, "the server role carries the legacy permissions", "no workspace uses SQS and Lambda"),
        Check(("C3",), "the server may pass the Lambda role that exists", _passrole.judge, _passrole.asks),
        Check(
            ("C1",),
            "the image of the Lambda function is in a private ECR repository of this region",
            _passrole.judge_image,
            asks_today,
        ),
        policy_check(("E3", "E4"), KMS, "the server role may use the keys", "no customer managed key is in use"),
        policy_check(("A5",), EXTRA, "additions stand in a policy of their own", "there are none"),
        Check(("A5",), "nothing else is attached to the server role", judge_rest, instance_asks, role_asks),
        Check(
            (*V2_ROWS, *LEGACY_ROWS, "C3", "E4"),
            "what the policies let the server do is known before they are installed",
            _sufficiency.judged_offline("server"),
            when="plan",
        ),
        _simulated.Simulation("server", is_installed=False).check((*V2_ROWS, *LEGACY_ROWS, "C3")),
        Check(("A5",), "the role's inline policies fit", judge_size, instance_asks, role_asks, when="plan"),
        Check(
            ("A5",),
            "the server role's documents are fit to install",
            _linting.judge(_linting.server_documents),
            _linting.asks_day,
            when="plan",
        ),
        _validated.check(("A5",), "Access Analyzer finds no fault in the server role's documents", _linting.server_documents),
        Check(("A5",), "the role's boundary exists", _roles.judge_boundary, _roles.boundary_asks, when="plan"),
    ),
    artefacts=artefacts,
)
