"""Say what the stages of a record found, and of each that was skipped or left halfway that it is not decided: that is never kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.engine import WAY_BACK
from runbook_lib.evidence import steps
from runbook_lib.evidence.writes import writes
from runbook_lib.model import Finding
from runbook_lib.views.blocks import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.evidence import Record, StageResult
    from runbook_lib.model import Stage
    from runbook_lib.parameters import Environment

SKIPPED = "its notebook was not run to its end in this record"
UNDONE = "a teardown wrote after it was looked at"
UNPLANNED = "nothing was planned"
UNPROVEN = "what is in place was not verified"


def found(stages: Sequence[Stage], record: Record, environment: Environment) -> tuple[Finding, ...]:
    """Give what stages found, in their order, and an unknown finding of each that is not decided; nothing where none was looked at."""
    results, undone = record.results(), _undone(record)
    if not any(each.slug in results for each in stages):
        return ()
    target = record.facts.target or environment.environment
    busy = (each for each in stages if not each.idle(environment))
    return tuple(finding for each in busy for finding in _of(each, results.get(each.slug), undone, target))


def _of(stage: Stage, result: StageResult | None, undone: str, target: str) -> Iterator[Finding]:
    is_standing = result is not None and result.at >= undone
    reason = SKIPPED if result is None else _open(result) if is_standing else UNDONE
    yield from result.findings if result is not None and is_standing else ()
    if reason:
        way_out = f"run {stage.number}_{stage.slug}, or `runbook verify {target}`"
        claim = f"{stage.title} is done and proven"
        yield Finding(stage=stage.slug, rows=stage.rows, claim=claim, verdict="unknown", detail=reason, way_out=way_out)


def _open(result: StageResult) -> str:
    """Say what of a plan was neither made nor judged; empty where all was."""
    if result.plan is None:
        return UNPLANNED
    judged = {each.address for each in result.findings}
    entries = result.receipt.entries if result.receipt is not None else ()
    made = {each.change.address for each in entries if each.outcome == "applied"}
    left = [each for each in result.plan.changes if each.address not in judged | made]
    if left:
        return f"{counted(len(left), 'planned change')} not applied"
    return UNPROVEN if {each.address for each in result.plan.wanted} - judged else ""


def _undone(record: Record) -> str:
    """Tell when a teardown that somebody stepped through wrote last; empty where none did."""
    if WAY_BACK not in steps.opened_stages(record.folder):
        return ""
    ended = (each.ended for each in writes(record.folder) if each.stage == WAY_BACK and each.outcome == "applied")
    return max(ended, default="")
