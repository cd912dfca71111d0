"""A sandbox is started, stopped and cleaned up beside others, and whatever goes on around it, neither harms the other."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from runbook_lib.sandbox import processes
from runbook_lib.sandbox.redshift import postgres, unprivileged
from runbook_lib.sandbox.redshift.postgres import Postgres, command_line, free_port
from tests import machine
from tests.folders import passable

IPC_CREAT, IPC_RMID = 0o1000, 0
OURS = ("-m", "runbook_lib.sandbox.supervisor", "--folder")
ANOTHER_FILE_SYSTEM = 'mount -t tmpfs none "$1" && exec sh -m runbook_lib.sandbox.supervisor --folder "$1"'
"""A shell that takes the part's name for a script has a part's command line."""


@contextmanager
def segment() -> Iterator[tuple[int, int]]:
    """Make a segment of shared memory as a server has, and give its key and number."""
    libc = ctypes.CDLL(None)
    key = os.getpid()
    number = libc.shmget(key, 56, IPC_CREAT | 0o600)
    try:
        yield key, number
    finally:
        libc.shmctl(number, IPC_RMID, None)


def lock(folder: Path, pid: int, key: int, number: int) -> Path:
    """Write the lock file of a server that was killed."""
    file = folder / "postgres" / "data" / "postmaster.pid"
    file.parent.mkdir(parents=True)
    file.write_text(f"{pid}\n{file.parent}\n0\n5432\n\n127.0.0.1\n{key:9} {number:9}\nready\n", "utf-8")
    return file


@pytest.mark.skipif(not processes.SEGMENTS.exists(), reason="this system lists no segments")
@pytest.mark.parametrize(("is_used", "is_ours"), [(True, True), (False, False), (False, True)])
def test_only_what_a_dead_server_left_is_freed(is_used: bool, is_ours: bool, tmp_path: Path) -> None:
    """A segment that has the key and number of a dead server's stays while somebody uses it, or when somebody else made it."""
    libc = ctypes.CDLL(None)
    libc.shmat.restype = ctypes.c_void_p
    with segment() as (key, number):
        attached = ctypes.c_void_p(libc.shmat(number, None, 0) if is_used else None)
        lock(tmp_path, os.getpid() if is_ours else 1, key, number)

        processes.stop(tmp_path)

        is_there = libc.shmget(key, 0, 0) == number
        if is_used:
            libc.shmdt(attached)
        assert is_there is (is_used or not is_ours)


def test_the_same_folder_in_a_container_is_another(tmp_path: Path) -> None:
    """A process that has another folder under the name of ours, on a file system of its own, is not ours to stop."""
    (tmp_path / "runbook_lib.sandbox.supervisor").write_text("echo ready; read word\n", "utf-8")
    box = tmp_path / "box"
    box.mkdir()

    def part(*command: str) -> subprocess.Popen[str]:
        started = subprocess.Popen([*command], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert started.stdout is not None
        if started.stdout.readline() != "ready\n":
            started.wait()
            pytest.skip(str(machine.Absent("this system gives a process no file systems of its own")))
        return started

    with part("sh", *OURS, str(box)) as ours, part("unshare", "-Urm", "sh", "-c", ANOTHER_FILE_SYSTEM, "sh", str(box)) as theirs:
        assert processes.part_of(command_line(theirs.pid).replace("\0", " ").strip(), box)
        assert {ours.pid: "supervisor"} == processes.of(box)

        processes.stop(box)

        assert (-signal.SIGTERM, None) == (ours.wait(), theirs.poll())
        theirs.communicate("")


def test_who_only_names_a_dead_servers_folder_is_left_alone(tmp_path: Path) -> None:
    """A process that was given a dead server's number and names its folder is not stopped in its place."""
    server = Postgres(tmp_path / "postgres", "awsuser", "secret")
    with subprocess.Popen([sys.executable, "-c", "input()", str(server.data)], stdin=subprocess.PIPE) as reader:
        file = lock(tmp_path, reader.pid, 1, 1)

        server._forget_stale_server()

        assert (None, False) == (reader.poll(), file.exists())
        reader.communicate(b"\n")
        assert 0 == reader.returncode


@contextmanager
def served(folder: Path) -> Iterator[Postgres]:
    """Run a server alone."""
    server = Postgres(folder / "postgres", "awsuser", "secret")
    try:
        server.start()
        yield server
    finally:
        server.stop()


def test_a_port_that_is_taken_first_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A free port that somebody else takes before the server does is no reason not to start."""
    with passable() as folder, socket.socket() as theirs:
        theirs.bind(("127.0.0.1", 0))
        ports = [theirs.getsockname()[1], free_port()]
        monkeypatch.setattr(postgres, "free_port", iter(ports).__next__)

        with served(folder) as server:
            assert ports[1] == server.port


@pytest.mark.skipif(os.geteuid() != 0, reason="nobody but root runs the server as somebody else")
@pytest.mark.parametrize("has_namespaces", [True, False])
def test_a_folder_above_is_closed(has_namespaces: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root's server goes on when somebody closes a folder above it; where it has to run as nobody, one that is closed is named."""
    if has_namespaces and not unprivileged._has_namespaces(postgres.binaries()):
        pytest.skip(str(machine.Absent("this system gives no user namespace: the server runs as nobody")))
    monkeypatch.setattr(unprivileged, "_has_namespaces", lambda _: has_namespaces)
    with passable() as folder, served(folder) as server:
        folder.chmod(0o700)
        if has_namespaces:
            with closing(server.connect("postgres")) as connection, connection.cursor() as cursor:
                cursor.execute("checkpoint")
        else:
            with pytest.raises(RuntimeError, match=f"nobody may not pass {folder}; open that, or name another folder"):
                Postgres(folder / "other", "awsuser", "secret").start()
        assert server.is_alive()
