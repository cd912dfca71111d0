"""One stand-in with its sample warehouse for the whole folder, one beside an AWS endpoint, and log-ins that end with their test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.contract.aws.endpoint import REGION, served
from tests.sandbox.aws.account import Account
from tests.sandbox.redshift.clients import DRIVERS
from tests.sandbox.redshift.door import Door
from tests.sandbox.redshift.standin import StandIn, started
from tests.sandbox.redshift.transfers import BUCKET, Desk, Pair


@pytest.fixture(scope="session")
def standin() -> Iterator[StandIn]:
    """Run the stand-in."""
    with started(has_sample=True) as each:
        yield each


@pytest.fixture(params=DRIVERS)
def door(request: pytest.FixtureRequest, standin: StandIn) -> Iterator[Door]:
    """Give a way in through each driver, with the administrator logged in already."""
    with closing(Door(standin, request.param)) as opened:
        opened.log_in()
        yield opened


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run both, with a bucket."""
    folder = tmp_path_factory.mktemp("endpoint")
    with served(folder) as url, started(aws=folder / "ready", region=REGION) as standin:
        account = Account(url)
        account.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield Pair(standin, account)


@pytest.fixture(params=DRIVERS)
def desk(request: pytest.FixtureRequest, pair: Pair) -> Iterator[Desk]:
    """Give a way in through each driver."""
    with closing(Desk(pair.standin, request.param, pair=pair)) as opened:
        opened.log_in()
        yield opened


@pytest.fixture
def plain(pair: Pair) -> Iterator[Desk]:
    """Give a way in through one driver."""
    with closing(Desk(pair.standin, "psycopg2", pair=pair)) as opened:
        opened.log_in()
        yield opened
