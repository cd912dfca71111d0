"""Kernels of several threads at once: each is used and ended by the thread that started it, and none holds up a run that is given up."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from runbook_lib.headless.kernel import Kernels
from tests.contract.kernels.conftest import Talk, wait_until_gone

pytestmark = pytest.mark.usefixtures("home")
LONG = 60
"""Seconds after which a test that hangs fails."""


def test_who_waits_for_a_cell_waits_no_longer() -> None:
    """When a run is given up its threads come back from whatever cell they wait for, and their kernels are gone."""
    kernels, pids = Kernels(()), list[int]()
    under_way = threading.Barrier(3, timeout=LONG)

    def use() -> None:
        with kernels.one() as kernel:
            talk = Talk(kernel)
            pids.append(int(talk("import os; print(os.getpid())")))
            under_way.wait()
            talk("import time; time.sleep(600)")

    with ThreadPoolExecutor(2) as pool:
        using = [pool.submit(use) for _ in range(2)]
        under_way.wait()
        kernels.abandon()
        raised = [type(each.exception(LONG)) for each in using]

    assert [asyncio.CancelledError] * 2 == raised
    wait_until_gone(pids)
