"""Hold plan, approval, journal, receipts and findings against each other."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from runbook_lib.evidence.audit import approving
from runbook_lib.model import Change, canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runbook_lib.evidence.audit.chain import Attempt, Journal
    from runbook_lib.evidence.audit.folder import Folder

_STAGE = re.compile(r"stages/([a-z_]+)(?:\.([1-9][0-9]*))?\.json")
MALFORMED = (KeyError, TypeError, ValueError, AttributeError, RecursionError)
"""What reading JSON of another form than ours raises."""
ENDS: dict[str, set[str | None]] = {
    "applied": {"applied"},
    "failed": {"failed", ""},
    "rolled back": {"rolled back"},
    "owed": {"owed", None},
    "withheld": {None},
}
"""Which ends in the journal an entry of a receipt may have; None: it was never begun."""


class Papers:
    """Hold what a record says in its files, as JSON, each stage's newest result by its slug."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.approved, self.plan = (folder.parsed(f"{each}.json") for each in ("approved", "plan"))
        self.approvals = approving.collected(folder)
        newest: dict[str, tuple[int, str]] = {}
        for name in folder.names:
            if match := _STAGE.fullmatch(name):
                newest[match[1]] = max(newest.get(match[1], (-1, "")), (int(match[2] or 0), name))
        self.results = {stage: (name, folder.parsed(name) or {}) for stage, (_, name) in newest.items()}

    def approved_of(self, stage: str) -> dict[str, Any] | None:
        """Give a stage's approved plan."""
        plans = (self.approved or {}).get("plans", ())
        return next((each for each in plans if each["stage"] == stage), None)


def check(folder: Folder, papers: Papers, journal: Journal) -> None:
    """Note everything in which the files contradict each other."""
    checks = (_summed_up, _approval, _written)
    for each in checks:
        try:
            each(papers, journal)
        except MALFORMED as error:
            what = f"some file is not of this version's form ({type(error).__name__} in {each.__name__.strip('_').replace('_', ' ')})"
            folder.audit.add("plan.json", 0, what)
    for stage, (name, result) in papers.results.items():
        try:
            _receipt(papers, stage, name, result.get("receipt"), journal)
        except MALFORMED:
            folder.audit.add(name, 0, "is no result of a stage of this version")
    folder.audit.checked.append("plan, approval, journal, receipts and findings against each other")


def plan_digest(plan: Mapping[str, Any]) -> str:
    """Hash a stage's plan from its JSON, as `Plan.digest` does."""
    body = {name: value for name, value in plan.items() if name not in {"owed", "contested", "changes"}}
    body["changes"] = [{name: value for name, value in each.items() if name != "reason"} for each in plan["changes"]]
    body |= {name: sorted(each["address"] for each in plan[name]) for name in ("owed", "contested")}
    return sha256(canonical(body).encode()).hexdigest()


def whole_digest(plans: Mapping[str, Any]) -> str:
    """Hash plans that were made together, as `EnvironmentPlan.digest` does."""
    pairs = sorted((each["stage"], plan_digest(each)) for each in plans["plans"])
    return pairs[0][1] if len(pairs) == 1 else sha256(canonical(pairs).encode()).hexdigest()


def _summed_up(papers: Papers, _journal: Journal) -> None:
    """Hold what is summed up for the whole run against what each stage says."""
    results = [result for _, result in papers.results.values()]
    for name, wanted in (
        ("plan.json", [each["plan"] for each in results if each.get("plan")]),
        ("receipt.json", [each["receipt"] for each in results if each.get("receipt")]),
        ("findings.json", [finding for each in results for finding in each.get("findings", ())]),
    ):
        found = papers.folder.parsed(name)
        said = found["plans"] if isinstance(found, dict) else found
        if found is not None and sorted(map(canonical, said)) != sorted(map(canonical, wanted)):
            papers.folder.audit.add(name, 0, "does not say what the stages' results say")
    environment = (papers.folder.parsed("run.json") or {}).get("environment")
    for name, each in (("plan.json", papers.plan), ("approved.json", papers.approved)):
        if each is not None and {each["environment"], *(plan["environment"] for plan in each["plans"])} != {environment}:
            papers.folder.audit.add(name, 0, f"is of another environment than {environment}")


def _approval(papers: Papers, _journal: Journal) -> None:
    audit, approved = papers.folder.audit, papers.approved
    if approved is not None and not papers.approvals:
        audit.add("approval.json", 0, "is missing: an approval and the plan that it is for belong together")
    elif approved is None and any(each["receipt"] and each["receipt"]["approvals"] for _, each in papers.results.values()):
        audit.add("approved.json", 0, "is missing: an approval and the plan that it is for belong together")
    for name, each in papers.approvals.items() if approved is not None else ():
        if each.digest not in {whole_digest(approved), *map(plan_digest, approved["plans"])}:
            audit.add(name, 0, f"approves {each.digest[:12]}; approved.json has the digest {whole_digest(approved)[:12]}")
    if approved is not None and papers.approvals:
        audit.facts["approved by"] = ", ".join(f"{each.by} ({each.at})" for each in papers.approvals.values())
        audit.facts["plan"] = next(iter(papers.approvals.values())).digest
    approving.check(papers.folder, papers.approvals, approved)


def _written(papers: Papers, journal: Journal) -> None:
    """Hold every change that was begun against the approved plan."""
    for each in journal.attempts:
        plan = papers.approved_of(each.stage)
        wanted = [Change.model_validate(one) for one in plan["changes"]] if plan else []
        if plan is None or not _is_approved(each, wanted):
            papers.folder.audit.add("journal.jsonl", each.line, f"{each.address} was changed in a way that the approved plan does not hold")
        elif each.about["scope"] != dict(plan["scope"]):
            papers.folder.audit.add("journal.jsonl", each.line, f"{each.address} was changed elsewhere than the approved plan says")


def _is_approved(attempt: Attempt, wanted: Iterable[Change]) -> bool:
    """Tell whether a plan holds a change; where a run goes on, it may begin on the way from `before` to `after`."""
    change = attempt.change
    return any(
        each.address == change.address and each.after == change.after and change.before in (each.before, *each.passed) for each in wanted
    )


def _receipt(papers: Papers, stage: str, name: str, receipt: Any, journal: Journal) -> None:
    audit = papers.folder.audit
    if receipt is None:
        for each in journal.of(stage):
            audit.add(name, 0, f"holds no receipt, though {each.address} was changed (journal.jsonl:{each.line})")
        return
    approved = papers.approved_of(stage)
    if receipt["approvals"] and (
        receipt["approvals"] != [each.model_dump(mode="json") for each in papers.approvals.values()] or approved is None
    ):
        audit.add(name, 0, "holds a receipt under another approval than the record")
    elif receipt["approvals"] and receipt["digest"] != plan_digest(approved or {}):
        audit.add(name, 0, "holds a receipt for another plan than the approved one")
    entries = [(Change.model_validate(each["change"]), each["outcome"]) for each in receipt["entries"]]
    wanted = [Change.model_validate(each) for each in approved["changes"]] if approved and receipt["approvals"] else None
    if wanted is not None and sorted(each.address for each in wanted) != sorted(each.address for each, _ in entries):
        audit.add(name, 0, "holds a receipt that lacks a change of the approved plan, or has one too many")
    _entries(papers, stage, name, entries, journal)


def _entries(papers: Papers, stage: str, name: str, entries: list[tuple[Change, str]], journal: Journal) -> None:
    ended = {each.address: each for each in journal.of(stage)}
    before = papers.folder.parsed(last(papers.folder.names, f"snapshots/{stage}-before") or "") or {}
    for change, outcome in entries:
        attempt = ended.pop(change.address, None)
        end = attempt.outcome if attempt is not None else None
        was_there = (attempt is None or attempt.is_open) and outcome == "applied" and _holds(before, change)
        if end not in ENDS.get(outcome, ()) and not was_there:
            told = "no line" if attempt is None else f"line {attempt.line} ends {end or 'open'}"
            papers.folder.audit.add(name, 0, f"says that {change.address} is {outcome}; of that the journal has {told}")
    for address, each in ended.items():
        papers.folder.audit.add(name, 0, f"says nothing of {address}, which was changed (journal.jsonl:{each.line})")


def last(names: Iterable[str], stem: str) -> str | None:
    """Find the newest of a stem's files."""
    found = {int(match[1] or 0): name for name in names if (match := re.fullmatch(rf"{re.escape(stem)}(?:\.([1-9][0-9]*))?\.json", name))}
    return found[max(found)] if found else None


def _holds(before: Mapping[str, Any], change: Change) -> bool:
    """Tell whether a change was in place before the stage wrote."""
    after = change.after.model_dump(mode="json") if change.after is not None else None
    found = before.get("values", {}).get(change.address)
    return bool(found == after)
