"""Where a sandbox lives and what runs there: one private folder with a state file."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import socket
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from runbook_lib.errors import RunbookError
from runbook_lib.sandbox import endings, processes

FOLDER = "RUNBOOK_SANDBOX_DIR"
VARIABLES = "sandbox.env"
"""The file that is made first and deleted last: a folder that holds it is a sandbox's."""
ACCESS_KEY = "AKIASANDBOXOPERATOR0"
"""The id of the key of the operator, in whose name everything is asked."""
SECRET_KEY = "RUNBOOK_SANDBOX_SECRET_KEY"
"""The variable that carries the secret of that key to the endpoint, which takes the variables that begin with AWS for another's."""
SECONDS = 5.0
"""How long a part that runs is given to answer."""


class SandboxError(RunbookError):
    """Tell why the sandbox cannot start or stop."""


@dataclass(frozen=True)
class State:
    """State what runs: the supervisor and its parts, where they answer, since when."""

    id: str
    supervisor: int
    aws_pid: int
    aws_port: int
    redshift_pid: int
    redshift_port: int
    postgres_pid: int
    since: float
    account: str
    region: str

    @property
    def pids(self) -> dict[str, int]:
        """Give the process of each part, supervisor first."""
        return {"supervisor": self.supervisor, "aws": self.aws_pid, "redshift": self.redshift_pid, "postgres": self.postgres_pid}


def default_folder() -> Path:
    """Give this user's sandbox folder: RUNBOOK_SANDBOX_DIR, else one in the run-time or temporary folder."""
    if named := os.environ.get(FOLDER):
        return Path(named).absolute()
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    # `su` leaves the variable of whoever called it.
    base = runtime if runtime and os.access(runtime, os.W_OK | os.X_OK) and Path(runtime).stat().st_uid == os.geteuid() else ""
    return Path(base or tempfile.gettempdir()).absolute() / f"redshift-runbook-sandbox-{os.geteuid()}"


def owned(folder: Path) -> Path:
    """Give the folder back. Raises SandboxError when it is not ours to fill and to delete."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise _unusable(folder, "is not a folder")
    try:
        if folder.is_dir() and folder.stat().st_uid != os.geteuid():
            raise _unusable(folder, "belongs to another user")
        if folder.is_dir() and any(folder.iterdir()) and not (folder / VARIABLES).exists():
            raise _unusable(folder, "holds something else")
    except OSError as error:
        raise _unusable(folder, f"cannot be read ({error.strerror})") from error
    return folder


def _unusable(folder: Path, why: str) -> SandboxError:
    return SandboxError("sandbox", f"{folder} {why}", f"name a folder of its own that you may write: {FOLDER}")


def read(folder: Path) -> State | None:
    """Read the state; None when nothing was started here, or by a version that wrote it otherwise."""
    try:
        return State(**json.loads((folder / "state.json").read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write(folder: Path, state: State) -> None:
    """Write the state whole."""
    partial = folder / "state.partial"
    partial.write_text(json.dumps(asdict(state)) + "\n", "utf-8")
    partial.rename(folder / "state.json")


def runs(folder: Path, state: State) -> dict[str, bool]:
    """Tell of each part whether its process runs."""
    found = processes.of(folder)
    return {part: found.get(pid) == part for part, pid in state.pids.items()}


def is_alive(folder: Path, state: State) -> dict[str, bool]:
    """Tell of each part whether its process runs, and of those that answer on a port whether they do."""
    found = runs(folder, state)
    return found | {"aws": found["aws"] and _healthy(state), "redshift": found["redshift"] and _listens(state.redshift_port)}


def why(folder: Path) -> str:
    """Say why a sandbox is no longer whole, as its supervisor wrote it down; empty while that has not noticed."""
    log = folder / "supervisor.log"
    if (said := endings.said(log)) or "supervisor" in processes.of(folder).values():
        return said
    return f"its supervisor was killed; what the others said last stands beside {log}"


def _healthy(state: State) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{state.aws_port}/_sandbox/health", timeout=SECONDS) as answer:
            return bool(json.load(answer)["id"] == state.id)
    except (OSError, ValueError, KeyError):
        return False


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=SECONDS).close()
    except OSError:
        return False
    return True


def remove(folder: Path) -> None:
    """Stop what is left of a sandbox and delete its folder. Raises SandboxError when something of it stays."""
    processes.stop(folder)
    if folder.exists():
        for each in folder.iterdir():
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each, ignore_errors=True)
            elif each.name != VARIABLES:
                each.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
    if left := processes.of(folder):
        raise SandboxError("sandbox", f"these processes do not end: {', '.join(map(str, left))}", "end them: kill -9")
    if folder.exists():
        raise SandboxError("sandbox", f"{folder} cannot be deleted", "delete it")


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time start or stop the sandbox of a folder; nothing is left of the lock."""
    lock = folder.with_name(f".{folder.name}.lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        held = _acquired(lock)
    except OSError as error:
        raise _unusable(folder, f"cannot be made ({error.strerror})") from error
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(held)


def _acquired(lock: Path) -> int:
    while True:
        held = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        fcntl.flock(held, fcntl.LOCK_EX)
        # Whoever held it before deleted the file: what we got may be a lock that nobody else will find.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(held), lock.stat(follow_symlinks=False)):
                return held
        os.close(held)
