"""One run at a time writes an environment."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from runbook_lib.errors import Locked
from runbook_lib.evidence.lock import FILE, acquire, broken, held
from runbook_lib.evidence.owner import Owner

THEN, NOW = "2026-01-02T03:04:05.678Z", "2026-01-02T05:04:06.678Z"
HOLDER = f"""
import sys
from pathlib import Path
from runbook_lib.evidence.lock import acquire
acquire(Path(sys.argv[1]), "staging", "apply", {THEN!r})
print("held", flush=True)
sys.stdin.read()
"""
ELSEWHERE = Owner(user="jo", host="elsewhere.example", pid=7, verb="destroy", since=THEN)


@contextmanager
def another(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the lock."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "held\n" == process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def test_a_second_run_is_told_who_writes(tmp_path: Path) -> None:
    """It learns owner, process and age, and how to go on; the lock cannot be taken away while its process lives."""
    with another(tmp_path) as process:
        what = rf"staging: is written by another run: apply by \S+@\S+, process {process.pid}, since {THEN} \(2:00:01 ago\)"
        with pytest.raises(Locked, match=f"{what}; wait until it ends, or end process {process.pid}"):
            acquire(tmp_path, "staging", "apply", NOW)
        with pytest.raises(Locked, match=what):
            broken(tmp_path, "staging", NOW)


def test_what_a_killed_run_of_this_machine_left_is_no_lock(tmp_path: Path) -> None:
    """After kill -9 the next run goes on without a word."""
    with another(tmp_path) as process:
        process.kill()
        process.wait()
        acquire(tmp_path, "staging", "apply", NOW).release()

    assert "" == (tmp_path / FILE).read_text("utf-8")


def test_what_another_machine_left_is_taken_away_by_a_person(tmp_path: Path) -> None:
    """Nobody here sees whether that run goes on: it is refused with the command that takes the lock away, and then goes on."""
    (tmp_path / FILE).write_text(ELSEWHERE.model_dump_json(), "utf-8")
    what = f"destroy by jo@elsewhere.example, process 7, since {THEN} (2:00:01 ago)"
    with pytest.raises(Locked, match=re.escape(f"{what}; if that run is over, take its lock away: runbook unlock staging")):
        acquire(tmp_path, "staging", "apply", NOW)

    assert (what, "") == (broken(tmp_path, "staging", NOW), broken(tmp_path, "staging", NOW))
    acquire(tmp_path, "staging", "apply", NOW).release()


def test_without_a_lock_there_is_nothing_to_take_away(tmp_path: Path) -> None:
    """Where nobody wrote yet, not even a folder is made."""
    assert "" == broken(tmp_path / "staging", "staging", NOW)
    assert [] == list(tmp_path.iterdir())


def test_a_notebook_that_is_opened_anew_takes_over(tmp_path: Path) -> None:
    """A process does not lock itself out, and what it took over is released once."""
    first = acquire(tmp_path, "staging", "apply of storage", THEN)
    second = acquire(tmp_path, "staging", "apply of storage", NOW)
    first.release()

    assert NOW == Owner.model_validate_json((tmp_path / FILE).read_text("utf-8")).since
    second.release()


def test_a_lock_ends_with_what_it_was_held_for(tmp_path: Path) -> None:
    """Also where that fails, the lock is given back."""
    with suppress(ZeroDivisionError), held(tmp_path, "staging", "apply", NOW):
        assert "apply" == Owner.model_validate_json((tmp_path / FILE).read_text("utf-8")).verb
        raise ZeroDivisionError

    assert "" == (tmp_path / FILE).read_text("utf-8")
