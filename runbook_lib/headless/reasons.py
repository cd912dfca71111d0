"""Say why a stage is as it is: the first reasons that its findings name, each once, and how many claims do not hold for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.engine.verify import PLAN_ANEW, differing
from runbook_lib.model.fleets import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from runbook_lib.evidence.record import StageResult
    from runbook_lib.model import Change, Finding, Verdict

VERDICTS: Mapping[str, Verdict] = {"blocked": "broken", "drifted": "broken", "owed": "owed", "undecided": "unknown"}
FEW: Mapping[str, int] = {"blocked": 1, "drifted": 2, "owed": 3, "undecided": 3}
"""Reasons of one stage that a row has room for: of what is broken the first, and before it what drifted."""


def reasons(result: StageResult, state: str) -> tuple[tuple[Reason, ...], int]:
    """Give the first reasons of a stage's state, and how many claims do not hold for others; both are empty of what is in order."""
    if state not in VERDICTS:
        return (), 0
    drifted = _drifted(result) if state == "drifted" else ()
    told = {(each.address, f"{each.address} is as wanted") for each in drifted}
    of_state = (each for each in result.findings if each.verdict == VERDICTS[state] and not each.warning)
    left = (each for each in of_state if (each.address, each.claim) not in told)
    every = (*_failed(result), *_drift(drifted), *_grouped(left))
    return every[: FEW[state]], sum(each.number for each in every[FEW[state] :])


def _failed(result: StageResult) -> Iterator[Reason]:
    """Tell which writes failed."""
    for each in result.receipt.entries if result.receipt is not None else ():
        if each.outcome in {"failed", "rolled back"}:
            yield Reason(what=f"{each.change.address}: {each.detail}")


def _drifted(result: StageResult) -> tuple[Change, ...]:
    """List what a plan would change that was not written in the same run."""
    entries = result.receipt.entries if result.receipt is not None else ()
    done = {each.change.address for each in entries if each.outcome == "applied"}
    return tuple(each for each in (result.plan.changes if result.plan is not None else ()) if each.address not in done)


def _drift(changes: Sequence[Change]) -> Iterator[Reason]:
    if changes:
        more = f", and {len(changes) - 1:,} more" if len(changes) > 1 else ""
        what = f"{len(changes):,} no longer as applied: {changes[0].address} {differing(changes[0])}{more}"
        yield Reason(what=what, way_out=PLAN_ANEW)


def _grouped(findings: Iterable[Finding]) -> tuple[Reason, ...]:
    """Put together what does not hold for the same reason, in the order in which each was found first."""
    found: dict[tuple[str, str, str], Reason] = {}
    for each in findings:
        key = (each.detail or each.claim, each.way_out, each.by)
        if (before := found.get(key)) is not None:
            found[key] = before.model_copy(update={"number": before.number + 1, "claim": ""})
        else:
            claim = each.claim if each.detail else ""
            found[key] = Reason(what=key[0], way_out=each.way_out, verdict=each.verdict, claim=claim, by=each.by)
    return tuple(found.values())
