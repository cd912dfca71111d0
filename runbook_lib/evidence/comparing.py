"""Find the environment's run before a record's, and say what differs: verdicts, plan, parameters and versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import InvalidParameters
from runbook_lib.evidence.record import PARAMETERS, Record, records
from runbook_lib.model import EnvironmentPlan, Finding, Plan, Resource
from runbook_lib.parameters.changed import changed
from runbook_lib.parameters.load import kept
from runbook_lib.views.since import Since, Turned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runbook_lib.evidence.record import RunFacts, StageResult
    from runbook_lib.model import Verdict
    from runbook_lib.parameters import Environment

UNREADABLE = (OSError, ValueError, KeyError)
"""What reading a file raises that is missing, or of another version."""
ABSENT = "not there"


def since(record: Record, environment: Environment) -> Since:
    """Compare a record with the one of the run before it; the plan that it carries out is no run of its own.

    A verdict is said to differ where both runs judged the claim; what could not be read is named and not compared.
    """
    before = previous(record)
    if before is None:
        return Since()
    facts, unread = before.facts, list[str]()
    then, now = _results(before, unread), record.results()
    shared = tuple(each for each in now if each in then)
    parameters = _parameters(before, environment, unread)
    return Since(
        record=before.folder.name, verb=facts.verb, started=facts.started, stages=shared, parameters=parameters,
        verdicts=tuple(_turned((then[each].findings for each in shared), (now[each].findings for each in shared))),
        planned=tuple(_planned((then[each].plan for each in shared), (now[each].plan for each in shared), _applied(then.values()))),
        versions=tuple(_versions(facts, record.facts)), unread=tuple(unread),
    )  # fmt: skip


def previous(record: Record) -> Record | None:
    """Find the newest record before one; without the plan that was approved for it, for the two are one undertaking."""
    store, environment = record.folder.parent.parent, record.folder.parent.name
    approved = _digests(record, "approved.json")
    for each in records(store, environment):
        if each.folder.name < record.folder.name and _facts(each) is not None and not _is_plan_of(each, approved):
            return each
    return None


def _is_plan_of(record: Record, approved: frozenset[str]) -> bool:
    return not (record.folder / "approved.json").exists() and not approved.isdisjoint(_digests(record, "plan.json"))


def _digests(record: Record, name: str) -> frozenset[str]:
    try:
        plan = EnvironmentPlan.model_validate_json((record.folder / name).read_text("utf-8"))
    except UNREADABLE:
        return frozenset()
    return frozenset((plan.digest, *(each.digest for each in plan.plans if each.changes)))


def _facts(record: Record) -> RunFacts | None:
    try:
        return record.facts
    except UNREADABLE:
        return None


def _results(record: Record, unread: list[str]) -> Mapping[str, StageResult]:
    try:
        return record.results()
    except UNREADABLE:
        unread.append("stages/")
        return {}


def _turned(then: Iterable[Iterable[Finding]], now: Iterable[Iterable[Finding]]) -> Iterator[Turned]:
    before, after = _verdicts(then), _verdicts(now)
    for key, verdicts in after.items():
        if before.get(key, verdicts) != verdicts:
            yield Turned(*key[:2], before[key], verdicts)


def _verdicts(found: Iterable[Iterable[Finding]]) -> dict[tuple[str, str, str], tuple[Verdict, ...]]:
    verdicts: dict[tuple[str, str, str], tuple[Verdict, ...]] = {}
    for each in (finding for some in found for finding in some):
        key = (each.stage, each.claim, each.address)
        verdicts[key] = tuple(sorted((*verdicts.get(key, ()), each.verdict)))
    return verdicts


def _applied(results: Iterable[StageResult]) -> frozenset[str]:
    """List what a run put in place: from then on it is kept."""
    entries = (entry for each in results if each.receipt is not None for entry in each.receipt.entries)
    return frozenset(each.change.address for each in entries if each.outcome == "applied" and each.change.after is not None)


def _planned(
    then: Iterable[Plan | None], now: Iterable[Plan | None], applied: frozenset[str] = frozenset()
) -> Iterator[tuple[str, str, str]]:
    before, after = _addresses(then, applied), _addresses(now)
    for address in dict.fromkeys((*after, *before)):
        (was, once), (word, value) = before.get(address, (ABSENT, None)), after.get(address, (ABSENT, None))
        if was != word:
            yield address, was, word
        elif once != value:
            yield address, was, f"{word}, to another value"


def _addresses(plans: Iterable[Plan | None], applied: frozenset[str] = frozenset()) -> dict[str, tuple[str, Resource | None]]:
    """Say of each address what a plan does with it, and which value it is to have."""
    found: dict[str, tuple[str, Resource | None]] = {}
    for plan in (each for each in plans if each is not None):
        found |= {each.address: ("kept", each) for each in plan.kept}
        found |= {each.address: ("kept" if each.address in applied else each.verb, each.after) for each in plan.changes}
        found |= {each.address: (each.verdict, None) for each in plan.owed}
        found |= {each.address: ("contested", None) for each in plan.contested}
    return found


def _parameters(before: Record, environment: Environment, unread: list[str]) -> tuple[str, ...]:
    try:
        return changed(kept(before.folder / PARAMETERS), environment)
    except (*UNREADABLE, InvalidParameters):
        unread.append(PARAMETERS)
        return ()


def _versions(then: RunFacts, now: RunFacts) -> Iterator[tuple[str, str, str]]:
    before, after = dict((*then.versions, *then.packages)), dict((*now.versions, *now.packages))
    for name in dict.fromkeys((*after, *before)):
        if before.get(name) != after.get(name):
            yield name, before.get(name, ABSENT), after.get(name, ABSENT)
