"""How a task runs its command."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.fleet.airflow.process import Ended, Process

STOPPABLE = """
import json, signal, sys, time
try:
    sys.stderr.write("ready\\n")
    sys.stderr.flush()
    time.sleep(60)
except KeyboardInterrupt:
    print(json.dumps({"error": "Stopped"}))
    sys.exit(1)
"""


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Start commands that heed SIGINT, as from a task of Airflow's: what a shell put into the background does not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def python(code: str) -> str:
    """Write a command that runs some Python."""
    return shlex.join((sys.executable, "-c", code))


def test_answer_and_progress_are_kept_apart(tmp_path: Path) -> None:
    """The answer is what stands on standard output; each other line is heard."""
    heard: list[str] = []

    ended = Process().run(
        python("import sys; sys.stderr.write('one\\ntwo\\n'); print('{\"digest\": \"3f2a\"}'); sys.exit(6)"), str(tmp_path), heard.append
    )

    assert (Ended(6, {"digest": "3f2a"}), ["one", "two"]) == (ended, heard)


@pytest.mark.parametrize("said", ["", "[1]", "Traceback"])
def test_what_is_no_answer_is_none(tmp_path: Path, said: str) -> None:
    """A command that died leaves its exit code alone."""
    assert Ended(3, {}) == Process().run(python(f"import sys; print({said!r}); sys.exit(3)"), str(tmp_path), print)


def test_airflows_variables_stay_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command meets neither its connections nor its packages, and everything else of the worker."""
    given = {"AIRFLOW_CONN_DB": "secret", "_AIRFLOW_X": "1", "PYTHONPATH": "packages", "VIRTUAL_ENV": "venv", "REDSHIFT_PASSWORD": "p"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    ended = Process().run(python("import json, os; print(json.dumps(dict(os.environ)))"), str(tmp_path), print)

    assert {"REDSHIFT_PASSWORD": "p"} == {name: value for name, value in ended.answer.items() if name in given}
    assert os.environ["HOME"] == ended.answer["HOME"]


def test_it_is_stopped_as_by_hand(tmp_path: Path) -> None:
    """Asked to stop it gets what Ctrl-C sends, and its answer still counts."""
    process = Process()

    ended = process.run(python(STOPPABLE), str(tmp_path), lambda _: process.stop())

    assert Ended(1, {"error": "Stopped"}) == ended
    process.stop()


def test_who_stops_waiting_stops_it(tmp_path: Path) -> None:
    """When Airflow's time limit strikes, the command ends before the task does."""
    (tmp_path / "left").mkdir()
    code = STOPPABLE.replace('print(json.dumps({"error": "Stopped"}))', "import os; os.rmdir('left')")

    def strike(_line: str) -> Any:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        Process().run(python(code), str(tmp_path), strike)
    assert [] == list(tmp_path.iterdir())


def test_a_command_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The system's error says which file is missing."""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Process().run(str(tmp_path / "nowhere"), str(tmp_path), json.dumps)
