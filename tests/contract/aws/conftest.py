"""Targets that keep the contract: the fake in memory, an AWS endpoint of our own, and AWS itself."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.adapters.aws.session import AwsSession
from runbook_lib.adapters.target import connect
from runbook_lib.parameters import Environment
from runbook_lib.ports import Target
from tests.contract.aws.endpoint import ACCOUNT, KEYS, REGION, environment_at, served
from tests.fakes import FakeTarget


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve an AWS endpoint on loopback for the whole run."""
    with served(tmp_path_factory.mktemp("endpoint")) as url:
        yield url


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold credentials of the endpoint, and nothing else of AWS, in the environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {**KEYS, "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def environment(endpoint: str, credentials: None) -> Environment:
    """Describe an environment of its own on the endpoint."""
    return environment_at(endpoint, f"t{uuid.uuid4().hex[:8]}")


@pytest.fixture
def session(environment: Environment) -> AwsSession:
    """Make a session for arranging and checking behind the target's back."""
    return AwsSession(environment)


@pytest.fixture
def target(environment: Environment) -> Target:
    """Connect to the endpoint."""
    return connect(environment)


@pytest.fixture(params=["fake", "endpoint", pytest.param("live", marks=pytest.mark.live)])
def world(request: pytest.FixtureRequest) -> tuple[Target, Environment]:
    """Give each target that has to keep the contract, with the environment it serves."""
    match request.param:
        case "fake":
            return FakeTarget(), environment_at("http://127.0.0.1:1", "fake")
        case "endpoint":
            environment: Any = request.getfixturevalue("environment")
        case _:
            from runbook_lib.parameters.load import load

            environment = load(Path(os.environ["RUNBOOK_LIVE_ENVIRONMENT"]))
    return connect(environment), environment


__all__ = ["ACCOUNT", "REGION"]
