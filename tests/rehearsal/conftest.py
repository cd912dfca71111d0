"""One sandbox for the suite, and environments of every shape that are set up in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from runbook_lib.parameters import Environment
from runbook_lib.sandbox.supervisor import Wanted, environment, running
from tests.folders import passable
from tests.rehearsal.places import SHAPES, Place, described, prepared


@pytest.fixture(scope="session")
def place() -> Iterator[Place]:
    """Run a sandbox with its sample account and warehouse, and hold its keys."""
    with passable() as folder, running(folder / "box", Wanted()) as state:
        os.environ.update(environment(folder / "box"))
        yield Place(state, folder / "box")


@pytest.fixture(scope="session")
def set_up(place: Place) -> Callable[[str], Environment]:
    """Give the environment of a shape, set up once."""
    known: dict[str, Environment] = {}

    def find(shape: str) -> Environment:
        if shape not in known:
            known[shape] = described(place, shape)
            prepared(known[shape])
        return known[shape]

    return find


@pytest.fixture(params=SHAPES)
def env(request: pytest.FixtureRequest, set_up: Callable[[str], Environment]) -> Environment:
    """Give each shape of environment."""
    return set_up(str(request.param))
