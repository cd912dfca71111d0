"""Say which stages, and which changes of one, build on which: what does not is looked at, and written, at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from runbook_lib.model import Change, EnvironmentPlan, Stage

    Group = tuple[Change, ...]


@dataclass(frozen=True)
class Turn:
    """Name the stages that have to have ended before one begins, and before it judges what it finds."""

    begins: frozenset[str] = frozenset()
    judges: frozenset[str] = frozenset()


def foundations(stages: Iterable[Stage]) -> dict[str, frozenset[str]]:
    """Give for each stage all that it builds on, and what these build on; a stage that does not say builds on all before it."""
    found: dict[str, frozenset[str]] = {}
    for each in sorted(stages, key=lambda stage: stage.number):
        named = tuple(found) if each.after is None else each.after
        found[each.slug] = frozenset(named).union(*(found[name] for name in named))
    return found


def turns(
    chosen: Sequence[Stage], foundations: Mapping[str, frozenset[str]], approved: EnvironmentPlan | None, *, only_plans: bool
) -> dict[str, Turn]:
    """Say what each stage of a run waits for.

    Who writes waits for all that he builds on, who does not for what is written there. Judging, a stage knows what those that it builds
    on left to others; while nothing but plans are made only one that builds on all does.
    """
    here = {each.slug for each in chosen}
    writing = {plan.stage for plan in approved.plans if plan.changes} if approved is not None else set()
    found = {}
    for each in chosen:
        earlier = foundations[each.slug] & here
        is_told = not only_plans or each.after is None
        found[each.slug] = Turn(earlier if each.slug in writing else earlier & writing, earlier if is_told else frozenset())
    return found


def steps(changes: Iterable[Change]) -> Iterator[tuple[Group, ...]]:
    """Part the changes of a plan into steps, one after the other: of neighbouring lanes the first groups, then the second, and so on.

    A group is what is written in one transaction; one without a lane is a step of its own.
    """
    numbered = groupby(enumerate(changes), key=lambda pair: pair[1].subject.group or str(pair[0]))
    groups = [tuple(change for _, change in group) for _, group in numbered]
    for has_lanes, neighbours in groupby(groups, key=lambda group: bool(group[0].subject.lane)):
        if not has_lanes:
            yield from ((group,) for group in neighbours)
            continue
        lanes: dict[str, list[Group]] = {}
        for group in neighbours:
            lanes.setdefault(group[0].subject.lane, []).append(group)
        yield from (tuple(each for each in step if each is not None) for step in zip_longest(*lanes.values()))
