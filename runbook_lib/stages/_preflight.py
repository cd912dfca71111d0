"""Who calls, which role the server runs as, and which process the workspaces use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.resources.iam import Caller, CallerAnswer, ProductLeftovers, RoleAnswer, RoleAsked
from runbook_lib.stages._confirmations import owed as unconfirmed
from runbook_lib.stages._confirmations import vouched
from runbook_lib.stages._judging import broken, kept, listed
from runbook_lib.stages._server import identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Inventory, Judgement, Question
    from runbook_lib.parameters import Environment

PREFIX = "tonic-"
_CHOICE = {
    "v2": "Data Pipeline V2, the vendor's default: no SQS, no Lambda",
    "legacy": "the previous process, with SQS and Lambda",
    "both": "both processes on one server: both policies are attached",
}


def judge_caller(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Compare who calls, and where, with the file."""
    caller: CallerAnswer = inventory[Caller()]
    wrong = [
        f"{name} is {found}, the file says {wanted}"
        for name, found, wanted in (
            ("account", caller.account, env.aws.account),
            ("partition", caller.partition, env.aws.partition),
            ("region", caller.region, env.aws.region),
        )
        if found != wanted
    ]
    wrong += [f"{each} leads elsewhere" for each in caller.foreign_endpoints]
    if wrong:
        yield broken("; ".join(wrong), "correct aws: in the file, or log in to the right account; unset AWS_ENDPOINT_URL*")
    else:
        yield kept(f"{caller.arn} at {caller.endpoint}")


def leftover_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for functions of earlier versions; nothing under V2."""
    return (ProductLeftovers(service="lambda"),) if env.is_legacy else ()


def judge_orchestration(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Name what the product made: one function for each of its versions piles up."""
    if not env.is_legacy:
        yield kept("V2 uses none", grade="")
        return
    functions: tuple[str, ...] = inventory[ProductLeftovers(service="lambda")]
    yield kept(f"the product's functions so far: {listed(functions) or 'none'}; one a version, never removed by it")


def judge_role(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Name the role and how it was found; an existing one has to be there."""
    server = identity(env, inventory)
    role: RoleAnswer | None = inventory[RoleAsked(name=server.role)]
    if server.is_made_here:
        yield kept(f"{server.role}, made here" if role is None else f"{role.arn}, made here")
    elif role is None:
        yield broken(f"there is no role {server.role} in {env.aws.account}", "correct server.role_arn or server.instance_id")
    elif env.server.role_arn not in {"", role.arn}:
        yield broken(f"the role {server.role} is {role.arn}, the file names {env.server.role_arn}", "correct server.role_arn")
    else:
        found = f"profile {server.profile} of {env.server.instance_id}" if server.profile else "the file"
        yield kept(f"{role.arn}, from {found}; its trust stays as it is")


def judge_pipeline(env: Environment, _inventory: Inventory) -> Iterator[Judgement]:
    """Record the branch."""
    yield kept(_CHOICE[env.pipeline], grade="")


def judge_legacy(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Ask a person whether the installed version has the previous process; the newest pages name it no more."""
    if not env.is_legacy:
        yield kept("it is not used", grade="")
        return
    detail = "the vendor's newest pages do not mention SQS and Lambda any more"
    yield vouched(env, inventory, "A7", unconfirmed("A7", detail, "Structural operator"))
