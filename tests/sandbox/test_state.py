"""Hold how a sandbox's folder, its lock and its processes are told from everybody else's."""

from __future__ import annotations

import io
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import place
from runbook_lib.parameters.load import load
from runbook_lib.sandbox import command, processes, state, supervisor
from runbook_lib.sandbox.redshift.postgres import mark
from runbook_lib.sandbox.state import SandboxError

BOX = Path("/run/box")
DATA = "/run/box/postgres/data"


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("/venv/bin/python -m runbook_lib.sandbox.supervisor --folder /run/box --tell 4", "supervisor"),
        ("/my venv/bin/python3 -m runbook_lib.sandbox.redshift --folder /run/box/postgres --listen 3", "redshift"),
        ("python -m runbook_lib.sandbox.aws --port=0 --ready-file=/run/box/aws.json", "aws"),
        (f"/venv/pginstall/bin/postgres -D {DATA} -c port=1", "postgres"),
        (f"/venv/pginstall/bin/initdb -D {DATA}", "postgres"),
        (f"postgres: {mark(Path(DATA))}: awsuser dev 127.0.0.1(4) SELECT", "postgres"),
        ("python -m runbook_lib.sandbox.supervisor --folder /run/box2 --tell 4", ""),
        ("python -m runbook_lib.sandbox.supervisor --folder /run/other/run/box", ""),
        ("/venv/pginstall/bin/postgres -D /run/box2/postgres/data -c port=1", ""),
        (f"postgres: {mark(Path('/run/box2/postgres/data'))}: checkpointer ", ""),
        ("postgres: checkpointer ", ""),
        ("tail -f /run/box/aws.log", ""),
        ("bash -c python -m runbook_lib.sandbox.supervisor --folder /run/box", ""),
        ("vim /run/box/postgres/data/postgresql.conf", ""),
        ("", ""),
    ],
)
def test_a_process_is_ours_by_its_command_line(line: str, part: str) -> None:
    """What belongs to the sandbox of this folder is known, and nothing else: it will be killed."""
    assert part == processes.part_of(line, BOX)


def test_one_at_a_time_holds_the_lock(tmp_path: Path) -> None:
    """However many ask for it, one at a time is inside, though each deletes the lock's file; none stays."""
    inside, most = [0], [0]

    def enter() -> None:
        for _ in range(100):
            with state.locked(tmp_path / "box"):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                os.sched_yield()
                inside[0] -= 1

    threads = [threading.Thread(target=enter) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert (1, []) == (most[0], list(tmp_path.iterdir()))


@pytest.mark.parametrize("command", [supervisor.up, lambda _, folder: supervisor.down(folder)], ids=["up", "down"])
def test_a_folder_with_something_else_is_left_alone(command: Callable[[supervisor.Wanted, Path], object], tmp_path: Path) -> None:
    """A folder that holds what is not a sandbox's is refused, and nothing in it is deleted."""
    (tmp_path / "thesis.txt").write_text("years", "utf-8")

    with pytest.raises(SandboxError, match="holds something else; name a folder of its own"):
        command(supervisor.Wanted(), tmp_path)

    assert ["thesis.txt"] == [each.name for each in tmp_path.iterdir()]


def test_a_link_or_a_file_is_no_folder(tmp_path: Path) -> None:
    """A link, which leads elsewhere, and a file are refused."""
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").touch()

    for name in ("link", "file"):
        with pytest.raises(SandboxError, match="is not a folder"):
            state.owned(tmp_path / name)


def test_another_users_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that somebody else made in our name is not believed: what it says goes into our variables."""
    (tmp_path / state.VARIABLES).write_text("LD_PRELOAD=theirs.so\n", "utf-8")
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)

    with pytest.raises(SandboxError, match="belongs to another user"):
        supervisor.environment(tmp_path)


def test_the_folder_is_named_or_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """RUNBOOK_SANDBOX_DIR may be relative; without it the run-time folder is taken if it is ours, else the temporary one."""
    name = f"redshift-runbook-sandbox-{os.geteuid()}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", "/tmp")  # noqa: S108
    monkeypatch.setenv("RUNBOOK_SANDBOX_DIR", "box")
    assert tmp_path / "box" == state.default_folder()

    monkeypatch.delenv("RUNBOOK_SANDBOX_DIR")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert tmp_path / name == state.default_folder()

    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nowhere")
    assert Path("/tmp") / name == state.default_folder()  # noqa: S108


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": "1", "supervisor": 2}'])
def test_a_state_of_another_shape_is_none(tmp_path: Path, text: str) -> None:
    """A state file that was cut off, or that another version wrote, stops neither `up` nor `down`."""
    (tmp_path / "state.json").write_text(text, "utf-8")

    assert state.read(tmp_path) is None


def test_a_command_that_finds_its_sandbox_dead_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing listens any more, what the supervisor wrote down last is told; a port that was never a sandbox's is told so."""
    environment = load(place.parameter_file("sandbox"))
    monkeypatch.setenv(state.FOLDER, str(tmp_path))
    monkeypatch.setattr("socket.create_connection", lambda *_, **__: (_ for _ in ()).throw(ConnectionRefusedError))
    (tmp_path / "supervisor.log").write_text("2026-01-01 10:00:00 the sandbox ends, for aws ended by SIGKILL: it said nothing\n", "utf-8")
    told = []
    for port in (4567, 4566):
        state.write(tmp_path, state.State("id", 1, 2, port, 3, 5439, 4, 0.0, "123456789012", "us-east-1"))
        with pytest.raises(SandboxError) as caught:
            command.refuse_absent(place.parameter_file("sandbox"), environment)
        told.append(str(caught.value))

    assert "nothing listens there, and the file names this machine alone" in told[0]
    assert "the sandbox that answered there has ended: 2026-01-01 10:00:00 the sandbox ends, for aws ended by SIGKILL" in told[1]


@pytest.mark.parametrize(
    ("name", "runs_at", "way_out"),
    [
        ("sandbox", 0, "start the sandbox: runbook sandbox up"),
        ("fixed", 0, "start the sandbox: runbook sandbox up"),
        ("free", 0, "start the sandbox: runbook sandbox up --ports auto free.yaml"),
        ("free", 4567, "set its ports in the file: runbook sandbox up --ports auto free.yaml"),
        ("sandbox", 4567, "write one: runbook sandbox up --ports auto FILE"),
    ],
)
def test_the_way_out_of_an_absent_sandbox_is_the_files_own(
    name: str, runs_at: int, way_out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What names the fixed ports is started on them, any other file on its own, whoever wrote it; where one runs, the file comes to it."""
    template = place.parameter_file("sandbox")
    text = template.read_text("utf-8")
    for each, port in (("fixed", "4566"), ("free", "4568")):
        (tmp_path / f"{each}.yaml").write_text(text.replace("4566", port).replace("environment: sandbox", "environment: ours"), "utf-8")
    monkeypatch.setenv(state.FOLDER, str(tmp_path / "box"))
    monkeypatch.setenv("RUNBOOK_HOME", str(template.parent.parent))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("socket.create_connection", lambda *_, **__: (_ for _ in ()).throw(ConnectionRefusedError))
    if runs_at:
        (tmp_path / "box").mkdir()
        state.write(tmp_path / "box", state.State("id", 1, 2, runs_at, 3, 5439, 4, 0.0, "123456789012", "us-east-1"))
        monkeypatch.setattr(command, "runs", lambda *_: {"aws": True})
    file = template if name == "sandbox" else Path(f"{name}.yaml")

    with pytest.raises(SandboxError) as caught:
        command.refuse_absent(file, load(file))

    assert way_out == caught.value.way_out


def test_a_folder_is_removed_the_mark_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `down` that is stopped in the middle leaves a folder that the next one still knows for a sandbox's."""
    box = tmp_path / "box"
    (box / "postgres").mkdir(parents=True)
    for name in (state.VARIABLES, "state.json", "aws.log"):
        (box / name).touch()
    seen: list[set[str]] = []
    real = shutil.rmtree

    def watched(path: Path, **options: Any) -> None:
        seen.append({each.name for each in box.iterdir()})
        real(path, **options)

    monkeypatch.setattr(shutil, "rmtree", watched)

    state.remove(box)

    assert all(state.VARIABLES in names for names in seen)
    assert {state.VARIABLES} == seen[-1]
    assert not box.exists()


def test_a_file_of_another_sandbox_is_refused_while_one_runs_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody else's answers at the file's endpoint, and no credentials were given for it, no run begins there."""
    environment = load(place.parameter_file("sandbox"))
    monkeypatch.setenv(state.FOLDER, str(tmp_path))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setattr("socket.create_connection", lambda *_, **__: io.BytesIO())
    state.write(tmp_path, state.State("id", 1, 2, 4567, 3, 5440, 4, 0.0, "123456789012", "us-east-1"))
    with pytest.raises(SandboxError) as caught:
        command.refuse_absent(place.parameter_file("sandbox"), environment)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    command.refuse_absent(place.parameter_file("sandbox"), environment)

    assert "is not the sandbox that runs here, which answers on port 4567" in str(caught.value)
