"""One Chromium for all tests, and JupyterLab on a sandbox of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from runbook_lib.sandbox.supervisor import Wanted, running
from tests.browser.lab import Lab, serving
from tests.end_to_end.conftest import passable

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """Start Chromium with a fresh profile."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def lab(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Serve a checkout of its own beside a sandbox on free ports."""
    folder = passable(tmp_path_factory.mktemp("lab") / "box").parent
    with running(folder / "box", Wanted()) as state, serving(browser, folder, state) as served:
        yield served
