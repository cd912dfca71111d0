"""What whoever steps through notebooks is asked to type: the kernel asks, hidden, and where nobody can answer nothing begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import InvalidParameters, Problem
from runbook_lib.resources.secretsmanager import Secret
from runbook_lib.secrets import ask_new, parse_reference
from runbook_lib.views import live

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runbook_lib.model import Plan
    from runbook_lib.parameters import Environment

ONCE = "apply its stage in JupyterLab, where it is asked for once and stored; or write generate:secretsmanager:NAME"


def prompted(environment: Environment) -> tuple[str, ...]:
    """Name whose passwords somebody has to type before a stage can reach its databases."""
    references = (parse_reference(side.admin.password) for side in (environment.source, environment.destination) if side.admin.password)
    return tuple(each.name for each in references if each.source == "prompt")


def typed_secrets(plan: Plan) -> tuple[Secret, ...]:
    """List the secrets that a plan makes out of what somebody types."""
    made = (each.after for each in plan.changes if each.before is None)
    return tuple(each for each in made if isinstance(each, Secret) and each.value == "typed")


def ask_for_new(plan: Plan) -> None:
    """Ask for what the changes of an approved plan store. Raises InvalidParameters where nobody can answer, TargetError for no answer."""
    secrets = typed_secrets(plan)
    if not live.has_front_end():
        refuse_unattended(secrets)
    for each in secrets:
        ask_new(each.reference)


def refuse_unattended(secrets: Iterable[Secret]) -> None:
    """Raise InvalidParameters when a secret would have to be asked for."""
    problems = [Problem(0, each.reference, "is not stored yet, and nobody is there to answer", ONCE) for each in secrets]
    if problems:
        raise InvalidParameters("parameters", problems)
