"""One endpoint for all modules, and one furnished account a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.aws.endpoint import served
from tests.sandbox.aws.account import Account, Workplace


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve an AWS endpoint on loopback for the whole run."""
    with served(tmp_path_factory.mktemp("endpoint")) as url:
        yield url


@pytest.fixture(scope="module")
def account(endpoint: str) -> Account:
    """Reach the endpoint."""
    return Account(endpoint)


@pytest.fixture(scope="module")
def workplace(endpoint: str) -> Workplace:
    """Make what the product works on."""
    made = Workplace(endpoint)
    made.furnish()
    return made
