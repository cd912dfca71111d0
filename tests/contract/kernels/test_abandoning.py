"""Kernels of several threads at once: each is used and ended by the thread that started it, and none holds up a run that is given up."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runbook_lib.headless.kernel import Kernels
from runbook_lib.headless.line import Abandoned, NotBegun
from runbook_lib.kernels.provisioner import ForkProvisioner
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


def test_who_is_about_to_run_his_first_cell_runs_none(tmp_path: Path) -> None:
    """A run is given up between the turn of a stage and its first cell, while papermill reads the notebook: nothing is written."""
    from papermill import execute_notebook

    from runbook_lib.headless.saving import ENGINE

    written, source = tmp_path / "written", tmp_path / "in.ipynb"
    cell: dict[str, object] = {
        "cell_type": "code",
        "id": "apply",
        "metadata": {},
        "source": f"open({str(written)!r}, 'w')",
        "outputs": [],
        "execution_count": None,
    }
    source.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    kernels = Kernels(())

    def use() -> None:
        with kernels.one() as kernel:
            kernels.abandon()
            execute_notebook(str(source), str(tmp_path / "out.ipynb"), {}, ENGINE, kernel_name="python3", km=kernel, waits={})

    with ThreadPoolExecutor(1) as pool:
        raised = pool.submit(use).exception(LONG)

    assert isinstance(raised, Abandoned)
    assert not written.exists()


def test_who_waits_for_his_turn_leaves_no_kernel(tmp_path: Path) -> None:
    """A run is given up while an opened notebook waits for its turn: its kernel ends, and what is raised is why it never began."""
    from papermill import execute_notebook

    from runbook_lib.headless.saving import ENGINE

    source, kernels, waits, given_up = tmp_path / "in.ipynb", Kernels(()), threading.Event(), threading.Event()
    cells: list[dict[str, object]] = [
        {"cell_type": "code", "id": name, "metadata": {}, "source": "1", "outputs": [], "execution_count": None} for name in "ab"
    ]
    source.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    pids = list[int]()

    def wait() -> None:
        waits.set()
        assert given_up.wait(LONG)
        raise NotBegun("b")

    def use() -> None:
        with kernels.one() as kernel:
            pids.append(getattr(kernel.provisioner, "pid", 0))
            execute_notebook(str(source), str(tmp_path / "out.ipynb"), {}, ENGINE, kernel_name="python3", km=kernel, waits={"b": wait})

    with ThreadPoolExecutor(1) as pool:
        using = pool.submit(use)
        assert waits.wait(LONG)
        kernels.abandon()
        given_up.set()
        raised = using.exception(LONG)

    assert isinstance(raised, NotBegun)
    wait_until_gone(pids)


def test_a_kernel_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was made for it is let go of, in the thread that wanted it, and what is raised is what refused it."""

    async def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no process is left")

    monkeypatch.setattr(ForkProvisioner, "launch_kernel", refuse)

    def use() -> None:
        with Kernels(()).one():
            pass

    with ThreadPoolExecutor(1) as pool:
        raised = pool.submit(use).exception(LONG)

    assert "no process is left" == str(raised)
