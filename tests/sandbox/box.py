"""Start sandboxes as their users do, and look past the product at what runs and what lies about."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import machine

ORDINARY = "daemon"
"""A user that every Unix has, whom PostgreSQL knows by name and who owns nothing here."""
NEEDED = "import runbook_lib.sandbox.command, psycopg2, importlib.util as u; assert u.find_spec('moto')"


@dataclass(frozen=True)
class Told:
    """Hold what a command answered."""

    code: int
    answer: dict[str, Any]


@dataclass(frozen=True)
class Box:
    """One sandbox folder, alone in a folder of its own: `way` is how a command is run, `given` are its variables."""

    place: Path
    way: tuple[str, ...] = (sys.executable,)
    given: dict[str, str] = field(default_factory=dict)
    named: Path | None = None

    @property
    def folder(self) -> Path:
        """Give the sandbox's folder."""
        return self.named or self.place / "box"

    @property
    def variables(self) -> dict[str, str]:
        """Give the variables of a command; its temporary files stay where they can be seen."""
        return {**os.environ, "RUNBOOK_SANDBOX_DIR": str(self.folder), "TMPDIR": str(self.place / "tmp"), **self.given}

    def begun(self, *words: str) -> subprocess.Popen[str]:
        """Begin a `runbook sandbox` command."""
        command = [*self.way, "-m", "runbook_lib.cli", "sandbox", *words, "--json"]
        return subprocess.Popen(command, env=self.variables, cwd=self.place, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    def __call__(self, *words: str) -> Told:
        """Carry out a `runbook sandbox` command."""
        return ended(self.begun(*words))

    def processes(self) -> dict[int, str]:
        """List every process that has to do with the box: it names its place, was given it, or stands in it."""
        return {pid: line for pid, line in _lines(str(self.place)) if pid != os.getpid()}

    def files(self) -> set[str]:
        """List what lies in the box's place, and in its folder for temporary files."""
        return {each.name for each in self.place.iterdir()} | {f"tmp/{each.name}" for each in (self.place / "tmp").iterdir()}


def ended(command: subprocess.Popen[str]) -> Told:
    """Wait for a command and read its answer."""
    said, _ = command.communicate(timeout=150)
    return Told(command.returncode, json.loads(said or "{}"))


@contextmanager
def box(way: tuple[str, ...] = (sys.executable,), owner: str = "", **given: str) -> Iterator[Box]:
    """Make a place for a sandbox that all may pass through, and clean it up whatever happens."""
    place = Path(tempfile.mkdtemp(prefix="runbook-test-"))
    (place / "tmp").mkdir()
    place.chmod(0o711)
    for each in (place, place / "tmp") if owner else ():
        shutil.chown(each, owner)
    made = Box(place, way, given)
    try:
        yield made
    finally:
        made("down")
        for pid in made.processes():
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(place)


def kill(*pids: int) -> None:
    """Kill processes in the middle of what they do; one may end with another."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for something that must come; the limit is only there so that nothing hangs."""
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def segments(pids: set[int]) -> list[str]:
    """List the segments of shared memory that these processes made: they outlive a process that is killed."""
    table = Path("/proc/sysvipc/shm")
    rows = table.read_text("utf-8").splitlines()[1:] if table.exists() else []
    return [row for row in rows if int(row.split()[4]) in pids]


def outside(pids: set[int]) -> list[str]:
    """List the files for shared memory outside the box that these processes use."""
    maps = [_said(Path("/proc") / str(pid), "maps") for pid in pids]
    return [line for each in maps for line in each.splitlines() if "dev/shm/" in line]


def free_ports() -> tuple[int, int]:
    """Find two ports that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def home(place: Path, aws_port: int, redshift_port: int) -> Path:
    """Make a checkout whose `parameters/sandbox.yaml` names these ports."""
    text = (machine.ROOT / "parameters" / "sandbox.yaml").read_text("utf-8")
    folder = place / "parameters"
    folder.mkdir(parents=True)
    (folder / "sandbox.yaml").write_text(text.replace(":4566", f":{aws_port}").replace(": 5439", f": {redshift_port}"), "utf-8")
    return place


def way_of_an_ordinary_user() -> tuple[str, ...]:
    """Find how to run Python as somebody else than root who can read this checkout. Raises machine.Absent."""
    if os.geteuid():
        return (sys.executable,)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    as_him = ("setpriv", f"--reuid={ORDINARY}", f"--regid={pwd.getpwnam(ORDINARY).pw_gid}", "--clear-groups")
    # What he may not read by himself (an interpreter below root's home, say) he may read by this one capability.
    reading = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    others = filter(None, [shutil.which(version, path="/usr/bin:/usr/local/bin")])
    shell = ("env", f"PYTHONPATH={os.pathsep.join(_search_path())}", "PYTHONDONTWRITEBYTECODE=1")
    ways: list[tuple[str, ...]] = [(*as_him, *shell, each) for each in (sys.executable, *others)]
    ways.append((*as_him, *reading, *shell, sys.executable))
    for way in ways:
        if _works(way):
            return way
    message = f"{ORDINARY} can run no {version} on this checkout: run the suite also as an ordinary user"
    raise machine.Absent(message)


def _works(way: tuple[str, ...]) -> bool:
    try:
        done = subprocess.run([*way, "-c", f"import os; assert os.geteuid(); {NEEDED}"], cwd="/", capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _search_path() -> list[str]:
    return [str(machine.ROOT), *(each for each in sys.path if each.endswith("site-packages"))]


def _lines(word: str) -> Iterator[tuple[int, str]]:
    if not Path("/proc/self/environ").exists():
        listed = subprocess.run(["ps", "-axEww", "-o", "pid=,command="], capture_output=True, text=True, check=True)
        yield from ((int(line.split()[0]), line) for line in listed.stdout.splitlines() if word in line)
        return
    for entry in Path("/proc").glob("[0-9]*"):
        said = [_said(entry, name) for name in ("cmdline", "environ", "cwd")]
        # What has ended, zombies too, says nothing.
        if any(word in each for each in said):
            yield int(entry.name), said[0]


def _said(entry: Path, name: str) -> str:
    try:
        if name == "cwd":
            return str(entry.joinpath(name).readlink())
        return entry.joinpath(name).read_bytes().decode(errors="replace").replace("\0", " ").strip()
    except OSError:
        return ""
