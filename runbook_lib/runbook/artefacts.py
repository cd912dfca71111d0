"""Write down what a stage wants, for someone else to apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.exports import offline

if TYPE_CHECKING:
    from runbook_lib.model import Plan, Receipt
    from runbook_lib.runbook.setting import Setting


def wanted(setting: Setting, plan: Plan | None) -> dict[str, str]:
    """Write all that a plan wants, by name; where a part's questions found no answer, as `render` does; nothing without a plan."""
    stage, environment = setting.stage, setting.environment
    if plan is None:
        return {}
    if any(each.address in {f"{stage.slug}/{part.name}" for part in stage.parts} for each in plan.owed):
        return dict(offline(stage, environment))
    return dict(stage.artefacts(environment, plan.wanted))


def kept(setting: Setting, plan: Plan | None, receipt: Receipt | None) -> tuple[str, ...]:
    """Keep in the record what a plan wants, what an apply left to somebody else, and what the stage reports; give the names."""
    stage, environment = setting.stage, setting.environment
    owed = dict.fromkeys(entry.artefact for entry in (receipt.entries if receipt else ()) if entry.artefact)
    texts = {**wanted(setting, plan), **{f"owed-{number}.sql": text for number, text in enumerate(owed, 1)}}
    texts |= stage.reports(environment, setting.world.told(tuple(stage.report_asks(environment))))
    return tuple(setting.record.artefact(stage.slug, name, text) for name, text in texts.items())
