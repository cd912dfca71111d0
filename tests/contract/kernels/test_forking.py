"""What the process holds that kernels are forked from, when it is not used, and that nothing outlives its run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_core.utils import run_sync

from runbook_lib.kernels import fork_server
from runbook_lib.kernels.fork_server import Forked, ForkServer, Gone, shared
from runbook_lib.kernels.provisioner import ForkProvisioner
from runbook_lib.kernels.requests import LAUNCHER, can_fork, request_for
from tests import machine
from tests.contract.kernels.conftest import is_alive, talking, wait_until_gone

pytestmark = [pytest.mark.skipif(not can_fork(), reason="kernels are forked on Linux only"), pytest.mark.usefixtures("home")]

HOLDS = """
import gc, os, sys
before = sorted(os.listdir("/proc/self/fd"))
from runbook_lib.kernels.warming import threads, warm
warm()
import socket, sqlite3, ssl, botocore.client, botocore.session, sqlalchemy.engine, zmq
kinds = (botocore.client.BaseClient, botocore.session.Session, sqlalchemy.engine.Engine, sqlite3.Connection)
kinds += (socket.socket, ssl.SSLContext, zmq.Context)
print(threads(), before == sorted(os.listdir("/proc/self/fd")), [each for each in gc.get_objects() if isinstance(each, kinds)])
import threading, time
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
warm()
"""
ASKS = """
import sys
from pathlib import Path
from runbook_lib.kernels.warming import warm
warm()
before = set(sys.modules)
from runbook_lib.adapters.aws.descriptions import SERVICES
from runbook_lib.adapters.connections import Connections
from runbook_lib.parameters.load import load
connections = Connections(load(Path(sys.argv[1])))
connections.aws(), connections.warehouse()
for service in SERVICES:
    connections.session().client(service)
print(sorted(set(sys.modules) - before))
"""
UNDEBUGGED = """
import sys
from runbook_lib.kernels.warming import warm
warm(debugs=False)
from ipykernel import debugger
print("debugpy" in sys.modules, debugger._is_debugpy_available)
import debugpy
print(debugpy.__name__)
"""
STOPS = """
import sys
from runbook_lib.kernels.warming import warm
left = [True, True, False]
warm(is_needed=lambda: left.pop(0))
print(left, "sqlalchemy" in sys.modules)
"""
RUN = """
import os, sys, time
from jupyter_core.utils import run_sync
from runbook_lib.headless.kernel import started
with started(()) as one, started(()) as other:
    from runbook_lib.kernels.fork_server import shared
    print(shared(debugs=False).pid, one.provisioner.pid, other.provisioner.pid, flush=True)
    time.sleep(600)
"""

FULL = """
import os
fork, asked = os.fork, []
def once_full():
    asked.append(1)
    if len(asked) == 3:
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return fork()
os.fork = once_full
"""
THIRD = """
from jupyter_core.utils import run_sync
from runbook_lib.headless.kernel import started
from runbook_lib.kernels.fork_server import Forked
with started(()) as one, started(()) as other, started(()) as third, started(()) as fourth:
    kernels = [one, other, third, fourth]
    print([isinstance(each.provisioner.process, Forked) for each in kernels], [run_sync(each.is_alive)() for each in kernels])
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """Start two kernels in a process of their own, which has a folder for what is temporary; give it with what it started."""
    variables = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", RUN], env=variables, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        yield process, [int(word) for word in process.stdout.readline().split()]
        process.kill()


def test_nothing_is_made_before_the_fork() -> None:
    """After all imports there is one thread, no new open file, and no client, session, connection, socket or context of a library.

    Were there a thread, the process would refuse to serve.
    """
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    done = subprocess.run([sys.executable, "-c", HOLDS], env=environment, capture_output=True, text=True, check=False)

    assert "1 True []\n" == done.stdout
    assert "RuntimeError: 2 threads run before the first fork" == done.stderr.strip().splitlines()[-1]


def test_nothing_is_imported_after_the_fork() -> None:
    """What a stage needs to ask AWS and the databases is there: every kernel would import it for itself."""
    variables = {**os.environ, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}
    file = machine.ROOT / "parameters" / "example-v2.yaml"
    done = subprocess.run((sys.executable, "-c", ASKS, str(file)), env=variables, capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()


def test_nothing_more_is_imported_once_nobody_needs_it() -> None:
    """It would hold on to the files of whoever started it, as a terminal waits for, until it had imported everything."""
    done = subprocess.run([sys.executable, "-c", STOPS], capture_output=True, text=True, check=True)

    assert "[] False" == done.stdout.strip()


def test_nobody_debugs_the_kernels_of_a_run() -> None:
    """They come without the debugger, which a cell may import as ever."""
    done = subprocess.run([sys.executable, "-c", UNDEBUGGED], capture_output=True, text=True, check=True)

    assert ["False False", "debugpy"] == done.stdout.splitlines()


def test_who_debugs_and_who_runs_have_one_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that runs, and starts kernels for somebody's page as well, has its kernels forked from two."""
    monkeypatch.setattr(fork_server, "_own", {})
    runs, debugs = shared(debugs=False), shared()
    try:
        assert runs is shared(debugs=False)
        assert debugs is shared()
        assert runs.pid != debugs.pid
    finally:
        runs.close()
        debugs.close()


def test_it_is_given_no_variable_that_is_somebodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of the run stand in no variable of the process that all kernels come from, so not in what the system tells of them."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "Qz7~canary")
    monkeypatch.setenv("CANARY", "Qz7~canary")
    server = ForkServer.started()
    try:
        names = {each.split(b"=")[0].decode() for each in Path(f"/proc/{server.pid}/environ").read_bytes().split(b"\0") if each}
    finally:
        server.close()

    assert not {"AWS_SECRET_ACCESS_KEY", "CANARY"} & names


def test_kernels_and_what_they_come_from_end_with_the_run(run: tuple[subprocess.Popen[str], list[int]], tmp_path: Path) -> None:
    """A run that is killed leaves no process, nor any socket or key of a kernel."""
    process, started = run
    assert all(is_alive(each) for each in started)
    assert any(tmp_path.iterdir())
    process.kill()

    wait_until_gone(started)
    assert [] == list(tmp_path.iterdir())


def test_a_system_that_admits_no_further_process_leaves_those_that_run_alone(tmp_path: Path) -> None:
    """Only the kernel that could not be forked is started as usual; those before it live on, and the next one is forked again."""
    (tmp_path / "sitecustomize.py").write_text(FULL, "utf-8")
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(machine.ROOT)])}
    done = subprocess.run([sys.executable, "-c", THIRD], env=variables, capture_output=True, text=True, check=False)

    assert "[True, True, False, True] [True, True, True, True]" == done.stdout.strip(), done.stderr


def test_what_a_kernel_of_a_run_started_ends_with_it() -> None:
    """Also where the kernel dies without a word, as one does that the system kills for its memory."""
    with talking() as talk:
        child = int(talk("import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"))
        assert is_alive(child)
        talk.client.execute("import os; os._exit(3)")

        wait_until_gone([child])


def test_kernels_end_with_what_they_come_from(run: tuple[subprocess.Popen[str], list[int]]) -> None:
    """When that process is killed, its kernels notice by themselves."""
    _, (server, *kernels) = run
    os.kill(server, signal.SIGKILL)

    wait_until_gone(kernels)


def test_an_ordinary_kernel_takes_the_place_of_one_that_cannot_be_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has ended gives no kernels; the run goes on without it."""

    def gone(*_: object) -> None:
        message = "it has ended"
        raise Gone(message)

    monkeypatch.setattr(ForkServer, "fork", gone)
    with talking() as talk:
        assert (False, "2") == (talk.is_forked, talk("print(1 + 1)"))


def test_who_asks_for_other_imports_gets_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A variable that shapes what is imported, and differs, makes an ordinary kernel."""
    shared(debugs=False)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    with talking() as talk:
        assert (False, "True") == (talk.is_forked, talk(f"import sys; print({str(tmp_path)!r} in sys.path)"))


@pytest.mark.parametrize(
    ("command", "how"),
    [
        ((sys.executable, "-X", "utf8", *LAUNCHER[1:]), {}),
        (("/usr/bin/python3", *LAUNCHER[1:]), {}),
        ((*LAUNCHER, "-f", "file"), {"stdout": -1}),
        ((*LAUNCHER, "-f", "file"), {"cwd": "no such folder"}),
        ((*LAUNCHER, "-f", "file"), {"independent": True}),
    ],
)
def test_what_only_the_command_can_start_is_not_forked(command: tuple[str, ...], how: dict[str, object]) -> None:
    """Another interpreter, options of the interpreter or of its process, a folder that is not there: the command starts these itself."""
    assert request_for(command, how) is None


def test_nothing_is_forked_on_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frameworks of the system may not be used after a fork there."""
    assert request_for(LAUNCHER, {}) is not None
    monkeypatch.setattr(sys, "platform", "darwin")

    assert request_for(LAUNCHER, {}) is None


def test_papermill_and_jupyterlab_find_it_by_a_kernelspec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """jupyter_client takes the provisioner by the name that a kernelspec gives; such a kernel does not end with one notebook."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    folder = tmp_path / "warm"
    folder.mkdir()
    argv = '["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]'
    named = '{"kernel_provisioner": {"provisioner_name": "runbook-fork"}}'
    (folder / "kernel.json").write_text(f'{{"argv": {argv}, "display_name": "warm", "language": "python", "metadata": {named}}}', "utf-8")
    specs = KernelSpecManager(kernel_dirs=[str(tmp_path)])
    kernel = AsyncKernelManager(kernel_name="warm", kernel_spec_manager=specs)
    run_sync(kernel.start_kernel)()
    try:
        assert isinstance(kernel.provisioner, ForkProvisioner)
        assert isinstance(kernel.provisioner.process, Forked)
        assert not kernel.provisioner.is_brief
    finally:
        run_sync(kernel.shutdown_kernel)(now=True)
