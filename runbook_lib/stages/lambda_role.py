"""Stage 40 (legacy only): the role that the product's Lambda functions run as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents.commands import aws_artefacts
from runbook_lib.documents.policies import KMS, LAMBDA, lambda_role_policies, lambda_trust
from runbook_lib.documents.trusts import LAMBDA as LAMBDA_SERVICE
from runbook_lib.documents.trusts import trusted
from runbook_lib.model import Check, Part, Stage
from runbook_lib.resources.iam import Role, RoleAsked
from runbook_lib.stages import _linting, _roles, _simulated, _sufficiency, _validated
from runbook_lib.stages._judging import broken, kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runbook_lib.model import Inventory, Judge, Judgement, Question, Resource, Unwanted
    from runbook_lib.parameters import Environment


def asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the role; nothing under V2."""
    return (RoleAsked(name=env.lambda_role),) if env.is_legacy else ()


def asks_with_keys(env: Environment) -> tuple[Question, ...]:
    """Ask for the role and for the keys that its policies name by symbol."""
    return (*asks(env), *(_roles.created_key_asks(env) if env.is_legacy else ()))


def desire(env: Environment, inventory: Inventory) -> Iterator[Resource | Unwanted]:
    """Want the role with its trust at creation, its policies, and under `exclusive_policies` nothing else."""
    if not env.is_legacy:
        return
    policies = lambda_role_policies(env)
    yield Role(
        name=env.lambda_role,
        path=env.roles.path,
        trust=lambda_trust(env),
        permissions_boundary=env.roles.permissions_boundary,
        tags=env.tags,
    )
    yield from _roles.role_policies(env.lambda_role, policies)
    if env.exclusive_policies:
        yield from _roles.unwanted(env, inventory[RoleAsked(name=env.lambda_role)], policies)


def judge_documents(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Compare the role's own policy."""
    role = _roles.role_answer(env.lambda_role, inventory)
    yield _roles.judge_policy(inventory, role, LAMBDA, lambda_role_policies(env))


def judge_key_use(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Compare the policy that lets the role use the keys."""
    policies = lambda_role_policies(env)
    if KMS in dict(policies):
        role = _roles.role_answer(env.lambda_role, inventory)
        yield _roles.judge_policy(inventory, role, KMS, policies)
    else:
        yield kept("no customer managed key is in use", grade="")


def judge_trust(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Hold the trust to the Lambda service and nobody else."""
    role = _roles.role_answer(env.lambda_role, inventory)
    who = trusted(role.trust)
    if who == (f"Service:{LAMBDA_SERVICE}",):
        yield kept(f"{LAMBDA_SERVICE} and nobody else may assume {role.name}")
    elif f"Service:{LAMBDA_SERVICE}" in who:
        yield broken(f"{', '.join(who)} may assume {role.name}", "narrow the trust to the Lambda service")
    else:
        yield broken(f"{LAMBDA_SERVICE} may not assume {role.name}", "apply this stage: it sets the trust")


def judge_account(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Hold the role's ARN to the one that PassRole and TONIC_LAMBDA_ROLE name: account and path included."""
    role, wanted = _roles.role_answer(env.lambda_role, inventory), env.role_arn(env.lambda_role)
    if role.arn == wanted:
        yield kept(f"{role.arn} is what iam:PassRole and TONIC_LAMBDA_ROLE name")
    else:
        yield broken(f"the role is {role.arn}, the documents name {wanted}", f"set roles.path: {role.path}")


def judge_rest(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Name foreign policies."""
    yield from _roles.judge_foreign(env, _roles.role_answer(env.lambda_role, inventory), lambda_role_policies(env))


def judge_size(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Add up the inline policies."""
    yield _roles.judge_size(env, inventory[RoleAsked(name=env.lambda_role)], env.lambda_role, lambda_role_policies(env))


def _if_legacy(judge: Judge) -> Judge:
    """Say nothing under V2."""

    def judge_or_not(env: Environment, inventory: Inventory) -> Iterable[Judgement]:
        return judge(env, inventory) if env.is_legacy else ()

    return judge_or_not


def idle(env: Environment) -> str:
    """Say why nothing is to do under V2."""
    return "" if env.is_legacy else "pipeline: v2 uses no Lambda function"


def artefacts(env: Environment, desired: tuple[Resource, ...]) -> Mapping[str, str]:
    """Write the role's documents and commands."""
    return aws_artefacts(env, desired, "lambda_role")


STAGE = Stage(
    number=40,
    slug="lambda_role",
    title="Lambda role",
    rows=("D1", "D2", "D3", "E3", "E4"),
    summary="Creates the execution role of the product's Lambda functions (legacy only).",
    after=("encryption",),
    keys=("roles.lambda", "roles.path", "roles.permissions_boundary", "roles.tags", "policy_style", "lint_waivers"),
    parts=(Part("role", desire, asks),),
    checks=(
        Check(
            ("D1", "D2"),
            "the Lambda role carries the documented permissions",
            _if_legacy(judge_documents),
            asks_with_keys,
        ),
        Check(("D1", "C3", "F1"), "the role is the one that PassRole and the worker name", _if_legacy(judge_account), asks),
        Check(("D3",), "the Lambda service, and nobody else, may assume the role", _if_legacy(judge_trust), asks),
        Check(("E3", "E4"), "the Lambda role may use the keys", _if_legacy(judge_key_use), asks_with_keys),
        Check(("D1",), "nothing else is attached to the Lambda role", _if_legacy(judge_rest), asks),
        Check(
            ("D1", "E4"),
            "what the policies let the function do is known before they are installed",
            _if_legacy(_sufficiency.judged_offline("lambda")),
            when="plan",
        ),
        _simulated.Simulation("lambda", is_installed=False).check(("D1", "E4")),
        Check(("D1",), "the role's inline policies fit", _if_legacy(judge_size), asks, when="plan"),
        Check(
            ("D1", "D3", "E3", "E4"),
            "the Lambda role's documents are fit to install",
            _if_legacy(_linting.judge(_linting.lambda_documents)),
            _linting.asks_day,
            when="plan",
        ),
        _validated.check(("D1", "D3"), "Access Analyzer finds no fault in the Lambda role's documents", _linting.lambda_documents),
        Check(
            ("D1",),
            "the role's boundary exists",
            _if_legacy(_roles.judge_boundary),
            _roles.boundary_asks,
            when="plan",
        ),
    ),
    idle=idle,
    artefacts=artefacts,
)
