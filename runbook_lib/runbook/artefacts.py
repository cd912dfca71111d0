"""Write down what a stage wants, for someone else to apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.exports import offline

if TYPE_CHECKING:
    from runbook_lib.model import Plan
    from runbook_lib.runbook.setting import Setting


def wanted(setting: Setting, plan: Plan | None) -> dict[str, str]:
    """Write all that a plan wants, by name; where a part's questions found no answer, as `render` does; nothing without a plan."""
    stage, environment = setting.stage, setting.environment
    if plan is None:
        return {}
    if any(each.address in {f"{stage.slug}/{part.name}" for part in stage.parts} for each in plan.owed):
        return dict(offline(stage, environment))
    return dict(stage.artefacts(environment, plan.wanted))
