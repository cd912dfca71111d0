"""The command as a process: Ctrl-C while it imports, and after it has answered."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.machine import ROOT

PRESSED_IN_IMPORT = """import os, signal, sys
class Presses:
    def find_spec(self, name, path=None, target=None):
        if name == "runbook_lib.commands" and self in sys.meta_path:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Presses())
"""
PRESSED_AT_THE_END = "import atexit, os, signal, sys\natexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))\n"
PRESSED_WHILE_PRINTING = """import os, signal, sys
class Presses:
    def __getattr__(self, name):
        return getattr(sys.__stdout__, name)
    def write(self, text):
        os.kill(os.getpid(), signal.SIGINT)
        return sys.__stdout__.write(text)
sys.stdout = Presses()
"""


def _run(pressed: str, *words: str) -> tuple[int, str, str]:
    """Run a command by its entry, and press Ctrl-C where a script says."""
    code = f"{pressed}from runbook_lib.__main__ import main\nsys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.usefixtures("heeding")
def test_an_interrupt_before_a_command_begins_is_answered() -> None:
    """While modules are imported nothing is printed but the answer, in words or as JSON, and the exit code is that of what was stopped."""
    in_words, as_json = _run(PRESSED_IN_IMPORT, "check", "sandbox"), _run(PRESSED_IN_IMPORT, "check", "sandbox", "--json")

    assert (1, "runbook: was stopped before a run began; give the same command again\n", "") == in_words
    assert (1, "Stopped", "") == (as_json[0], json.loads(as_json[1])["error"], as_json[2])


@pytest.mark.usefixtures("heeding")
@pytest.mark.parametrize("pressed", [PRESSED_WHILE_PRINTING, PRESSED_AT_THE_END], ids=["while printing", "at the end"])
def test_an_interrupt_takes_no_answer_back(pressed: str) -> None:
    """Once there is an answer it is printed whole, and the process ends with its exit code."""
    well, badly = _run(pressed, "check", "sandbox"), _run(pressed, "check", "nowhere", "--json")

    assert (0, "sandbox: sandbox is valid\n", "") == well
    assert (2, "nowhere", "") == (badly[0], json.loads(badly[1])["problems"][0]["file"], badly[2])


def test_the_package_is_the_command() -> None:
    """`python -m runbook_lib` does what `runbook` does, as the environments of a batch and the start page's buttons are begun."""
    command = [sys.executable, "-m", "runbook_lib", "check", "sandbox"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (0, "sandbox: sandbox is valid\n") == (done.returncode, done.stdout)
