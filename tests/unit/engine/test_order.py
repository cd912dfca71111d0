"""Which stages build on which, and what each of a run waits for."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_lib import engine
from runbook_lib.engine.order import Turn
from runbook_lib.engine.plan import plan_together
from runbook_lib.exports.render import Offline
from runbook_lib.model import Change, EnvironmentPlan, Plan, Resource, Stage
from runbook_lib.parameters.load import load
from runbook_lib.resources.s3 import Bucket
from runbook_lib.resources.symbols import symbols_in
from runbook_lib.stages import all_stages
from tests.machine import ROOT

BUCKET = Bucket(name="tonic-src", region="us-east-1")


def stage(number: int, slug: str, after: tuple[str, ...] | None = None) -> Stage:
    """Declare a stage."""
    return Stage(number, slug, slug.title(), (), "", after)


A, B, C, D = stage(1, "a", ()), stage(2, "b", ("a",)), stage(3, "c", ("b",)), stage(4, "d", ("a",))
LAST = stage(9, "last")
FIVE = (A, B, C, D, LAST)


def approved(*writing: str) -> EnvironmentPlan:
    """Approve plans of all five, of which these change something."""
    changes = (Change(before=None, after=BUCKET),)
    plans = [Plan(stage=each.slug, environment="e", scope=(), changes=changes if each.slug in writing else ()) for each in FIVE]
    return EnvironmentPlan(environment="e", plans=tuple(plans))


def waiting(plan: EnvironmentPlan | None, *, only_plans: bool = False, chosen: tuple[Stage, ...] = FIVE) -> dict[str, Turn]:
    """Say what each waits for."""
    return engine.turns(chosen, engine.foundations(FIVE), plan, only_plans=only_plans)


def test_a_stage_builds_on_what_its_foundations_build_on() -> None:
    """What is named counts with all that it names; who names nothing builds on everything before."""
    assert {
        "a": frozenset(),
        "b": {"a"},
        "c": {"a", "b"},
        "d": {"a"},
        "last": {"a", "b", "c", "d"},
    } == engine.foundations(reversed(FIVE))


def test_plans_are_made_at_the_same_time() -> None:
    """Nobody waits to begin; only who tells of all others waits for them before he judges."""
    found = waiting(None, only_plans=True)

    assert {frozenset()} == {each.begins for each in found.values()}
    assert ["last"] == [slug for slug, each in found.items() if each.judges]


def test_verifying_begins_at_the_same_time_and_judges_in_order() -> None:
    """What others left to somebody else has to be known first."""
    found = waiting(None)

    assert {frozenset()} == {each.begins for each in found.values()}
    assert {"a", "b"} == found["c"].judges


def test_who_writes_waits_for_all_that_he_builds_on() -> None:
    """Also for those that write nothing: a refusal there keeps him from it."""
    found = waiting(approved("c"))

    assert [("a", []), ("b", []), ("c", ["a", "b"]), ("d", []), ("last", ["c"])] == [
        (slug, sorted(each.begins)) for slug, each in found.items()
    ]


def test_when_nothing_is_to_be_written_nobody_waits_to_begin() -> None:
    """An unchanged run takes as long as the longest stage, not as all together."""
    assert {frozenset()} == {each.begins for each in waiting(approved()).values()}


def test_only_stages_of_the_run_are_waited_for() -> None:
    """Who runs one stage alone waits for nobody."""
    assert {"c": Turn()} == waiting(approved("c"), chosen=(C,))


def test_every_stage_names_stages_before_it() -> None:
    """No stage names one that is not there, or one that comes later."""
    numbers = {each.slug: each.number for each in all_stages()}

    assert [] == [(each.slug, name) for each in all_stages() for name in each.after or () if numbers.get(name, 99) >= each.number]


@pytest.mark.parametrize("file", sorted(ROOT.glob("parameters/*.yaml")), ids=lambda file: file.stem)
def test_what_a_stage_makes_on_anothers_things_comes_after_them(file: Path) -> None:
    """What holds a resource, is needed for it or is named in it by symbol is of the same stage or of one that it builds on."""
    environment = load(file, is_attended=True)
    together = plan_together([each for each in all_stages() if each.slug != engine.WAY_BACK], environment, Offline(environment), ())
    maker = {each.address: plan.stage for plan in together.plans for each in plan.wanted}
    known = engine.foundations(all_stages())
    early = [
        (plan.stage, each.address, other)
        for plan in together.plans
        for each in plan.wanted
        for other in _named(each)
        if maker.get(other, plan.stage) not in {plan.stage, *known[plan.stage]}
    ]

    assert [] == early


def _named(resource: Resource) -> tuple[str, ...]:
    return (resource.holder, resource.needs, *symbols_in(resource.model_dump_json()))
