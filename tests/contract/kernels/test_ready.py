"""A kernel is taken for ready as soon as it is, however often it is looked after meanwhile."""

from __future__ import annotations

import os
import signal

import pytest
from jupyter_core.utils import run_sync

from runbook_lib.headless.kernel import Kernels
from runbook_lib.kernels import client
from runbook_lib.kernels.client import PromptClient

pytestmark = pytest.mark.usefixtures("home")
LONG = 60
"""Seconds after which a test that hangs fails."""


def ready(*, is_killed: bool = False, seconds: float = LONG) -> None:
    """Start a kernel, and wait until it is ready. Raises RuntimeError."""
    with Kernels(()).one() as kernel:
        if is_killed:
            os.kill(getattr(kernel.provisioner, "pid", 0), signal.SIGKILL)
        listening: PromptClient = kernel.client()
        listening.start_channels()
        run_sync(listening.wait_for_ready)(seconds)


def test_who_looks_after_a_kernel_misses_no_word_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the greeting, after which nothing is said unasked, in the moment in which somebody looks."""
    monkeypatch.setattr(client, "LOOK", 0.0005)
    for _ in range(10):
        ready()


def test_a_kernel_that_died_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as soon as somebody looks."""
    monkeypatch.setattr(client, "LOOK", 0.01)
    with pytest.raises(RuntimeError, match="died"):
        ready(is_killed=True)


def test_a_kernel_that_says_nothing_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits says for how long."""
    monkeypatch.setattr(client, "LOOK", 0.0001)
    with pytest.raises(RuntimeError, match="in time"):
        ready(seconds=0.0)
