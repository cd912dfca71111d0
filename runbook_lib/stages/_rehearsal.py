"""Log-ins as the product's own users, and what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model import Unanswered
from runbook_lib.resources.warehouse import (
    LoginAnswer,
    LoginAsked,
    PrivilegesAnswer,
    PrivilegesAsked,
    RelationAnswer,
    RelationsAsked,
    SchemasAsked,
    UsersAsked,
)
from runbook_lib.stages import _apart
from runbook_lib.stages._judging import broken, kept, listed
from runbook_lib.stages._schemas import included

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Grade, Inventory, Judgement, Question
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.warehouse import Name, Side

DESTINATION_USERS = UsersAsked(side="destination")
TRIED = 200
"""Schemas of which one relation is read: four round trips."""
MEND = "apply the database stage; check the password that the reference names"


def source_login(env: Environment, inventory: Inventory) -> tuple[Question, ...]:
    """Ask to log in as the source user and read one relation of each included schema."""
    return (_login(env, "source", sample(env, inventory)),)


def destination_login(env: Environment) -> tuple[Question, ...]:
    """Ask to log in as the destination user, whether there is one, and whether the database may be the source."""
    return (_login(env, "destination", ()), DESTINATION_USERS, *_apart.asks(env))


def sample(env: Environment, inventory: Inventory) -> tuple[Name, ...]:
    """Choose the first relation of each included local schema; of more schemas than are tried, some that lie evenly among them.

    What may be read of all the others is asked without a log-in: on Redshift each statement on another table is compiled anew.
    """
    local = set(included(env, inventory[SchemasAsked(side="source")]).local)
    relations: tuple[RelationAnswer, ...] = inventory[RelationsAsked(side="source")]
    first: dict[str, Name] = {}
    for each in sorted(relations):
        if each.schema_name in local:
            first.setdefault(each.schema_name, (each.schema_name, each.name))
    names = tuple(first.values())
    return names[:: -(-len(names) // TRIED)] if names else ()


def judge_source(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Judge the source user's log-in."""
    yield from _judge_login(env, inventory[_login(env, "source", sample(env, inventory))])


def judge_destination(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Judge the destination user's log-in; who cannot look whether the user exists cannot tell a wrong password from no user."""
    try:
        answer = inventory[_login(env, "destination", ())]
    except Unanswered:
        _ = inventory[DESTINATION_USERS]
        raise
    yield from _judge_login(env, answer)


def _judge_login(env: Environment, answer: LoginAnswer) -> Iterator[Judgement]:
    grade, who = exercised(env), f"{answer.user} in {answer.database}"
    refused = [f"{'.'.join(name)} ({reason})" for name, reason in answer.unreadable]
    refused += [f"svv_table_info ({answer.table_info})"] if answer.table_info else []
    refused += [f"a temporary table ({answer.temporary})"] if answer.temporary else []
    if refused:
        yield broken(f"{who} is refused: {listed(tuple(refused))}", MEND, grade=grade)
    else:
        yield kept(f"{who} read {answer.read} relations and svv_table_info, and used a temporary table", grade=grade)


def judge_privileges(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """State what both users may altogether."""
    for side in ("source", "destination"):
        user = env.side(side).user.name
        answer: PrivilegesAnswer = inventory[PrivilegesAsked(side=side, user=user)]
        power = "superuser" if answer.is_superuser else "ordinary user"
        create = "may" if answer.database_create else "may not"
        yield kept(f"{side}: {user}, {power}, {create} create schemas")


def judge_scope(env: Environment, _inventory: Inventory) -> Iterator[Judgement]:
    """Say what this rehearsal leaves open."""
    played = (
        "the flow was played as the ledger knows it: no code of the product ran, and the cluster's own role was not tried"
        if env.rehearsal == "exercise"
        else "nothing was played, no UNLOAD or COPY either (rehearsal: evaluate)"
    )
    yield kept(f"{played}; policies of VPC endpoints and of resources are not evaluated", grade="")


def exercised(env: Environment) -> Grade:
    """Grade a log-in: the sandbox is not the real thing."""
    return "exercised in the sandbox" if env.aws.endpoint else "exercised live"


def _login(env: Environment, side: Side, relations: tuple[Name, ...]) -> LoginAsked:
    user = env.side(side).user
    return LoginAsked(side=side, user=user.name, password=user.password, relations=relations)
