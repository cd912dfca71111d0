"""Every kind of resource of the databases lives the same life on every target: absent, created, changed, removed, made again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.aws.cases import Case
from tests.contract.aws.test_life import held, observed, write
from tests.contract.redshift.cases import CASES
from tests.contract.redshift.worlds import World


@pytest.fixture(params=list(CASES.values()), ids=list(CASES))
def case(world: World, request: pytest.FixtureRequest) -> Case:
    """Go through all kinds of resources."""
    make: Callable[[World], Case] = request.param
    return make(world)


def test_absent_then_created(world: World, case: Case) -> None:
    """What is not there is None; what was created is exactly what was wanted; whose it is, no database tells."""
    with held(world.target, case):
        before = observed(world.target, case.value).value
        write(world.target, None, case.value)
        after = observed(world.target, case.value)
    assert (before, after.value, after.refusal) == (None, case.value, None)


def test_changed(world: World, case: Case) -> None:
    """A change is seen as a difference before, and as what was wanted after; back again, the old value stands."""
    wanted = case.changed if case.changed is not None else case.value
    with held(world.target, case):
        write(world.target, None, case.value)
        present = observed(world.target, wanted).value
        if case.changed is not None:
            write(world.target, present, case.changed)
        after = observed(world.target, wanted).value
        if case.changed is not None:
            write(world.target, case.changed, case.value)
        back = observed(world.target, wanted).value
    assert (present == wanted, after, back) == (case.changed is None, wanted, present)


def test_removed_and_made_again(world: World, case: Case) -> None:
    """What was removed is gone, and can be made anew."""
    with held(world.target, case):
        write(world.target, None, case.value)
        write(world.target, case.value, None)
        removed = observed(world.target, case.value).value
        write(world.target, None, case.value)
        again = observed(world.target, case.value).value
    assert (removed, again) == (None, case.value)
