"""One sandbox for the suite, and environments of every shape that are set up in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from runbook_lib.parameters import Environment
from runbook_lib.sandbox.supervisor import Wanted, environment, running
from tests.end_to_end.conftest import passable
from tests.rehearsal.places import SHAPES, Place, described, prepared


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Run a sandbox with its sample account and warehouse, and hold its keys."""
    folder = passable(tmp_path_factory.mktemp("rehearsal") / "box")
    with running(folder, Wanted()) as state:
        os.environ.update(environment(folder))
        yield Place(state, folder)


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
