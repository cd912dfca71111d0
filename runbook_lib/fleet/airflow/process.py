"""Run a command in the runbook's own environment, hear what it says, and stop it as Ctrl-C does."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.fleet.answers import answered

if TYPE_CHECKING:
    from collections.abc import Callable

OF_AIRFLOW = ("AIRFLOW", "_AIRFLOW", "PYTHON", "VIRTUAL_ENV")
"""Beginnings of the variables that are Airflow's affair: its settings and connections, and where its Python finds what it imports."""
PATIENCE = 45
"""Seconds for a command to end its record when a time limit of Airflow's strikes."""


@dataclass(frozen=True)
class Ended:
    """Hold how a command ended: its exit code, negative where a signal ended it, and its answer."""

    code: int
    answer: dict[str, Any]


class Process:
    """Hold the process of a command while it runs."""

    def __init__(self) -> None:
        self._running: subprocess.Popen[str] | None = None

    def run(self, command: str, folder: str, heard: Callable[[str], object]) -> Ended:
        """Run a command to its end; `heard` is told each line that it says besides its answer. Raises OSError where it cannot start.

        Whatever interrupts the waiting stops the command first.
        """
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8") as answer,
            subprocess.Popen(
                shlex.split(command), cwd=folder, env=_variables(), stdin=subprocess.DEVNULL, stdout=answer, stderr=subprocess.PIPE,
                text=True, encoding="utf-8", errors="replace", start_new_session=True,
            ) as self._running,
        ):  # fmt: skip
            try:
                for line in self._running.stderr or ():
                    heard(line.rstrip())
                return Ended(self._running.wait(), answered(answer))
            except BaseException:
                self._end(self._running)
                raise

    def stop(self) -> None:
        """Ask the command to stop, as Ctrl-C does, so that it ends its record.

        Airflow kills the task five seconds later; the command, in a session of its own, takes the time that it needs.
        """
        if self._running is not None and self._running.poll() is None:
            self._running.send_signal(signal.SIGINT)

    def _end(self, process: subprocess.Popen[str]) -> None:
        self.stop()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _variables() -> dict[str, str]:
    """Give the worker's variables without Airflow's own: the command is not to meet its secrets, nor its packages."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OF_AIRFLOW)}
