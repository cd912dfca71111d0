"""Hold plan, approval, journal, receipts and findings against each other."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from runbook_lib.engine.apply import IN_PLACE
from runbook_lib.evidence.audit import approving, parameters
from runbook_lib.evidence.steps import CONSENT
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
    """Hold what a record says in its files, as JSON: each stage's results, the oldest first, and what was approved."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.approved, self.plan = (folder.parsed(f"{each}.json") for each in ("approved", "plan"))
        self.approvals = approving.collected(folder)
        self.steps = {name: folder.parsed(name) or {} for name in folder.names if CONSENT.fullmatch(name)}
        named = sorted((int(match[2] or 0), match[1], name) for name in folder.names if (match := _STAGE.fullmatch(name)))
        self.rounds: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        for _, stage, name in named:
            self.rounds.setdefault(stage, []).append((name, folder.parsed(name) or {}))

    @property
    def results(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Give each stage's newest result."""
        return {stage: found[-1] for stage, found in self.rounds.items()}

    @property
    def consented(self) -> list[tuple[list[Any], dict[str, Any]]]:
        """List the approvals of each digest with the plan that they are for: one of a run, any number of somebody's steps."""
        own = [([each.model_dump(mode="json") for each in self.approvals.values()], self.approved)] if self.approved is not None else []
        return [*own, *((each["approvals"], each["approved"]) for each in self.steps.values())]

    def approved_of(self, stage: str) -> list[tuple[list[Any], dict[str, Any]]]:
        """Give a stage's approved plans, each with its approvals."""
        return [(given, plan) for given, approved in self.consented for plan in approved["plans"] if plan["stage"] == stage]


def check(folder: Folder, papers: Papers, journal: Journal) -> None:
    """Note everything in which the files contradict each other."""
    checks = (_parameters, _summed_up, _approval, _written)
    for each in checks:
        try:
            each(papers, journal)
        except MALFORMED as error:
            what = f"some file is not of this version's form ({type(error).__name__} in {each.__name__.strip('_').replace('_', ' ')})"
            folder.audit.add("plan.json", 0, what)
    for stage, rounds in papers.rounds.items():
        try:
            _receipts(papers, stage, rounds, journal)
        except MALFORMED:
            folder.audit.add(rounds[-1][0], 0, "is no result of a stage of this version")
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


def _parameters(papers: Papers, _journal: Journal) -> None:
    """Hold the parameters against every plan that is for them."""
    own = (("plan.json", papers.plan), ("approved.json", papers.approved))
    held = [*own, *((name, each.get("approved")) for name, each in papers.steps.items())]
    plans = [(name, plan) for name, whole in held if whole for plan in whole["plans"]]
    if plans:
        parameters.check(papers.folder, plans)


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
    elif not papers.consented and any(each["receipt"] and each["receipt"]["approvals"] for _, each in papers.results.values()):
        audit.add("approved.json", 0, "is missing: an approval and the plan that it is for belong together")
    for name, each in papers.approvals.items() if approved is not None else ():
        if each.digest != whole_digest(approved):
            audit.add(name, 0, f"approves {each.digest[:12]}; approved.json has the digest {whole_digest(approved)[:12]}")
    if approved is not None and papers.approvals:
        audit.facts["approved by"] = ", ".join(f"{each.by} ({each.at})" for each in papers.approvals.values())
        audit.facts["plan"] = next(iter(papers.approvals.values())).digest
    approving.check(papers.folder, papers.approvals, approved)
    for name, consent in papers.steps.items():
        approving.check_step(papers.folder, name, consent, whole_digest(consent["approved"]))


def _written(papers: Papers, journal: Journal) -> None:
    """Hold every change that was begun against the approved plan."""
    for each in journal.attempts:
        plans = [plan for _, plan in papers.approved_of(each.stage)]
        fitting = [plan for plan in plans if _is_approved(each, [Change.model_validate(one) for one in plan["changes"]])]
        if not fitting:
            papers.folder.audit.add("journal.jsonl", each.line, f"{each.address} was changed in a way that the approved plan does not hold")
        elif each.about["scope"] not in [dict(plan["scope"]) for plan in fitting]:
            papers.folder.audit.add("journal.jsonl", each.line, f"{each.address} was changed elsewhere than the approved plan says")


def _is_approved(attempt: Attempt, wanted: Iterable[Change]) -> bool:
    """Tell whether a plan holds a change; where a run goes on, it may begin on the way from `before` to `after`."""
    change = attempt.change
    return any(
        each.address == change.address and each.after == change.after and change.before in (each.before, *each.passed) for each in wanted
    )


def _receipts(papers: Papers, stage: str, rounds: list[tuple[str, dict[str, Any]]], journal: Journal) -> None:
    """Hold each receipt of a stage against its approval and the journal, and the journal against all of them."""
    told: set[str] = set()
    for name, result in rounds:
        if (receipt := result.get("receipt")) is not None:
            _approved(papers, stage, name, receipt)
            entries = [(Change.model_validate(each["change"]), each["outcome"]) for each in receipt["entries"]]
            _entries(papers, name, entries, journal.of(stage), is_only=len(rounds) == 1)
            _in_place(papers, name, receipt, journal)
            told |= {change.address for change, _ in entries}
    name, newest = rounds[-1]
    said = "holds no receipt, though {} was changed" if newest.get("receipt") is None else "says nothing of {}, which was changed"
    for each in {each.address: each for each in journal.of(stage) if each.address not in told}.values():
        papers.folder.audit.add(name, 0, f"{said.format(each.address)} (journal.jsonl:{each.line})")


def _approved(papers: Papers, stage: str, name: str, receipt: Mapping[str, Any]) -> None:
    """Hold a receipt against the approvals and the plan that it names."""
    if not receipt["approvals"]:
        return
    plans = [plan for given, plan in papers.approved_of(stage) if given == receipt["approvals"]]
    if not plans:
        papers.folder.audit.add(name, 0, "holds a receipt under another approval than the record")
    elif receipt["digest"] not in map(plan_digest, plans):
        papers.folder.audit.add(name, 0, "holds a receipt for another plan than the approved one")
    addresses = sorted(Change.model_validate(each["change"]).address for each in receipt["entries"])
    wanted = [sorted(Change.model_validate(each).address for each in plan["changes"]) for plan in plans]
    if plans and addresses not in wanted:
        papers.folder.audit.add(name, 0, "holds a receipt that lacks a change of the approved plan, or has one too many")


def _entries(papers: Papers, name: str, entries: list[tuple[Change, str]], attempts: list[Attempt], *, is_only: bool) -> None:
    """Hold what became of each change against the journal; of several rounds nothing tells which one began a change that another left."""
    stage = name.removeprefix("stages/").partition(".")[0]
    before = papers.folder.parsed(last(papers.folder.names, f"snapshots/{stage}-before") or "") or {}
    for change, outcome in entries:
        found = [each for each in attempts if each.address == change.address]
        final = found[-1] if found else None
        ends = {final.outcome if final else None} if is_only else {None, *(each.outcome for each in found)}
        was_there = (final is None or final.is_open or not is_only) and outcome == "applied" and _holds(before, change)
        if not ends & ENDS.get(outcome, set()) and not was_there:
            told = "no line" if final is None else f"line {final.line} ends {final.outcome or 'open'}"
            papers.folder.audit.add(name, 0, f"says that {change.address} is {outcome}; of that the journal has {told}")


def _in_place(papers: Papers, name: str, receipt: Mapping[str, Any], journal: Journal) -> None:
    """Hold what a receipt found in place against what the record had made under its very approvals until then."""
    given = [
        each["at"] for each in papers.steps.values() if each["stage"] == receipt["stage"] and each["approvals"] == receipt["approvals"]
    ]
    for entry in (each for each in receipt["entries"] if each["outcome"] == "applied" and each["detail"] == IN_PLACE):
        address = Change.model_validate(entry["change"]).address
        until = [each for each in journal.attempts if each.address == address and each.about["at"] <= entry["at"]]
        made = next((each for each in until[-1:] if each.stage == receipt["stage"] and each.outcome == "applied"), None)
        if made is not None and made.about["at"] >= max(given, default=""):
            papers.folder.audit.add(name, 0, f"says that {address} {IN_PLACE}; this record made it (journal.jsonl:{made.line})")


def last(names: Iterable[str], stem: str) -> str | None:
    """Find the newest of a stem's files."""
    found = {int(match[1] or 0): name for name in names if (match := re.fullmatch(rf"{re.escape(stem)}(?:\.([1-9][0-9]*))?\.json", name))}
    return found[max(found)] if found else None


def _holds(before: Mapping[str, Any], change: Change) -> bool:
    """Tell whether a change was in place before the stage wrote."""
    after = change.after.model_dump(mode="json") if change.after is not None else None
    found = before.get("values", {}).get(change.address)
    return bool(found == after)
