"""Fold the journal over what was there before a stage wrote: that has to give what was there after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.evidence.audit.agreement import MALFORMED, last

if TYPE_CHECKING:
    from runbook_lib.evidence.audit.agreement import Papers
    from runbook_lib.evidence.audit.chain import Attempt, Journal


def check(papers: Papers, journal: Journal) -> None:
    """Note each address whose value after a stage does not follow from the journal."""
    folder = papers.folder
    replayed = 0
    for stage in sorted({each.stage for each in journal.attempts}):
        before, after = f"snapshots/{stage}-before.json", last(folder.names, f"snapshots/{stage}-after")
        if before not in folder.names:
            folder.audit.add(before, 0, f"is missing, though {stage} wrote")
        elif after is None:
            folder.audit.add(f"snapshots/{stage}-after.json", 0, f"is missing: {stage} wrote and did not get to read it again", "note")
        else:
            replayed += _stage(papers, journal.of(stage), before, after)
    folder.audit.checked.append(f"{replayed} values replayed")


def _stage(papers: Papers, attempts: list[Attempt], before: str, after: str) -> int:
    folder = papers.folder
    first, final = folder.parsed(before), folder.parsed(after)
    try:
        possible = {address: [value] for address, value in first["values"].items()}
        for each in attempts:
            possible[each.address] = _folded(possible.get(each.address, [None]), each)
        broken = _admitted(papers, attempts[0].stage)
        unread = {*first["unread"], *final["unread"]}
        for address, values in possible.items():
            if address not in unread | broken and final["values"].get(address) not in values:
                folder.audit.add(after, 0, f"holds another {address} than the journal leads to, and no finding says so")
        return len(possible)
    except MALFORMED:
        folder.audit.add(after, 0, "is no snapshot of this version")
        return 0


def _folded(values: list[Any], attempt: Attempt) -> list[Any]:
    """Give what may be there after an attempt: one value when its end is certain."""
    change = attempt.change
    after = change.after.model_dump(mode="json") if change.after is not None else None
    if attempt.outcome == "applied":
        return [after]
    if not attempt.is_open:
        return values
    passed = change.before.on_the_way(change.after) if change.before is not None else ()
    return [*values, after, *(each.model_dump(mode="json") if each is not None else None for each in passed)]


def _admitted(papers: Papers, stage: str) -> set[str]:
    """List the addresses that the record's own findings say are not as wanted."""
    _, result = papers.results.get(stage, ("", {}))
    return {each["address"] for each in result.get("findings", ()) if each["verdict"] != "kept" and each["address"]}
