"""Say which stages build on which: what does not is looked at, and written, at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runbook_lib.model import EnvironmentPlan, Stage


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
