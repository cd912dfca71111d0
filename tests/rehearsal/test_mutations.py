"""What the installed policies lose is refused in the rehearsal, where the sufficiency matrix says so and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from runbook_lib.documents.proof.ablation import mutants
from runbook_lib.documents.proof.carried import wanted
from runbook_lib.documents.proof.deciding import Document, deciding, documents_of
from runbook_lib.documents.proof.ledger import Call
from runbook_lib.documents.proof.matrix import decide, lines_of
from runbook_lib.parameters import Environment
from runbook_lib.resources.rehearsals import Flow, Step
from tests.rehearsal.places import Place, played

Lost = tuple[str, str, str]
"""Who calls what on what."""
SHAPES: dict[str, Flow] = {"v2-scoped-keys": "files", "legacy-scoped-keys": "orchestration"}


def losses(env: Environment) -> list[tuple[Document, int, str]]:
    """List what the roles' policies can lose: a document without one statement, its place and its label."""
    roles = [each for each in documents_of(env, wanted(env)) if each.is_identity]
    return [
        (mutant.document, place, mutant.what)
        for document in roles
        for place, mutant in enumerate(each for each in mutants(document) if each.part == "statement")
    ]


def refused(env: Environment, left: Document) -> set[Lost]:
    """Say which calls the matrix has refused, by who makes them, when one document is what is left of it."""
    carried = wanted(env)
    policies = deciding(env, carried).instead(left)
    calls = [each for each in lines_of(env, carried) if isinstance(each.asked, Call)]
    return {(each.acts_as, each.asked.action, each.asked.on) for each in calls if decide(each, policies).state == "refused"}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_lost_statement_is_felt_where_it_is_predicted(place: Place, set_up: Callable[[str], Environment], shape: str) -> None:
    """Without any one statement, each step ends as before but for those that take a call which the matrix now has refused."""
    env = set_up(shape)

    for left, number, label in losses(env):
        predicted = refused(env, left)
        steps = without(place, env, left, number)
        wrong = [(label, step.name, step.ended, step.detail) for step in steps if not _is_as_predicted(env, step, predicted)]
        assert [] == wrong


def without(place: Place, env: Environment, left: Document, number: int) -> list[Step]:
    """Play the flow while a role's policy lacks the statement of a number."""
    iam, role = place.client("iam"), left.holder.rpartition("/")[2]
    found = iam.get_role_policy(RoleName=role, PolicyName=left.name)["PolicyDocument"]
    statements = [each for place, each in enumerate(found["Statement"]) if place != number]
    changed = json.dumps({**found, "Statement": statements})
    try:
        if statements:
            iam.put_role_policy(RoleName=role, PolicyName=left.name, PolicyDocument=changed)
        else:
            iam.delete_role_policy(RoleName=role, PolicyName=left.name)
        return list(played(env, SHAPES[shape_of(env)]).steps)
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=left.name, PolicyDocument=json.dumps(found))


def shape_of(env: Environment) -> str:
    """Find the shape that an environment was made after."""
    return next(each for each in SHAPES if each.startswith(env.pipeline))


def _is_as_predicted(env: Environment, step: Step, predicted: set[Lost]) -> bool:
    acts_as = "lambda" if env.lambda_role in step.principal else "server"
    # The mapping is made by the server, and looked at with the rights of the function's role.
    felt = any(
        text.startswith(f"{action} ") and _is_on(text, on) and who == ("lambda" if text.endswith("(the function's role)") else acts_as)
        for who, action, on in predicted
        for text in step.permissions
        if not text.endswith("(S3)")
    )
    return step.ended in {"refused", "failed", "left out"} if felt or step.has_to_fail else step.ended in {"done", "left out"}


def _is_on(permission: str, on: str) -> bool:
    """Tell one key from the other."""
    return not on.endswith(" key") or f"the {on.partition(' ')[0]}'s key" in permission
