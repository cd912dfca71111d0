"""Prove by asking: the plan must be empty, and every check is asked of the world anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runbook_lib.engine.asked import questions_of, references
from runbook_lib.engine.inventory import inventory_of
from runbook_lib.model import Check, Finding, Inventory, Judgement, Plan, Unanswered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runbook_lib.model import Change, Stage
    from runbook_lib.parameters import Environment
    from runbook_lib.ports import Target

PLAN_ANEW = "plan, read the change, approve its digest and apply"
"""The way out of what is not as wanted."""
_DRIFT = {"create": "is missing", "update": "differs from what is wanted", "remove": "should not be there"}


def verify(
    stage: Stage,
    environment: Environment,
    target: Target,
    fresh: Plan,
    left: Mapping[str, str] | None = None,
    ways: Mapping[str, str] | None = None,
    known: Inventory | None = None,
) -> tuple[Finding, ...]:
    """State what is as wanted, what drifted, what is contested or owed, and the verdict of every check.

    Drift of an object that a check of the stage finds broken by its own name is said once, in the check's words. `left` pairs the
    addresses that other stages left to someone else with who that is: what is missing because of them is owed, not broken. `ways` are
    ways out by address that fit better than to plan anew. What is `known` is not asked again.
    """
    beyond = {**(left or {}), **{each.address: each.by for each in fresh.owed if each.verdict == "owed"}}
    fitting = {**{each.address: each.way_out for each in fresh.owed if each.verdict == "owed" and each.way_out}, **(ways or {})}
    judged = tuple(_owed(each, beyond) for each in check(stage, environment, target, known))
    said = {each.address for each in judged if each.verdict == "broken"}
    found = (*(each for each in state(fresh) if each.verdict != "broken" or each.address not in said), *judged)
    return tuple(_led(each, fitting) for each in found)


def check(
    stage: Stage,
    environment: Environment,
    target: Target,
    known: Inventory | None = None,
    when: Iterable[Literal["plan", "verify"]] = ("plan", "verify"),
) -> tuple[Finding, ...]:
    """Ask what the stage's checks need, all together, and judge."""
    moments = set(when)
    checks = [each for each in stage.checks if each.when in moments]
    inventory, refusals = inventory_of(checks, environment, target, known)
    return tuple(
        finding for place, each in enumerate(checks) for finding in _judged(stage, each, environment, inventory, refusals.get(place))
    )


def state(fresh: Plan) -> tuple[Finding, ...]:
    """Turn a plan made now into findings: an empty one is no drift."""
    return (
        *(_finding(fresh.stage, each.address, "is as wanted", "kept") for each in fresh.kept),
        *(_drifted(fresh.stage, change) for change in fresh.changes),
        *(
            Finding(stage=fresh.stage, rows=(), claim=f"{each.address} is ours", verdict="broken", detail=each.reason,
                    way_out=each.way_out, address=each.address, grade="read back")
            for each in fresh.contested
        ),
        *(
            Finding(stage=fresh.stage, rows=(), claim=f"{each.address} is as wanted", verdict=each.verdict, by=each.by,
                    detail=each.reason, way_out=each.way_out, address=each.address)
            for each in fresh.owed
        ),
    )  # fmt: skip


def _owed(finding: Finding, beyond: Mapping[str, str]) -> Finding:
    if finding.verdict != "broken" or finding.address not in beyond:
        return finding
    return finding.model_copy(update={"verdict": "owed", "by": beyond[finding.address], "grade": ""})


def _led(finding: Finding, ways: Mapping[str, str]) -> Finding:
    is_open = finding.verdict in {"broken", "owed"} and finding.address in ways
    return finding.model_copy(update={"way_out": ways[finding.address]}) if is_open else finding


def differing(change: Change) -> str:
    """Say how what is there differs from what a change would make."""
    return _DRIFT[change.verb]


def _finding(stage: str, address: str, claim: str, verdict: Literal["kept"]) -> Finding:
    return Finding(stage=stage, rows=(), claim=f"{address} {claim}", verdict=verdict, address=address, grade="read back")


def _drifted(stage: str, change: Change) -> Finding:
    return Finding(
        stage=stage,
        rows=(),
        claim=f"{change.address} is as wanted",
        verdict="broken",
        detail=f"it {differing(change)}",
        way_out=PLAN_ANEW,
        address=change.address,
        grade="read back",
    )


def _judged(stage: Stage, each: Check, environment: Environment, inventory: Inventory, refused: Unanswered | None) -> Iterator[Finding]:
    try:
        if refused is not None:
            raise refused
        judgements = tuple(each.judge(environment, inventory))
    except Unanswered as refusal:
        by = refusal.by or (stage.owner if refusal.verdict == "owed" else "")
        judgements = (Judgement(verdict=refusal.verdict, detail=refusal.reason, way_out=refusal.way_out, by=by, grade="",
                                address=refusal.address),)  # fmt: skip
    questions = questions_of(each, environment, inventory)
    for judgement in judgements:
        fields = judgement.model_dump(exclude={"claim", "rows", "asked"})
        asked = judgement.asked or references(questions, judgement.address)
        yield Finding(stage=stage.slug, rows=judgement.rows or each.rows, claim=judgement.claim or each.claim, asked=asked, **fields)
