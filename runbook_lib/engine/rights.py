"""Say which permissions planning, verifying and applying take: every question, every look, and every change is asked for its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.engine.history import at, standing
from runbook_lib.engine.inventory import inventory_of
from runbook_lib.engine.plan import plan_together
from runbook_lib.engine.reverse import reverse, subject
from runbook_lib.model import Change, Inventory, Question, Unanswered
from runbook_lib.resources.rights import Need

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from runbook_lib.engine.history import History
    from runbook_lib.engine.plan import Scope
    from runbook_lib.model import Check, Resource, Stage
    from runbook_lib.parameters import Environment
    from runbook_lib.ports import DeclaringTarget, Observation
    from runbook_lib.resources.rights import Purpose
WAY_BACK = "teardown"


class _Unasked:
    """Know nothing: follow-ups that depend on what is not known yet are left out."""

    def ask(self, questions: Sequence[Question]) -> Inventory:
        return Inventory({each: Unanswered("not asked") for each in questions})

    def observe(self, wanted: Sequence[Resource]) -> Mapping[str, Observation]:
        raise NotImplementedError

    def write(self, changes: Sequence[Change]) -> None:
        raise NotImplementedError

    def permissions(self, use: Question | Resource | Change) -> tuple[()]:
        raise NotImplementedError


def setting_up(stages: Iterable[Stage], environment: Environment) -> tuple[Stage, ...]:
    """Keep the stages of the way forward that have something to do."""
    return tuple(stage for stage in stages if stage.slug != WAY_BACK and not stage.idle(environment))


def needs(
    stages: Sequence[Stage],
    environment: Environment,
    target: DeclaringTarget,
    scope: Scope,
    history: History = (),
    also: Iterable[Question] = (),
) -> tuple[Need, ...]:
    """Plan the stages together and list what that, verifying and applying the plan take; `also` is asked while verifying."""
    together = plan_together(stages, environment, target, scope, history)
    checks = [check for stage in stages for check in stage.checks]
    before = _asked([each for each in checks if each.when == "plan"], environment, together.inventory)
    after = _asked([each for each in checks if each.when == "verify"], environment, together.inventory)
    changes = [change for plan in together.plans for change in plan.changes]
    return (
        *_needs("plan", (*together.inventory, *together.observed, *before), target),
        *_needs("verify", (*after, *also), target),
        *_needs("apply", changes, target),
    )


def needs_of_reverse(stage: Stage, environment: Environment, target: DeclaringTarget, scope: Scope, history: History) -> tuple[Need, ...]:
    """Plan the way back and list what that, proving it and going it take."""
    plan = reverse(environment.environment, history, target, scope)
    looked_at = [subject(writes) for writes in standing(at(history, scope)).values()]
    questions = _asked(stage.checks, environment, Inventory({}))
    return (
        *_needs("plan", looked_at, target),
        *_needs("verify", questions, target),
        *_needs("apply", plan.changes, target),
    )


def _asked(checks: Sequence[Check], environment: Environment, known: Inventory) -> tuple[Question, ...]:
    """List what checks ask, with the follow-ups that what is known leads to."""
    return tuple(inventory_of(checks, environment, _Unasked(), known)[0])


def _needs(purpose: Purpose, uses: Iterable[Question | Resource | Change], target: DeclaringTarget) -> Iterator[Need]:
    for use in uses:
        if isinstance(use, Question) and use.is_optional:
            continue
        yield from (Need(permission=each, purpose=purpose, reason=_reason(use)) for each in target.permissions(use))


def _reason(use: Question | Resource | Change) -> str:
    if isinstance(use, Change):
        return f"{use.verb} {use.address}"
    return f"the question about {use.kind.removeprefix('ask_')}" if isinstance(use, Question) else f"look at {use.address}"
