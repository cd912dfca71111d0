"""One Chromium, one JupyterLab and one sandbox for all tests; each test brings about the state that it begins with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from runbook_lib.sandbox.supervisor import Wanted, running
from tests.browser.desk import Desk
from tests.browser.lab import Lab, serving
from tests.folders import passable

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


@pytest.fixture(scope="session")
def desk(browser: Any) -> Iterator[Desk]:
    """Serve a checkout of its own beside a sandbox on free ports: starting both takes longer than a test."""
    with passable() as folder, running(folder / "box", Wanted()) as state, serving(browser, folder, state) as lab:
        yield Desk(lab, state, folder / "box")


@pytest.fixture(scope="session")
def lab(desk: Desk) -> Lab:
    """Give what is served."""
    return desk.lab
