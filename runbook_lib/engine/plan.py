"""Plan by difference: what a stage wants against what is there. Planning writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING

from runbook_lib.engine.history import at, claimed, standing
from runbook_lib.engine.inventory import inventory_of
from runbook_lib.engine.reverse import restored, subject
from runbook_lib.model import (
    Change,
    Contested,
    Inventory,
    Owed,
    Plan,
    Resource,
    Unanswered,
    Unwanted,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from runbook_lib.engine.history import History
    from runbook_lib.engine.inventory import Refusals
    from runbook_lib.model import Part, Stage
    from runbook_lib.parameters import Environment
    from runbook_lib.ports import Observation, Target

Scope = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Wanted:
    """Hold what the parts of a stage want, who owes each, and the parts whose questions found no answer.

    `lingering` is what we made earlier, gives access, and is wanted no more.
    """

    resources: tuple[Resource, ...] = ()
    unwanted: tuple[Resource, ...] = ()
    lingering: tuple[Resource, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    owed: tuple[Owed, ...] = ()


def desired(stage: Stage, environment: Environment, inventory: Inventory, refusals: Refusals | None = None) -> Wanted:
    """Collect what every part wants; a part without its answers becomes owed or unknown, the others go on."""
    refusals = refusals or {}
    resources: dict[str, Resource] = {}
    unwanted: dict[str, Resource] = {}
    owners: dict[str, str] = {}
    owed: list[Owed] = []
    for place, part in enumerate(stage.parts):
        if place in refusals:
            owed.append(_owed_part(stage, part, refusals[place]))
            continue
        try:
            wishes = tuple(part.desire(environment, inventory))
        except Unanswered as refusal:
            owed.append(_owed_part(stage, part, refusal))
            continue
        for wish in wishes:
            subject, into = (wish.resource, unwanted) if isinstance(wish, Unwanted) else (wish, resources)
            if into.setdefault(subject.address, subject) != subject:
                raise ValueError(f"{stage.slug} wants {subject.address} in two different ways")
            owners[subject.address] = part.owner
    return Wanted(tuple(resources.values()), tuple(unwanted.values()), owners=owners, owed=tuple(owed))


def _owed_part(stage: Stage, part: Part, refusal: Unanswered) -> Owed:
    return Owed(
        address=f"{stage.slug}/{part.name}",
        by=refusal.by or part.owner,
        reason=refusal.reason,
        way_out=refusal.way_out,
        verdict=refusal.verdict,
    )


@dataclass(frozen=True)
class Together:
    """Hold the plans of several stages, the answers that they were made from, and the resources that were looked at."""

    plans: tuple[Plan, ...]
    inventory: Inventory
    observed: tuple[Resource, ...]


def plan(stage: Stage, environment: Environment, target: Target, scope: Scope, history: History = ()) -> tuple[Plan, Inventory]:
    """Compare what a stage wants with what is there, and take back access that we gave and is wanted no more.

    `history` tells what is ours. Returns the plan and the answers it was made from.
    """
    together = plan_together((stage,), environment, target, scope, history)
    return together.plans[0], together.inventory


def plan_together(stages: Sequence[Stage], environment: Environment, target: Target, scope: Scope, history: History = ()) -> Together:
    """Plan several stages as `plan` does one; all are asked for together, and all that they want is looked at together."""
    parts = [part for stage in stages for part in stage.parts]
    inventory, refusals = inventory_of(parts, environment, target)
    ours = standing(at(history, scope))
    wishes: list[Wanted] = []
    for stage, begin in zip(stages, accumulate((len(each.parts) for each in stages), initial=0), strict=False):
        own = {place: refusals[begin + place] for place in range(len(stage.parts)) if begin + place in refusals}
        wishes.append(_with_lingering(desired(stage, environment, inventory, own), stage, ours))
    looked_at = tuple(each for wanted in wishes for each in _looked_at(wanted, ours))
    observed = target.observe(looked_at)
    before = {each.address: restored(observed[each.address].value, ours[each.address]) for wanted in wishes for each in wanted.lingering}
    made = claimed(history, scope)
    plans = (
        difference(stage.slug, environment, wanted, observed, scope, made, before) for stage, wanted in zip(stages, wishes, strict=True)
    )
    return Together(tuple(plans), inventory, looked_at)


def _looked_at(wanted: Wanted, ours: Mapping[str, History]) -> tuple[Resource, ...]:
    """List what to observe for what is wanted, so that what earlier changes added is not missed."""
    return (*(each.covering(ours.get(each.address, ())) for each in wanted.resources), *wanted.unwanted, *wanted.lingering)


def _with_lingering(wanted: Wanted, stage: Stage, ours: Mapping[str, History]) -> Wanted:
    """Add what lingers; while a part could not say what it wants, nobody knows that something is wanted no more."""
    if wanted.owed:
        return wanted
    known = {each.address for each in (*wanted.resources, *wanted.unwanted)}
    mine = [writes for writes in ours.values() if writes[-1].stage == stage.slug]
    of_stage = [subject(each) for each in mine if each[-1].change.after is not None or each[-1].change.subject.leaves_nothing]
    lingering = tuple(each for each in of_stage if each.gives_access and each.address not in known)
    return replace(wanted, lingering=lingering, owners={**wanted.owners, **{each.address: stage.owner for each in lingering}})


def difference(
    stage: str,
    environment: Environment,
    wanted: Wanted,
    observed: Mapping[str, Observation],
    scope: Scope,
    claimed: frozenset[str] = frozenset(),
    before: Mapping[str, Resource | None] | None = None,
) -> Plan:
    """Make the plan of wanted and observed values; pure. `before` is what lingering things become again."""
    contested = _contested(environment, wanted, observed, claimed)
    blocked = {each.address for each in contested}
    changes: list[Change] = []
    kept: list[Resource] = []
    owed = list(wanted.owed)
    for resource, after in _sides(wanted, before or {}):
        seen = observed[resource.address]
        if seen.refusal is not None:
            owed.append(_owed_resource(resource, after, wanted.owners[resource.address], seen.refusal))
        elif {resource.address, resource.holder} & blocked or (seen.value is None and resource.needs in blocked):
            blocked.add(resource.address)
        elif seen.value != after:
            changes.append(Change(before=seen.value, after=after))
        elif after is not None:
            kept.append(after)
    return Plan(
        stage=stage,
        environment=environment.environment,
        scope=scope,
        changes=tuple(changes),
        kept=tuple(kept),
        owed=tuple(owed),
        contested=contested,
    )


def _sides(wanted: Wanted, before: Mapping[str, Resource | None]) -> tuple[tuple[Resource, Resource | None], ...]:
    """Pair each resource with what it is to become."""
    unwanted = ((each, None) for each in wanted.unwanted)
    return (*((each, each) for each in wanted.resources), *unwanted, *((each, before[each.address]) for each in wanted.lingering))


def _owed_resource(resource: Resource, wanted: Resource | None, owner: str, refusal: Unanswered) -> Owed:
    return Owed(
        address=resource.address,
        by=refusal.by or owner,
        reason=refusal.reason,
        way_out=refusal.way_out,
        verdict=refusal.verdict,
        wanted=wanted,
    )


def _contested(
    environment: Environment, wanted: Wanted, observed: Mapping[str, Observation], claimed: frozenset[str]
) -> tuple[Contested, ...]:
    taken = claimed | set(environment.adopt) | {address for address, seen in observed.items() if seen.is_ours}
    return tuple(
        Contested(
            address=resource.address,
            reason="exists and was not made by the runbook for this environment",
            way_out=f"use another name, or add `{resource.address}` to adopt: after reading what it is",
        )
        for resource in wanted.resources
        if resource.address not in taken and _is_somebodys(resource, observed[resource.address].value, taken)
    )


def _is_somebodys(resource: Resource, found: Resource | None, taken: AbstractSet[str]) -> bool:
    if found is None:
        return False
    return resource.is_claimed or (resource.is_ours_by_name and found != resource and resource.holder not in taken)
