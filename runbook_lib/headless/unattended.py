"""Refuse to begin what somebody would have to be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib import evidence
from runbook_lib.engine.history import at, standing
from runbook_lib.runbook.prompting import refuse_unattended, typed_secrets
from runbook_lib.runbook.scope import scope_of

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.model import EnvironmentPlan
    from runbook_lib.parameters import Environment


def refuse_untyped(approved: EnvironmentPlan, environment: Environment, folder: Path) -> None:
    """Raise InvalidParameters where a plan stores what somebody types, and no record in a folder tells that it is stored."""
    stored = standing(at(evidence.history(folder), scope_of(environment)))
    refuse_unattended(each for plan in approved.plans for each in typed_secrets(plan) if each.address not in stored)
