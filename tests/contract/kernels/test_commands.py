"""Whole commands that are forked from what has imported everything: they are what a program of its own would be."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.fleet import starting
from runbook_lib.kernels.fork_server import ForkServer
from runbook_lib.kernels.requests import can_fork
from tests import machine
from tests.contract.kernels.conftest import is_alive, wait_until_gone

pytestmark = pytest.mark.skipif(not can_fork(), reason="commands are forked on Linux only")

HERE = "tests.contract.kernels.commands"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForkServer]:
    """Give a process of its own to fork from, which finds the commands of these tests."""
    monkeypatch.setenv("PYTHONPATH", str(machine.ROOT))
    monkeypatch.setenv("CANARY", "given")
    one = ForkServer.started(starting.IMPORTED)
    yield one
    one.close()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Name the files in which a command that waits says that it has begun, and that it has ended."""
    return tmp_path / "begun", tmp_path / "ended"


async def _ended(server: ForkServer, words: Sequence[str], then: Any = lambda _: None) -> tuple[int, str, str]:
    """Start a command, do something to it, and give its exit code, its answer and what it said besides."""
    with tempfile.TemporaryFile("w+") as answer:
        process = await starting.forked(server, words, answer.fileno(), dict(os.environ))
        then(process)
        said = (await process.stderr.read()).decode()
        code = await process.wait()
        answer.seek(0)
        return code, answer.read(), said


def _run(server: ForkServer, words: Sequence[str], then: Any = lambda _: None) -> tuple[int, str, str]:
    return asyncio.run(_ended(server, words, then))


def _begun(file: Path) -> list[int]:
    """Wait until a command has begun; give its number, and that of what its kernels are forked from."""
    while not file.exists() or not file.read_text("utf-8"):
        time.sleep(0.01)
    return [int(word) for word in file.read_text("utf-8").split()]


def test_it_is_the_command(server: ForkServer) -> None:
    """`runbook check` answers as it does as a program: the same exit code, answer and words."""
    words = ("check", str(machine.ROOT / "parameters" / "example-v2.yaml"), "nowhere.yaml", "--json")

    async def as_program() -> tuple[int, str]:
        with tempfile.TemporaryFile("w+") as answer:
            process = await starting.executed((*starting.RUNBOOK, *words), answer.fileno(), dict(os.environ))
            code = await process.wait()
            answer.seek(0)
            return code, answer.read()

    assert (*asyncio.run(as_program()), "") == _run(server, words)


def test_nothing_of_one_is_in_the_next(server: ForkServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its own session, folder, variables, modules, random numbers, kernels' origin, and no file but its three and its socket."""
    monkeypatch.setattr(starting, "CALLED", f"{HERE}:tells")
    (first, *one), (second, *other) = (_run(server, words) for words in (("a",), ("b", "c")))

    told = [json.loads(each[0]) for each in (one, other)]
    assert [1, 2] == [first, second]
    assert ["said aside\n"] * 2 == [each[1] for each in (one, other)]
    assert [["a"], ["b", "c"]] == [each.pop("words") for each in told]
    assert [[False, False]] * 2 == [each["left"][:2] for each in told]
    assert 2 == len({each.pop("left")[2] for each in told}) == len({each.pop("comes from") for each in told})
    assert {"session": True, "folder": str(Path.cwd()), "canary": "given", "threads": 1} == {
        name: value for name, value in told[1].items() if name != "files"
    }
    assert ["/dev/null", "pipe", "socket"] == [each for each in told[1]["files"] if not each.startswith((tempfile.gettempdir(), "/proc"))]
    assert told[0] == told[1]


def test_an_interrupt_is_never_lost(server: ForkServer, monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path]) -> None:
    """Even one that comes before the process has become the command ends it, as Ctrl-C does: before its first act, or in its own way."""
    monkeypatch.setattr(starting, "CALLED", f"{HERE}:waits")

    for _ in range(5):
        code, _, _ = _run(server, list(map(str, files)), lambda process: process.interrupt())
        assert (9 if files[1].exists() else -signal.SIGINT) == code
        files[1].unlink(missing_ok=True)


def test_a_command_that_is_killed_leaves_nothing(server: ForkServer, monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path]) -> None:
    """What its kernels would be forked from ends with it, and its end is told as it was."""
    monkeypatch.setattr(starting, "CALLED", f"{HERE}:waits")
    begun: list[int] = []

    def kill(process: starting.Process) -> None:
        begun.extend(_begun(files[0]))
        process.kill()

    code, _, _ = _run(server, list(map(str, files)), kill)

    assert (-signal.SIGKILL, False) == (code, files[1].exists())
    wait_until_gone(begun)


def test_a_command_ends_its_record_when_what_it_comes_from_is_gone(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path]
) -> None:
    """It is interrupted, not killed: a batch that is killed leaves environments from which it can go on."""
    monkeypatch.setattr(starting, "CALLED", f"{HERE}:waits")
    begun: list[int] = []

    def kill(_: starting.Process) -> None:
        begun.extend(_begun(files[0]))
        os.kill(server.pid, signal.SIGKILL)

    _run(server, list(map(str, files)), kill)

    wait_until_gone(begun)
    assert "its record is ended" == files[1].read_text("utf-8")


def test_where_nothing_can_be_forked_any_more_it_is_a_program(server: ForkServer) -> None:
    """The command runs all the same."""
    os.kill(server.pid, signal.SIGKILL)
    while is_alive(server.pid):
        time.sleep(0.01)

    code, answer, _ = _run(server, ("check", "--json"))

    assert (2, "command line") == (code, json.loads(answer)["file"])
