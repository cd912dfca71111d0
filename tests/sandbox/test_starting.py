"""Hold that a start which finds a port held, or dies halfway, leaves nothing half made, and that anybody may start a sandbox."""

from __future__ import annotations

import os
import pwd
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from runbook_lib.sandbox import processes
from tests import machine
from tests.sandbox.box import ORDINARY, box, ended, free_ports, home, kill, segments, wait_until, way_of_an_ordinary_user
from tests.sandbox.clients import asked, now


@pytest.mark.parametrize("held", [0, 1], ids=["aws", "redshift"])
def test_a_held_port_is_told_with_who_holds_it(held: int, tmp_path: Path) -> None:
    """A port that another program holds is named, with the program and the way out, and nothing is left half made."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        ports = [*free_ports()]
        ports[held] = port
        with box(RUNBOOK_HOME=str(home(tmp_path, *ports))) as made:
            told = made("up")

            assert 1 == told.code
            assert f"port {port} is held by another program ({Path(sys.executable).name}, process {os.getpid()})" == told.answer["what"]
            assert "--ports auto FILE" in told.answer["way_out"]
            assert ({}, {"tmp"}) == (made.processes(), made.files())


def test_a_sandbox_comes_back_where_its_files_say() -> None:
    """Started for one of many files, it takes the ports that they name, and none is changed; where one is held, all are set at once."""
    with box() as made:
        first = made("up", "--ports", "auto", "a.yaml")
        there = now(made)
        (made.place / "b.yaml").write_bytes((made.place / "a.yaml").read_bytes().replace(b"environment: sandbox", b"environment: b"))
        texts = [(made.place / f"{each}.yaml").read_text("utf-8") for each in "ab"]
        made("down")

        again = made("up", "--ports", "auto", "b.yaml")

        assert (["wrote a.yaml"], ["b.yaml names these ports"]) == (first.answer["files"], again.answer["files"])
        assert (there.aws_port, there.redshift_port) == (now(made).aws_port, now(made).redshift_port)
        made("down")
        with socket.create_server(("127.0.0.1", there.aws_port)):
            moved = made("up", "--ports", "auto", "b.yaml", "a.yaml")

        assert there.aws_port != now(made).aws_port
        assert there.redshift_port == now(made).redshift_port
        assert [f"set the ports in {each}.yaml; nothing else in it was changed" for each in "ba"] == moved.answer["files"]
        set_to = [each.replace(f":{there.aws_port}", f":{now(made).aws_port}") for each in texts]
        assert set_to == [(made.place / f"{each}.yaml").read_text("utf-8") for each in "ab"]


def test_a_file_in_the_folder_of_a_dead_sandbox_outlives_it() -> None:
    """The folder is made anew for the next sandbox; the file in it that somebody edited and names stays as he left it."""
    with box() as made:
        file = made.folder / "mine.yaml"
        made("up", "--ports", "auto", str(file))
        file.write_text(f"{file.read_text('utf-8')}# mine\n", "utf-8")
        kill(*now(made).pids.values())
        text = file.read_text("utf-8")

        told = made("up", "--ports", "auto", str(file))

        assert (0, text) == (told.code, file.read_text("utf-8"))


def test_a_caller_that_is_killed_leaves_nothing_that_down_does_not_find() -> None:
    """`up` killed in the middle leaves a sandbox that is starting; `status` says so, and `down` ends it."""
    with box() as made:
        caller = made.begun("up", "--ports", "auto", "file.yaml")
        wait_until(lambda: "redshift" in processes.of(made.folder).values())
        caller.kill()
        caller.communicate()

        assert made("status").answer["running"] or made("status").answer["starting"]
        assert made("down").answer["stopped"]
        assert ({}, {"tmp"}) == (made.processes(), made.files())


def test_a_supervisor_that_is_killed_at_the_start_is_told() -> None:
    """`up` whose supervisor dies says so at once and leaves nothing half made."""
    with box() as made:
        caller = made.begun("up", "--ports", "auto", "file.yaml")
        wait_until(lambda: "supervisor" in processes.of(made.folder).values() and len(processes.of(made.folder)) > 1)
        kill(*(pid for pid, part in processes.of(made.folder).items() if part == "supervisor"))
        told = ended(caller)

        assert (1, "it did not start: its supervisor was killed") == (told.code, told.answer["what"])
        assert ({}, {"tmp"}) == (made.processes(), made.files())


def test_an_ordinary_user_has_a_sandbox_of_his_own() -> None:
    """Somebody who is not root starts one on the fixed ports in his own folder, and all of it runs as he; he takes it down."""
    try:
        way = way_of_an_ordinary_user()
    except machine.Absent as absent:
        pytest.skip(str(absent))
    ports = free_ports()
    with box(way, owner="" if os.geteuid() else ORDINARY) as made:
        checkout = home(made.place / "checkout", *ports)
        made.given.update(RUNBOOK_HOME=str(checkout), RUNBOOK_SANDBOX_DIR="", XDG_RUNTIME_DIR="/nowhere")
        user = pwd.getpwnam(ORDINARY).pw_uid if os.geteuid() == 0 else os.geteuid()
        its = replace(made, named=made.place / "tmp" / f"redshift-runbook-sandbox-{user}")

        up = its("up")

        assert (0, str(its.folder)) == (up.code, up.answer["folder"])
        assert {user} == {Path(f"/proc/{pid}").stat().st_uid for pid in its.processes()}
        assert 0o700 == its.folder.stat().st_mode & 0o777
        assert ("123456789012", 42) == asked(its)
        assert ports == (now(its).aws_port, now(its).redshift_port)
        kill(now(its).postgres_pid)
        assert not its("status").answer["parts"]["postgres"]
        old = set(its.processes())
        assert its("down").answer["stopped"]
        assert ({}, {"tmp", "checkout"}, []) == (its.processes(), its.files(), segments(old))
