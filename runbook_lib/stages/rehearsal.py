"""Stage 90: proof by log-ins, and by putting the call ledger to the policies as they are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents.policies import lambda_role_policies, server_role_policies
from runbook_lib.model import Check, Part, Stage
from runbook_lib.resources.iam import RoleAsked
from runbook_lib.resources.warehouse import PrivilegesAsked, RelationsAsked, SchemasAsked
from runbook_lib.stages import _apart, _calls, _databases, _exercises, _rehearsal, _roles, _simulated, _sufficiency
from runbook_lib.stages._judging import kept
from runbook_lib.stages._server import instance_asks, role_asks, server_role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model import Inventory, Judgement, Question
    from runbook_lib.parameters import Environment
    from runbook_lib.resources.rehearsals import Flow
    from runbook_lib.views.shown import Sufficiency


FLOWS: dict[Flow, str] = {
    "files": "the server puts, reads and removes files",
    "orchestration": "the server wires a queue to a function, and its message is taken",
    "unload_and_copy": "rows are unloaded, and copied back, with the server's credentials",
    "source_user": "the source user does what the product does",
    "destination_user": "the destination user does what the product does",
}
OPERATOR = "Structural operator"
SERVER_ROWS = ("B1", "B2", "C1", "C2", "C3", "C4", "C5", "C6")


def server_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the instance and for keys that policies name by symbol."""
    return (*instance_asks(env), *_roles.created_key_asks(env))


def lambda_asks(env: Environment) -> tuple[Question, ...]:
    """Ask for the Lambda role; nothing under V2."""
    return (RoleAsked(name=env.lambda_role), *_roles.created_key_asks(env)) if env.is_legacy else ()


def source_asks(_env: Environment) -> tuple[Question, ...]:
    """Ask for schemas and relations of the source."""
    return (SchemasAsked(side="source"), RelationsAsked(side="source"))


def privilege_asks(env: Environment) -> tuple[Question, ...]:
    """Ask what both users may, and whether the databases may be one."""
    source = PrivilegesAsked(side="source", user=env.source.user.name)
    return (source, PrivilegesAsked(side="destination", user=env.destination.user.name), *_apart.asks(env))


def judge_server(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Read every policy of the server's role again."""
    role, policies = server_role(env, inventory), server_role_policies(env)
    for name, _ in policies:
        yield _roles.judge_policy(inventory, role, name, policies)


def judge_lambda(env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Read every policy of the Lambda role again."""
    if not env.is_legacy:
        yield kept("V2 has no Lambda role", grade="")
        return
    role, policies = _roles.role_answer(env.lambda_role, inventory), lambda_role_policies(env)
    for name, _ in policies:
        yield _roles.judge_policy(inventory, role, name, policies)


def tables(env: Environment) -> tuple[Sufficiency, ...]:
    """Show which statement allows each call of the product, in both styles."""
    return (_sufficiency.both_styles(env),)


STAGE = Stage(
    number=90,
    slug="rehearsal",
    title="Rehearsal",
    rows=(
        "A1",
        "A5",
        "A8",
        *SERVER_ROWS,
        "D1",
        "D3",
        "E2",
        "E3",
        "E4",
        "G3",
        "G4",
        "G5",
        "G6",
        "H3",
        "H3a",
        "H3b",
        "H3c",
        "H4",
    ),
    summary="Logs in as both users, reads what they may, and puts every call of the product to the policies as they are installed.",
    after=("server_role", "source_database", "destination_database"),
    keys=("rehearsal", "roles.twins", "server.metadata"),
    parts=(
        Part("source user", _exercises.desired("source_user"), owner=_databases.ADMIN),
        Part("destination user", _exercises.desired("destination_user"), _exercises.apart_asks, owner=_databases.ADMIN),
        Part("files", _exercises.desired("files"), _exercises.server_asks, owner=OPERATOR),
        Part("orchestration", _exercises.desired("orchestration"), _exercises.server_asks, owner=OPERATOR),
        Part("unload and copy", _exercises.desired("unload_and_copy"), _exercises.apart_asks, owner=OPERATOR),
    ),
    checks=(
        Check(
            ("G3", "G4", "G5", "G6"),
            "the source user logs in and reads",
            _rehearsal.judge_source,
            source_asks,
            _rehearsal.source_login,
        ),
        Check(
            ("H3", "H3a", "H3b", "H4"),
            "the destination user logs in and reads",
            _apart.unless_open(_rehearsal.judge_destination),
            _rehearsal.destination_login,
        ),
        Check(
            ("G4", "G5", "H3c"), "both users' effective rights are read", _apart.unless_open(_rehearsal.judge_privileges), privilege_asks
        ),
        Check(
            SERVER_ROWS,
            "the server role's policies are read again",
            judge_server,
            server_asks,
            role_asks,
        ),
        Check(("D1",), "the Lambda role's policies are read again", judge_lambda, lambda_asks),
        Check(
            (*SERVER_ROWS, "A8", "E3", "E4"),
            "the server may call what it needs, and nothing else",
            _sufficiency.judged("server"),
            _calls.server_asks,
            _calls.server_policies,
        ),
        Check(
            ("D1", "D3", "E3", "E4"),
            "the Lambda function may call what it needs, and nothing else",
            _sufficiency.judged("lambda"),
            _calls.function_asks,
            _calls.function_policies,
        ),
        Check(("E2",), "S3 may use the queues' key, and nobody through it", _sufficiency.judged("key"), _calls.asks),
        _simulated.Simulation("server", is_installed=True).check(SERVER_ROWS),
        _simulated.Simulation("lambda", is_installed=True).check(("D1",)),
        Check((*SERVER_ROWS, "D1", "E4"), "the policies hold nothing idle", _sufficiency.judge_use),
        *(
            Check(rows, FLOWS[flow], _exercises.judged(flow), _exercises.asked(flow), _exercises.then(flow))
            for flow, rows in _exercises.ROWS.items()
        ),
        Check(("A1",), "what is not proven here is said", _rehearsal.judge_scope),
    ),
    tables=tables,
)
