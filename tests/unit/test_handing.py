"""Secrets go from a run to its kernel and back through a socket, and through nothing else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from runbook_lib.secrets import Handed, Known, Masked, handing_over, take_over, variable

CANARY = "Qz7~'\"\udcff\n canary"
TOLD = "Qz7~told"
CHILD = """
import os, subprocess, sys
from runbook_lib.secrets import Masked, take_over, variable
take_over()
values = [variable(name, os.environ) for name in ("CANARY", "MINE", "EMPTY", "NOT_SET")]
print(values, [ascii(each and each.reveal()) for each in values], sorted(set(os.environ) & {"CANARY", "RUNBOOK_SECRETS"}))
Masked("Qz7~" + "told")
sys.stdout.flush()
print(subprocess.run([sys.executable, "-c", "import os; print([each for each in os.listdir('/dev/fd') if each > '2'][:-1])"],
                     capture_output=True, close_fds=False, text=True).stdout)
os.kill(os.getpid(), 9) if "kill" in sys.argv else None
"""


def child(handed: Handed, *words: str) -> str:
    """Run a kernel's part in a process of its own."""
    environ = {**handed.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", CHILD, *words]
    done = subprocess.run(command, env=environ, pass_fds=(handed.socket,), capture_output=True, text=True, check=False)
    assert "" == done.stderr
    return done.stdout


@pytest.mark.parametrize("word", ["", "kill"])
def test_a_kernel_is_handed_its_secrets(word: str) -> None:
    """It has the value and neither the variable nor a word of it; what it comes to hold is known to the run, also when it is killed."""
    with Known() as known, handing_over(["CANARY", "NOT_SET"], {**os.environ, "CANARY": CANARY, "MINE": "mine", "EMPTY": ""}) as handed:
        assert "CANARY" not in handed.environ
        said = child(handed, word).splitlines()

    values = [ascii(each) for each in (CANARY, "mine", None, None)]
    assert [f"{[Masked(CANARY), Masked('mine'), None, None]} {values} []", "[]"] == [line for line in said if line]
    assert [True, True, False] == [known.are_in(each) for each in (TOLD.encode(), os.fsencode(CANARY), b"else")]


def test_a_kernel_that_never_asks_ends_the_handing_over() -> None:
    """What was to be handed to a kernel that could not start is taken back, however long it is."""
    with handing_over(["CANARY"], {"CANARY": "Qz7~" * 100_000}) as handed:
        assert handed.socket > 0


def test_a_person_has_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a kernel that he started himself, the variable is his own."""
    monkeypatch.setenv("CANARY", "mine")
    take_over()

    assert Masked("mine") == variable("CANARY", os.environ)
