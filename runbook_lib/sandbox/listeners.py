"""Listen on ports of this machine, and say which program holds one, as far as this user may know.

Only its name is said, for its arguments may hold a secret.
"""

from __future__ import annotations

import errno
import shutil
import socket
import subprocess
from pathlib import Path

from runbook_lib.sandbox.processes import OURS
from runbook_lib.sandbox.redshift.postgres import command_line
from runbook_lib.sandbox.state import SandboxError

LISTENING = "0A"
TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

FREE_PORTS = "take free ports: runbook demo --ports auto, or runbook sandbox up --ports auto FILE"


def listening(port: int) -> socket.socket:
    """Listen on a port of this machine; 0 is a free one."""
    return socket.create_server(("127.0.0.1", port))


def is_free(port: int) -> bool:
    """Tell whether a port can be had."""
    try:
        listening(port).close()
    except OSError:
        return False
    return True


def refuse_taken(port: int) -> None:
    """Raise SandboxError where a port cannot be had, with who holds it and the way out."""
    try:
        listening(port).close()
    except OSError as error:
        why = f"is held by {holder(port)}" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise SandboxError("sandbox", f"port {port} {why}", f"stop that, or {FREE_PORTS}") from error


def holder(port: int) -> str:
    """Name who listens on a port."""
    pid = _by_proc(port) or _by_lsof(port)
    if not pid:
        return "another program"
    line = command_line(pid).replace("\0", " ").strip()
    if OURS.fullmatch(line):
        return f"another sandbox (process {pid})"
    name = Path(line.partition(" ")[0]).name
    return f"another program ({f'{name}, ' if name else ''}process {pid})"


def _by_proc(port: int) -> int:
    """Find the process in Linux's tables: port to socket, socket to process; 0 when it is not found."""
    sockets = set()
    for table in TABLES:
        rows = [line.split() for line in table.read_text("utf-8").splitlines()[1:]] if table.exists() else []
        sockets |= {f"socket:[{row[9]}]" for row in rows if row[3] == LISTENING and int(row[1].rpartition(":")[2], 16) == port}
    for entry in Path("/proc").glob("[0-9]*") if sockets else ():
        try:
            if any(str(each.readlink()) in sockets for each in entry.joinpath("fd").iterdir()):
                return int(entry.name)
        except OSError:
            continue  # it has ended, or is another user's
    return 0


def _by_lsof(port: int) -> int:
    """Find the process where lsof is there, as on macOS."""
    if not (lsof := shutil.which("lsof")):
        return 0
    done = subprocess.run([lsof, "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-t"], capture_output=True, text=True, check=False)
    return int(done.stdout.split()[0]) if done.stdout.strip() else 0
