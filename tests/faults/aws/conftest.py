"""A target behind a proxy that spoils requests, with patience that does not really wait."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from runbook_lib.adapters.aws.retry import Patience
from runbook_lib.adapters.connections import Connections
from runbook_lib.adapters.target import CompositeTarget
from runbook_lib.parameters import Environment
from tests.contract.aws.conftest import credentials, endpoint
from tests.contract.aws.endpoint import environment_at
from tests.faults.aws.proxy import Proxy, spoiled

__all__ = ["credentials", "endpoint"]


@dataclass
class Clock:
    """Tell a time that passes only by sleeping."""

    now: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    """Start at zero."""
    return Clock()


@pytest.fixture
def proxy(endpoint: str, credentials: None) -> Iterator[Proxy]:
    """Stand in front of the endpoint."""
    with spoiled(endpoint) as proxy:
        yield proxy


@pytest.fixture
def environment(proxy: Proxy) -> Environment:
    """Describe an environment whose AWS is the proxy."""
    return environment_at(proxy.url, f"f{uuid.uuid4().hex[:8]}")


@pytest.fixture
def target(environment: Environment, clock: Clock) -> CompositeTarget:
    """Connect through the proxy; chance is taken out of the pauses."""
    patience = Patience(clock=lambda: clock.now, sleep=clock.sleep, jitter=lambda: 1.0)
    return CompositeTarget(Connections(environment, patience=patience))
