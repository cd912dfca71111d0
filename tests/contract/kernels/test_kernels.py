"""What a kernel of a run has and has not, however it was started."""

from __future__ import annotations

import ast
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_core.utils import run_sync

from runbook_lib.kernels.cycles import SELDOM
from runbook_lib.kernels.fork_server import warmed
from runbook_lib.kernels.requests import can_fork
from tests.contract.kernels.conftest import Talk, is_alive, talking, wait_until_gone

PRINTS_VARIABLES = "import os; print(sorted(os.environ.items()))"
JUPYTERS = {
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "GIT_PAGER",
    "JPY_PARENT_PID",
    "MPLBACKEND",
    "PAGER",
    "PYDEVD_USE_FRAME_EVAL",
    "TERM",
}
GIVEN = JUPYTERS | {"RUNBOOK_SECRETS"}
"""What Jupyter sets by itself in a kernel, and what the run tells it of the socket."""
DRAWS = "import random, secrets, tempfile, uuid; print(random.random(), secrets.token_hex(), tempfile.mktemp(), uuid.uuid4())"
LIMITS = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE)
FAR = 1 << 40
"""A limit where there is none, which nothing here reaches."""
OPENS = """
import os
opened = []
try:
    while True:
        opened.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    pass
for each in opened:
    os.close(each)
print(max(opened) + 1)
"""
"""Opens as many files as the system lets it."""
MASK = 0o037


@pytest.fixture(scope="module")
def talk(way: str, home: Path) -> Iterator[Talk]:
    """Start a kernel of which the tests ask what it is; the run has an odd variable, a secret, limits, a mask and an open file."""
    before = {kind: resource.getrlimit(kind) for kind in LIMITS if can_fork() or kind != resource.RLIMIT_AS}
    with pytest.MonkeyPatch.context() as patch, (home / "open").open("w") as held:
        patch.setenv("ODD", "a\udcff\n'")
        patch.setenv("CANARY", "Qz7~canary")
        os.set_inheritable(held.fileno(), True)
        # What kernels are forked from is there before both: neither comes with the fork.
        warmed()
        for kind, (soft, hard) in before.items():
            resource.setrlimit(kind, (FAR if soft == resource.RLIM_INFINITY else soft - 1, hard))
        mask = os.umask(MASK)
        try:
            with talking("CANARY") as made:
                yield made
        finally:
            for kind, both in before.items():
                resource.setrlimit(kind, both)
            os.umask(mask)


def test_it_is_the_way_that_was_asked_for(way: str, talk: Talk) -> None:
    """The tests below hold two ways against each other, not one against itself."""
    assert (way == "forked") == talk.is_forked


def test_it_is_a_process_of_its_own(talk: Talk, home: Path) -> None:
    """It has its own number, leads its own session, works in the run's folder and reads nothing from the terminal."""
    said = talk("import os, sys; print(os.getsid(0) == os.getpid(), os.getcwd(), __name__, os.path.basename(sys.argv[0]))")
    pid, stdin = talk("import os; print(os.getpid(), repr(os.read(0, 1)))").split()

    assert f"True {home} __main__ ipykernel_launcher.py" == said
    assert os.getpid() != int(pid)
    assert "b''" == stdin


def test_it_looks_for_cycles_seldom_where_it_can_be_told(way: str, talk: Talk) -> None:
    """It ends with its notebook, and what it makes with it."""
    assert (way == "forked") == (str(SELDOM) == talk("import gc; print(gc.get_threshold())"))


def test_it_has_no_widgets_until_somebody_looks(talk: Talk) -> None:
    """A run that nobody looks at never imports them, also not with the library."""
    talk("import runbook_lib.runbook.open")

    assert "set()" == talk("import sys; print({'anywidget', 'ipywidgets'} & {*sys.modules})")


def test_it_has_the_runs_variables(talk: Talk) -> None:
    """Each variable is there as the run has it, and none beside them but those that are told to a kernel."""
    found = dict(ast.literal_eval(talk(PRINTS_VARIABLES)))
    ours = {name: value for name, value in os.environ.items() if name not in GIVEN | {"CANARY", "PYTEST_CURRENT_TEST"}}

    assert ours == {name: found.get(name) for name in ours}
    assert found.keys() - os.environ.keys() <= GIVEN


def test_it_is_handed_its_secrets(talk: Talk) -> None:
    """A secret comes through the socket; neither its variables nor what the system tells of the process have it."""
    variables = talk("import os; print(os.environ)")
    told = talk("from runbook_lib.secrets import take_over, variable; take_over(); print(ascii(variable('CANARY', {}).reveal()))")
    pid = int(talk("print(os.getpid())"))
    known = [path.read_bytes() for path in (Path(f"/proc/{pid}/environ"), Path(f"/proc/{pid}/cmdline")) if path.exists()]

    assert "'Qz7~canary'" == told
    assert "Qz7~" not in variables
    assert [] == [each for each in known if b"Qz7~" in each]


def test_it_has_no_file_but_the_socket(talk: Talk) -> None:
    """Of this process's open files none is open there, and its children inherit none."""
    lists = "import os; print([each for each in os.listdir('/dev/fd') if each > '2'][:-1])"
    child = f"subprocess.run([sys.executable, '-c', {lists!r}], close_fds=False, capture_output=True, text=True)"
    talk("from runbook_lib.secrets import take_over; take_over()")

    assert "[]" == talk(f"import subprocess, sys; print({child}.stdout)")


def test_it_keeps_to_the_runs_limits(talk: Talk) -> None:
    """Whatever limit of memory, time or files the run was put under, also late, holds for its kernels, and so does its umask."""
    assert str(MASK) == talk(f"import os; print(os.umask({MASK}))")
    own = [resource.getrlimit(kind) for kind in LIMITS]
    assert str(own) == talk(f"import resource; print([resource.getrlimit(kind) for kind in {LIMITS}])")
    assert str(own[-1][0]) == talk(OPENS)


def test_it_can_be_interrupted(talk: Talk) -> None:
    """An interrupt ends the cell and leaves the kernel."""
    talk.client.execute("import time; print('begun'); time.sleep(600)")
    while run_sync(talk.client.get_iopub_msg)(timeout=60)["msg_type"] != "stream":
        pass
    run_sync(talk.kernel.interrupt_kernel)()

    assert "KeyboardInterrupt" == run_sync(talk.client.get_shell_msg)(timeout=60)["content"]["ename"]
    assert "2" == talk("print(1 + 1)")


SPOILS = """
import builtins, csv, os, sys
left = 1
builtins.left = 1
os.environ["LEFT"] = "1"
csv.reader = None
sys.modules["runbook_lib.errors"] = None
sys.path.insert(0, "/left")
held = open("left", "w")
os.umask(0)
os.chdir("/")
"""
LOOKS = """
import builtins, csv, os, sys
print("left" in globals(), hasattr(builtins, "left"), "LEFT" in os.environ, csv.reader is None, "/left" in sys.path, end=" ")
print(sys.modules.get("runbook_lib.errors", 0) is None, [os.readlink(f"/dev/fd/{each}") for each in os.listdir("/dev/fd")
    if os.path.exists(f"/dev/fd/{each}") and "left" in os.readlink(f"/dev/fd/{each}")], os.umask(0), os.getcwd())
"""


def test_what_a_stage_spoils_does_not_touch_others(talk: Talk, home: Path) -> None:
    """Globals, folder, variables, patched modules, open files and the mask for new ones are each kernel's own, and its end is too."""
    untouched = f"False False False False False False [] {_mask()} {home}"
    with talking() as spoiling:
        spoiling(SPOILS)
        assert untouched == talk(LOOKS)
        spoiling.client.execute("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        assert spoiling.kernel.provisioner is not None
        assert run_sync(spoiling.kernel.provisioner.wait)() in {-9, None}
        assert not run_sync(spoiling.kernel.is_alive)()
    with talking() as after:
        assert untouched == after(LOOKS)
        assert [] == [one for one, other in zip(talk(DRAWS).split(), after(DRAWS).split(), strict=True) if one == other]
        child = int(after("import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"))
        own = int(after("import os; print(os.getpid())"))
        assert is_alive(child)

    assert not is_alive(own)
    wait_until_gone([child])


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
