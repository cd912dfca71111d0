"""kill -9 and Ctrl-C in the middle of an apply, with real processes: the run is resumed under the same approval to the same end."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.sandbox.snapshot import snapshot
from runbook_lib.sandbox.state import State
from tests.checkout import Checkout
from tests.driver import HERE, Driver, example
from tests.end_to_end.world import client

SLOW = [{"match": "s3:Put.*", "kind": "latency", "ms": 1000}]


def faults(state: State, given: list[dict[str, Any]]) -> None:
    """Tell the endpoint what is to go wrong from now on."""
    request = urllib.request.Request(f"http://127.0.0.1:{state.aws_port}/_sandbox/faults", json.dumps(given).encode(), method="POST")
    urllib.request.urlopen(request).close()  # noqa: S310 - a fixed address on loopback


def wait_for(what: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until something holds, while a process runs."""
    while not what():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


def group(leader: int) -> list[int]:
    """List the living processes of a run: its own, what it started, and what that started, kernels included."""
    kin: dict[int, set[int]] = {}
    for each in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            _, parent, process_group, session = (each / "stat").read_text("utf-8").rpartition(")")[2].split()[:4]
            kin[int(each.name)] = {int(each.name), int(parent), int(process_group), int(session)}
    found = {leader}
    while more := {pid for pid, known in kin.items() if known & found} - found:
        found |= more
    return sorted(found & kin.keys())


def gone(process: subprocess.Popen[str], number: signal.Signals) -> tuple[str, str]:
    """Send a command a signal, wait until it and its kernels have ended, and give what it answered and what it said besides."""
    processes = group(process.pid)
    os.kill(process.pid, number)
    told = process.communicate()
    while any(Path(f"/proc/{pid}").exists() for pid in processes):
        time.sleep(0.1)
    return told


@pytest.mark.usefixtures("heeding")
def test_a_killed_run_goes_on(sandbox: tuple[State, Path], tmp_path: Path) -> None:
    """The writes that were made stay, the rest is made, under one approval, stopped once more; then everything can be taken back."""
    state, folder = sandbox
    before = snapshot(state, folder)
    drive: Driver = example("example-v2", state, folder, tmp_path)
    checkout = Checkout(HERE, folder)
    words = (str(drive.file), "--stage", "storage")
    digest = checkout("plan", *words)["digest"]

    def lines() -> int:
        return sum(path.read_text("utf-8").count("\n") for path in tmp_path.rglob("journal.jsonl"))

    faults(state, SLOW)
    running = checkout.start("apply", *words, "--approve", digest, "--acknowledge", "*")
    wait_for(lambda: lines() > 8, running)
    gone(running, signal.SIGKILL)
    [record] = tmp_path.glob("runs/*/*-apply-*")
    written = lines()

    made = len(client("s3", state).list_buckets()["Buckets"])
    assert len(before["aws"]["buckets"]) < made
    running = checkout.start("resume", str(record))
    wait_for(lambda: lines() > written + 5, running)
    answer, besides = gone(running, signal.SIGINT)
    stopped = json.loads(answer)
    assert ("Stopped", "") == (stopped["error"], besides)
    faults(state, [])

    finished = checkout(*shlex.split(stopped["way_out"])[1:])
    assert ["kept"] == list(finished["verdicts"])
    assert stopped["where"] == checkout("audit", "verify", finished["record"])["goes on from"]
    again = checkout("plan", *words)
    assert 0 == again["changes"]

    back = drive("destroy")
    assert 0 == drive("destroy", approve=back.plan.digest).exit_code
    assert before == snapshot(state, folder)
