"""Keep this machine's settings, every address but loopback and every time limit on examples out of the tests."""

from __future__ import annotations

import gc
import os
import signal
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests import machine

FOREIGN = ("ALL_PROXY", "AWS_", "BOTO", "HTTPS_PROXY", "HTTP_PROXY", "JUPYTER_", "PAPERMILL_", "PG", "TONIC_")
"""Prefixes of variables that would change what is tested."""
QUIET = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "JUPYTER_PLATFORM_DIRS": "1",
}
LOOPBACK = ("127.", "::1", "::ffff:127.", "localhost")

settings.register_profile("runbook", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI")))
settings.load_profile("runbook")


def pytest_configure(config: pytest.Config) -> None:
    """Take away what would reach outside, unless the live tests were asked for."""
    if config.option.markexpr == "live":
        return
    for name in [name for name in os.environ if name.upper().startswith(FOREIGN)]:
        del os.environ[name]
    os.environ.update(QUIET)
    socket.socket.connect = _only_loopback(socket.socket.connect)  # type: ignore[method-assign]
    socket.socket.connect_ex = _only_loopback(socket.socket.connect_ex)  # type: ignore[method-assign]


def pytest_collection_finish() -> None:
    """Look for garbage less often, and not among thousands of tests: it takes a tenth of the time otherwise."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands in the browser's folder."""
    for item in items:
        if (machine.ROOT / "tests" / "browser") in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Give the Chromium to drive; a machine without one fails the test, and `make test` does not come here."""
    return machine.chromium()


@pytest.fixture
def heeding() -> Iterator[None]:
    """Heed Ctrl-C and a terminal that is closed, and let commands do so, also where tests began under nohup or in a script's background."""
    interrupted, hung_up = signal.signal(signal.SIGINT, signal.default_int_handler), signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGHUP, hung_up)


def _only_loopback(connect: Any) -> Any:
    """Refuse to connect to any address but loopback and sockets in the file system."""

    def guarded(self: socket.socket, address: Any) -> Any:
        is_inet = self.family in {socket.AF_INET, socket.AF_INET6}
        if is_inet and not str(address[0]).startswith(LOOPBACK):
            message = f"a test tried to reach {address[0]}: tests reach loopback only"
            raise AssertionError(message)
        return connect(self, address)

    return guarded
