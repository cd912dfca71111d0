"""Run suites side by side, each in a process of its own, and print what one said when it has ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests import machine

LANES = min(4, (os.cpu_count() or 2) + 1)
"""One more than there are processors, since each waits now and then; each holds a sandbox or two, so that more would want much memory."""


def side_by_side(names: Iterable[str], say: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """Run the suites in the order of their names, as many at once as there are lanes, and give each one's outcome."""
    speaking = threading.Lock()

    def ran(name: str) -> tuple[str, dict[str, Any]]:
        outcome, said = _alone(name)
        with speaking:
            say(said.rstrip())
        return name, outcome

    with ThreadPoolExecutor(LANES) as lanes:
        return dict(lanes.map(ran, names))


def _alone(name: str) -> tuple[dict[str, Any], str]:
    """Run one suite in a process; one that ends without an outcome has failed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "outcome.json"
        command = [sys.executable, "-m", "tests.suites", "--outcome", str(file), name]
        done = subprocess.run(
            command, cwd=machine.ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        outcome = json.loads(file.read_text("utf-8")) if file.exists() else {"failed": 1}
    return outcome, done.stdout.decode(errors="replace")
