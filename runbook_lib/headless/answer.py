"""How a run's answer reads as JSON and as text, and how far it says that each stage is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.evidence.board import judged
from runbook_lib.headless.outcome import MEANINGS
from runbook_lib.headless.reasons import reasons
from runbook_lib.model.fleets import StageCell
from runbook_lib.stages import all_stages
from runbook_lib.views.checking import check_command

if TYPE_CHECKING:
    from runbook_lib.headless.outcome import Run


def told(done: Run) -> tuple[int, dict[str, Any], str]:
    """Give the exit code, the answer as JSON, and the summary with the command that checks the record."""
    verdicts: dict[str, int] = {}
    for finding in done.findings:
        verdicts[finding.verdict] = verdicts.get(finding.verdict, 0) + 1
    answer = {
        "meaning": MEANINGS[done.exit_code],
        "record": str(done.record.folder),
        "record_digest": done.record_digest,
        "signer": done.signer,
        "digest": done.plan.digest,
        "changes": sum(len(plan.changes) for plan in done.plan.plans),
        "verdicts": verdicts,
        "stages": [each.model_dump(mode="json") for each in stage_cells(done)],
        "findings": [finding.model_dump(mode="json") for finding in done.findings if finding.verdict != "kept"],
        "errors": [{"stage": each.stage.slug, "error": each.error, "message": each.message} for each in done.executed if each.error],
        "next": done.way_on,
    }
    check = check_command(str(done.record.folder), done.record_digest, done.signer)
    return done.exit_code, answer, f"{(done.record.folder / 'summary.txt').read_text('utf-8').rstrip()}\ncheck it: {check}"


def closed(done: Run, former: dict[str, str]) -> tuple[int, dict[str, Any], str]:
    """Give the answer of a record that was closed, with what became of former ones; one that stays open is owed a statement."""
    code, answer, text = told(done)
    said = (
        f"{name} was left open by a changed file, and {f'stays open: {why}' if why else 'is closed, too'}" for name, why in former.items()
    )
    return (1 if any(former.values()) and code == 0 else code), {**answer, "former": former}, "\n".join((*said, text))


def stage_cells(run: Run) -> tuple[StageCell, ...]:
    """Say of each stage that was asked for how far it is; what the run did not come to is not planned."""
    known = {each.slug: each for each in all_stages()}
    errors = {each.stage.slug: each.message for each in run.executed if each.error}
    found: list[StageCell] = []
    for slug in run.record.facts.stages:
        result, cell = run.results.get(slug), StageCell(number=known[slug].number, stage=slug, title=known[slug].title, state="not planned")
        if slug in errors:
            cell = cell.model_copy(update={"state": "blocked", "detail": errors[slug]})
        elif result is not None:
            state, detail = ("not needed", result.idle) if result.idle else judged(result, run.record.facts.verb, set())
            told, more = reasons(result, state)
            cell = cell.model_copy(update={"state": state, "detail": detail, "reasons": told, "more": more})
        found.append(cell)
    return tuple(found)
