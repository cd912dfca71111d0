"""Every kind of resource lives the same life on every target: absent, created, changed, removed, and restored if it waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from runbook_lib.model import Change, Resource
from runbook_lib.parameters import Environment
from runbook_lib.ports import Observation, Target
from tests.contract.aws.cases import CASES, Case

World = tuple[Target, Environment]


def observed(target: Target, wanted: Resource) -> Observation:
    """Read one resource."""
    return target.observe([wanted])[wanted.address]


def write(target: Target, before: Resource | None, after: Resource | None) -> None:
    """Make one change."""
    target.write([Change(before=before, after=after)])


@contextmanager
def held(target: Target, case: Case) -> Iterator[None]:
    """Make what the case sits on, and take all of it away again."""
    for each in case.held:
        write(target, None, each)
    try:
        yield
    finally:
        for each in (case.value, *reversed(case.held)):
            seen = observed(target, each).value
            if seen is not None and seen != each.once_removed():
                write(target, seen, seen.once_removed())


@pytest.fixture(params=list(CASES.values()), ids=list(CASES))
def make_case(request: pytest.FixtureRequest) -> Callable[[Environment], Case]:
    """Go through all kinds of resources."""
    make: Callable[[Environment], Case] = request.param
    return make


def test_absent_then_created(world: World, make_case: Callable[[Environment], Case], request: pytest.FixtureRequest) -> None:
    """What is not there is None; what was created is exactly what was wanted, and ours where that can be told."""
    target, environment = world
    case = make_case(environment)
    with held(target, case):
        before = observed(target, case.value).value
        write(target, None, case.value)
        after = observed(target, case.value)
    is_given = "encryption" in request.node.name and "live" in request.node.name
    assert (before is None or is_given, after.value) == (True, case.value)


def test_changed(world: World, make_case: Callable[[Environment], Case]) -> None:
    """A change is seen as a difference before, and as what was wanted after."""
    target, environment = world
    case = make_case(environment)
    wanted = case.changed if case.changed is not None else case.value
    with held(target, case):
        write(target, None, case.value)
        present = observed(target, wanted).value
        if case.changed is not None:
            write(target, present, case.changed)
        after = observed(target, wanted).value
    assert (present == wanted, after) == (case.changed is None, wanted)


def test_removed_and_restored(world: World, make_case: Callable[[Environment], Case]) -> None:
    """What was removed is gone or waits as the service imposes, and what waits can be had back."""
    target, environment = world
    case = make_case(environment)
    with held(target, case):
        write(target, None, case.value)
        write(target, case.value, case.value.once_removed())
        removed = observed(target, case.value).value
        write(target, removed, case.value)
        restored = observed(target, case.value).value
    assert (removed, restored) == (case.value.once_removed(), case.value)


CLAIMED = ["role", "profile", "key", "secret"]


@pytest.mark.parametrize("name", CLAIMED)
def test_what_we_make_is_ours(world: World, name: str) -> None:
    """What was created carries the ownership tag of its environment."""
    target, environment = world
    case = CASES[name](environment)
    with held(target, case):
        write(target, None, case.value)
        seen = observed(target, case.value)
    assert seen.is_ours is True
