"""Stage 95: the readiness verdict, and the sheet with what to enter in the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.documents.handover import settings, sheet
from runbook_lib.documents.scripts import adoption
from runbook_lib.model import Check, Stage
from runbook_lib.resources.records import FindingsAsked
from runbook_lib.stages._judging import broken, kept, listed, owed, unknown
from runbook_lib.views.shown import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.model import Finding, Inventory, Judgement, Question
    from runbook_lib.parameters import Environment


def asks(_env: Environment) -> tuple[Question, ...]:
    """Ask for the findings of the other stages."""
    return (FindingsAsked(),)


def judge_readiness(_env: Environment, inventory: Inventory) -> Iterator[Judgement]:
    """Give the one verdict: what is broken comes first, then what is owed, then what is unknown."""
    findings: tuple[Finding, ...] = inventory[FindingsAsked()]
    by_verdict = {verdict: [each for each in findings if each.verdict == verdict] for verdict in ("broken", "owed", "unknown")}
    if not findings:
        yield unknown("no other stage was checked in this run", "verify the whole environment", claim="")
    elif by_verdict["broken"]:
        yield broken(f"not ready, as what follows does not hold: {_claims(by_verdict['broken'])}", "mend these first, then verify again")
    elif by_verdict["owed"]:
        who = tuple(sorted({each.by or each.stage for each in by_verdict["owed"]}))
        yield owed(f"waiting for others: {_claims(by_verdict['owed'])}", "hand over what is listed on the sheet", listed(who))
    elif by_verdict["unknown"]:
        yield unknown(f"open: {_claims(by_verdict['unknown'])}", "each names what would decide it")
    else:
        yield kept(_summary(findings), grade="")


def _claims(findings: list[Finding]) -> str:
    return f"{len(findings)} ({listed(tuple(dict.fromkeys(each.claim for each in findings)), limit=5)})"


def _summary(findings: tuple[Finding, ...]) -> str:
    words = sum(each.grade == "on the word of" for each in findings)
    warnings = sum(each.warning for each in findings)
    return f"ready: {len(findings)} claims hold, {words} of them on somebody's word, {warnings} with advice"


def reports(env: Environment, inventory: Inventory) -> Mapping[str, str]:
    """Write the hand-off sheet from what the whole run found."""
    return {"hand-over.md": sheet(env, inventory[FindingsAsked()])}


def tables(env: Environment) -> tuple[object, ...]:
    """Show what to enter in the workspace, to be copied, and the lines that take over what somebody made by hand."""
    return (
        *(Sheet(title, pairs) for title, pairs in settings(env)),
        Sheet("After somebody ran the SQL by hand", (("adopt", adoption(env)),)),
    )


STAGE = Stage(
    number=95,
    slug="handover",
    title="Hand-over",
    rows=("A1",),
    summary="Says whether everything is ready, what to enter in the workspace, and who still owes what.",
    keys=("confirmations",),
    checks=(Check(("A1",), "everything before the first workspace is complete", judge_readiness, asks),),
    tables=tables,
    report_asks=asks,
    reports=reports,
)
