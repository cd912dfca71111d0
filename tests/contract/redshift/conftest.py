"""Targets that keep the contract: the fake in memory, a stand-in of our own, and Redshift itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.redshift.standin import Standin, environment_on, standing_in
from tests.contract.redshift.worlds import World, on_standin
from tests.fakes import FakeTarget


@pytest.fixture(scope="session")
def standin() -> Iterator[Standin]:
    """Run a stand-in for all tests of a process."""
    with standing_in() as standin:
        yield standin


@pytest.fixture
def stood(standin: Standin) -> Iterator[World]:
    """Give a world on the stand-in alone."""
    with on_standin(standin) as world:
        yield world


@pytest.fixture
def live() -> Iterator[World]:
    """Give the world that a parameter file describes; what a test makes there is taken away again."""
    from runbook_lib.adapters.connections import Connections
    from runbook_lib.parameters.load import load

    connections = Connections(load(Path(os.environ["RUNBOOK_LIVE_ENVIRONMENT"])))
    environment = connections.environment
    world = World(connections.warehouse(), environment, password=environment.source.user.password)
    try:
        yield world
    finally:
        world.tidy()
        connections.close()


@pytest.fixture(params=["fake", "stood", pytest.param("live", marks=pytest.mark.live)])
def world(request: pytest.FixtureRequest) -> World:
    """Give each world in which the contract has to hold."""
    if request.param == "fake":
        return World(FakeTarget(), environment_on(1, "fake"))
    found: World = request.getfixturevalue(request.param)
    return found
