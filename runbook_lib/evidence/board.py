"""Tell from the records alone how far each stage of an environment is; nothing is asked of AWS or of a database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from runbook_lib.engine import foundations
from runbook_lib.evidence.record import Record, RunEnd, RunFacts, StageResult, records
from runbook_lib.evidence.statement import newest
from runbook_lib.views.board import STATES, WAY_BACK, RunLine, StageState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from runbook_lib.engine.plan import Scope
    from runbook_lib.model import Finding, Stage
    from runbook_lib.views.board import State

DEEPEST = 40
"""Records that are read; what lies further back counts as not known."""


PLACE = ("account", "region", "endpoint", "source", "destination")
"""What of a plan's scope says where it was made for."""


@dataclass(frozen=True)
class Told:
    """Hold what one record says of one stage, and when that was looked at."""

    record: Record
    facts: RunFacts
    at: str
    result: StageResult


@dataclass(frozen=True)
class Undone:
    """Say when the last teardown wrote (empty: none did), what stages had written before, and whether a stage builds on one of them."""

    at: str
    stages: AbstractSet[str]
    is_under: bool


def stage_states(store: Path, environment: str, stages: Sequence[Stage], idle: dict[str, str]) -> tuple[StageState, ...]:
    """Give the state of every stage; `idle` says why one has nothing to do."""
    told: dict[str, list[Told]] = {}
    for each in _read(store, environment):
        told.setdefault(each.result.stage, []).append(each)
    undone = next((_last_write(each) for each in told.get(WAY_BACK, ()) if _applied(each)), "")
    gone = {slug for slug, some in told.items() if any(_applied(each) and _last_write(each) < undone for each in some)}
    under = foundations(stages)
    return tuple(
        _state(stage, told.get(stage.slug, []), idle.get(stage.slug, ""), Undone(undone, gone, not gone.isdisjoint(under[stage.slug])))
        for stage in stages
    )


def here(each: StageState, scope: Scope) -> StageState:
    """Give a stage's state for who plans in a scope: what was found in another account, at another endpoint, is not so here."""
    there, now = dict(each.scope), dict(scope)
    if other := [f"{name} {there.get(name) or 'AWS'}" for name in PLACE if there and there.get(name) != now.get(name)]:
        return StageState(each.number, each.slug, each.title, each.summary, each.owner, detail=f"last done elsewhere: {', '.join(other)}")
    return each


def run_lines(store: Path, environment: str, number: int) -> tuple[RunLine, ...]:
    """List the newest runs."""
    found: list[RunLine] = []
    for record in records(store, environment):
        if len(found) == number:
            break
        if (facts := _facts(record)) is not None:
            end = _end(record)
            meaning, code = (end.meaning, end.exit_code) if end is not None else ("closed" if newest(record.folder) else "", None)
            found.append(RunLine(record.folder.name, facts.verb, facts.started, meaning, code))
    return tuple(found)


def _read(store: Path, environment: str) -> Iterator[Told]:
    """Read what the newest records say, the newest first; a file that cannot be read says nothing."""
    for record, _ in zip(records(store, environment), range(DEEPEST), strict=False):
        facts = _facts(record)
        if facts is None:
            continue
        try:
            results = record.all_results("*")
        except (OSError, ValidationError):
            continue
        end = _end(record)
        at = end.finished if end is not None else facts.started
        # Who steps through notebooks may look at a stage several times in one record, and set up and take down in between.
        yield from (Told(record, facts, _looked(each) or at, each) for each in reversed(results))


def _looked(result: StageResult) -> str:
    """Tell when a stage was looked at or written last: the cell that keeps what it found, and the end of the run, may be much later."""
    return max(result.at, _written(result))


def _state(stage: Stage, told: Sequence[Told], idle: str, undone: Undone) -> StageState:
    plain = StageState(stage.number, stage.slug, stage.title, stage.summary, stage.owner)
    if idle:
        return replace(plain, state="not needed", detail=idle)
    if not told:
        return plain
    latest = told[0]
    if undone.at > latest.at and stage.slug != WAY_BACK and (stage.slug in undone.stages or undone.is_under):
        what = "was undone" if stage.slug in undone.stages else "what it looked at was undone"
        return replace(plain, detail=f"{what} on {undone.at[:10]}")
    applied = {address for each in told if _last_write(each) > undone.at for address in _applied(each)}
    state, detail = judged(latest.result, latest.facts.verb, applied)
    scope = latest.result.plan.scope if latest.result.plan is not None else ()
    found = replace(plain, state=state, detail=detail, parts=tuple(_parts(latest.result)), scope=scope)
    proven = next((each for each in told if _is_proven(each)), None)
    # Of each record the one who gave its command: who approved what is in it is somebody else's name, and not every run has one.
    return replace(found, verified=proven.at, by=proven.facts.by) if proven is not None else found


def judged(result: StageResult, verb: str, applied: set[str]) -> tuple[State, str]:
    """Say in which state a stage's newest result leaves it, and why; `applied` are the addresses that some run has written."""
    receipt = result.receipt
    entries = receipt.entries if receipt is not None else ()
    failed = [each for each in entries if each.outcome in {"failed", "rolled back"}]
    done = {each.change.address for each in entries if each.outcome == "applied"}
    pending = [each.address for each in result.plan.changes if each.address not in done] if result.plan is not None else []
    broken = [each for each in result.findings if each.verdict == "broken" and not each.warning]
    owed = [each for each in result.findings if each.verdict == "owed"]
    unknown = [each for each in result.findings if each.verdict == "unknown"]
    if failed:
        return "blocked", f"{failed[0].change.address}: {failed[0].detail}"
    if pending and (verb == "verify" or applied & set(pending)):
        return "drifted", f"{len(pending)} no longer as applied, such as {pending[0]}"
    if broken:
        return "blocked", _said(broken)
    if owed:
        return "owed", ", ".join(sorted({f"by the {each.by}" for each in owed if each.by})) or _said(owed)
    if pending:
        return "changes pending", f"{len(pending)} planned, none written"
    return ("undecided", _said(unknown)) if unknown else ("converged", "")


def _said(found: Sequence[Finding]) -> str:
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{found[0].claim}{f': {found[0].detail}' if found[0].detail else ''}{more}"


def _parts(result: StageResult) -> Iterator[tuple[str, State]]:
    """Give the state of each address that the result tells of, the worst last: the picture looks them up by name."""
    by_verdict: dict[str, State] = {"kept": "converged", "broken": "blocked", "owed": "owed", "unknown": "undecided"}
    found = [(each.address, by_verdict[each.verdict]) for each in result.findings if each.address]
    if result.plan is not None and not (result.receipt and result.receipt.is_applied and result.receipt.approvals):
        found += [(each.address, "changes pending") for each in result.plan.changes]
    yield from sorted(found, key=lambda pair: -list(STATES).index(pair[1]))


def _is_proven(told: Told) -> bool:
    """Tell whether a result proves something: a plan with changes that nobody approved proves nothing."""
    result = told.result
    is_withheld = result.plan is not None and bool(result.plan.changes) and not (result.receipt and result.receipt.approvals)
    return bool(result.findings) and told.facts.verb != "plan" and (told.facts.verb == "verify" or not is_withheld)


def _applied(told: Told) -> set[str]:
    receipt = told.result.receipt
    return {each.change.address for each in receipt.entries if each.outcome == "applied"} if receipt is not None else set()


def _last_write(told: Told) -> str:
    return _written(told.result) or told.at


def _written(result: StageResult) -> str:
    """Tell when the last of its changes was applied."""
    entries = result.receipt.entries if result.receipt is not None else ()
    return max((each.at for each in entries if each.outcome == "applied"), default="")


def _facts(record: Record) -> RunFacts | None:
    try:
        return record.facts
    except (OSError, ValidationError):
        return None


def _end(record: Record) -> RunEnd | None:
    try:
        return RunEnd.model_validate_json((record.folder / "end.json").read_text("utf-8"))
    except (OSError, ValidationError):
        return None
